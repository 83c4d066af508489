"""Column types: instants in UTC, and small JSON values as text."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

_NOTHING = "[]"


def json_text(value: Any) -> str:
    """A value as compact JSON; an id as text, an instant in ISO 8601."""
    return orjson.dumps(value, _instant_of_a_kind).decode()


def _instant_of_a_kind(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a JSON value")


class NaiveDatetime(ValueError):
    """A datetime without a zone was about to be stored or compared."""


class UTCDateTime(TypeDecorator[datetime]):
    """An instant: aware datetimes go in, datetimes in UTC come out, on every engine.

    SQLite keeps text without a zone, always with microseconds, so that comparing text compares instants.

    Raises:
        NaiveDatetime: a value without a zone, which could mean any instant. SQLAlchemy wraps it in a
            `StatementError`, whose `orig` it is.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveDatetime(f"{value!r} has no zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        # Each connection to PostgreSQL has the time zone UTC, so what its driver reads needs nothing, and it is much.
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


class JSONText(TypeDecorator[Any]):
    """A small JSON value (lists, objects, strings, numbers) that no query looks into, as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        if value == _NOTHING:
            return []
        return None if value is None else orjson.loads(value)
