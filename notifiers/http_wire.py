"""What an adapter says, as it stands on the wire (deploy/ADAPTERS.md): texts from people, reports, how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from notifiers.base import Cause, DeliveryState, InboundMessage, Rejected
from notifiers.json_client import one_line

LONGEST_ID = 200
LONGEST_TEXT = 10_000
LONGEST_SENDER = 64


class MalformedCall(ValueError):
    """What was said lacks something, or is not of the agreed form; the message names the field."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """Everything that people sent before `at` (aware, UTC, by the adapter's clock) has been handed to us."""

    at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """How far a message of ours got; `rejected` says why when it failed."""

    provider_id: str | None
    state: DeliveryState
    rejected: Rejected | None


def said_of(fields: Any) -> InboundMessage | CaughtUp:
    """What an adapter posts to /hooks/http. Raises `MalformedCall`."""
    kind = _fields(fields).get("kind") or "sms"
    if kind == "caught_up":
        return CaughtUp(_instant(fields, "at"))
    if kind == "call":
        return replace(inbound_of({**fields, "text": ""}), missed_call=True)
    if kind != "sms":
        raise MalformedCall("kind must be sms, call or caught_up")
    return inbound_of(fields)


def inbound_of(fields: Any) -> InboundMessage:
    """A text from a person. Raises `MalformedCall`, never for what she wrote: refused, it would come again for ever and
    hold up what others wrote."""
    media = _fields(fields).get("media", 0)
    return InboundMessage(
        provider_id=_text(fields, "id", LONGEST_ID),
        sender=_written(fields, "from", LONGEST_SENDER).strip(),
        to=_text(fields, "to", LONGEST_SENDER) if fields.get("to") is not None else "",
        body=_written(fields, "text", LONGEST_TEXT),
        occurred_at=_instant(fields, "received_at"),
        media=media if isinstance(media, int) and 0 <= media < 100 else 0,
    )


def news_of(fields: Any) -> News:
    """What an adapter posts to /hooks/http/status/<id>. Raises `MalformedCall`."""
    state = state_of(_fields(fields))
    if state is None:
        raise MalformedCall(f"state must be one of {', '.join(DeliveryState)}")
    given = fields.get("id")
    name = given if isinstance(given, str) and 0 < len(given) <= LONGEST_ID else None
    return News(name, state, refusal_of(fields) if state.is_bad else None)


def state_of(fields: Mapping[str, Any]) -> DeliveryState | None:
    """The state that is named; None when there is none of ours."""
    try:
        return DeliveryState(fields["state"])
    except (KeyError, ValueError, TypeError):
        return None


def refusal_of(fields: Mapping[str, Any]) -> Rejected:
    """Why a message was refused or failed: `cause`, `code`, `reason`. A cause that we do not know is temporary: nobody
    is given up for a word."""
    try:
        cause = Cause(str(fields.get("cause")))
    except ValueError:
        cause = Cause.TEMPORARY
    code = one_line(fields.get("code") or "refused")[:40]
    return Rejected(cause, code, one_line(fields.get("reason") or "the adapter gave no reason"))


def _fields(fields: Any) -> Mapping[str, Any]:
    if not isinstance(fields, dict):
        raise MalformedCall("must be an object")
    return fields


def _written(fields: Mapping[str, Any], field: str, longest: int) -> str:
    """What came over a network of telephones: a text that is cut is on no list of words, and half an emoji, or what no
    database takes, is none."""
    value = fields.get(field)
    if not isinstance(value, str):
        raise MalformedCall(f"{field} must be a text")
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def _text(fields: Mapping[str, Any], field: str, longest: int) -> str:
    value = fields.get(field)
    if not isinstance(value, str) or len(value) > longest or not value.strip():
        raise MalformedCall(f"{field} must be a text of at most {longest} characters")
    if not value.isprintable() and any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in value):
        raise MalformedCall(f"{field} holds what is no character")
    return value


def _instant(fields: Mapping[str, Any], field: str) -> datetime:
    try:
        at = datetime.fromisoformat(fields[field])
        if at.tzinfo is None:
            raise MalformedCall(f"{field} must say its zone")
        return at.astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, MalformedCall):
            raise
        raise MalformedCall(f"{field} must be a time like 2026-12-01T20:00:00+03:00") from error
