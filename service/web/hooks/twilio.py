"""What Twilio posts to us: texts from people and news of what we sent. Here only authenticity is checked."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from notifiers.twilio_calls import outcome
from notifiers.twilio_errors import refusal
from notifiers.twilio_hooks import MalformedHook, parse_inbound, parse_status
from notifiers.twilio_sms import TwilioSms
from notifiers.twilio_voice import TwilioVoice
from service.usecases.accept import Inbound
from service.usecases.context import Service
from service.usecases.delivery import Report, report_delivery
from service.usecases.problems import StorageUnavailable
from service.web.hooks.twilio_signed import Refusal, Refused, authentic, count_from_nought, refuse
from service.web.intake import Intake

XML = "text/xml; charset=utf-8"
EMPTY_TWIML = "<Response/>"
"""An empty body without a type is logged by Twilio as a failure of ours."""

REFUSALS = {
    "sms": tuple(reason for reason in Refusal if reason is not Refusal.UNKNOWN_MESSAGE),
    "status": tuple(Refusal),
}
"""Why each hook may refuse a call."""


def router(service: Service, intake: Intake) -> APIRouter:
    """`POST /hooks/twilio/sms` and `/hooks/twilio/status/{outbox_id}`."""
    routes = APIRouter(include_in_schema=False)
    for hook, reasons in REFUSALS.items():
        count_from_nought(hook, *reasons)

    @routes.post("/hooks/twilio/sms")
    async def sms(request: Request) -> Response:
        try:
            twilio, form = await authentic(service, request, TwilioSms)
            message = parse_inbound(dict(form), service.clock())
        except (Refused, MalformedHook) as error:
            return refuse("sms", error)
        inbound = Inbound(
            source=twilio.name,
            provider_id=message.provider_id,
            sender=service.keys.phone_hash(message.sender),
            text=message.body,
            occurred_at=message.occurred_at,
            address=message.sender,
            media=message.media,
            opt_out=message.opt_out,
        )
        try:
            await intake.accept(inbound)
        except StorageUnavailable:
            return Response(status_code=503)
        return Response(EMPTY_TWIML, media_type=XML)

    @routes.post("/hooks/twilio/status/{outbox_id}")
    async def status(request: Request, outbox_id: str) -> Response:
        try:
            # Calls report here too, and some installations only call.
            twilio, form = await authentic(service, request, TwilioSms, TwilioVoice)
            report = _report(twilio.name, outbox_id, form)
        except (Refused, MalformedHook) as error:
            return refuse("status", error)
        try:
            known = await run_in_threadpool(report_delivery, service, report)
        except StorageUnavailable:
            return Response(status_code=503)
        return Response(status_code=204 if known else 404)

    return routes


def _report(provider: str, outbox_id: str, form: FormData) -> Report:
    try:
        ours = UUID(outbox_id)
    except ValueError as error:
        raise Refused(404, Refusal.UNKNOWN_MESSAGE) from error
    if call_sid := str(form.get("CallSid") or ""):
        state, ended = outcome(dict(form))
        return Report(ours, call_sid, state, ended, TwilioVoice.name)
    news = parse_status(dict(form))
    rejected = refusal(news.code or news.state.value) if news.state.is_bad else None
    return Report(ours, news.provider_id, news.state, rejected, provider)
