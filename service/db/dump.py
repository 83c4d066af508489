"""All rows of a database as lines that either engine can be filled from; see `service.db.load`.

    {"format": 1, "revision": "0002", "engine": "sqlite", "at": "…"}
    {"table": "trips", "columns": [["traveler_id", "uuid"], …], "last": null}
    ["0f…", …]                                              one line a row
    {"end": {"trips": 1, …}}                                how many rows each table had

What is sealed stays sealed: the secrets that wrap the data keys are not in a database, and so in no dump of it.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, inspect, select, text

from service.db import routing, tables
from service.db.errors import SchemaUnknown
from service.db.migrate import knows, revision_of
from service.db.portable import form_of, to_json
from service.db.stored import Stored

FORMAT = 1
ROWS_AT_ONCE = 500
MODULES_WITH_TABLES = (routing, tables)
FORGOTTEN = frozenset({"tries"})
"""Tables of which no row is written: what is erased after a day must not lie in a backup for a month."""

Write = Callable[[bytes], None]


def dump(conn: Connection, at: datetime, write: Write) -> dict[str, int]:
    """Write everything as it is in this moment; returns how many rows each table has.

    Called in a transaction of `tx.read`: it sees one state of all tables, however long it takes, while others go on
    writing; it holds nobody up, but SQLite's write-ahead log and PostgreSQL's dead rows grow meanwhile.

    Raises:
        SchemaUnknown: the database has tables that this version does not know.
    """
    _take_the_time(conn)
    revision = revision_of(conn)
    if revision is None or not knows(revision):
        raise SchemaUnknown("the database was written by another version of Amanba, or by none")
    head = {"format": FORMAT, "revision": revision, "engine": conn.dialect.name, "at": at.astimezone(UTC).isoformat()}
    write(_line(head))
    counts: dict[str, int] = {}
    there = set(inspect(conn).get_table_names())
    for table in Stored.metadata.sorted_tables:
        if table.name in there:
            counts[table.name] = _dump_table(conn, table, write)
    write(_line({"end": counts}))
    return counts


def _dump_table(conn: Connection, table: Table, write: Write) -> int:
    columns = _columns(conn, table)
    forms = [form_of(column) for column in columns]
    described = [[column.name, form.name] for column, form in zip(columns, forms, strict=True)]
    write(_line({"table": table.name, "columns": described, "last": last_number(conn, table)}))
    count = 0
    if table.name in FORGOTTEN:
        return count
    for rows in conn.execute(select(*columns), execution_options={"yield_per": ROWS_AT_ONCE}).partitions():
        count += len(rows)
        for row in rows:
            write(_line(to_json(row, forms)))
    return count


def _columns(conn: Connection, table: Table) -> Sequence[Column[Any]]:
    """The columns that are there: those of an older schema may lack some that we know, and never has more."""
    there = {column["name"] for column in inspect(conn).get_columns(table.name)}
    if unknown := there - set(table.c.keys()):
        raise SchemaUnknown(f"the table {table.name} has columns that this version does not know: {sorted(unknown)}")
    return [column for column in table.c if column.name in there]


def last_number(conn: Connection, table: Table) -> int | None:
    """The last number that a table counted up to, freed ones included; None when it does not count."""
    counted = table.autoincrement_column
    if counted is None:
        return None
    if conn.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(conn.execute(query, {"name": table.name}).scalar() or 0)
    sequence = conn.execute(
        text("SELECT pg_get_serial_sequence(:name, :column)"), {"name": table.name, "column": counted.name}
    ).scalar_one()
    # The name comes quoted from PostgreSQL itself.
    last = text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608  # nosec B608
    return int(conn.execute(last).scalar_one())


def _take_the_time(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        # Whoever takes the lines may be slow: a disk, a pipe to another machine.
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10min'"))


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
