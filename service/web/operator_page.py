"""`/operator`: how the channels do, a test message by each, and what an alarm costs. For whoever runs this.

It shows counts and times, and names nobody: who runs this is not to read cases. `/o/…` opens it, once.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from service.usecases.alarm_cost import alarm_cost
from service.usecases.channel_state import show_installation
from service.usecases.context import Service
from service.usecases.operator_access import end_operator, is_good, open_demonstration, use_operator_link
from service.usecases.operator_test import own_addresses, send_test
from service.usecases.problems import FieldProblem, Invalid, NotFound, TooManyTries
from service.usecases.simulated import simulated_phones
from service.web.forms import Typed
from service.web.operator_guard import (
    COOKIE,
    PATH,
    forget_operator,
    operator_form,
    operator_here,
    operator_token,
    start_operator,
)
from service.web.operator_view import view_costs, view_installation
from service.web.pages import language_of, page
from service.web.wizard import see


def router(service: Service) -> APIRouter:
    """The page, its door, and its forms."""
    routes = APIRouter(include_in_schema=False)
    filled = Depends(operator_form(service))

    def shown(request: Request, form: Typed, status: int = 200) -> Response:
        language = language_of(request)
        seen = show_installation(service)
        return page(
            request,
            "operator.html",
            status=status,
            form=form,
            csrf=operator_token(service, request),
            view=view_installation(seen, service.limits, language),
            costs=view_costs(alarm_cost(service), language),
            metrics="/metrics",
        )

    @routes.get(PATH)
    def show(request: Request) -> Response:
        return shown(request, Typed()) if operator_here(service, request) else _door(service, request, 403)

    @routes.get("/o/{token}")
    def arrive(request: Request, token: str) -> Response:
        if not is_good(service, token):
            return _door(service, request, 404)
        return page(request, "operator_in.html", action=f"/o/{token}", is_good=True)

    @routes.post("/o/{token}")
    def enter(request: Request, token: str) -> Response:
        session = use_operator_link(service, token)
        return start_operator(request, see(PATH), session) if session else _door(service, request, 404)

    @routes.post(PATH)
    def enter_demonstration(request: Request) -> Response:
        if simulated_phones(service) is None:
            return _door(service, request, 403)
        return start_operator(request, see(PATH), open_demonstration(service))

    @routes.post(f"{PATH}/test")
    def test(request: Request, form: Typed = filled) -> Response:
        if not operator_here(service, request):
            return _door(service, request, 403)
        channel = form.text("channel")
        try:
            send_test(service, channel, _chosen(service, form), language_of(request))
        except NotFound:
            return see(PATH)
        except Invalid as refused:
            return shown(request, form.refused(_beside(refused.problems, channel)), 422)
        except TooManyTries as refused:
            return shown(request, form.refused([FieldProblem(f"to.{channel}", refused.message)]), 429)
        return see(f"{PATH}#tests")

    @routes.post(f"{PATH}/out")
    def leave(request: Request, form: Typed = filled) -> Response:  # noqa: ARG001 - the form's token is checked
        end_operator(service, request.cookies.get(COOKIE, ""))
        return forget_operator(see("/"))

    return routes


def _door(service: Service, request: Request, status: int) -> Response:
    """How one gets in; where phones are simulated, by a button."""
    is_free = simulated_phones(service) is not None
    return page(
        request, "operator_in.html", status=200 if is_free else status, action=PATH if is_free else "", is_good=is_free
    )


def _chosen(service: Service, form: Typed) -> str:
    """The address that was typed, else the one of ours that was chosen by its place."""
    channel = form.text("channel")
    typed = form.text(f"to.{channel}")
    if typed:
        return typed
    place, own = form.text(f"own.{channel}"), own_addresses(service, channel)
    return own[int(place[:3])] if place.isascii() and place.isdecimal() and int(place[:3]) < len(own) else ""


def _beside(problems: tuple[FieldProblem, ...], channel: str) -> list[FieldProblem]:
    return [FieldProblem(f"to.{channel}", one.message, one.values) for one in problems]
