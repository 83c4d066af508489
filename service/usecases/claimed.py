"""Rows of the outbox that this process has claimed, opened for sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Connection

from notifiers.base import HasButtons, Message, SendResult
from service.clock import monotonic
from service.core.wording_buttons import buttons
from service.db.errors import KeyErased, SealBroken
from service.db.sealed import key_of
from service.texts import translator
from service.usecases.context import Service
from service.usecases.voiced import Way, voiced
from service.usecases.work import VOICE

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours to send until its lease runs out.

    Its sending begins in the first half of the lease or not at all: by `begin_by` on the wall's clock, and by
    `begin_within` on the monotonic one."""

    traveler_id: UUID
    outbox_id: UUID
    trip_id: UUID | None
    alarm_id: UUID | None
    contact_id: UUID | None
    kind: str
    channel: str
    channel_index: int
    token: UUID
    attempts: int
    created_at: datetime
    asked_from: datetime
    error: str | None
    priority: int
    begin_by: datetime
    begin_within: float
    message: Message | None

    def may_begin(self, now: datetime) -> bool:
        """Whether its sending would end before its lease does. A wall clock that was set back makes it no younger, and
        a machine that slept no younger either."""
        return now <= self.begin_by and monotonic() <= self.begin_within


@dataclass(frozen=True, slots=True)
class NotBegun:
    """It was not handed to the provider: the process ends, or the lease might end before the answer."""


Outcome = SendResult | NotBegun

TRIED_FOR = {kind: timedelta(hours=4) for kind in ("alert", "all_clear", "notice", "traveler_notice", "operator")}
"""How long a provider may keep trying with what itself stays good for longer, or for ever. An alarm is told anew by the
time that this has passed, and a text that arrives half a day late tells of what is over."""


def open_rows(service: Service, conn: Connection, rows: Sequence[Any], now: datetime) -> list[Claimed]:
    """Rows with their messages; one whose key was erased, or whose text cannot be opened, has none."""
    service.keys.prefetch(conn, [row_key for row in rows if (row_key := _key_of(row.sealed)) is not None])
    return [_open_row(service, conn, row, now) for row in rows]


def _key_of(sealed: bytes) -> UUID | None:
    try:
        return key_of(sealed)
    except SealBroken:
        return None


def _open_row(service: Service, conn: Connection, row: Any, now: datetime) -> Claimed:
    try:
        secret = orjson.loads(service.keys.open(conn, b"outbox", row.sealed))
    except (KeyErased, SealBroken):
        # One such row must not keep all others from being sent.
        secret = None
    message = _message(service, row, secret, now) if secret is not None else None
    return Claimed(
        row.traveler_id,
        row.outbox_id,
        row.trip_id,
        row.alarm_id,
        row.contact_id,
        row.kind,
        row.channel,
        row.channel_index,
        row.claim_token,
        row.attempts,
        row.created_at,
        row.available_at,
        row.error,
        row.priority,
        now + service.limits.lease / 2,
        monotonic() + service.limits.lease.total_seconds() / 2,
        message,
    )


def _message(service: Service, row: Any, secret: dict[str, Any], now: datetime) -> Message:
    return Message(
        outbox_id=str(row.outbox_id),
        to=secret["to"],
        body=secret["body"],
        kind=row.kind,
        ref_code=row.ref_code,
        callback_url=f"{service.public_url}/hooks/twilio/status/{row.outbox_id}",
        valid_for=_tried_for(row, now),
        subject=secret.get("subject"),
        language=secret.get("language", "en"),
        answers=tuple(secret.get("answers", ())),
        buttons=_buttons(service, row, secret),
        answer_url=_answer_url(service, row, secret),
        voiced=_voiced(service, row, secret),
    )


def _voiced(service: Service, row: Any, secret: dict[str, Any]) -> tuple[Way, ...]:
    if row.channel != VOICE:
        return ()
    language, again = secret.get("language", "en"), secret.get("again", "")
    try:
        return voiced(service, secret["body"], language, outbox_id=row.outbox_id, again=again)
    except Exception:
        # The provider reads it aloud as it is; one such call must not keep all others from being sent.
        log.exception("not_voiced", outbox_id=str(row.outbox_id))
        return ()


def _answer_url(service: Service, row: Any, secret: dict[str, Any]) -> str | None:
    """Where a key pressed in a call is posted, with what is needed to take it while the database is away."""
    if row.channel != VOICE:
        return None
    about = urlencode({"code": row.ref_code or "", "language": secret.get("language", "en")})
    return f"{service.public_url}/hooks/twilio/voice/{row.outbox_id}?{about}"


def _buttons(service: Service, row: Any, secret: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if not secret.get("answers") or not isinstance(service.notifiers.get(row.channel), HasButtons):
        return ()
    return buttons(row.kind, secret["answers"], row.ref_code, translator(secret.get("language", "en")))


def _tried_for(row: Any, now: datetime) -> timedelta | None:
    spans = (TRIED_FOR.get(row.kind), row.valid_until - now if row.valid_until else None)
    return min((span for span in spans if span is not None), default=None)


def ids_of(row: Claimed) -> dict[str, str]:
    """What a line of the log calls it by: its own id, and those of its trip and its alarm."""
    ids = {"outbox_id": row.outbox_id, "trip_id": row.trip_id, "alarm_id": row.alarm_id}
    return {name: str(given) for name, given in ids.items() if given is not None}
