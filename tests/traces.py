"""What a database still holds of somebody: every table and every column is looked through."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.stored import Stored

TABLES = Stored.metadata.sorted_tables
_SEALED = b"\x01"
_HEAD = 17


@dataclass(frozen=True)
class Trace:
    """A value that still names somebody, or that can still be opened."""

    table: str
    column: str
    what: str


def ids_in(conn: Connection, *tables: str) -> set[str]:
    """Every id that stands in these tables, as hex digits; not the nil id."""
    return {value.hex for table, _, value in _values(conn) if table in tables and isinstance(value, UUID) and value.int}


def hashes_in(conn: Connection, *tables: str) -> set[str]:
    """Every hash of a number or another address that stands in these tables, as hex digits."""
    return {
        value.hex()
        for table, column, value in _values(conn)
        if table in tables and column in ("phone_hash", "address_hash") and value
    }


def named(conn: Connection, wanted: Collection[str], but: Collection[str] = ()) -> set[Trace]:
    """Where one of these ids or hashes still stands, in a value or as a part of one, but for some tables."""
    return {
        Trace(table, column, one)
        for table, column, value in _values(conn)
        if table not in but
        for one in wanted
        if one in _said(value)
    }


def readable(conn: Connection, but: Collection[str] = ()) -> set[Trace]:
    """Where a sealed value stands whose data key is still there, but for some tables."""
    keys = {row.key_id.bytes for row in conn.execute(select(Stored.metadata.tables["data_keys"].c.key_id))}
    return {one for one, value in sealed_in(conn).items() if one.table not in but and value[1:_HEAD] in keys}


def sealed_in(conn: Connection) -> dict[Trace, bytes]:
    """Every sealed value of the database: what a thief of a copy would have."""
    return {
        Trace(table, column, value[:_HEAD].hex()): value
        for table, column, value in _values(conn)
        if isinstance(value, bytes) and value[:1] == _SEALED and len(value) > _HEAD
    }


def _values(conn: Connection) -> Iterator[tuple[str, str, Any]]:
    for table in TABLES:
        for row in conn.execute(select(table)).mappings():
            for column, value in row.items():
                yield table.name, column, bytes(value) if isinstance(value, memoryview) else value


def _said(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return "" if isinstance(value, datetime) else str(value).replace("-", "").lower()
