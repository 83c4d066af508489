"""Column types: instants in UTC, and small JSON values as text."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

_NOTHING = "[]"


def json_text(value: Any) -> str:
    """A value as compact JSON."""
    return orjson.dumps(value).decode()


@lru_cache(maxsize=1024)
def instant_text(value: datetime) -> str:
    """An instant in ISO 8601. In a batch one is written many times: the present one, a deadline at a full hour."""
    return value.isoformat()


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
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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
