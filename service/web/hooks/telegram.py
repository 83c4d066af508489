"""What Telegram posts to us: texts, pressed buttons, and who blocked the bot. Here only authenticity is checked."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from notifiers.base import InboundMessage
from service.usecases.accept import Inbound
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.reconcile_inbound import dated, inbound_of
from service.web.intake import Intake
from service.web.metrics import HOOK_REFUSALS

HOOK = "telegram"
MOST_BYTES = 256 * 1024
SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header


@runtime_checkable
class _Bot(Protocol):
    """A bot whose provider posts to us."""

    name: str

    @property
    def is_posted_to(self) -> bool: ...

    def is_authentic(self, secret: str | None) -> bool: ...

    def read_update(self, update: Any) -> Any: ...


class Refusal(StrEnum):
    """Why a call was refused, as it is counted."""

    NOT_CONFIGURED = "not_configured"
    FORGED = "forged"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"


STATUS = {Refusal.NOT_CONFIGURED: 404, Refusal.FORGED: 403, Refusal.TOO_LARGE: 413, Refusal.MALFORMED: 400}


def router(service: Service, intake: Intake) -> APIRouter:
    """`POST /hooks/telegram`: kept, and only then answered; until then Telegram posts it again, for a day."""
    routes = APIRouter(include_in_schema=False)
    for reason in Refusal:
        # From nought: of a series that begins at its first event a rate never sees that event.
        HOOK_REFUSALS.labels(hook=HOOK, reason=reason.value)

    @routes.post("/hooks/telegram")
    async def update(request: Request) -> Response:
        bot = next((one for one in service.providers if isinstance(one, _Bot)), None)
        if bot is None or not bot.is_posted_to:
            return _refuse(Refusal.NOT_CONFIGURED)
        if not bot.is_authentic(request.headers.get(SECRET)):
            # Before a byte of it is read.
            return _refuse(Refusal.FORGED)
        read = await _json(request)
        if isinstance(read, Refusal):
            return _refuse(read)
        found = bot.read_update(read)
        if found is None:
            return Response(status_code=200)
        try:
            await intake.accept(await _inbound(service, bot.name, found.message))
        except StorageUnavailable:
            return Response(status_code=503)
        if found.callback_id is None:
            return Response(status_code=200)
        # Until then the phone shows that the pressed button waits. The same whatever was pressed.
        return JSONResponse({"method": "answerCallbackQuery", "callback_query_id": found.callback_id})

    return routes


async def _inbound(service: Service, source: str, message: InboundMessage) -> Inbound:
    """As it goes into the inbox. A pressed button bears no time, and may have waited at Telegram's."""
    if message.earliest is not None:
        (message,) = await run_in_threadpool(dated, service, source, [message])
    return inbound_of(service, source, message)


async def _json(request: Request) -> Any:
    """The update, or why it is none; no more of it is read than may be."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return Refusal.TOO_LARGE
        return json.loads(body)
    except (ValueError, RecursionError, ClientDisconnect):
        return Refusal.MALFORMED


def _refuse(reason: Refusal) -> Response:
    HOOK_REFUSALS.labels(hook=HOOK, reason=reason.value).inc()
    return Response(status_code=STATUS[reason])
