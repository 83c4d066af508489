"""`/trip/plan`: when she answers, and what that means, shown before it is stored."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from service.core.wording import Translate
from service.texts import translator
from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.preview_plan import PlanGround, plan_ground, preview_plan
from service.usecases.problems import Invalid
from service.usecases.sessions import Session
from service.usecases.set_plan import set_plan
from service.web.forms import Typed
from service.web.guard import filled_in, signed_in
from service.web.pages import HEADERS, language_of, render
from service.web.plan_boxes import SHOW, plan_boxes
from service.web.plan_form import placed, plan_of, rows_asked, typed_plan
from service.web.plan_view import PlanView, view_plan
from service.web.wizard import draft_of, go_on, step_page

BEFORE_IT: dict[str, Any] = {"on_the_way": False, "begins_said": ""}
"""What the shared parts of the form are told of a trip that has not begun."""


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
        return HTMLResponse(render("_plan_preview.html", language, preview=view, **BEFORE_IT), headers=dict(HEADERS))

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
        **BEFORE_IT,
        **plan_boxes(service, ground, form, language, _),
    )


def _view(
    service: Service, key: TripKey, ground: PlanGround, typed: Typed, language: str, _: Translate
) -> PlanView | None:
    """What the form means as it stands; None while it cannot be stored."""
    try:
        return view_plan(preview_plan(service, key, plan_of(typed, ground.legs)), language, _)
    except Invalid:
        return None
