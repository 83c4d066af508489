"""The kinds of field that the API and the forms take: types, lengths, and no character that nobody types."""

import re
import unicodedata
from datetime import UTC, datetime, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from service.core.wording_text import N_

NAME, LINE, ADDRESS, NOTES = 120, 200, 500, 4000
"""The longest that texts of these kinds may be, in characters."""

# RFC 3339; the standard library also reads dates without a time and times without an offset.
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_YEARS = range(2000, 2200)
_KEPT = frozenset("\n\t")


def _said(text: Any) -> Any:
    """Refuse what is no text, what cannot be stored, and what no keyboard types; trim the rest."""
    if not isinstance(text, str):
        raise PydanticCustomError("string_type", N_("This must be a text."))
    text = text.replace("\r\n", "\n").strip()
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in _KEPT for char in text):
        raise PydanticCustomError("control_character", N_("This holds a character that nobody can read."))
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _instant(value: Any) -> datetime:
    problem = PydanticCustomError("instant", N_("Write a time with its offset, for example 2026-12-03T14:30:00+04:00."))
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise problem
    try:
        instant = datetime.fromisoformat(value.upper())
    except ValueError:
        raise problem from None
    if instant.year not in _YEARS:
        raise problem
    return instant.astimezone(UTC)


def _clock(value: str) -> time:
    if not _CLOCK.fullmatch(value):
        raise PydanticCustomError("clock", N_("Write a time of the day, for example 20:00."))
    return time.fromisoformat(value)


def _id(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise PydanticCustomError("id", N_("This is not an id.")) from None


def _yes(value: Any) -> bool:
    if value is True or value == {}:
        return True
    raise PydanticCustomError("yes", N_("Write true."))


Yes = Annotated[bool, BeforeValidator(_yes)]
Line = Annotated[str, BeforeValidator(_said), AfterValidator(_one_line), Field(max_length=LINE)]
Name = Annotated[str, BeforeValidator(_said), AfterValidator(_one_line), Field(min_length=1, max_length=NAME)]
Place = Annotated[str, BeforeValidator(_said), AfterValidator(_one_line), Field(max_length=ADDRESS)]
Notes = Annotated[str, BeforeValidator(_said), Field(max_length=NOTES)]
Code = Annotated[str, BeforeValidator(_said), Field(min_length=1, max_length=64)]
Text = Annotated[str, BeforeValidator(_said)]
Instant = Annotated[datetime, BeforeValidator(_instant), Field(json_schema_extra={"format": "date-time"})]
Clock = Annotated[
    time,
    BeforeValidator(lambda value: _clock(_said(value))),
    Field(json_schema_extra={"type": "string", "pattern": _CLOCK.pattern}),
]
Id = Annotated[UUID, BeforeValidator(_id)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=366 * 86400)]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FactValue = Annotated[str, BeforeValidator(_said), Field(max_length=ADDRESS)]


class Form(BaseModel):
    """The base of all that is taken in: a field that nobody knows is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
