"""A rehearsal as its traveler may see it: who was reached, by what, and how fast. It reads no alarm.

When a real alarm opens, a rehearsal falls silent (`service.core.rehearsal`). Nothing here shows that, or rehearsing
would tell whoever holds her phone whether her people have been called: a person who was then not told is shown as one
whose message left as her messages do, and who has not answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from notifiers.base import DeliveryState
from service.core.rehearsal import RehearsalView
from service.db.rehearsals import latest_rehearsal, messages_of, usual_deliveries
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import ContactState, TripKey, load_contacts
from service.usecases.context import Service
from service.usecases.problems import NotFound

TRIPS = table_of(Trip)
LEFT = ("sending", "sent", "unknown")
USUAL_DELAY = timedelta(seconds=1)
"""From a turn to the moment at which a provider takes the message."""


class Reached(StrEnum):
    """How far a rehearsal got with one person. The last four say why she was not told."""

    ANSWERED = "answered"
    DELIVERED = "delivered"
    SENT = "sent"
    WAITING = "waiting"
    """Her turn has come and no provider has taken her message yet."""
    FAILED = "failed"
    """Every message to her was refused or did not arrive."""
    NOT_YET = "not_yet"
    """Her rung's turn has not come."""
    NOT_ACCEPTED = "not_accepted"
    NO_ADDRESS = "no_address"
    """All her addresses failed for good, or nobody here serves them."""
    STOPPED = "stopped"
    """She said STOP."""


@dataclass(frozen=True, slots=True)
class ShownWay:
    """One of her addresses: its channel, and the last two digits of a number, nothing of other addresses."""

    channel: str
    ending: str = ""


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """What became of one contact. `told_after` and `answered_after` are seconds since the start, `told_after` when a
    provider first took a message to her; `way` is the address that it went to, `failed` those that refused it.
    `answered_by` is "text" (a digit by SMS or messenger) or "page"."""

    contact_id: UUID
    name: str
    relation: str
    reached: Reached
    way: ShownWay | None = None
    failed: tuple[ShownWay, ...] = ()
    told_after: int | None = None
    answered_after: int | None = None
    answered_by: str = ""


@dataclass(frozen=True, slots=True)
class ShownRehearsal:
    """A rehearsal, its people in the order of the trip's contacts."""

    rehearsal_id: UUID
    started_at: datetime
    running: bool
    ended_at: datetime | None
    people: tuple[ShownPerson, ...]

    @property
    def answered(self) -> int:
        """How many people answered."""
        return sum(person.reached is Reached.ANSWERED for person in self.people)

    @property
    def told(self) -> int:
        """To how many people a provider took a message."""
        return sum(person.told_after is not None for person in self.people)


def show_rehearsal(service: Service, key: TripKey, rehearsal_id: UUID | None = None) -> ShownRehearsal | None:
    """A rehearsal of this trip, the latest one when none is named; None when there is none.

    In an armed trip with words it belongs on the private page only; the caller sees to that.

    Raises:
        NotFound: no such trip of hers.
    """
    return service.read(lambda conn: _show(service, conn, key, rehearsal_id))


def _show(service: Service, conn: Connection, key: TripKey, rehearsal_id: UUID | None) -> ShownRehearsal | None:
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    if conn.execute(select(TRIPS.c.trip_id).where(of_trip)).first() is None:
        raise NotFound
    kept = latest_rehearsal(conn, key, rehearsal_id)
    if kept is None:
        return None
    contacts = load_contacts(conn, service.keys, key, senders=service.senders)
    messages: dict[UUID, list[Any]] = {}
    for row in messages_of(conn, key.traveler_id, kept.rehearsal_id):
        messages.setdefault(row.contact_id, []).append(row)
    usual = usual_deliveries(conn, key) if kept.view.is_silent else {}
    return ShownRehearsal(
        rehearsal_id=kept.rehearsal_id,
        started_at=kept.view.started_at,
        running=not kept.view.is_over,
        ended_at=kept.view.ended_at,
        people=tuple(
            _person(kept.view, contact, _as_on_any_day(kept.view, contact, messages.get(contact.contact_id, []), usual))
            for contact in contacts
            if contact.status != "removed"
        ),
    )


@dataclass(frozen=True, slots=True)
class _AsSent:
    """A message that a silent rehearsal did not send, as it would show if it had."""

    channel: str
    address_hash: bytes
    delivery: str | None
    settled_at: datetime
    state: str = "sent"
    error: str | None = None


def _as_on_any_day(
    view: RehearsalView, contact: ContactState, messages: list[Any], usual: Mapping[bytes, str | None]
) -> list[Any]:
    """Her messages; of a silent rehearsal also the one that would have left at her turn, as her last one by that
    address did."""
    turn = view.of(contact.id)
    if not view.is_silent or turn is None or any(row.state in LEFT for row in messages):
        return messages
    chosen = messages[-1].address_hash if messages else None
    ways = [one for one in contact.addresses if one.usable and chosen in (None, one.hash)]
    sent = [_AsSent(way.channel, way.hash, usual.get(way.hash), turn.at + USUAL_DELAY) for way in ways[:1]]
    return [*messages, *sent]


def _person(view: RehearsalView, contact: ContactState, messages: Sequence[Any]) -> ShownPerson:
    turn = view.of(contact.id)
    best = min(messages, key=_rank, default=None)
    taken = [row.settled_at for row in messages if row.state == "sent" and row.settled_at]
    worked = best.address_hash if best is not None and best.state != "failed" else None
    failed = [row for row in messages if row.state != "sent" and row.error and row.address_hash != worked]
    return ShownPerson(
        contact_id=contact.contact_id,
        name=contact.name,
        relation=contact.relation,
        reached=_reached(view, contact, best),
        way=_way(contact, best) if worked is not None else None,
        failed=tuple(dict.fromkeys(_way(contact, row) for row in failed)),
        told_after=_seconds(view, min(taken, default=None)),
        answered_after=_seconds(view, turn.answered_at if turn else None),
        answered_by=turn.via if turn else "",
    )


def _reached(view: RehearsalView, contact: ContactState, best: Any) -> Reached:
    turn = view.of(contact.id)
    if turn is not None and turn.answered_at is not None:
        return Reached.ANSWERED
    if not contact.accepted:
        return Reached.NOT_ACCEPTED
    if best is not None and best.state in ("sent", "unknown"):
        return Reached.DELIVERED if best.delivery == DeliveryState.DELIVERED else Reached.SENT
    if not any(address.usable for address in contact.addresses):
        stopped = any(address.suppressed for address in contact.addresses)
        return Reached.STOPPED if stopped else Reached.NO_ADDRESS
    if best is not None and best.state == "failed":
        return Reached.FAILED
    return Reached.NOT_YET if turn is None else Reached.WAITING


def _rank(row: Any) -> int:
    """What arrived comes before what left, that before what waits, and failures come last."""
    if row.state == "sent":
        return 0 if row.delivery == DeliveryState.DELIVERED else 1
    return {"unknown": 2, "sending": 3, "pending": 3, "cancelled": 3}.get(row.state, 4)


def _way(contact: ContactState, row: Any) -> ShownWay:
    address = next((one.address for one in contact.addresses if one.hash == row.address_hash), "")
    return ShownWay(row.channel, address[-2:] if address.startswith("+") else "")


def _seconds(view: RehearsalView, at: datetime | None) -> int | None:
    return None if at is None else max(0, round((at - view.started_at).total_seconds()))
