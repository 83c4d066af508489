"""Calls: the keys that people press in ours, and theirs to us, which nobody picks up.

Whatever happens here is answered in speech: who has just been woken by it must not hear a telephone exchange's error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

import structlog
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from notifiers import twiml
from notifiers.base import DeliveryState, Utterance
from notifiers.twilio_hooks import MalformedHook
from notifiers.twilio_voice import TwilioVoice, has_number
from service.core import wording_voice as words
from service.usecases.accept import Inbound
from service.usecases.context import Service
from service.usecases.delivery import Report, report_delivery
from service.usecases.press_key import BY_KEY, Asked, asked_in_call
from service.usecases.problems import StorageUnavailable
from service.usecases.voiced import voiced
from service.voice.sentences import translator_aloud
from service.web.hooks.twilio_signed import Refusal, Refused, authentic, count_from_nought, refuse
from service.web.intake import Intake

XML = "text/xml; charset=utf-8"
REFUSALS = {
    "voice": tuple(reason for reason in Refusal if reason is not Refusal.UNKNOWN_MESSAGE),
    "keys": tuple(Refusal),
}
ANSWER_WITHIN_SECONDS = 5.0
"""Then she hears that it takes a moment, and Twilio asks again. It waits for us for 15 s."""
MOST_TURNS = 3

T = TypeVar("T")

log = structlog.get_logger()


def router(service: Service, intake: Intake) -> APIRouter:
    """`POST /hooks/twilio/voice` and `/hooks/twilio/voice/{outbox_id}`."""
    routes = APIRouter(include_in_schema=False)
    for hook, reasons in REFUSALS.items():
        count_from_nought(hook, *reasons)

    @routes.post("/hooks/twilio/voice")
    async def called(request: Request) -> Response:
        """Somebody calls us. Never picked up, so it costs nobody anything; READ decides whether it is a check-in."""
        try:
            twilio, form = await authentic(service, request, TwilioVoice)
            call_sid = _required(form, "CallSid")
        except (Refused, MalformedHook) as error:
            return refuse("voice", error)
        caller = str(form.get("From") or "")
        if has_number(caller):
            try:
                await _soon(intake.accept(_missed(service, twilio.name, call_sid, caller)))
            except StorageUnavailable:
                # Not lost: it stays on Twilio's list, and an error would be picked up and said.
                log.warning("missed_call_not_kept")
        return _spoken(twiml.reject())

    @routes.post("/hooks/twilio/voice/{outbox_id}")
    async def pressed(request: Request, outbox_id: str) -> Response:
        """Keys were pressed in one of our calls."""
        try:
            twilio, form = await authentic(service, request, TwilioVoice)
            call = _Call(service, request, form, _id(outbox_id))
        except (Refused, MalformedHook) as error:
            return refuse("keys", error)
        try:
            asked = await _soon(run_in_threadpool(asked_in_call, service, call.outbox_id))
            if asked is None:
                return refuse("keys", Refused(404, Refusal.UNKNOWN_MESSAGE))
            digit = call.keys.removeprefix(words.KEY)
            if call.keys != words.KEY + digit or digit not in asked.answers:
                return _spoken(call.ask_again(asked))
            await _soon(intake.accept(call.inbound(asked, digit)))
        except StorageUnavailable:
            return _spoken(call.one_moment())
        report = Report(call.outbox_id, call.sid, DeliveryState.READ, None, twilio.name)
        try:
            await _soon(run_in_threadpool(report_delivery, service, report))
        except StorageUnavailable:
            # Her answer is kept. What comes of this is at worst one call too many.
            log.warning("key_not_reported", outbox_id=str(call.outbox_id))
        return _spoken(call.noted(asked, digit))

    return routes


class _Call:
    """One request in one of our calls."""

    def __init__(self, service: Service, request: Request, form: FormData, outbox_id: UUID) -> None:
        query = request.query_params
        self.outbox_id = outbox_id
        self.sid = _required(form, "CallSid")
        self.to = _required(form, "To")
        self.keys = str(form.get("Digits") or query.get("keys") or "")
        self._service = service
        self._code = query.get("code", "")
        self._language = query.get("language", "en")
        turn = query.get("turn", "0")
        self._turn = int(turn) if turn.isdecimal() and len(turn) == 1 else MOST_TURNS

    def inbound(self, asked: Asked, digit: str) -> Inbound:
        """The answer, as if she had written it; said twice it counts once."""
        return Inbound(
            source=BY_KEY,
            provider_id=f"{self.sid}:{self.keys}",
            sender=self._service.keys.phone_hash(self.to),
            text=asked.text_of(digit),
            address=self.to,
        )

    def noted(self, asked: Asked, digit: str) -> str:
        return twiml.answer(self._said(words.noted(asked.kind, digit, translator_aloud(asked.language))))

    def ask_again(self, asked: Asked) -> str:
        """These keys answer nothing: say which do."""
        how = words.how_to_answer(asked.answers, asked.kind, translator_aloud(asked.language))
        return twiml.answer(self._said(how), action=self._address())

    def one_moment(self) -> str:
        """The database is slow, or away: the same keys are asked about again, three times at most."""
        _ = translator_aloud(self._language)
        if self._turn >= MOST_TURNS:
            return twiml.answer(self._said(_(words.NOT_NOTED)))
        again = self._address(keys=self.keys, turn=str(self._turn + 1))
        return twiml.wait(self._said(_(words.ONE_MOMENT)), again)

    def _said(self, text: str) -> tuple[Utterance, ...]:
        ways = voiced(self._service, text, self._language)
        return ways[0] if ways else (Utterance(text, self._language),)

    def _address(self, **more: str) -> str:
        about = urlencode({"code": self._code, "language": self._language, **more})
        return f"{self._service.public_url}/hooks/twilio/voice/{self.outbox_id}?{about}"


def _missed(service: Service, source: str, call_sid: str, caller: str) -> Inbound:
    return Inbound(
        source=source,
        provider_id=call_sid,
        sender=service.keys.phone_hash(caller),
        text="",
        occurred_at=service.clock(),
        address=caller,
        missed_call=True,
    )


async def _soon(work: Awaitable[T]) -> T:
    """What is begun goes on when she no longer waits for it; an answer is kept once, however often it is handed in.

    Raises:
        StorageUnavailable: it took too long, or the database is away.
    """
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=ANSWER_WITHIN_SECONDS)
    if not done:
        task.add_done_callback(_forget)
        raise StorageUnavailable("it took too long")
    return task.result()


def _forget(task: asyncio.Future[T]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("late_answer_failed", reason=type(error).__name__)


def _id(outbox_id: str) -> UUID:
    try:
        return UUID(outbox_id)
    except ValueError as error:
        raise Refused(404, Refusal.UNKNOWN_MESSAGE) from error


def _required(form: FormData, field: str) -> str:
    value = str(form.get(field) or "")
    if not value:
        raise MalformedHook(f"{field} is missing")
    return value


def _spoken(document: str) -> Response:
    return Response(document, media_type=XML)
