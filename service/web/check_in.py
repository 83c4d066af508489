"""`/c/{token}`: a button that checks in. GET shows it and changes nothing; POST is the same page for any words."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from service.usecases.accept import accept_link
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.show_check_in import show_check_in
from service.web.pages import page

MOST_BYTES = 16 * 1024
MOST_TEXT = 2000


def router(service: Service) -> APIRouter:
    """The check-in page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/c/{token}")
    def show(request: Request, token: str) -> Response:
        shown = show_check_in(service, token)
        if shown is None:
            return not_here(request)
        return page(
            request,
            "check_in.html",
            default_language=shown.language,
            path=request.url.path,
            nonce=secrets.token_urlsafe(12),
            due=shown.due,
            done=False,
        )

    @routes.post("/c/{token}")
    async def check_in(request: Request, token: str) -> Response:
        fields = await form_fields(request, MOST_BYTES)
        if fields is None:
            return Response(status_code=413)
        nonce = fields.get("nonce", "")[:64] or secrets.token_urlsafe(12)
        try:
            # Before the row is kept and read, so that the page foresees from the same state whatever the words are.
            shown = await run_in_threadpool(show_check_in, service, token)
            text = fields.get("text", "")[:MOST_TEXT]
            kept = await run_in_threadpool(accept_link, service, token, "check_in", nonce, text)
        except StorageUnavailable:
            return busy(request)
        if kept is None or shown is None:
            return not_here(request)
        return page(
            request,
            "check_in.html",
            default_language=shown.language,
            path=request.url.path,
            nonce="",
            due=shown.due_after,
            done=True,
        )

    return routes


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
