"""What an Android phone with the gateway app posts to us: texts from people, reports of ours, and that it is there."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from notifiers.android_gateway import AndroidGateway
from notifiers.android_wire import Event, MalformedEvent, SignOfLife, events_of
from notifiers.android_wire import Report as PhoneReport
from notifiers.base import InboundMessage, TellsHowFar
from notifiers.signing import instant_of
from service.usecases.caught_up import note_alive
from service.usecases.context import Service
from service.usecases.delivery import Report
from service.usecases.reconcile_inbound import inbound_of
from service.web.hooks.programs import Refusal, Refused, answered, count_from_nought, provider_of, read, report
from service.web.intake import Intake

HOOK = "android"
TIMESTAMP, SIGNATURE = "x-timestamp", "x-signature"
MOST_BYTES = 4 * 1024 * 1024
"""A message with a picture brings it along. The text beside it may be a call for help."""


def router(service: Service, intake: Intake) -> APIRouter:
    """`POST /hooks/android`, for every event of the app."""
    routes = APIRouter(include_in_schema=False)
    count_from_nought(HOOK)

    @routes.post("/hooks/android")
    async def heard(request: Request) -> Response:
        async def keep() -> Response:
            phone = provider_of(service, AndroidGateway)
            said = await read(request, TIMESTAMP, SIGNATURE, phone.fault_of, MOST_BYTES)
            try:
                events = events_of(said, phone.settings.number)
            except MalformedEvent as error:
                raise Refused(Refusal.MALFORMED, str(error)) from error
            said_at = instant_of(request.headers[TIMESTAMP]) or service.clock()
            for event in events:
                await _keep(service, intake, phone, event, said_at)
            # Also of what is none of our business: the app would go on trying for two days.
            return Response(status_code=204)

        return await answered(HOOK, keep)

    return routes


async def _keep(service: Service, intake: Intake, phone: AndroidGateway, event: Event, said_at: datetime) -> None:
    match event:
        case InboundMessage():
            await intake.accept(inbound_of(service, phone.name, event))
        case PhoneReport(outbox_id, name, state, rejected) if outbox_id is not None:
            await report(service, [Report(outbox_id, name, state, rejected, phone.name)])
        case SignOfLife() if isinstance(phone, TellsHowFar):
            await run_in_threadpool(note_alive, service, phone, phone.name, said_at)
