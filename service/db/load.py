"""Fill an empty database from the lines of a dump, made on either engine; see `service.db.dump`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, insert, inspect, select, text, update

from service.db import routing, tables
from service.db.dump import FORMAT
from service.db.errors import BackupBroken, NotEmpty
from service.db.migrate import knows, upgrade_within
from service.db.portable import Form, form_named, from_json
from service.db.state import get_state_at
from service.db.stored import Stored, table_of
from service.db.tables import TRAVELER_WATCH, Outbox, Traveler, Trip
from service.db.wrapping import Wrapper, check_wrapped

MODULES_WITH_TABLES = (routing, tables)
ROWS_AT_ONCE = 500
AT_WORK = timedelta(minutes=2)
"""A sweep so young means that an engine runs on this database."""
RESTORED = "restored"
"""The error of a row that may have gone out after the backup was made."""

OUTBOX = table_of(Outbox)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a dump held: when it was made, on which engine, how many rows a table had, and how many of the messages
    that were waiting the provider is to be asked about."""

    at: datetime
    engine: str
    counts: dict[str, int]
    asked: int


def load(conn: Connection, lines: Iterator[bytes], wrapper: Wrapper, now: datetime) -> Loaded:
    """Put everything back in one transaction.

    1. Refuse where there are people already, or where an engine works.
    2. Make the tables as they were when the dump was made, fill them, and bring them to this version's.
    3. Let counted ids go on behind the last one that was ever given.
    4. Refuse unless our secrets open the data keys: nobody could read a line of it.
    5. What waited to be sent may have gone out since: let RECOVER ask the provider about each before it is sent. What
    was due later than now cannot have gone, and waits on.

    Killed here: nothing is restored. The rest needs no step of its own: watermarks come along, so what came in since is
    found in the providers' lists, and no alarm opens before they have been read.

    Raises:
        NotEmpty, BackupBroken, SecretMissing: nothing was changed.
    """
    head = _object(lines)
    _check_head(head)
    _make_room(conn, now)
    upgrade_within(conn, head["revision"])
    _let_it_take_long(conn)
    counts = _fill(conn, lines)
    upgrade_within(conn)
    check_wrapped(conn, wrapper)
    return Loaded(datetime.fromisoformat(head["at"]), head["engine"], counts, _ask_before_sending(conn, now))


def _check_head(head: dict[str, Any]) -> None:
    if head.get("format") != FORMAT:
        raise BackupBroken("the backup was made by a newer version of Amanba")
    if not knows(str(head.get("revision"))):
        raise BackupBroken("the backup was made by a newer version of Amanba; install that one")


def _make_room(conn: Connection, now: datetime) -> None:
    """Take away the empty tables that a start or a migration has made."""
    there = set(inspect(conn).get_table_names())
    for model in (Traveler, Trip):
        table = table_of(model)
        if table.name in there and conn.execute(select(table.c.traveler_id).limit(1)).first() is not None:
            raise NotEmpty("the database holds people and trips already; restore into an empty one")
    if "engine_state" in there:
        swept = get_state_at(conn, "sweep")
        if swept is not None and now - swept < AT_WORK:
            raise NotEmpty("Amanba is running on this database; stop it, wait two minutes, and restore then")
    conn.execute(text(f"DROP VIEW IF EXISTS {TRAVELER_WATCH.name}"))
    for name in (*Stored.metadata.tables, "alembic_version"):
        conn.execute(text(f"DROP TABLE IF EXISTS {name}"))


def _fill(conn: Connection, lines: Iterator[bytes]) -> dict[str, int]:
    counts: dict[str, int] = {}
    line = next(lines, None)
    while line is not None and line.startswith(b'{"table"'):
        described = _read(line)
        table, forms = _table(described)
        counts[table.name], line = _fill_table(conn, lines, table, forms)
        _count_on(conn, table, described["last"])
    end = _read(line).get("end") if line is not None else None
    if end != counts or next(lines, None) is not None:
        raise BackupBroken("the backup does not hold as many rows as it says")
    return counts


def _fill_table(
    conn: Connection, lines: Iterator[bytes], table: Table, forms: Sequence[Form]
) -> tuple[int, bytes | None]:
    """How many rows there were, and the line that followed them."""
    names, statement, count = table.c.keys(), insert(table), 0
    batch: list[dict[str, Any]] = []
    line = next(lines, None)
    while line is not None and line.startswith(b"["):
        batch.append(dict(zip(names, from_json(json.loads(line), forms), strict=True)))
        line = next(lines, None)
        if len(batch) == ROWS_AT_ONCE:
            conn.execute(statement, batch)
            count, batch = count + len(batch), []
    if batch:
        conn.execute(statement, batch)
    return count + len(batch), line


def _table(described: dict[str, Any]) -> tuple[Table, list[Form]]:
    """The table as it was when the dump was made: its columns may since have become others."""
    name, columns = described["table"], described["columns"]
    if name not in Stored.metadata.tables:
        raise BackupBroken(f"the backup holds a table that this version does not know: {name}")
    forms = [form_named(form) for _, form in columns]
    made = [Column(column, form.column_type) for (column, _), form in zip(columns, forms, strict=True)]
    return Table(name, MetaData(), *made), forms


def _count_on(conn: Connection, table: Table, last: int | None) -> None:
    if last is None:
        return
    counted = Stored.metadata.tables[table.name].autoincrement_column
    values = {"name": table.name, "last": last}
    if conn.dialect.name == "sqlite":
        conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)
    elif counted is not None and last > 0:
        # Numbers that were given by hand are not passed over by the sequence.
        statement = text("SELECT setval(pg_get_serial_sequence(:name, :column), :last)")
        conn.execute(statement, {**values, "column": counted.name})


def _ask_before_sending(conn: Connection, now: datetime) -> int:
    due = (OUTBOX.c.state == "pending") & (OUTBOX.c.available_at <= now)
    statement = (
        update(OUTBOX)
        .where((OUTBOX.c.state == "sending") | due)
        .values(state="sending", lease_until=now, claim_token=None, error=RESTORED)
    )
    return conn.execute(statement).rowcount


def _let_it_take_long(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10min'"))


def _object(lines: Iterator[bytes]) -> dict[str, Any]:
    line = next(lines, None)
    if line is None:
        raise BackupBroken("the backup is empty")
    return _read(line)


def _read(line: bytes) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise BackupBroken("the backup has a row where a table begins")
    return value
