"""`/a/{token}/paper`: a copy of an opened sheet to hand over, as a document of two pages."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from service.core.sheet_fields import EVERY_COPY, Copy
from service.usecases.context import Service
from service.usecases.hand_out import hand_out
from service.usecases.problems import StorageUnavailable
from service.web.check_in import MOST_BYTES, busy, form_fields
from service.web.pages import HEADERS

LANGUAGES = frozenset({"kk", "ru"})
"""English stands beside either of them."""


def router(service: Service) -> APIRouter:
    """The copies of a sheet."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/a/{token}/paper")
    async def paper(request: Request, token: str) -> Response:
        fields = await form_fields(request, MOST_BYTES)
        if fields is None:
            return Response(status_code=413)
        copy, language = fields.get("copy", ""), fields.get("language", "")
        if copy in EVERY_COPY and language in LANGUAGES:
            try:
                document = await run_in_threadpool(
                    _document, service, token, fields.get("ticket", ""), Copy(copy), language
                )
            except StorageUnavailable:
                return busy(request)
            if document is not None:
                return as_pdf(document, "sheet.pdf")
        # The sheet is closed again: it opens with the PIN, where this came from.
        return RedirectResponse(f"/a/{token}", status_code=303, headers=dict(HEADERS))

    return routes


def as_pdf(document: bytes, name: str) -> Response:
    """A document to keep, under a name that says nothing."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(document, media_type="application/pdf", headers=headers)


def _document(service: Service, token: str, ticket: str, copy: Copy, language: str) -> bytes | None:
    paper = hand_out(service, token, ticket, copy, language)
    if paper is None:
        return None
    # Large, and only for who prints.
    from service.web.sheet_pdf import write_sheet

    return write_sheet(paper, language)
