"""Who is there, and whether a form is ours: the session's cookie, the token in every form, and where a POST came from.

A form that somebody else's page sends must do nothing. Three things see to it: the cookie is not sent along with
other sites' forms (SameSite), every form holds a token that only our page can know, and a request that says that it
comes from elsewhere is refused. Pages behind a secret link need no token: who can name them has the link.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.usecases.context import Service
from service.usecases.problems import NotSignedIn
from service.usecases.sessions import Session, find_session
from service.web.forms import Typed, read_form
from service.web.pages import HEADERS, is_encrypted

SESSION = "s"
VISIT = "v"
NUMBER = "n"
"""Names of cookies. They say nothing to whoever looks at them."""
SESSION_SECONDS = 30 * 24 * 3600
NUMBER_SECONDS = 10 * 60
"""As long as a code is good."""
TOKEN = "form"  # noqa: S105 - the name of a field
NOT_OURS = ("/api/", "/hooks/")
"""Called by programs, which have tokens and signatures of their own."""


def session_of(service: Service, request: Request) -> Session | None:
    """The session of the request's cookie, if it has not ended."""
    token = request.cookies.get(SESSION)
    return find_session(service, token) if token else None


def signed_in(service: Service) -> Callable[[Request], Session]:
    """A dependency: her session. Who has none is sent to the sign-in."""

    def session(request: Request) -> Session:
        found = session_of(service, request)
        if found is None:
            raise NotSignedIn
        return found

    return session


def filled_in(service: Service) -> Callable[[Request], Coroutine[Any, Any, Typed]]:
    """A dependency: the form of the request, known to come from our page.

    Raises:
        HTTPException: 403 when it does not, 413 when it is too large.
    """

    async def typed(request: Request) -> Typed:
        form = await read_form(request)
        subject = request.cookies.get(SESSION) or request.cookies.get(VISIT) or ""
        if not subject or not hmac.compare_digest(form.text(TOKEN).encode(), _token(service, subject).encode()):
            raise HTTPException(403)
        return form

    return typed


def form_token(service: Service, request: Request) -> str:
    """The token that the forms of this page hold. Pass the page to `remember_visit` before it is sent."""
    subject = request.cookies.get(SESSION) or request.cookies.get(VISIT)
    if not subject:
        subject = request.state.visit = secrets.token_urlsafe(16)
    return _token(service, subject)


def remember_visit(request: Request, response: Response) -> Response:
    """Set the cookie that this page's token belongs to, when it is a new one."""
    if visit := getattr(request.state, "visit", None):
        _set(request, response, VISIT, visit, None)
    return response


def start_session(request: Request, response: Response, token: str) -> Response:
    """Give the browser its session."""
    response.delete_cookie(VISIT)
    response.delete_cookie(NUMBER)
    _set(request, response, SESSION, token, SESSION_SECONDS)
    return response


def forget_session(response: Response) -> Response:
    """Take the session from the browser."""
    response.delete_cookie(SESSION)
    response.delete_cookie(VISIT)
    response.delete_cookie(NUMBER)
    return response


def remember_number(request: Request, response: Response, phone: str) -> Response:
    """Know for as long as a code is good whose it is: to read it she may leave the page, and come back to it anew."""
    _set(request, response, NUMBER, phone, NUMBER_SECONDS)
    return response


def forget_number(response: Response) -> Response:
    """Let her write another number."""
    response.delete_cookie(NUMBER)
    return response


def _set(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=is_encrypted(request))


def _token(service: Service, subject: str) -> str:
    return service.keys.token_hash(f"{TOKEN}:{subject}").hex()[:32]


class EveryAnswer:
    """Gives each answer those headers of our pages that it does not bring itself: also errors, hooks and files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                brought = {name.lower() for name, _ in given}
                missing = [(name, value) for name, value in self._headers if name not in brought]
                message = {**message, "headers": [*given, *missing]}
            await send(message)

        await self._app(scope, receive, answer)


class SameOrigin:
    """Refuses a form that says that it comes from another site.

    Browsers that know Sec-Fetch-Site tell it by that. Others send Origin, which our own pages make `null`, because
    they tell no site where a reader came from.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._host = urlsplit(public_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD") and self._is_foreign(scope):
            refused = PlainTextResponse("This form belongs to another page.", 403, headers=dict(HEADERS))
            await refused(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        if scope["path"].startswith(NOT_OURS):
            return False
        headers = Headers(scope=scope)
        if site := headers.get("sec-fetch-site"):
            return site not in ("same-origin", "none")
        origin = headers.get("origin", "null")
        return origin != "null" and urlsplit(origin).netloc not in (self._host, headers.get("host"))
