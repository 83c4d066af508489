"""ACCEPT: whatever comes in becomes a row in the inbox before anything else is done with it.

Webhooks, links, messengers, the API, simulated phones and the provider's own list all come through here, and through
one transaction for all that wait at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from service.db.routing import Inbox
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.edges import Act
from service.usecases.accept_taps import MOST_WRONG as MOST_WRONG
from service.usecases.accept_taps import AcceptedTap, Tap, body_of, keep_taps, received_at
from service.usecases.accept_taps import text_name as text_name
from service.usecases.context import Service

INBOX = table_of(Inbox)

OWN_CLOCK = frozenset({"http_sms", "android_gateway"})
"""Sources whose clock we do not trust further than this:"""
CLOCK_TRUSTED_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Inbound:
    """Something that came in. `sender` is the keyed hash of the number or token that it came from.

    `address` is that number itself, for a reply, and is sealed with the text, as is `opt_out`: what the provider has
    taken it for (`STOP`, `START`, `HELP`), and `language`, where the provider knows hers; and `missed_call`: no
    text, but a call that nobody picked up; and `undated`: `occurred_at` is the earliest that it can be. Whose it is
    (traveler, trip, contact, alarm) is given only where the sender proved it by a token.
    """

    source: str
    provider_id: str
    sender: bytes
    text: str
    occurred_at: datetime | None = None
    address: str | None = None
    media: int = 0
    opt_out: str | None = None
    language: str = ""
    missed_call: bool = False
    undated: bool = False
    traveler_id: UUID | None = None
    trip_id: UUID | None = None
    contact_id: UUID | None = None
    alarm_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AcceptedInbound:
    """What became of it: `new` is false for a repeat, and `received_at` is then the first one's."""

    new: bool
    received_at: datetime


def accept(service: Service, inbound: Inbound) -> AcceptedInbound:
    """Keep one inbound message. When this returns it is committed.

    Raises:
        StorageUnavailable: nothing was kept; the caller answers 503, never 200.
    """
    return accept_all(service, [inbound])[0]


def accept_all(service: Service, batch: Sequence[Inbound]) -> list[AcceptedInbound]:
    """Keep many in one transaction, in order. A repeated (source, provider_id) is kept once."""
    return accept_together(service, batch, ())[0]


def accept_together(
    service: Service, batch: Sequence[Inbound], taps: Sequence[Tap]
) -> tuple[list[AcceptedInbound], list[AcceptedTap | None]]:
    """Keep messages and what forms behind links sent, all in one transaction; what became of each, in order. None for
    a tap whose link is unknown, has ended or is locked: nothing was kept of it.

    Killed here: before the commit nothing is stored and nobody has been answered; after it the rows are there, and
    whoever asks again is answered as the first time.

    Raises:
        StorageUnavailable: nothing was kept; the caller answers 503, never 200.
    """
    now = service.clock()

    def keep(conn: Connection) -> tuple[list[AcceptedInbound], list[AcceptedTap | None]]:
        key_id = service.keys.service_key(conn, now)
        kept = keep_taps(service, conn, key_id, taps, now) if taps else []
        return _keep(service, conn, key_id, batch, now) if batch else [], kept

    accepted = service.run(keep, Act.ACCEPT)
    service.wake.inbox.set()
    return accepted


def happened_at(inbound: Inbound, received: datetime) -> datetime:
    """When it happened: the provider's time, never later than ours, or ours where the clock is not to be trusted."""
    said = inbound.occurred_at or received
    if inbound.source in OWN_CLOCK and abs(said - received) > CLOCK_TRUSTED_WITHIN:
        return received
    return min(said, received)


def _keep(
    service: Service, conn: Connection, key_id: UUID, batch: Sequence[Inbound], now: datetime
) -> list[AcceptedInbound]:
    unique = {(one.source, one.provider_id): one for one in reversed(batch)}
    rows = [_row(service, conn, key_id, one, now) for one in reversed(unique.values())]
    new = insert_ignore(conn, INBOX, rows)
    first = {} if new == len(batch) else received_at(conn, list(unique))
    return [_outcome(one, first, now) for one in batch]


def _row(service: Service, conn: Connection, key_id: UUID, one: Inbound, now: datetime) -> dict[str, object]:
    kinds = {"missed_call": one.missed_call, "undated": one.undated}
    body = body_of(one.text, one.address, one.opt_out, one.language, **kinds)
    return {
        "source": one.source,
        "provider_id": one.provider_id,
        "sender": one.sender,
        "traveler_id": one.traveler_id,
        "trip_id": one.trip_id,
        "contact_id": one.contact_id,
        "alarm_id": one.alarm_id,
        "sealed": service.keys.seal(conn, key_id, b"inbox", body),
        "media": one.media,
        "occurred_at": happened_at(one, now),
        "received_at": now,
    }


def _outcome(one: Inbound, first: dict[tuple[str, str], datetime], now: datetime) -> AcceptedInbound:
    received = first.get((one.source, one.provider_id), now)
    return AcceptedInbound(received == now, received)
