"""Forms as people fill them in: read within bounds, shown again with what was typed, each mistake beside its field.

A field's name is its path in the JSON API (`employer.phone`, `daily[0].time`), so that what a schema or a use case says
of a path stands beside the right box. Beside a number stands `NAME_country`: the country that a national number
belongs to.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from service.usecases.problems import FieldProblem, Invalid, Problems, Translate
from service.web.problems import field_problem

MOST_BYTES = 48 * 1024
MOST_FIELDS = 400
COUNTRY = "_country"
ONCE = "once"
"""The hidden field that names one filling-in of a form: sent twice, it is one."""

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,3})\]")

Model = TypeVar("Model", bound=BaseModel)


@dataclass(slots=True)
class Typed:
    """What was typed, by the fields' names in their order, and what is wrong with it.

    `errors` are English texts with their values, by field; `asks_country` are numbers whose country must be chosen.
    """

    pairs: list[tuple[str, str]] = field(default_factory=list)
    problems: list[FieldProblem] = field(default_factory=list)
    asks_country: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Typed:
        """What is stored, as if it had been typed: nested values get the names of their fields."""
        return cls(list(_flat("", values)))

    def text(self, name: str, otherwise: str = "") -> str:
        """The last text under a name, trimmed."""
        return next((value.strip() for key, value in reversed(self.pairs) if key == name), otherwise)

    def texts(self, name: str) -> list[str]:
        """All texts under a name, as checkboxes give them."""
        return [value.strip() for key, value in self.pairs if key == name]

    def says(self, name: str, value: str = "1") -> bool:
        """Whether a box is ticked."""
        return value in self.texts(name)

    def indexes(self, name: str) -> list[int]:
        """The numbers of the entries of a list: of `daily[0].time` and `daily[2].time`, 0 and 2."""
        found = (re.match(re.escape(name) + r"\[(\d{1,3})\]", key) for key, _ in self.pairs)
        return sorted({int(match.group(1)) for match in found if match})

    def refused(self, problems: Iterable[FieldProblem]) -> Typed:
        """The same with what is wrong."""
        self.problems.extend(problems)
        return self

    def error(self, name: str, translate: Translate) -> str:
        """What to say beside a field; empty when it is right."""
        return next((one.said(translate) for one in self.problems if one.field == name), "")

    def mistakes(self) -> list[str]:
        """The names of the fields that need another look, in the order in which they were found."""
        return list(dict.fromkeys(one.field for one in self.problems))


async def read_form(request: Request) -> Typed:
    """The form of a request.

    Raises:
        HTTPException: 413, larger than any form of ours.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(413) from None
    return Typed([(name, _clean(value)) for name, value in pairs])


def checked(schema: type[Model], values: Mapping[str, Any]) -> Model:
    """The values as a schema takes them.

    Raises:
        Invalid: with the path of each field that cannot be used.
    """
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        found = [field_problem({**mistake, "loc": ("form", *mistake["loc"])}) for mistake in error.errors()]
        raise Invalid(found) from None


def collect(problems: Problems, schema: type[Model], values: Mapping[str, Any]) -> Model | None:
    """Like `checked`, but its mistakes join others, so that a person hears of all of them at once."""
    try:
        return checked(schema, values)
    except Invalid as refused:
        problems.extend(refused.problems)
        return None


def fresh_once() -> str:
    """A name for one filling-in of a form."""
    return secrets.token_urlsafe(12)


def put(values: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a path of names (`employer.name`); lists are not made here."""
    *outer, last = [step.group(1) for step in _STEP.finditer(path)]
    for name in outer:
        values = values.setdefault(name, {})
    values[last] = value


def _clean(value: str) -> str:
    # Databases and people know no NUL; a browser sends line ends of its own.
    return value.replace("\0", "").replace("\r\n", "\n")


def _flat(name: str, value: Any) -> Iterable[tuple[str, str]]:
    match value:
        case Mapping():
            for key, one in value.items():
                yield from _flat(f"{name}.{key}" if name else str(key), one)
        case list() | tuple():
            for index, one in enumerate(value):
                yield from _flat(f"{name}[{index}]", one) if isinstance(one, Mapping) else [(name, str(one))]
        case None | False:
            return
        case True:
            yield name, "1"
        case _:
            yield name, str(value)
