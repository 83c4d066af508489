"""The end of a trip: she says so and an accepted contact confirms it, or she says so with a safe word."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, insert, select, update

from service.core.alarm import AlarmKind
from service.core.watch import end
from service.core.wording import ContactNotice, Reply
from service.db.routing import NIL, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Change, Trip
from service.db.trips import ContactState, TripKey, TripState
from service.usecases import telling
from service.usecases.ask_later import ask_again, stop_asking
from service.usecases.changes import ENDS
from service.usecases.checklist_asking import stop_asking_before
from service.usecases.work import Work, cancel_reminders

TRIPS = table_of(Trip)
CHANGES = table_of(Change)
OWNERS = table_of(PhoneOwner)


def request_end(work: Work, trip: TripState) -> TripState:
    """She says that the trip is over: her people are asked to confirm it. Asked again it changes nothing."""
    if trip.end_requested_at is not None:
        return trip
    _set(work, trip, end_requested_at=work.now)
    stop_asking(work, trip.key)
    work.audit.add(trip.key.traveler_id, "traveler", "end_requested")
    telling.tell_others(work, trip, ContactNotice.END_ASKED)
    return replace(trip, end_requested_at=work.now)


def is_asked(trip: TripState, contact: ContactState) -> bool:
    """Whether this contact was asked if the traveler is home."""
    return contact.accepted and trip.end_requested_at is not None and trip.status == "armed"


def confirm_end(work: Work, trip: TripState, contact: ContactState) -> tuple[TripState, Reply]:
    """A contact says that she is home: the trip ends, or as soon as the alarm that is open has ended."""
    if trip.alarm is None:
        return finish(work, trip, contact.id), Reply.HOME_CONFIRMED
    row = {
        "traveler_id": trip.key.traveler_id,
        "change_id": uuid4(),
        "trip_id": trip.key.trip_id,
        "kind": "end",
        "sealed": work.service.keys.seal(work.conn, trip.key_id, b"change", b"{}"),
        "requested_at": work.now,
        "effective_at": work.now,
        "state": "pending",
        "verified": False,
    }
    work.conn.execute(insert(CHANGES), row)
    work.audit.add(trip.key.traveler_id, contact.id, "end_confirmed")
    if contact.id not in trip.alarm.addressed | trip.alarm.told:
        return trip, Reply.HOME_CONFIRMED
    is_duress = trip.alarm.view.kind is AlarmKind.DURESS
    return trip, Reply.DURESS_NOTED if is_duress else Reply.NO_HOLD_LEFT


def deny_end(work: Work, trip: TripState, contact_id: str) -> TripState:
    """A contact says that she is not home: the watch goes on."""
    work.audit.add(trip.key.traveler_id, contact_id, "end_denied")
    return take_back_end(work, trip)


def forget_ends(work: Work, trip: TripState) -> None:
    """A duress alarm ends: an end that was asked for by a word in its course ends nothing, nor does an erasure.

    Whoever had her phone may have asked for it, and nothing that is kept tells the one word from the other. So she is
    on her way again, and is asked. What one of her people has confirmed stays; and so does an end after which her
    number has begun another trip, by which she is asked already.
    """
    if _is_confirmed(work.conn, trip.key) or not _is_asked_by_number(work, trip):
        return
    ends = update(CHANGES).where(*_waits(trip.key, *ENDS)).values(state="cancelled")
    if work.conn.execute(ends).rowcount:
        work.audit.add(trip.key.traveler_id, "engine", "change_cancelled")


def notice_of_end(work: Work, trip: TripState) -> ContactNotice | None:
    """What her people hear of an end that takes effect: not that she is home, when she may not have been free to ask
    for it and nobody has confirmed it."""
    lately = trip.recent.view if trip.recent is not None else None
    if lately is None or lately.kind is not AlarmKind.DURESS or lately.closed_at is None:
        return ContactNotice.ENDED
    asked = select(CHANGES.c.change_id).where(*_waits(trip.key, "end"), CHANGES.c.requested_at <= lately.closed_at)
    was_asked_then = work.conn.execute(asked.limit(1)).first() is not None
    return None if was_asked_then and not _is_confirmed(work.conn, trip.key) else ContactNotice.ENDED


def _is_confirmed(conn: Connection, key: TripKey) -> bool:
    """Whether one of her people has said that she is home, and only an alarm holds the end back. Her own comes with a
    word, or asks them."""
    query = select(CHANGES.c.change_id).where(*_waits(key, "end"), CHANGES.c.verified.is_(False))
    return conn.execute(query.limit(1)).first() is not None


def _waits(key: TripKey, *kinds: str) -> tuple[ColumnElement[bool], ...]:
    of_trip = CHANGES.c.traveler_id == key.traveler_id, CHANGES.c.trip_id == key.trip_id
    return *of_trip, CHANGES.c.kind.in_(kinds), CHANGES.c.state == "pending"


def _is_asked_by_number(work: Work, trip: TripState) -> bool:
    """Whether what her number says still means this trip."""
    query = select(OWNERS.c.phone_hash).where(
        OWNERS.c.phone_hash == work.service.keys.phone_hash(trip.traveler.phone),
        OWNERS.c.traveler_id == trip.key.traveler_id,
        OWNERS.c.contact_id == NIL,
        OWNERS.c.trip_id == trip.key.trip_id,
        OWNERS.c.armed.is_(True),
    )
    return work.conn.execute(query).first() is not None


def take_back_end(work: Work, trip: TripState) -> TripState:
    """Nobody is asked any more whether she is home."""
    _set(work, trip, end_requested_at=None)
    trip = replace(trip, end_requested_at=None)
    ask_again(work, trip)
    return trip


def finish(work: Work, trip: TripState, by: str, notice: ContactNotice | None = ContactNotice.ENDED) -> TripState:
    """End the trip now; nothing opens or reminds after it. The caller makes sure that no alarm is open.

    `notice`: what her people hear of it, if anything.
    """
    if trip.watch is None:
        return trip
    _set(work, trip, status="ended", ended_at=work.now)
    work.conn.execute(
        update(OWNERS)
        .where(
            OWNERS.c.traveler_id == trip.key.traveler_id,
            OWNERS.c.contact_id == NIL,
            OWNERS.c.trip_id == trip.key.trip_id,
        )
        .values(armed=False)
    )
    cancel_reminders(work.conn, trip, work.now)
    stop_asking(work, trip.key)
    stop_asking_before(work, trip.key)
    work.audit.add(trip.key.traveler_id, by, "trip_ended")
    if notice is not None:
        telling.tell_others(work, trip, notice, but=(by,))
    return replace(trip, status="ended", watch=end(trip.watch))


def _set(work: Work, trip: TripState, **values: object) -> None:
    work.conn.execute(
        update(TRIPS)
        .where(TRIPS.c.traveler_id == trip.key.traveler_id, TRIPS.c.trip_id == trip.key.trip_id)
        .values(**values)
    )
