"""`/away`: five steps for whoever has left. Without a sign-in, small, and of use without a network once it is open."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.usecases.advice import TO_WORK, way_out
from service.usecases.context import Service
from service.usecases.countries import DEFAULT_CITIZEN, citizens
from service.usecases.places import countries, country_name, is_country, near_first
from service.web.pages import language_of, page
from service.web.self_check import sources
from service.web.wizard import see

PATH = "/away"
UNKNOWN_PASSPORT = "other"


def router(service: Service) -> APIRouter:
    """The five steps, and the same with the numbers of one country."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH)
    def steps(request: Request, country: str = "", citizen: str = DEFAULT_CITIZEN) -> Response:
        language = language_of(request)
        if is_country(country):
            return see(_path(country, citizen))
        near, others = near_first(countries(language), TO_WORK)
        return page(
            request,
            "away.html",
            way=None,
            near=[(name, _path(code, citizen)) for code, name in near if code != citizen],
            choices=[*near, *others],
            country="",
            citizen=citizen,
            citizens=citizens(language),
            passport="",
            **sources(language),
        )

    @routes.get(f"{PATH}/{{code}}")
    def there(request: Request, code: str, citizen: str = DEFAULT_CITIZEN) -> Response:
        language = language_of(request)
        known = is_country(citizen)
        way = way_out(service, code, citizen if known else "", language)
        others = [(name, _path(code, one)) for one, name in citizens(language) if one not in (citizen, code)]
        return page(
            request,
            "away.html",
            way=way,
            near=others,
            choices=[],
            country=code,
            citizen=citizen,
            citizens=[],
            passport=country_name(citizen, language) if known else "",
            **sources(language),
        )

    return routes


def _path(code: str, citizen: str) -> str:
    chosen = citizen if is_country(citizen) else UNKNOWN_PASSPORT
    return f"{PATH}/{code}" if chosen == DEFAULT_CITIZEN else f"{PATH}/{code}?citizen={chosen}"
