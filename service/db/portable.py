"""Rows as JSON that both engines understand: each column bears the name of its form, not of an engine's type."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, LargeBinary, String, Uuid
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import AutoString

from service.db.errors import BackupBroken
from service.db.types import JSONText, UTCDateTime


@dataclass(frozen=True, slots=True)
class Form:
    """How values of a kind are written; without a function they are written as they are."""

    name: str
    column_type: TypeEngine[Any]
    to_json: Callable[[Any], Any] | None = None
    from_json: Callable[[Any], Any] | None = None


def _without_nul(text: str) -> str:
    # SQLite keeps a NUL that a stranger sent; PostgreSQL refuses the whole row for it.
    return text.replace("\0", "\ufffd")


# By the first type that a column's is an instance of; Integer covers BigInteger.
_FORMS: tuple[tuple[type[Any], Form], ...] = (
    (UTCDateTime, Form("instant", UTCDateTime(), lambda at: at.astimezone(UTC).isoformat(), datetime.fromisoformat)),
    (JSONText, Form("json", JSONText())),
    (Uuid, Form("uuid", Uuid(), lambda value: value.hex, UUID)),
    (LargeBinary, Form("bytes", LargeBinary(), lambda value: base64.b64encode(value).decode(), base64.b64decode)),
    (Boolean, Form("bool", Boolean())),
    (Integer, Form("int", BigInteger())),
    (Float, Form("float", Float())),
    (AutoString, Form("text", String(), None, _without_nul)),
)
_BY_NAME = {form.name: form for _, form in _FORMS}


def form_of(column: Column[Any]) -> Form:
    """The form in which a column's values are written.

    Raises:
        TypeError: a type of column that no table had when this was written.
    """
    for kind, form in _FORMS:
        if isinstance(column.type, kind):
            return form
    raise TypeError(f"{column} has a type that backups do not know: {column.type!r}")


def form_named(name: str) -> Form:
    """The form of this name.

    Raises:
        BackupBroken: there is none.
    """
    if name not in _BY_NAME:
        raise BackupBroken(f"the backup has a form of values that this version does not know: {name}")
    return _BY_NAME[name]


def to_json(values: Sequence[Any], forms: Sequence[Form]) -> list[Any]:
    """A row as JSON takes it."""
    return [
        form.to_json(value) if value is not None and form.to_json is not None else value
        for value, form in zip(values, forms, strict=True)
    ]


def from_json(values: Sequence[Any], forms: Sequence[Form]) -> list[Any]:
    """A row as a statement takes it."""
    return [
        form.from_json(value) if value is not None and form.from_json is not None else value
        for value, form in zip(values, forms, strict=True)
    ]
