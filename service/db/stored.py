"""What all tables share: their base class, their kinds of column, and the Core table behind a class."""

from typing import Any, cast

from sqlalchemy import BigInteger, Index, Integer, MetaData, Table, false, text
from sqlmodel import Field, SQLModel

from service.db.types import JSONText, UTCDateTime

ROW_NUMBER: Any = BigInteger().with_variant(Integer(), "sqlite")
"""The type of a counted id; SQLite counts up only a plain INTEGER."""


class Stored(SQLModel):
    """The base of every table; names its keys alike on both engines."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


def table_of(model: type[Stored]) -> Table:
    """The Core table of a model, for the statements of the hot paths."""
    return cast(Table, getattr(model, "__table__"))  # noqa: B009 - the attribute is not in SQLModel's types


def primary() -> Any:
    """A column of the primary key."""
    return Field(primary_key=True)


def instant() -> Any:
    """An instant that every row has."""
    return Field(sa_type=UTCDateTime)


def instant_or_none() -> Any:
    """An instant that may not have come."""
    return Field(default=None, sa_type=UTCDateTime)


def json_list() -> Any:
    """A list as JSON text, empty when not given."""
    return Field(default_factory=list, sa_type=JSONText)


def counted() -> Any:
    """A count that the database begins at nought."""
    return Field(default=0, sa_column_kwargs={"server_default": text("0")})


def not_yet() -> Any:
    """Something that has not happened to a new row."""
    return Field(default=False, sa_column_kwargs={"server_default": false()})


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the few rows that a query looks for, so that it stays small while the table grows."""
    condition = text(where)
    return Index(name, *columns, unique=unique, postgresql_where=condition, sqlite_where=condition)
