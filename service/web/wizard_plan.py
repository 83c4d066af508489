"""`/trip/plan`: when she answers, and what that means, shown before it is stored."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from service.core.wording import Translate
from service.texts import translator
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.places import zone_label
from service.usecases.preview_plan import PlanGround, plan_ground, preview_plan
from service.usecases.problems import Invalid
from service.usecases.sessions import Session
from service.usecases.set_plan import set_plan
from service.web.durations import choices_of
from service.web.forms import Typed
from service.web.guard import filled_in, signed_in
from service.web.local_times import weekdays
from service.web.pages import HEADERS, language_of, render
from service.web.plan_form import PRESET_HOURS, placed, plan_of, rows_asked, typed_plan
from service.web.plan_view import PlanView, view_plan
from service.web.schemas import Weekday
from service.web.wizard import draft_of, go_on, step_page

SHOW = "show"
"""The button that shows what was typed without storing it."""
GRACES = (900, 1800, 3600, 7200, 10800, 21600, 43200)
GRACES_DEMO = (10, 30, 60, 300)
AHEADS = (600, 1800, 3600, 7200)
AHEADS_DEMO = (5, 10, 30)
MOST_WEAK = 10


def router(service: Service) -> APIRouter:
    """The step and its live preview."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = signed_in(service), filled_in(service)

    @routes.get("/trip/plan")
    def ask(request: Request, session: Session = Depends(whose)) -> Response:
        key = draft_of(service, session)
        ground = plan_ground(service, key)
        return _page(service, request, key, ground, typed_plan(ground.plan, ground.legs))

    @routes.post("/trip/plan")
    def save(request: Request, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        key = draft_of(service, session)
        ground = plan_ground(service, key)
        rows = rows_asked(typed)
        if rows is not None:
            return _page(service, request, key, ground, typed, rows=rows)
        try:
            form = plan_of(typed, ground.legs)
            if typed.text(SHOW):
                preview_plan(service, key, form)
                return _page(service, request, key, ground, typed, rows=SHOW)
            set_plan(service, key, form)
        except Invalid as refused:
            typed.refused(placed(typed, ground.legs, refused.problems))
            return _page(service, request, key, ground, typed)
        return go_on("plan")

    @routes.post("/trip/plan/preview")
    def preview(request: Request, session: Session = Depends(whose), typed: Typed = Depends(filled)) -> Response:
        key = draft_of(service, session)
        language = language_of(request)
        view = _view(service, key, plan_ground(service, key), typed, language, translator(language))
        return HTMLResponse(render("_plan_preview.html", language, preview=view), headers=dict(HEADERS))

    return routes


def _page(
    service: Service, request: Request, key: TripKey, ground: PlanGround, form: Typed, rows: str = ""
) -> Response:
    language = language_of(request)
    _ = translator(language)
    return step_page(
        service,
        request,
        "plan",
        "wizard_plan.html",
        form,
        preview=None if form.problems else _view(service, key, ground, form, language, _),
        rows=rows,
        zones=_zones(ground, language),
        **_choices(service, form, language, _),
    )


def _view(
    service: Service, key: TripKey, ground: PlanGround, typed: Typed, language: str, _: Translate
) -> PlanView | None:
    """What the form means as it stands; None while it cannot be stored."""
    try:
        return view_plan(preview_plan(service, key, plan_of(typed, ground.legs)), language, _)
    except Invalid:
        return None


def _zones(ground: PlanGround, language: str) -> list[str]:
    """Whose clock a date and a time are read on, in the order of the trip."""
    return list(dict.fromkeys(leg.city or zone_label(leg.zone, language) for leg in ground.legs))


def _choices(service: Service, form: Typed, language: str, _: Translate) -> dict[str, Any]:
    graces = (*GRACES_DEMO, *GRACES) if service.demo else GRACES
    aheads = (*AHEADS_DEMO, *AHEADS) if service.demo else AHEADS
    return {
        "days": list(zip([day.value for day in Weekday], weekdays(language), weekdays(language, "cccc"), strict=True)),
        "hours": [(text, _("{number} h").format(number=text)) for text in PRESET_HOURS],
        "graces": choices_of(graces, form.text("grace_seconds"), language),
        "aheads": choices_of(aheads, form.text("remind_before_seconds"), language),
        "counts": [(str(number), str(number)) for number in range(1, MOST_WEAK + 1)],
    }
