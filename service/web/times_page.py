"""`/trip/times`: other times of a running trip, and what they mean, shown before they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from service.usecases.changes import NewPlan
from service.usecases.context import Service
from service.usecases.preview_times import preview_times, times_ground
from service.usecases.problems import Invalid
from service.usecases.sessions import Session
from service.web.forms import Typed
from service.web.guard import filled_in, signed_in
from service.web.pages import HEADERS, render
from service.web.plan_boxes import SHOW, plan_boxes
from service.web.plan_form import placed, plan_of, rows_asked, typed_plan
from service.web.plan_view import PlanView, view_plan
from service.web.running import Running, ask_change
from service.web.trip_access import open_trip

PATH = "/trip/times"
PREVIEW = f"{PATH}/preview"
BACK = "/trip/all"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the form means as it stands: the answers, and a sentence that says from when on they count."""

    plan: PlanView | None = None
    begins: str = ""


def router(service: Service) -> APIRouter:
    """Other times and their live preview."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def running_of(request: Request, session: Session) -> Running:
        return Running(service, request, open_trip(service, session))

    @routes.get(PATH)
    def ask(request: Request, session: Session = whose) -> Response:
        running = running_of(request, session)
        ground = times_ground(service, running.trip.key).ground
        return _page(service, running, typed_plan(ground.plan, ground.legs))

    @routes.post(PATH)
    def change(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        if (rows := rows_asked(typed)) is not None:
            return _page(service, running, typed, rows)
        legs = times_ground(service, running.trip.key).ground.legs
        try:
            if typed.text(SHOW):
                preview_times(service, running.trip.key, plan_of(typed, legs))
                return _page(service, running, typed, SHOW)
            counts = ask_change(service, running, session, typed, lambda: NewPlan(plan_of(typed, legs)))
        except Invalid as refused:
            own = [replace(one, field=one.field.removeprefix("plan.")) for one in refused.problems]
            return _page(service, running, typed.refused(placed(typed, legs, own)))
        return running.noted(_asked(Running(service, request, running.trip), counts=counts), back=BACK)

    @routes.post(PREVIEW)
    def preview(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = running_of(request, session)
        shown = _shown(service, running, typed)
        more = {"preview": shown.plan, "begins_said": shown.begins, "on_the_way": True}
        return HTMLResponse(render("_plan_preview.html", running.language, **more), headers=dict(HEADERS))

    return routes


def _page(service: Service, running: Running, typed: Typed, rows: str = "") -> Response:
    found = times_ground(service, running.trip.key)
    shown = Shown() if typed.problems else _shown(service, running, typed)
    return running.form(
        "running_times.html",
        typed,
        rows=rows,
        preview=shown.plan,
        begins_said=shown.begins,
        live=PREVIEW,
        on_the_way=True,
        paused_until=running.when(found.paused_until),
        **plan_boxes(service, found.ground, typed, running.language, running.translate),
    )


def _shown(service: Service, running: Running, typed: Typed) -> Shown:
    key = running.trip.key
    try:
        found = preview_times(service, key, plan_of(typed, times_ground(service, key).ground.legs))
    except Invalid:
        return Shown()
    _, begins = running.translate, running.when(running.facts.effective_at)
    if found.at_once:
        said = _("These times count at once.")
    elif running.has_words:
        said = _("With one of your words these times count at once, as shown here. Without one they count from {time}.")
    else:
        said = _("These times count from {time}. Until then the present ones go on.")
    return Shown(view_plan(found.preview, running.language, _), said.format(time=begins))


def _asked(running: Running, *, counts: bool) -> Iterator[str]:
    """What counts now and what waits, for any word in the same words."""
    _, begins, due = running.translate, running.when(running.facts.effective_at), running.when(running.facts.due)
    if counts:
        yield _("The new times count from now on.")
        yield _("The next answer is due: {time}.").format(time=due) if due else _("No answer is planned just now.")
    elif running.has_words:
        yield _("With one of your words the new times count now. Without one they count from {time}.").format(
            time=begins
        )
        yield _("Your page says when we wait for your next answer.")
    else:
        yield _("The new times count from {time}. Your people are told today that a change was asked for.").format(
            time=begins
        )
        if due:
            yield _("Until then please answer as always. The next answer is due: {time}.").format(time=due)
