"""Statements over many rows that both engines understand."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, Update

from service.db.errors import Conflict

_SEEN = "seen_"


def insert_ignore(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, all with the same columns, but for those whose key is there already; how many were new."""
    if not rows:
        return 0
    statement = _insert_ignore(table, conn.dialect.name)
    return conn.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def update_all(conn: Connection, table: Table, changes: Sequence[Mapping[str, Any]], *, where: Sequence[str]) -> None:
    """Write many rows, each found by the columns of `where`; all changes have the same columns.

    In a table with a `version` that a change names, it is the version that was read: it must still stand, and the
    row's rises by one. This is what makes a claim safe where rows are not locked.

    Raises:
        Conflict: one of the rows is gone or has changed.
    """
    if not changes:
        return
    names = tuple(changes[0])
    statement = _update(table, names, tuple(where))
    parameters = [{_SEEN + name if _is_seen(name, where) else name: row[name] for name in names} for row in changes]
    written = conn.execute(statement, parameters, execution_options={"preserve_rowcount": True}).rowcount
    if written != len(changes):
        raise Conflict(f"{len(changes) - written} of {len(changes)} rows of {table.name} had changed")


def _is_seen(name: str, where: Iterable[str]) -> bool:
    return name == "version" or name in where


@lru_cache(maxsize=64)
def _insert_ignore(table: Table, dialect: str) -> Insert:
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return build(table).on_conflict_do_nothing()


@lru_cache(maxsize=256)
def _update(table: Table, names: tuple[str, ...], where: tuple[str, ...]) -> Update:
    conditions = [table.c[name] == bindparam(_SEEN + name) for name in names if _is_seen(name, where)]
    values: dict[str, Any] = {name: bindparam(name) for name in names if not _is_seen(name, where)}
    if "version" in names:
        values["version"] = table.c.version + 1
    return update(table).where(*conditions).values(values)
