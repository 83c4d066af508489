"""`/a/{token}`: a contact's page of an alarm. Answers are POSTed and go through the inbox like texts.

`/a/{token}/sheet`: a PIN or a code opens the rest of what the traveler wrote down, in the page that answers it.
`/a/{token}/found`: what her people find out meanwhile is written there, in the same opened sheet.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from service.core.sheet import COPIES
from service.core.sheet_fields import FIELDS, FOUND_OUT, SIGNS
from service.texts import known_language, translator
from service.usecases.accept_taps import Tap
from service.usecases.answer import CLOSE, HEARD, with_note
from service.usecases.context import Service
from service.usecases.countries import said_source
from service.usecases.open_sheet import Opening, open_with_code, open_with_pin, send_code
from service.usecases.problems import StorageUnavailable
from service.usecases.show_alarm import show_alarm
from service.usecases.times import whole_day
from service.usecases.write_found import write_found
from service.web.alarm_story import lanes, log, moments, notes
from service.web.check_in import MOST_BYTES, busy, form_fields, not_here
from service.web.durations import passed_said
from service.web.intake import Intake
from service.web.pages import HEADERS, chosen_language, page

OUTCOMES = ("not_reached", "authorities_told", "home", "found_no_contact")
ANSWERS = frozenset({"1", "2", "3", "4", CLOSE, *HEARD, *OUTCOMES})
STATUS = {Opening.WRONG: 422, Opening.TOO_MANY: 429, Opening.LOCKED: 423}


def router(service: Service, intake: Intake) -> APIRouter:
    """The alarm page, its answers and its sheet."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/a/{token}")
    def show(request: Request, token: str, answered: str = "") -> Response:
        return _shown(service, request, token, answered=answered if answered in ANSWERS else "")

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
            text = with_note(given, fields.get("note", ""))
            if await intake.tap(Tap(token, "alarm", f"{nonce}:{given}", text)) is None:
                # Locked, or not here.
                return await run_in_threadpool(_shown, service, request, token)
        except StorageUnavailable:
            return busy(request)
        return RedirectResponse(f"{request.url.path}?answered={given}", status_code=303, headers=dict(HEADERS))

    @routes.post("/a/{token}/sheet")
    async def sheet(request: Request, token: str) -> Response:
        fields = await form_fields(request, MOST_BYTES)
        if fields is None:
            return Response(status_code=413)
        try:
            opening = await run_in_threadpool(_try, service, token, fields)
            tried = "code" if _is_code(fields) else "pin"
            return await run_in_threadpool(_shown, service, request, token, opening=opening, tried=tried)
        except StorageUnavailable:
            return busy(request)

    @routes.post("/a/{token}/found")
    async def found(request: Request, token: str) -> Response:
        fields = await form_fields(request, MOST_BYTES)
        if fields is None:
            return Response(status_code=413)
        try:
            kept = await run_in_threadpool(write_found, service, token, fields.get("ticket", ""), fields)
            opening = Opening.OPENED if kept else None
            return await run_in_threadpool(_shown, service, request, token, opening=opening, tried="found")
        except StorageUnavailable:
            return busy(request)

    @routes.get("/a/{token}/sheet")
    @routes.get("/a/{token}/found")
    def back(request: Request) -> Response:
        # The address of an opened sheet, loaded again without its form, or with another language.
        path = _own(request)
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(path + query, status_code=303, headers=dict(HEADERS))

    return routes


def _try(service: Service, token: str, fields: Mapping[str, str]) -> Opening:
    if "send" in fields:
        return send_code(service, token)
    if _is_code(fields):
        return open_with_code(service, token, fields["code"][:32])
    return open_with_pin(service, token, fields.get("pin", "")[:32])


def _own(request: Request) -> str:
    """The page's own address, also where a form of it has led to."""
    return request.url.path.removesuffix("/sheet").removesuffix("/found")


def _is_code(fields: Mapping[str, str]) -> bool:
    return "code" in fields and "pin" not in fields


def _shown(
    service: Service,
    request: Request,
    token: str,
    *,
    answered: str = "",
    opening: Opening | None = None,
    tried: str = "",
) -> Response:
    language = chosen_language(request)
    danger = request.query_params.get("danger") == "1"
    whole = request.query_params.get("whole") == "1"
    opened = opening is Opening.OPENED
    shown = show_alarm(service, token, language, danger=danger, opened=opened)
    if shown is None:
        return not_here(request)
    spoken = known_language(language or shown.language)
    _ = translator(spoken)
    passed = int((shown.now - shown.opened_at).total_seconds())
    emergency = shown.place.emergency if shown.place else None
    return page(
        request,
        "alarm_locked.html" if shown.form == "locked" else "alarm.html",
        language=spoken,
        status=STATUS.get(opening, 200) if opening is not None else 200,
        path=_own(request),
        nonce=secrets.token_urlsafe(12),
        answered=answered,
        opening=f"wrong_{tried}" if opening is Opening.WRONG else opening or "",
        whole=whole,
        danger=danger,
        elapsed=passed_said(passed, spoken) if passed >= 60 else "",
        checked=whole_day(emergency.checked, spoken) if emergency else "",
        source=said_source(emergency.source, _) if emergency else "",
        moments=moments(shown, _),
        lanes=lanes(shown, _),
        notes=notes(shown, _),
        log=log(shown, _),
        kept=tried == "found" and opened,
        asked=[(name, _(FIELDS[name].label)) for name in FOUND_OUT],
        signs=[(name, _(FIELDS[name].label)) for name in SIGNS],
        copies=[(one.value, _(COPIES[one])) for one in shown.sheet.facts.copies] if shown.sheet else [],
        shown=shown,
    )
