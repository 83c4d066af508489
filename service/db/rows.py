"""Statements over many rows that both engines understand.

PostgreSQL is given a batch as one JSON text, of which it makes the rows itself: that costs us a fifth of handing over
each value of each row. SQLite, which lives in this process, is given them row by row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    LargeBinary,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.types import TypeEngine

from service.db.errors import Conflict
from service.db.types import JSONText, NaiveDatetime, UTCDateTime, json_text

_SEEN = "seen_"
_ROWS = "rows_"
_FEW = 4
"""Up to so many rows go one by one on PostgreSQL too."""

Pair = tuple[UUID, UUID]


def insert_all(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, all with the same columns."""
    if not rows:
        return
    if _as_one(conn, rows):
        names = tuple(rows[0])
        conn.execute(_insert_of_json(table, names, ignore=False), {_ROWS: _json_rows(table, names, rows)})
    else:
        conn.execute(insert(table), rows)


def insert_ignore(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows, all with the same columns, but for those whose key is there already; how many were new."""
    if not rows:
        return 0
    if _as_one(conn, rows):
        names = tuple(rows[0])
        written = conn.execute(
            _insert_of_json(table, names, ignore=True),
            {_ROWS: _json_rows(table, names, rows)},
            execution_options={"preserve_rowcount": True},
        )
        return written.rowcount
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
    parameters: Any
    if _as_one(conn, changes):
        statement = _update_of_json(table, names, tuple(where))
        parameters = {_ROWS: _json_rows(table, names, changes)}
    else:
        statement = _update(table, names, tuple(where))
        parameters = [{_SEEN + name if _is_seen(name, where) else name: row[name] for name in names} for row in changes]
    written = conn.execute(statement, parameters, execution_options={"preserve_rowcount": True}).rowcount
    if written != len(changes):
        raise Conflict(f"{len(changes) - written} of {len(changes)} rows of {table.name} had changed")


def is_pair(
    dialect: str, first: ColumnElement[UUID], second: ColumnElement[UUID], *, several: bool
) -> ColumnElement[bool]:
    """Whether two columns are one of the pairs that are given as `pairs(…)` when the statement is executed.

    The statement is the same for any number of them, so that it is prepared once.
    """
    if not several:
        return and_(first == bindparam("first_", type_=Uuid()), second == bindparam("second_", type_=Uuid()))
    if dialect != "postgresql":
        # For pairs that stand in the statement themselves SQLite would read the whole table.
        each = func.json_each(bindparam("pairs_", type_=Text())).table_valued("value").c.value
        halves = [func.json_extract(each, literal_column(f"'$[{place}]'")) for place in (0, 1)]
        return tuple_(first, second).in_(select(*halves))
    both = func.unnest(_listed("firsts_", Uuid()), _listed("seconds_", Uuid()))
    given = both.table_valued("one", "other").render_derived()
    return tuple_(first, second).in_(select(given.c.one, given.c.other))


def pairs(dialect: str, wanted: Sequence[Pair]) -> dict[str, Any]:
    """What a statement with `is_pair` is executed with, for more than one pair when it says `several`."""
    if len(wanted) == 1:
        return {"first_": wanted[0][0], "second_": wanted[0][1]}
    if dialect != "postgresql":
        return {"pairs_": json_text([[first.hex, second.hex] for first, second in wanted])}
    return {
        "firsts_": ",".join([first.hex for first, _ in wanted]),
        "seconds_": ",".join([second.hex for _, second in wanted]),
    }


def is_one_of(dialect: str, value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column is one of the ids, hashes or codes that are given as `ids(…)` when the statement is executed."""
    if dialect != "postgresql":
        return value.in_(bindparam("ids_", expanding=True))
    return value == func.any(_listed("ids_", value.type))


def ids(dialect: str, wanted: Iterable[UUID] | Iterable[bytes] | Iterable[str]) -> dict[str, Any]:
    """What a statement with `is_one_of` is executed with; no code has a comma."""
    return {"ids_": ",".join(map(_listed_as, wanted)) if dialect == "postgresql" else list(wanted)}


def _listed_as(value: UUID | bytes | str) -> str:
    if isinstance(value, UUID):
        return value.hex
    return "\\x" + value.hex() if isinstance(value, bytes) else value


def _listed(name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """An array out of one text: the driver takes three times as long to hand over a list."""
    listed = func.string_to_array(bindparam(name, type_=Text()), literal_column("','"))
    return cast(listed, postgresql.ARRAY(kind))


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


# A batch as one JSON text.


def _as_one(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> bool:
    return len(rows) > _FEW and conn.dialect.name == "postgresql"


@lru_cache(maxsize=64)
def _insert_of_json(table: Table, names: tuple[str, ...], *, ignore: bool) -> Insert:
    given = _given(table, names)
    query = select(*(_value(table, given, name) for name in names))
    statement = postgresql.insert(table).from_select(list(names), query)
    return statement.on_conflict_do_nothing() if ignore else statement


@lru_cache(maxsize=64)
def _update_of_json(table: Table, names: tuple[str, ...], where: tuple[str, ...]) -> Update:
    given = _given(table, names)
    conditions = [table.c[name] == _value(table, given, name) for name in names if _is_seen(name, where)]
    values: dict[str, Any] = {name: _value(table, given, name) for name in names if not _is_seen(name, where)}
    if "version" in names:
        values["version"] = table.c.version + 1
    return update(table).where(*conditions).values(values)


def _given(table: Table, names: Sequence[str]) -> FromClause:
    columns = [column(name, _said_as(table.c[name].type)) for name in names]
    rows = cast(bindparam(_ROWS, type_=Text()), JSON)
    return func.json_to_recordset(rows).table_valued(*columns).render_derived(name="given", with_types=True)


def _said_as(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that PostgreSQL reads out of the JSON text."""
    if isinstance(kind, UTCDateTime):
        return DateTime(timezone=True)
    return Text() if isinstance(kind, JSONText | LargeBinary) else kind


def _value(table: Table, given: FromClause, name: str) -> ColumnElement[Any]:
    is_bytes = isinstance(table.c[name].type, LargeBinary)
    return func.decode(given.c[name], literal_column("'hex'")) if is_bytes else given.c[name]


def _json_rows(table: Table, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> str:
    instants, writers = _instants(table, names), _writers(table, names)
    said = []
    for row in rows:
        for name in instants:
            if (instant := row[name]) is not None and instant.tzinfo is None:
                raise NaiveDatetime(f"{name}: {instant!r} has no zone")
        one = dict(row)
        for name, write in writers:
            if (value := one[name]) is not None:
                one[name] = write(value)
        said.append(one)
    return json_text(said)


@lru_cache(maxsize=256)
def _instants(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if isinstance(table.c[name].type, UTCDateTime))


@lru_cache(maxsize=256)
def _writers(table: Table, names: tuple[str, ...]) -> tuple[tuple[str, Callable[[Any], str]], ...]:
    """The columns whose values `json_text` would not say as PostgreSQL reads them, and how they are said."""
    kinds: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], str]], ...]
    kinds = ((JSONText, json_text), (LargeBinary, bytes.hex))
    return tuple((name, write) for name in names for kind, write in kinds if isinstance(table.c[name].type, kind))
