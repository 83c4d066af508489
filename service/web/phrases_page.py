"""`/phrasebook`: sentences to show or to read out to whoever is near, in the languages of the countries of work."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from service.texts import translator
from service.usecases.advice import MEANINGS, by_country, known_languages, sentences
from service.usecases.context import Service
from service.usecases.times import whole_day
from service.web.pages import language_of, page

PATH = "/phrasebook"


def router(service: Service) -> APIRouter:  # noqa: ARG001 - as all routers are made
    """The list of languages, and the sentences in one of them."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH)
    def choose(request: Request) -> Response:
        language = language_of(request)
        return page(request, "phrasebook.html", languages_there=known_languages(language), there=by_country(language))

    @routes.get(f"{PATH}/{{tongue}}")
    def show(request: Request, tongue: str) -> Response:
        language = language_of(request)
        _ = translator(language)
        said = sentences(tongue)
        # English, when we do not have what was asked for.
        spoken = said[0].language
        names = dict(known_languages(language))
        return page(
            request,
            "phrases.html",
            said=[(one, "" if spoken == language else _(MEANINGS[one.key])) for one in said],
            spoken=spoken,
            name=names[spoken],
            is_other=tongue.split("-")[0].lower() != spoken,
            of=whole_day(min(one.checked for one in said), language),
            is_read=all(one.reviewer for one in said),
        )

    return routes
