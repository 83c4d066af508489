"""Whoever runs this, by a cookie of its own: a traveler's or a contact's session opens nothing here, and this one
nothing of theirs."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from service.usecases.context import Service
from service.usecases.operator_access import SESSION_LIVES, is_operator
from service.web.forms import Typed, read_form
from service.web.guard import TOKEN
from service.web.pages import is_encrypted

COOKIE = "o"
PATH = "/operator"


def operator_here(service: Service, request: Request) -> bool:
    """Whether the request comes from an operator's session that has not ended."""
    return is_operator(service, request.cookies.get(COOKIE, ""))


def operator_form(service: Service) -> Callable[[Request], Coroutine[Any, Any, Typed]]:
    """A dependency: the form of the request, known to come from the operator's own page.

    Raises:
        HTTPException: 403 when it does not, 413 when it is too large.
    """

    async def typed(request: Request) -> Typed:
        form = await read_form(request)
        given, ours = form.text(TOKEN), operator_token(service, request)
        if not ours or not hmac.compare_digest(given.encode(), ours.encode()):
            raise HTTPException(403)
        return form

    return typed


def operator_token(service: Service, request: Request) -> str:
    """The token that the forms of this page hold; empty without a session."""
    session = request.cookies.get(COOKIE, "")
    return service.keys.token_hash(f"operator_form:{session}").hex()[:32] if session else ""


def start_operator(request: Request, response: Response, token: str) -> Response:
    """Give the browser the session."""
    seconds = int(SESSION_LIVES.total_seconds())
    response.set_cookie(
        COOKIE, token, max_age=seconds, path=PATH, httponly=True, samesite="strict", secure=is_encrypted(request)
    )
    return response


def forget_operator(response: Response) -> Response:
    """Take it from the browser."""
    response.delete_cookie(COOKIE, path=PATH)
    return response
