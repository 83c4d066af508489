"""`/r/{token}`: a contact's page of a rehearsal. GET shows it and changes nothing; its one button goes through the
inbox like a text."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from service.usecases.accept_taps import Tap
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.show_rehearsal_page import show_rehearsal_page
from service.web.check_in import MOST_BYTES, busy, form_fields, not_here
from service.web.intake import Intake
from service.web.pages import HEADERS, page

SEEN = "1"
ONCE = "seen"
"""However often the button is pressed, it is one answer."""


def router(service: Service, intake: Intake) -> APIRouter:
    """The page of a rehearsal and its answer."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/r/{token}")
    def show(request: Request, token: str, seen: str = "") -> Response:
        shown = show_rehearsal_page(service, token)
        if shown is None:
            return not_here(request)
        return page(
            request,
            "rehearsal.html",
            default_language=shown.language,
            path=request.url.path,
            shown=shown,
            done=bool(seen),
        )

    @routes.post("/r/{token}")
    async def answer(request: Request, token: str) -> Response:
        if await form_fields(request, MOST_BYTES) is None:
            return Response(status_code=413)
        try:
            kept = await intake.tap(Tap(token, "rehearsal", ONCE, SEEN))
        except StorageUnavailable:
            return busy(request)
        if kept is None:
            return not_here(request)
        return RedirectResponse(f"{request.url.path}?seen=1", status_code=303, headers=dict(HEADERS))

    return routes
