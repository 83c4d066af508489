"""What an adapter of one's own posts to us (deploy/ADAPTERS.md): texts from people, how far it is, and reports."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from notifiers.http_sms import HttpSms
from notifiers.http_wire import CaughtUp, MalformedCall, news_of, said_of
from notifiers.signing import SIGNATURE_HEADER, TIMESTAMP_HEADER, WINDOW, instant_of
from service.usecases.caught_up import note_caught_up
from service.usecases.context import Service
from service.usecases.delivery import Report
from service.usecases.reconcile_inbound import inbound_of
from service.web.hooks.programs import Refusal, Refused, answered, count_from_nought, provider_of, read, report, uuid_of
from service.web.intake import Intake

HOOK, STATUS = "http", "http_status"


def router(service: Service, intake: Intake) -> APIRouter:
    """`POST /hooks/http` and `/hooks/http/status/{outbox_id}`."""
    routes = APIRouter(include_in_schema=False)
    for hook in (HOOK, STATUS):
        count_from_nought(hook)

    @routes.post("/hooks/http")
    async def heard(request: Request) -> Response:
        async def keep() -> Response:
            adapter = provider_of(service, HttpSms)
            try:
                said = said_of(await read(request, TIMESTAMP_HEADER, SIGNATURE_HEADER, adapter.fault_of))
            except MalformedCall as error:
                raise Refused(Refusal.MALFORMED, str(error)) from error
            if isinstance(said, CaughtUp):
                said_at = instant_of(request.headers[TIMESTAMP_HEADER]) or service.clock()
                if said.at > said_at + WINDOW:
                    raise Refused(Refusal.MALFORMED, "at lies ahead of Amanba-Timestamp: is its zone right?")
                await run_in_threadpool(note_caught_up, service, adapter.name, said.at, said_at)
            else:
                await intake.accept(inbound_of(service, adapter.name, adapter.heard_from(said)))
            return Response(status_code=204)

        return await answered(HOOK, keep)

    @routes.post("/hooks/http/status/{outbox_id}")
    async def status(request: Request, outbox_id: str) -> Response:
        async def note() -> Response:
            adapter = provider_of(service, HttpSms)
            ours = uuid_of(outbox_id)
            try:
                news = news_of(await read(request, TIMESTAMP_HEADER, SIGNATURE_HEADER, adapter.fault_of))
            except MalformedCall as error:
                raise Refused(Refusal.MALFORMED, str(error)) from error
            told = Report(ours, news.provider_id or "", news.state, news.rejected, adapter.name)
            if not await report(service, [told]):
                raise Refused(Refusal.UNKNOWN_MESSAGE)
            return Response(status_code=204)

        return await answered(STATUS, note)

    return routes
