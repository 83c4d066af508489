"""`/trip/people/order`: whom an alarm tells first, whom next, and how long it waits between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from service.texts import translator
from service.usecases.context import Service
from service.usecases.problems import FieldProblem, Invalid, Problems
from service.usecases.sessions import Session
from service.usecases.set_ladder import LadderForm, RungForm, clear_ladder, set_ladder
from service.usecases.show_people import People, show_people, usual_rungs, whole_ladder
from service.web.durations import choices_of
from service.web.form_rows import changed_rows
from service.web.forms import Typed, collect
from service.web.guard import filled_in, signed_in
from service.web.order_view import OrderView, view_order
from service.web.pages import HEADERS, language_of, render
from service.web.schemas import LadderIn
from service.web.wizard import draft_of, see, step_page

PATH = "/trip/people/order"
USUAL = "usual"
MOST_RUNGS = 19
"""One more holds everybody."""
WAITS = (300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
REPEATS = (1800, 3600, 7200, 14400)
DEMO = (10, 30, 60)
USUAL_WAIT, USUAL_REPEAT = "1800", "3600"

_CONTACT = re.compile(r"(rungs\[\d+\]\.contacts)\[\d+\]")
_RUNG = re.compile(r"rungs\[(\d+)\]")


def router(service: Service) -> APIRouter:
    """The order, its live picture, and the way back to the usual one."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = signed_in(service), filled_in(service)

    @routes.get(PATH)
    def ask(request: Request, session: Session = Depends(whose)) -> Response:
        people = show_people(service, draft_of(service, session))
        return _page(service, request, people, _typed(people.rungs, people.repeat.total_seconds()))

    @routes.post(PATH)
    def save(request: Request, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        key = draft_of(service, session)
        people = show_people(service, key)
        if typed.text(USUAL):
            clear_ladder(service, key)
            return see("/trip/people")
        if rows := changed_rows(typed, {"rungs": [("wait_seconds", USUAL_WAIT)]}, MOST_RUNGS):
            return _page(service, request, people, typed, rows)
        try:
            form = _order_of(people, typed)
            if (
                form == whole_ladder(people, usual_rungs(people), form.repeat)
                and typed.text("repeat_seconds") == USUAL_REPEAT
            ):
                # It goes on following who has accepted.
                clear_ladder(service, key)
            else:
                set_ladder(service, key, form)
        except Invalid as refused:
            return _page(service, request, people, typed.refused(_placed(typed, refused.problems)))
        return see("/trip/people")

    @routes.post(f"{PATH}/preview")
    def preview(request: Request, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        people = show_people(service, draft_of(service, session))
        language = language_of(request)
        view = _view(people, typed, language)
        return HTMLResponse(render("_order_preview.html", language, order=view), headers=dict(HEADERS))

    return routes


def _page(service: Service, request: Request, people: People, typed: Typed, rows: str = "") -> Response:
    language = language_of(request)
    waits = (*DEMO, *WAITS) if service.demo else WAITS
    repeats = (*DEMO, *REPEATS) if service.demo else REPEATS
    waiting = {number: typed.text(f"rungs[{number}].wait_seconds") for number in typed.indexes("rungs")}
    choices: dict[str, Any] = {
        "waits": {number: choices_of(waits, chosen, language) for number, chosen in waiting.items()},
        "repeats": choices_of(repeats, typed.text("repeat_seconds"), language),
    }
    order = None if typed.problems else _view(people, typed, language)
    return step_page(
        service,
        request,
        "people",
        "wizard_order.html",
        typed,
        people=people.present,
        is_usual=people.is_usual,
        order=order,
        rows=rows,
        **choices,
    )


def _view(people: People, typed: Typed, language: str) -> OrderView | None:
    try:
        return view_order(people, _order_of(people, typed), language, translator(language))
    except Invalid:
        return None


def _typed(rungs: Sequence[RungForm], repeat: float) -> Typed:
    return Typed.of(
        {
            "rungs": [
                {"contacts": list(rung.contacts), "wait_seconds": int(rung.wait.total_seconds())} for rung in rungs
            ],
            "repeat_seconds": int(repeat),
        }
    )


def _order_of(people: People, typed: Typed) -> LadderForm:
    """The order that was typed, and behind it everybody.

    Raises:
        Invalid: a box or a time that cannot be used; by its path in the JSON API.
    """
    problems = Problems()
    values = {
        "rungs": [
            {
                "contacts": typed.texts(f"rungs[{number}].contacts"),
                "wait_seconds": _whole(typed.text(f"rungs[{number}].wait_seconds")),
            }
            for number in typed.indexes("rungs")
        ],
        "repeat_seconds": _whole(typed.text("repeat_seconds", USUAL_REPEAT)),
    }
    form = collect(problems, LadderIn, values)
    problems.refuse()
    if form is None:
        raise Invalid(())
    return whole_ladder(people, form.form().rungs, form.form().repeat)


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


def _placed(typed: Typed, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """What is said of a rung's paths, beside the row in which it stands."""
    numbers = typed.indexes("rungs")
    found = []
    for one in problems:
        field = _CONTACT.sub(r"\1", one.field)
        if match := _RUNG.match(field):
            place = int(match.group(1))
            row = numbers[place] if place < len(numbers) else place
            field = f"rungs[{row}]{field[match.end() :]}"
        found.append(FieldProblem(field, one.message, one.values))
    return found
