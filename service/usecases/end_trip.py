"""The end of a trip: she says so and an accepted contact confirms it, or she says so with a safe word."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from service.core.watch import end
from service.core.wording import ContactNotice
from service.db.routing import NIL, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripState
from service.usecases import telling
from service.usecases.work import Work, cancel_reminders

TRIPS = table_of(Trip)
OWNERS = table_of(PhoneOwner)


def request_end(work: Work, trip: TripState) -> TripState:
    """She says that the trip is over: her people are asked to confirm it. Asked again it changes nothing."""
    if trip.end_requested_at is not None:
        return trip
    _set(work, trip, end_requested_at=work.now)
    work.audit.add(trip.key.traveler_id, "traveler", "end_requested")
    telling.tell_others(work, trip, ContactNotice.END_ASKED)
    return replace(trip, end_requested_at=work.now)


def deny_end(work: Work, trip: TripState, contact_id: str) -> TripState:
    """A contact says that she is not home: the watch goes on."""
    _set(work, trip, end_requested_at=None)
    work.audit.add(trip.key.traveler_id, contact_id, "end_denied")
    return replace(trip, end_requested_at=None)


def finish(work: Work, trip: TripState, by: str) -> TripState:
    """End the trip now; nothing opens or reminds after it. The caller makes sure that no alarm is open."""
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
    work.audit.add(trip.key.traveler_id, by, "trip_ended")
    telling.tell_others(work, trip, ContactNotice.ENDED, but=(by,))
    return replace(trip, status="ended", watch=end(trip.watch))


def _set(work: Work, trip: TripState, **values: object) -> None:
    work.conn.execute(
        update(TRIPS)
        .where(TRIPS.c.traveler_id == trip.key.traveler_id, TRIPS.c.trip_id == trip.key.trip_id)
        .values(**values)
    )
