"""What "SMS Gateway for Android" (capcom6) says: what its webhooks carry, its states, and why a phone could not send.

Sources: docs.sms-gate.app (features/webhooks, status-tracking, reading-messages, faq/errors) and the app's own code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from notifiers.base import Cause, DeliveryState, InboundMessage, Rejected
from notifiers.http_wire import LONGEST_SENDER, LONGEST_TEXT
from notifiers.json_client import one_line
from notifiers.telephone import as_e164

STATES = {
    "Pending": DeliveryState.QUEUED,
    "Processed": DeliveryState.SENDING,
    "Sent": DeliveryState.SENT,
    "Delivered": DeliveryState.DELIVERED,
    "Failed": DeliveryState.FAILED,
    "Cancelling": DeliveryState.QUEUED,
    "Cancelled": DeliveryState.FAILED,
}
_NEWS = {
    "sms:sent": DeliveryState.SENT,
    "sms:delivered": DeliveryState.DELIVERED,
    "sms:failed": DeliveryState.FAILED,
    "sms:cancelled": DeliveryState.FAILED,
}
_TEXTS = ("sms:received", "sms:batch:received")
_PICTURES = ("mms:downloaded", "mms:batch:downloaded")
_SIGNS_OF_LIFE = ("system:ping", "app:started")

REASONS: tuple[tuple[str, Cause, str], ...] = (
    ("NO_DEFAULT_SMS_APP", Cause.CONFIGURATION, "The phone has no SMS app or no SIM chosen for sending"),
    ("No SIMs found", Cause.CONFIGURATION, "The phone sees no SIM card, or the app may not"),
    ("SIM_ABSENT", Cause.CONFIGURATION, "The phone sees no SIM card"),
    ("SHORT_CODE_NEVER_ALLOWED", Cause.PERMANENT, "The phone may not text this short number"),
    ("FDN_CHECK_FAILURE", Cause.CONFIGURATION, "The SIM may text fixed numbers only"),
    ("LIMIT_EXCEEDED", Cause.TEMPORARY, "Android let the app send no more for now (about 30 in 30 minutes)"),
    ("GENERIC_FAILURE", Cause.TEMPORARY, "The phone could not send; often the SIM has no balance"),
    ("NO_SERVICE", Cause.TEMPORARY, "The phone has no network"),
    ("RADIO_OFF", Cause.TEMPORARY, "The phone is in flight mode"),
    ("MODEM_ERR", Cause.TEMPORARY, "The phone's modem failed"),
    ("TTL expired", Cause.TEMPORARY, "The text waited longer than it was worth"),
    ("phone number", Cause.PERMANENT, "The number is not valid"),
)
"""What stands in a reason, what to do, and what it means. One that is not here is TEMPORARY."""

MOST_TRIES = 8
_NAME = re.compile(r"([0-9a-f]{32})(?:-([2-8]))?")


class MalformedEvent(ValueError):
    """A signed webhook without what it must carry; the message names the field."""


@dataclass(frozen=True, slots=True)
class Report:
    """How far a message of ours got. `outbox_id`: which it was, None when it was not ours."""

    outbox_id: UUID | None
    provider_id: str
    state: DeliveryState
    rejected: Rejected | None


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """The phone is there, and its network too."""


Event = InboundMessage | Report | SignOfLife


def names_of(outbox_id: str) -> Iterator[str]:
    """What a message is called on the phone, in the order of its tries: one that has failed is never sent again under
    the same id, and an id has at most 36 characters."""
    first = UUID(outbox_id).hex
    yield first
    for number in range(2, MOST_TRIES + 1):
        yield f"{first}-{number}"


def outbox_id_of(name: str) -> UUID | None:
    """Which of our messages is called so; None when another program of the phone's owner sent it."""
    found = _NAME.fullmatch(name)
    return UUID(found.group(1)) if found else None


def events_of(body: Any, ours: str) -> list[Event]:
    """What a webhook says; nothing when it is of a kind that is none of our business. `ours`: the phone's number.

    Raises `MalformedEvent`.
    """
    if not isinstance(body, dict) or not isinstance(body.get("event"), str):
        raise MalformedEvent("event is missing")
    event, payload = body["event"], body.get("payload")
    if event in _SIGNS_OF_LIFE:
        return [SignOfLife()]
    if event in _NEWS:
        return [_report(_NEWS[event], _fields(payload))]
    if event in _TEXTS or event in _PICTURES:
        return [message_of(one, ours) for one in _each(event, _fields(payload))]
    return []


def message_of(fields: Mapping[str, Any], ours: str) -> InboundMessage:
    """A text or a picture message, as a webhook or the list of the phone's inbox has it. Raises `MalformedEvent`."""
    # One that is withheld means nothing, and must not hold up the others of a list.
    sender = as_e164(_text(fields, ("sender", "phoneNumber"), LONGEST_SENDER, may_be_empty=True), ours)
    body = _text(fields, ("message", "contentPreview", "body", "subject"), LONGEST_TEXT, may_be_empty=True)
    at = _instant(fields, ("receivedAt", "createdAt"))
    attachments = fields.get("attachments")
    to = fields.get("recipient")
    return InboundMessage(
        provider_id=_name(sender, body, at),
        sender=sender,
        to=to if isinstance(to, str) else ours,
        body=body,
        occurred_at=at,
        media=len(attachments) if isinstance(attachments, list) else 0,
    )


def reason_of(said: object) -> Rejected:
    """Why the phone could not send."""
    text = str(said or "")
    for part, cause, meaning in REASONS:
        if part.casefold() in text.casefold():
            code = next(iter(re.findall(r"RESULT_[A-Z_]+", text)), "failed")
            return Rejected(cause, code, meaning)
    return Rejected(Cause.TEMPORARY, "failed", one_line(text) or "The phone gave no reason")


def _name(sender: str, body: str, at: datetime) -> str:
    """The app's own id is a hash of the content, another one in the list than in the webhook. Two texts that one person
    sends in one second and that read the same are one."""
    digest = hashlib.sha256(f"{sender}\n{body}".encode("utf-8", "replace")).hexdigest()[:32]
    return f"{int(at.timestamp())}-{digest}"


def _report(state: DeliveryState, fields: Mapping[str, Any]) -> Report:
    name = _text(fields, ("messageId",), 64)
    rejected = reason_of(fields.get("reason")) if state.is_bad else None
    return Report(outbox_id_of(name), name, state, rejected)


def _each(event: str, payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if ":batch:" not in event:
        return [payload]
    messages = payload.get("messages")
    if not isinstance(messages, list):
        raise MalformedEvent("messages is missing")
    return [_fields(one) for one in messages]


def _fields(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MalformedEvent("payload is missing")
    return value


def _text(fields: Mapping[str, Any], names: tuple[str, ...], longest: int, *, may_be_empty: bool = False) -> str:
    value = next((fields[name] for name in names if isinstance(fields.get(name), str)), "" if may_be_empty else None)
    if value is None or not (value.strip() or may_be_empty):
        raise MalformedEvent(f"{names[0]} is missing")
    # What no database takes; a text that is cut is on no list of words.
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def _instant(fields: Mapping[str, Any], names: tuple[str, ...]) -> datetime:
    text = next((fields[name] for name in names if fields.get(name) is not None), None)
    try:
        at = datetime.fromisoformat(text)  # type: ignore[arg-type]
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedEvent(f"{names[0]} is no time") from error
    raise MalformedEvent(f"{names[0]} has no zone")
