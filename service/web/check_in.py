"""`/c/{token}`: a button that checks in. GET shows it and changes nothing; POST is the same page for any words."""

from __future__ import annotations

import gzip
import secrets
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.usecases.accept_taps import AcceptedTap, Tap
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.show_check_in import show_check_in
from service.web.intake import Intake
from service.web.pages import HEADERS, language_links, language_of, page, render

MOST_BYTES = 16 * 1024
MOST_TEXT = 2000
ADDRESS = "/c/"
TEMPLATE = "check_in.html"
DONE_PAGES = 2048
"""Different pages kept drawn: there is one for each language and next time."""


def router(service: Service) -> APIRouter:
    """The check-in page. The button on it is `CheckIns`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(ADDRESS + "{token}")
    def show(request: Request, token: str) -> Response:
        shown = show_check_in(service, token)
        if shown is None:
            return not_here(request)
        return page(
            request,
            TEMPLATE,
            default_language=shown.language,
            path=request.url.path,
            nonce=secrets.token_urlsafe(12),
            due=shown.due,
            done=False,
        )

    return routes


class CheckIns:
    """The button, before all other routes: half the cost of a check-in would be looking for its route, and most of the
    rest drawing a page that looks the same for everybody whose next time is the same.
    """

    def __init__(self, app: ASGIApp, service: Service, intake: Intake) -> None:
        self._app = app
        self._service = service
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith(ADDRESS):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            answer = await self._check_in(request, scope["path"][len(ADDRESS) :])
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    async def _check_in(self, request: Request, token: str) -> ASGIApp:
        fields = await form_fields(request, MOST_BYTES)
        if fields is None:
            return Response(status_code=413, headers=dict(HEADERS))
        nonce = fields.get("nonce", "")[:64] or secrets.token_urlsafe(12)
        try:
            kept = await self._intake.tap(Tap(token, "check_in", nonce, fields.get("text", "")[:MOST_TEXT]))
        except StorageUnavailable:
            return busy(request)
        if kept is None or kept.language is None:
            return not_here(request)
        return self._done(request, kept)

    def _done(self, request: Request, kept: AcceptedTap) -> ASGIApp:
        language = language_of(request, kept.language)
        if request.scope["query_string"]:
            # A choice of language is remembered, and the page's links keep what else was asked for.
            return page(request, TEMPLATE, language=language, **_done_values(kept.due_after))
        plain, zipped = _drawn(language, kept.due_after, self._service.demo, self._service.leave_url)
        return zipped if "gzip" in request.headers.get("accept-encoding", "") else plain


class _Drawn:
    """An answer that is ready to be sent, again and again."""

    def __init__(self, language: str, body: bytes, **more: str) -> None:
        headers = {
            **HEADERS,
            "Content-Language": language,
            "Content-Length": str(len(body)),
            "Content-Type": "text/html; charset=utf-8",
            "Vary": "Accept-Encoding",
            **more,
        }
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._start: Message = {"type": "http.response.start", "status": 200, "headers": raw}
        self._body: Message = {"type": "http.response.body", "body": body}

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send(self._start)
        await send(self._body)


@lru_cache(maxsize=DONE_PAGES)
def _drawn(language: str, due: str, demo: bool, leave_url: str) -> tuple[_Drawn, _Drawn]:
    """The page after the button, plain and compressed: the same bytes for everybody whose next time is the same."""
    values = {"demo": demo, "leave_url": leave_url, "languages": language_links(language), **_done_values(due)}
    body = render(TEMPLATE, language, **values).encode()
    return _Drawn(language, body), _Drawn(language, gzip.compress(body, mtime=0), **{"Content-Encoding": "gzip"})


def _done_values(due: str) -> dict[str, Any]:
    return {"nonce": "", "due": due, "done": True}


async def form_fields(request: Request, most: int) -> dict[str, str] | None:
    """A small URL-encoded form, read by hand because it lies on the busiest path; None when it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    try:
        parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return None
    return {name: values[0].replace("\0", "") for name, values in parsed.items()}


def not_here(request: Request) -> Response:
    """The page for a link that is unknown or has ended."""
    return page(request, "message.html", status=404, message="not_here")


def busy(request: Request) -> Response:
    """The page when nothing could be kept: she is told to press again."""
    return page(request, "message.html", status=503, message="busy")
