"""`/in`: a number, a code to it, a session. `/out` and `/leave` end it. Known and unknown numbers look alike."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from service.core.wording_text import N_
from service.usecases.context import Service
from service.usecases.numbers import NotANumber, parse_number
from service.usecases.problems import FieldProblem, Invalid, Problems, TooManyTries
from service.usecases.register import SignUpForm, sign_up, verify
from service.usecases.sessions import Session, end_all_sessions, end_session
from service.usecases.simulated import simulated_phones
from service.usecases.typed_numbers import shown_number
from service.web.forms import Typed
from service.web.forms_numbers import number_countries, number_of
from service.web.guard import (
    NUMBER,
    SESSION,
    filled_in,
    forget_number,
    forget_session,
    form_token,
    remember_number,
    remember_visit,
    session_of,
    signed_in,
    start_session,
)
from service.web.pages import HEADERS, language_of, page
from service.web.visitor import visitor_of

NUMBER_NEEDED = N_("Write your number. The code goes to it.")


def router(service: Service) -> APIRouter:
    """Signing in and out, and leaving."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = signed_in(service), filled_in(service)

    def ask_number(request: Request, form: Typed, status: int | None = None) -> Response:
        shown = page(
            request,
            "sign_in.html",
            status=status or (422 if form.problems else 200),
            form=form,
            csrf=form_token(service, request),
            countries=number_countries(request),
        )
        return remember_visit(request, shown)

    def ask_code(request: Request, form: Typed, phone: str, status: int = 200) -> Response:
        shown = page(
            request,
            "sign_in_code.html",
            status=status,
            form=form,
            csrf=form_token(service, request),
            phone=phone,
            shown_phone=shown_number(phone),
            simulated=simulated_phones(service) is not None,
        )
        return remember_number(request, remember_visit(request, shown), phone)

    @routes.get("/in")
    def number(request: Request, other: str = "") -> Response:
        if session_of(service, request) is not None:
            return RedirectResponse("/home", status_code=303, headers=dict(HEADERS))
        if other:
            return forget_number(ask_number(request, Typed()))
        # A code is under way: the page that asks for it outlives a reload, another language, and a tab that was closed.
        waiting = request.cookies.get(NUMBER, "")
        try:
            return ask_code(request, Typed(), parse_number(waiting, invented=service.demo))
        except NotANumber:
            return ask_number(request, Typed())

    @routes.post("/in")
    def send_code(request: Request, form: Typed = Depends(filled)) -> Response:
        problems = Problems()
        phone = number_of(service, form, "phone", problems)
        try:
            problems.refuse()
            if not phone:
                return ask_number(request, form.refused([FieldProblem("phone", NUMBER_NEEDED)]))
            sign_up(service, SignUpForm("", phone, language_of(request)), visitor=visitor_of(request))
        except Invalid as refused:
            return ask_number(request, form.refused(refused.problems))
        except TooManyTries as refused:
            return ask_number(request, form.refused([FieldProblem("phone", refused.message)]), 429)
        return ask_code(request, Typed(), phone)

    @routes.get("/in/code")
    def code_again(request: Request) -> Response:
        # Reached by going back or by another language.
        return number(request)

    @routes.post("/in/code")
    def prove(request: Request, form: Typed = Depends(filled)) -> Response:
        phone = form.text("phone")
        try:
            digits = "".join(form.text("code").split())
            opened = verify(service, phone, digits, "session", visitor=visitor_of(request))
        except Invalid as refused:
            if any(problem.field == "phone" for problem in refused.problems):
                return ask_number(request, form.refused(refused.problems))
            return ask_code(request, form.refused(refused.problems), phone, 422)
        except TooManyTries as refused:
            return ask_code(request, form.refused([FieldProblem("code", refused.message)]), phone, 429)
        if before := request.cookies.get(SESSION):
            # Of a browser that has one already, no second one stays behind.
            end_session(service, before)
        answer = RedirectResponse("/home", status_code=303, headers=dict(HEADERS))
        return start_session(request, answer, opened.token)

    @routes.post("/out")
    def sign_out(request: Request, form: Typed = Depends(filled), session: Session = Depends(whose)) -> Response:
        if form.says("everywhere"):
            end_all_sessions(service, session.traveler_id)
        end_session(service, request.cookies[SESSION])
        return _gone(Response(status_code=303, headers={**HEADERS, "Location": "/in"}))

    @routes.post("/leave")
    @routes.get("/leave")
    def leave(request: Request) -> Response:
        if token := request.cookies.get(SESSION):
            end_session(service, token)
        return _gone(RedirectResponse(service.leave_url, status_code=303, headers=dict(HEADERS)))

    @routes.get("/leaving")
    def about_leaving(request: Request) -> Response:
        return page(request, "leaving.html")

    return routes


def _gone(response: Response) -> Response:
    """Nothing of the session stays in the browser. Its history does: only the browser can forget that."""
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return forget_session(response)
