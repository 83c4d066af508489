"""What Twilio posts to us: texts from people and news of what we sent. Here only authenticity is checked."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from notifiers.base import Rejected
from notifiers.twilio_errors import cause_of
from notifiers.twilio_hooks import MalformedHook, parse_inbound, parse_status
from service.usecases.accept import Inbound
from service.usecases.context import Service
from service.usecases.delivery import Report, report_delivery
from service.usecases.problems import StorageUnavailable
from service.web.intake import Intake
from service.web.metrics import HOOK_REFUSALS

MOST_BYTES = 64 * 1024
XML = "text/xml; charset=utf-8"
EMPTY_TWIML = "<Response/>"
"""An empty body without a type is logged by Twilio as a failure of ours."""


@runtime_checkable
class _Signed(Protocol):
    name: str

    def verify_signature(
        self, url: str, params: FormData, signature: str | None, settings_header: str | None = None
    ) -> bool: ...


class Refusal(StrEnum):
    """Why a call was refused, as it is counted."""

    NOT_CONFIGURED = "not_configured"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    UNKNOWN_MESSAGE = "unknown_message"


REFUSALS = {
    "sms": tuple(reason for reason in Refusal if reason is not Refusal.UNKNOWN_MESSAGE),
    "status": tuple(Refusal),
}
"""Why each hook may refuse a call."""


class _Refused(Exception):
    def __init__(self, status: int, reason: Refusal) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def router(service: Service, intake: Intake) -> APIRouter:
    """`POST /hooks/twilio/sms` and `/hooks/twilio/status/{outbox_id}`."""
    routes = APIRouter(include_in_schema=False)
    for hook, reasons in REFUSALS.items():
        for reason in reasons:
            # From nought: of a series that begins at its first event a rate never sees that event.
            HOOK_REFUSALS.labels(hook=hook, reason=reason.value)

    @routes.post("/hooks/twilio/sms")
    async def sms(request: Request) -> Response:
        try:
            twilio, form = await _authentic(service, request)
            message = parse_inbound(dict(form), service.clock())
        except (_Refused, MalformedHook) as error:
            return _refuse("sms", error)
        inbound = Inbound(
            source=twilio.name,
            provider_id=message.provider_id,
            sender=service.keys.phone_hash(message.sender),
            text=message.body,
            occurred_at=message.occurred_at,
            address=message.sender,
            media=message.media,
        )
        try:
            await intake.accept(inbound)
        except StorageUnavailable:
            return Response(status_code=503)
        return Response(EMPTY_TWIML, media_type=XML)

    @routes.post("/hooks/twilio/status/{outbox_id}")
    async def status(request: Request, outbox_id: str) -> Response:
        try:
            _, form = await _authentic(service, request)
            report = _report(outbox_id, form)
        except (_Refused, MalformedHook) as error:
            return _refuse("status", error)
        try:
            known = await run_in_threadpool(report_delivery, service, report)
        except StorageUnavailable:
            return Response(status_code=503)
        return Response(status_code=204 if known else 404)

    return routes


async def _authentic(service: Service, request: Request) -> tuple[_Signed, FormData]:
    """The form of a request that Twilio signed for our public URL, never for the one that a proxy made of it."""
    twilio: object = service.notifiers.get("sms")
    if not isinstance(twilio, _Signed):
        raise _Refused(404, Refusal.NOT_CONFIGURED)
    signature = request.headers.get("x-twilio-signature")
    if not signature:
        # Before a byte of it is read.
        raise _Refused(403, Refusal.UNSIGNED)
    try:
        if int(request.headers.get("content-length") or 0) > MOST_BYTES:
            raise _Refused(413, Refusal.TOO_LARGE)
        form = await _form(request)
    except _Refused:
        raise
    except HTTPException as error:
        raise _Refused(error.status_code, Refusal.TOO_LARGE) from error
    except (ValueError, ClientDisconnect) as error:
        raise _Refused(400, Refusal.MALFORMED) from error
    except Exception as error:
        # The form parser's own errors have no common base; none of them is ours.
        raise _Refused(400, Refusal.MALFORMED) from error
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").split("?")[0]
    query = request.scope.get("query_string", b"").decode("latin-1")
    url = service.public_url + path + (f"?{query}" if query else "")
    settings = request.headers.get("x-twilio-webhooks-signature-settings")
    if not twilio.verify_signature(url, form, signature, settings):
        raise _Refused(403, Refusal.FORGED)
    return twilio, form


async def _form(request: Request) -> FormData:
    """The form, of which no more is read than may be: a stranger need not say how much is to come."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise _Refused(413, Refusal.TOO_LARGE)

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return await Request(request.scope, replay).form(max_files=0, max_fields=200)


def _report(outbox_id: str, form: FormData) -> Report:
    try:
        ours = UUID(outbox_id)
    except ValueError as error:
        raise _Refused(404, Refusal.UNKNOWN_MESSAGE) from error
    news = parse_status(dict(form))
    code = news.code or news.state.value
    rejected = Rejected(cause_of(code), code, "reported after sending") if news.state.is_bad else None
    return Report(ours, news.provider_id, news.state, rejected)


def _refuse(hook: str, error: _Refused | MalformedHook) -> Response:
    status, reason = (error.status, error.reason) if isinstance(error, _Refused) else (400, Refusal.MALFORMED)
    HOOK_REFUSALS.labels(hook=hook, reason=reason.value).inc()
    return Response(status_code=status)
