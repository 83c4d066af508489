"""The check-in that costs nothing: she calls one of our numbers, and nobody picks up.

A caller's number is easier to forge than a text, so that it counts only for who has turned it on, as weak, and for
nothing but a check-in.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from notifiers.base import TakesCalls
from service.db.stored import table_of
from service.db.tables import Watch
from service.db.trips import TripKey
from service.usecases.context import MISSED_CALLS, Service
from service.usecases.drafts import load_locked, write_details
from service.usecases.problems import NotFound
from service.usecases.work import Work

WATCHES = table_of(Watch)


@dataclass(frozen=True, slots=True)
class MissedCalls:
    """Whether a missed call of hers is a check-in, and the number (E.164) to call; "" where no call can come in."""

    is_on: bool
    number: str


def show_missed_calls(service: Service, key: TripKey) -> MissedCalls:
    """What her page says of it.

    Raises:
        NotFound: no such trip of hers.
    """
    trip = service.read(lambda conn: service.planned_trip(conn, key, service.clock()))
    if trip is None:
        raise NotFound
    return MissedCalls(bool(trip.details.get(MISSED_CALLS)), number_to_call(service))


def set_missed_calls(service: Service, key: TripKey, *, on: bool) -> None:
    """Turn it on or off, at once: whoever holds her phone can text OK as well, and with fewer ways to check in only
    more is noticed.

    Raises:
        NotFound: no such trip of hers, or no call can come in here.
    """
    now = service.clock()
    if on and not number_to_call(service):
        raise NotFound

    def keep(conn: Connection) -> None:
        of_trip = (WATCHES.c.traveler_id == key.traveler_id) & (WATCHES.c.trip_id == key.trip_id)
        # Changes that come due write the details too, under the same lock.
        conn.execute(select(WATCHES.c.trip_id).where(of_trip).with_for_update()).first()
        trip = load_locked(service, conn, key, now)
        if bool(trip.details.get(MISSED_CALLS)) == on:
            return
        write_details(service, conn, trip, {**trip.details, MISSED_CALLS: on})
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "missed_calls_on" if on else "missed_calls_off")
        work.flush()

    service.run(keep)


def number_to_call(service: Service) -> str:
    """The number whose missed calls reach us, E.164; "" for none."""
    takers = (one for one in service.providers if isinstance(one, TakesCalls))
    return next((number for one in takers for number in one.called_numbers), "")
