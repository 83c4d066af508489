"""A web that cannot see an alarm: its connections to the database may read nothing that an alarm or a strength is in.

SQLite asks an authorizer of ours about each column of a statement; PostgreSQL knows a role that was granted the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, event, make_url, text

from service.db import tx
from service.db.engine import Database, make_engine
from service.db.stored import Stored

UNSEEN: Mapping[str, frozenset[str] | None] = {
    "alarms": None,
    "answers": None,
    "check_ins": frozenset({"strength", "satisfied"}),
    "audit_log": None,
    "watches": None,
    "outbox": frozenset({"alarm_id"}),
    "inbox": frozenset({"alarm_id", "result", "handled_at"}),
    "ack_codes": None,
}
"""What her code never reads, by table: these columns, or all. Of a watch it sees the view `traveler_watch`."""
VIEW = "traveler_watch"


@contextmanager
def blindfolded(url: str) -> Iterator[tuple[Database, list[str]]]:
    """The same database for a web that must not see; and what it tried to read, on SQLite by name."""
    peeks: list[str] = []
    if make_url(url).get_backend_name() == "sqlite":
        with closing(make_engine(url)) as db:
            for engine in (db.read, db.write):
                event.listen(engine, "connect", lambda connection, _: _watch_over(connection, peeks))
            yield db, peeks
        return
    role = f"amanba_her_{uuid4().hex[:12]}"
    with closing(make_engine(url)) as whole:
        tx.run(whole, lambda conn: _make_role(conn, role))
        try:
            with closing(make_engine(_as_role(url, role))) as db:
                yield db, peeks
        finally:
            tx.run(whole, lambda conn: _say(conn, f"DROP OWNED BY {role}", f"DROP ROLE {role}"))


def _watch_over(connection: sqlite3.Connection, peeks: list[str]) -> None:
    def may(action: int, table: str | None, column: str | None, _database: str | None, within: str | None) -> int:
        if action != sqlite3.SQLITE_READ or table is None or table not in UNSEEN or within == VIEW:
            return sqlite3.SQLITE_OK
        unseen = UNSEEN[table]
        if unseen is not None and column not in unseen:
            return sqlite3.SQLITE_OK
        peeks.append(f"{table}.{column}")
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(may)


def _make_role(conn: Connection, role: str) -> None:
    _say(conn, f"CREATE ROLE {role}", f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    for table in Stored.metadata.sorted_tables:
        unseen = UNSEEN.get(table.name, frozenset())
        _say(conn, f"GRANT INSERT, UPDATE, DELETE ON {table.name} TO {role}")
        if unseen is not None:
            seen = ", ".join(column.name for column in table.c if column.name not in unseen)
            _say(conn, f"GRANT SELECT ({seen}) ON {table.name} TO {role}")
    _say(conn, f"GRANT SELECT ON {VIEW}, alembic_version TO {role}", f"GRANT {role} TO CURRENT_USER")


def _say(conn: Connection, *statements: str) -> None:
    for statement in statements:
        conn.execute(text(statement))


def _as_role(url: str, role: str) -> str:
    given: Any = make_url(url)
    options = f"{given.query.get('options', '')} -c role={role}".strip()
    whole: str = given.update_query_dict({"options": options}).render_as_string(hide_password=False)
    return whole
