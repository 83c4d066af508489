"""`/countries` and `/countries/{code}`: whom to call in a country, for anybody. Nothing is stored, no cookie needed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.usecases.context import Service
from service.usecases.countries import DEFAULT_CITIZEN, citizens, show_country
from service.usecases.places import countries, country_name, is_country, near_first
from service.web.pages import language_of, page
from service.web.wizard import see

UNKNOWN_PASSPORT = "other"
"""A passport of whose missions we know nothing."""


def router(service: Service) -> APIRouter:
    """The list, and a page for each country."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/countries")
    def choose(request: Request, country: str = "", citizen: str = DEFAULT_CITIZEN) -> Response:
        citizen, language = _passport(citizen), language_of(request)
        if is_country(country):
            return see(_path(country, citizen))
        near, others = near_first(countries(language))
        return page(
            request,
            "countries.html",
            near=[(name, _path(code, citizen)) for code, name in near if code != citizen],
            choices=[*near, *others],
            country="",
            citizen=citizen,
            citizens=citizens(language),
        )

    @routes.get("/countries/{code}")
    def show(request: Request, code: str, citizen: str = DEFAULT_CITIZEN) -> Response:
        citizen, language = _passport(citizen), language_of(request)
        shown = show_country(service, code, "" if citizen == UNKNOWN_PASSPORT else citizen, language)
        near, others = near_first(countries(language))
        return page(
            request,
            "country.html",
            shown=shown,
            choices=[*near, *others],
            country=code,
            citizen=citizen,
            citizens=citizens(language),
            passport=country_name(citizen, language) if citizen != UNKNOWN_PASSPORT else "",
        )

    return routes


def _passport(citizen: str) -> str:
    return citizen if is_country(citizen) else UNKNOWN_PASSPORT


def _path(code: str, citizen: str) -> str:
    return f"/countries/{code}" if citizen == DEFAULT_CITIZEN else f"/countries/{code}?citizen={citizen}"
