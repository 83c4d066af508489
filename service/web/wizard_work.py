"""`/trip/work`: who employs her and who arranged it; what papers she has and who travels with her."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording_facts import OFFER, OFFERED_BY, VISAS
from service.texts import translator
from service.usecases.context import Service
from service.usecases.places import Choice
from service.usecases.problems import Invalid, Problems
from service.usecases.sessions import Session
from service.usecases.trip_facts import set_facts
from service.web.compact_rows import compacted
from service.web.form_rows import BUTTON, changed_rows
from service.web.forms import Typed
from service.web.forms_facts import checked_sections, later_of, person_of, read_sections, stored_facts
from service.web.forms_numbers import number_countries
from service.web.guard import filled_in, signed_in
from service.web.pages import language_of
from service.web.wizard import draft_of, go_on, step_page

SECTIONS = ("employer", "agency", "offered_by", "visa", "companions", "insurance", "notes")
FOLDED = ("visa", "companions", "insurance", "notes", "person")
OFFER_FIELDS = tuple(name for name, _label, _hint in OFFER)
MOST_COMPANIONS = 10
BLANK_COMPANION = {"companions": (("name", ""), ("phone", ""))}


def router(service: Service) -> APIRouter:
    """The step "work"."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, form: Typed, *, added: bool = False) -> Response:
        _ = translator(language_of(request))
        rows = form.indexes("companions")
        folded = any(
            name.startswith(FOLDED) for name in [*form.mistakes(), *(key for key, value in form.pairs if value)]
        )
        return step_page(
            service,
            request,
            "work",
            "wizard_work.html",
            form,
            countries=number_countries(request),
            offered_by=[(value, _(text)) for value, text in OFFERED_BY],
            visas=_with_hers([(value, _(text)) for value, text in VISAS], form.text("visa.kind")),
            rows=rows or [0],
            may_add=len(rows) < MOST_COMPANIONS,
            added=added,
            offer=OFFER,
            unfolded=folded,
        )

    @routes.get("/trip/work")
    def show(request: Request, session: Session = whose) -> Response:
        stored = stored_facts(service, draft_of(service, session), (*SECTIONS, "person"))
        asked = {name: text for name, text in (stored.get("person") or {}).items() if name in OFFER_FIELDS}
        return shown(request, Typed.of({**stored, "person": asked}))

    @routes.post("/trip/work")
    def save(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key = draft_of(service, session)
        if changed_rows(typed, BLANK_COMPANION, MOST_COMPANIONS):
            return shown(request, typed, added=typed.text(BUTTON).startswith("add:"))
        typed = compacted(typed, "companions")
        problems, later = Problems(), later_of(typed, SECTIONS)
        try:
            person = person_of(typed, stored_facts(service, key, ("person",)), OFFER_FIELDS)
            sections = {
                **read_sections(service, typed, SECTIONS, problems),
                **checked_sections({"person": person}, problems),
            }
            problems.refuse()
            set_facts(service, key, sections, later)
        except Invalid as refused:
            return shown(request, typed.refused(refused.problems))
        return go_on("work")

    return routes


def _with_hers(choices: list[Choice], chosen: str) -> list[Choice]:
    """The choices, and what she wrote in other words elsewhere."""
    return choices if not chosen or chosen in dict(choices) else [*choices, (chosen, chosen)]
