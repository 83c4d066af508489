"""`/trip/order`: another order of her people on a running trip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from service.usecases.changes import NewLadder, UsualLadder
from service.usecases.context import Service
from service.usecases.problems import Invalid
from service.usecases.request_word import keep_word
from service.usecases.sessions import Session
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
from service.web.pages import HEADERS, render
from service.web.running import Running, ask_change, once_of, word_of
from service.web.trip_access import open_trip

PATH = "/trip/order"
PREVIEW = f"{PATH}/preview"
BACK = "/trip/all"


def router(service: Service) -> APIRouter:
    """Another order, its live picture, and the way back to the usual one."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def running_of(request: Request, session: Session) -> Running:
        return Running(service, request, open_trip(service, session))

    def people_of(running: Running) -> People:
        # By the time at which another order counts no deadline of today stands: the picture counts from the first one.
        return replace(show_people(service, running.trip.key), due_at=None, opens_at=None)

    def show(running: Running, people: People, typed: Typed, rows: str = "") -> Response:
        boxes = order_boxes(service, people, typed, running.language)
        return running.form("running_order.html", typed, rows=rows, live=PREVIEW, **boxes)

    @routes.get(PATH)
    def ask(request: Request, session: Session = whose) -> Response:
        running = running_of(request, session)
        people = people_of(running)
        return show(running, people, typed_order(people))

    @routes.post(PATH)
    def change(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        people, _ = people_of(running), running.translate
        if rows := rungs_asked(typed):
            return show(running, people, typed, rows)

        def wanted() -> NewLadder | UsualLadder:
            if typed.text(USUAL):
                return UsualLadder()
            form = order_of(people, typed)
            return UsualLadder() if follows_acceptances(people, typed, form) else NewLadder(form)

        try:
            if _stands(people, typed):
                word = word_of(running.trip, typed)
                keep_word(service, running.trip.key, word, sender=session.token_hash, once=once_of(typed))
                return running.noted([_("This is the order already. Nothing changes.")], back=BACK, timed=False)
            ask_change(service, running, session, typed, wanted)
        except Invalid as refused:
            own = [replace(one, field=one.field.removeprefix("ladder.")) for one in refused.problems]
            return show(running, people, typed.refused(order_placed(typed, own)))
        return running.noted(_asked(running), back=BACK)

    @routes.post(PREVIEW)
    def preview(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        view = order_typed(people_of(running), typed, running.language)
        return HTMLResponse(render("_order_preview.html", running.language, order=view), headers=dict(HEADERS))

    return routes


def _stands(people: People, typed: Typed) -> bool:
    """Whether what was typed is the order that counts, so that nobody is told of a change that is none."""
    if typed.text(USUAL):
        return people.is_usual
    try:
        return order_of(people, typed) == people.ladder
    except Invalid:
        return False


def _asked(running: Running) -> Iterator[str]:
    _, begins = running.translate, running.when(running.facts.effective_at)
    if running.has_words:
        said = _("With one of your words the new order counts now. Without one it counts from {time}.")
    else:
        said = _("The new order counts from {time}. Your people are told today that a change was asked for.")
    yield said.format(time=begins)
    yield _("Until then the order that you had goes on.")
