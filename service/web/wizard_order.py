"""`/trip/people/order`: whom an alarm tells first, whom next, and how long it waits between them."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from service.usecases.context import Service
from service.usecases.problems import Invalid
from service.usecases.sessions import Session
from service.usecases.set_ladder import clear_ladder, set_ladder
from service.usecases.show_people import People, show_people
from service.web.forms import Typed
from service.web.guard import filled_in, signed_in
from service.web.order_boxes import (
    USUAL,
    follows_acceptances,
    order_boxes,
    order_of,
    order_placed,
    order_typed,
    rungs_asked,
    typed_order,
)
from service.web.pages import HEADERS, language_of, render
from service.web.wizard import draft_of, see, step_page

PATH = "/trip/people/order"


def router(service: Service) -> APIRouter:
    """The order, its live picture, and the way back to the usual one."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = signed_in(service), filled_in(service)

    @routes.get(PATH)
    def ask(request: Request, session: Session = Depends(whose)) -> Response:
        people = show_people(service, draft_of(service, session))
        return _page(service, request, people, typed_order(people))

    @routes.post(PATH)
    def save(request: Request, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        key = draft_of(service, session)
        people = show_people(service, key)
        if typed.text(USUAL):
            clear_ladder(service, key)
            return see("/trip/people")
        if rows := rungs_asked(typed):
            return _page(service, request, people, typed, rows)
        try:
            form = order_of(people, typed)
            if follows_acceptances(people, typed, form):
                clear_ladder(service, key)
            else:
                set_ladder(service, key, form)
        except Invalid as refused:
            return _page(service, request, people, typed.refused(order_placed(typed, refused.problems)))
        return see("/trip/people")

    @routes.post(f"{PATH}/preview")
    def preview(request: Request, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        people = show_people(service, draft_of(service, session))
        language = language_of(request)
        view = order_typed(people, typed, language)
        return HTMLResponse(render("_order_preview.html", language, order=view), headers=dict(HEADERS))

    return routes


def _page(service: Service, request: Request, people: People, typed: Typed, rows: str = "") -> Response:
    boxes = order_boxes(service, people, typed, language_of(request))
    return step_page(service, request, "people", "wizard_order.html", typed, rows=rows, **boxes)
