"""`/a/{token}`: a contact's page of an alarm. Answers are POSTed and go through the inbox like texts."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from service.usecases.accept import accept_link
from service.usecases.answer import CLOSE
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.show_alarm import show_alarm
from service.web.check_in import MOST_BYTES, busy, form_fields, not_here
from service.web.pages import HEADERS, page

OUTCOMES = ("not_reached", "authorities_told", "home", "found_no_contact")
ANSWERS = frozenset({"1", "2", "3", "4", CLOSE, *OUTCOMES})


def router(service: Service) -> APIRouter:
    """The alarm page and its answers."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/a/{token}")
    def show(request: Request, token: str, answered: str = "") -> Response:
        shown = show_alarm(service, token)
        if shown is None:
            return not_here(request)
        return page(
            request,
            "alarm.html",
            default_language=shown.language,
            path=request.url.path,
            nonce=secrets.token_urlsafe(12),
            answered=answered if answered in ANSWERS else "",
            shown=shown,
        )

    @routes.post("/a/{token}")
    async def answer(request: Request, token: str) -> Response:
        fields = await form_fields(request, MOST_BYTES)
        if fields is None:
            return Response(status_code=413)
        given = fields.get("answer", "")
        nonce = fields.get("nonce", "")[:64] or secrets.token_urlsafe(12)
        if given not in ANSWERS:
            return RedirectResponse(request.url.path, status_code=303, headers=dict(HEADERS))
        try:
            # A double tap is one answer; another answer from the same page, after going back, is another one.
            kept = await run_in_threadpool(accept_link, service, token, "alarm", f"{nonce}:{given}", given)
        except StorageUnavailable:
            return busy(request)
        if kept is None:
            return not_here(request)
        return RedirectResponse(f"{request.url.path}?answered={given}", status_code=303, headers=dict(HEADERS))

    return routes
