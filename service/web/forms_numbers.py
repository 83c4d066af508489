"""Numbers in forms: read as people type them; a national one asks which country it belongs to."""

from __future__ import annotations

from fastapi import Request

from service.usecases.context import Service
from service.usecases.numbers import NotANumber
from service.usecases.places import countries, near_first
from service.usecases.problems import Problems
from service.usecases.typed_numbers import WhichCountry, problem_of, read_number
from service.web.forms import COUNTRY, Typed
from service.web.pages import language_of


def number_of(service: Service, typed: Typed, name: str, problems: Problems) -> str | None:
    """The number under a name in E.164; None when there is none, or none that can be read: then `problems` says why."""
    text = typed.text(name)
    if not text:
        return None
    try:
        return read_number(text, typed.text(name + COUNTRY) or None, invented=service.demo)
    except NotANumber as error:
        if isinstance(error, WhichCountry):
            typed.asks_country.add(name)
        problems.add(name, problem_of(error))
    return None


def number_countries(request: Request) -> list[tuple[str, str]]:
    """The countries to choose from in the page's language, those nearest to our travelers first."""
    near, others = near_first(countries(language_of(request)))
    return [*near, *others]
