"""Pages of advice that anybody may read: `/at-work`, eleven questions for herself alone; `/papers`; `/know`.

Nothing of what is ticked leaves the browser: no form, no name of a field, no script of their own. Which answer stands
below is worked out by the stylesheet.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from service.core.self_check import QUESTIONS
from service.core.wording_text import N_
from service.texts import translator
from service.usecases.advice import SOURCES, checked_on, everywhere, help_lines
from service.usecases.context import Service
from service.web.pages import language_of, page

FORMS = (
    (N_("Sexual exploitation"), N_("Somebody is made to have sex, or to be filmed, and others earn by it.")),
    (N_("Forced labor"), N_("Work under threats, without pay or without leave to go.")),
    (N_("Criminal exploitation"), N_("Somebody is made to steal, to carry drugs, or to cheat people on the internet.")),
    (N_("Debt bondage"), N_("A debt for the way, the papers or the housing that no work ever pays off.")),
    (N_("Exploitation of child labor"), N_("A child works in place of going to school, or in danger.")),
    (N_("Domestic slavery"), N_("Work in a household day and night, without going out.")),
    (N_("Forced begging"), N_("Somebody is made to beg and to give the money away.")),
    (N_("Exploitation in military units"), N_("Somebody is made to fight or to serve in an army or an armed group.")),
    (N_("Children taken for adoption"), N_("A child is given away for money, with or without papers.")),
    (
        N_("Removal of organs and tissues"),
        N_("Somebody is made to give a part of the body, or talked into selling it."),
    ),
)
"""The ten forms that the government of Kazakhstan names (egov.kz, 14.02.2024), each in plain words."""


def router(service: Service) -> APIRouter:
    """The three pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/at-work")
    def at_work(request: Request) -> Response:
        language = language_of(request)
        _ = translator(language)
        asked = [(one.sign, _(one.text)) for one in QUESTIONS]
        lines = help_lines(service, language)
        return page(request, "self_check.html", asked=asked, lines=lines, **sources(language))

    @routes.get("/papers")
    def papers(request: Request) -> Response:
        language = language_of(request)
        said = everywhere("passport_mine", language)
        return page(request, "papers.html", said=said, **sources(language))

    @routes.get("/know")
    def know(request: Request) -> Response:
        language = language_of(request)
        _ = translator(language)
        forms = [(_(name), _(text)) for name, text in FORMS]
        return page(request, "know.html", forms=forms, **sources(language))

    return routes


def sources(language: str) -> dict[str, Any]:
    """What stands at the foot of each page of advice."""
    return {"checked": checked_on(language), "sources": SOURCES}
