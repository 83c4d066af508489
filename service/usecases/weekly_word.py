"""A word once a week that all is well, for the contacts of a traveler who wants them to have one.

It tells no time of hers: it comes on Sunday noon by each contact's own clock, whenever she answered. In a week with an
alarm or a missed deadline none is written and nothing is said of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from service.core.ladder import Role
from service.core.lifeline import all_was_well, is_turn, next_turn
from service.core.wording_lifeline import weekly_letter, weekly_word
from service.db.rows import is_pair, pairs
from service.db.stored import table_of
from service.db.tables import Alarm, Trip
from service.db.trips import TripKey, TripState
from service.texts import translator
from service.usecases.alarm_facts import first_usable, in_turn, zone_of_contact
from service.usecases.context import Service
from service.usecases.drafts import ENDED, load_locked, set_columns
from service.usecases.links import invitation_link
from service.usecases.numbers import zone_of_number
from service.usecases.problems import Conflict409
from service.usecases.quiet_texts import for_trips, write_to
from service.usecases.waiting import looks_ended
from service.usecases.work import EMAIL, Work

TRIPS = table_of(Trip)
ALARMS = table_of(Alarm)

KIND = "weekly"
STAYS_GOOD = timedelta(minutes=10)
"""What could not be sent by then is not sent: an alarm may open meanwhile."""
MOST_AT_ONCE = 20_000


def set_weekly(service: Service, key: TripKey, *, wanted: bool) -> None:
    """Let her contacts have a word once a week, or no more. They are not told of either.

    Raises:
        NotFound: no such trip of hers.
        Conflict409: it has ended.
    """
    now = service.clock()

    def keep(conn: Connection) -> None:
        trip = load_locked(service, conn, key, now)
        if looks_ended(conn, trip, now):
            raise Conflict409(ENDED, ("ended",))
        is_on = conn.execute(select(TRIPS.c.weekly_at).where(_is(key))).scalar() is not None
        if is_on is wanted:
            return
        set_columns(conn, key, weekly_at=_next(trip, now) if wanted else None)
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", f"weekly_word:{'on' if wanted else 'off'}")
        work.flush()

    service.run(keep)


def say_all_well(service: Service) -> None:
    """Write the weekly words whose turn has come.

    1. Of the trips that want it, those for one of whose contacts it is Sunday noon.  2. Each in a batch of its own
    transaction: if the week was a quiet one, to each contact whose turn it is; the next turn is noted in any case.
    Killed here: a contact gets the word of a week once, because it is named for the day.
    """
    now = service.clock()
    # Written as the partial index has it.
    due = select(TRIPS.c.traveler_id, TRIPS.c.trip_id).where(TRIPS.c.weekly_at.is_not(None), TRIPS.c.weekly_at <= now)
    rows = service.read(lambda conn: conn.execute(due.order_by(TRIPS.c.weekly_at).limit(MOST_AT_ONCE)).all())
    for_trips(service, [TripKey(row.traveler_id, row.trip_id) for row in rows], _say)


def _say(service: Service, conn: Connection, keys: Sequence[TripKey]) -> None:
    now, rows = service.clock(), _claimed(conn, keys, service.clock())
    trips = service.trips(conn, [TripKey(row.traveler_id, row.trip_id) for row in rows], now)
    work = Work(service, conn, now)
    for row in rows:
        trip = trips[TripKey(row.traveler_id, row.trip_id)]
        if trip.status == "armed" and _was_well(conn, trip, now):
            _tell(work, trip, row.weekly_at)
        set_columns(conn, trip.key, weekly_at=None if trip.status == "ended" else _next(trip, now))
    work.flush()


def _claimed(conn: Connection, keys: Sequence[TripKey], now: datetime) -> Sequence[Any]:
    """Those of the trips that nobody else has said it for meanwhile."""
    dialect = conn.dialect.name
    of_these = is_pair(dialect, TRIPS.c.traveler_id, TRIPS.c.trip_id, several=len(keys) > 1)
    query = select(TRIPS.c.traveler_id, TRIPS.c.trip_id, TRIPS.c.weekly_at).where(of_these, TRIPS.c.weekly_at <= now)
    return conn.execute(query.with_for_update(skip_locked=True), pairs(dialect, keys)).all()


def _was_well(conn: Connection, trip: TripState, now: datetime) -> bool:
    if trip.watch is None or trip.plan is None or trip.alarm is not None:
        return False
    of_trip = (ALARMS.c.traveler_id == trip.key.traveler_id) & (ALARMS.c.trip_id == trip.key.trip_id)
    closed: datetime | None = conn.execute(select(func.max(ALARMS.c.closed_at)).where(of_trip)).scalar()
    return all_was_well(trip.watch, trip.plan, closed, now)


def _tell(work: Work, trip: TripState, since: datetime) -> None:
    for contact in trip.contacts:
        zone, address = zone_of_contact(contact, trip), first_usable(in_turn(KIND, trip, contact.addresses))
        wants = contact.accepted and contact.weekly and contact.role is not Role.CASEWORKER
        if address is None or not wants or not is_turn(zone, since, work.now):
            continue
        _ = translator(contact.language)
        if address.channel == EMAIL:
            body = weekly_letter(trip.traveler.name, _, link=invitation_link(work, trip, contact))
        else:
            body = weekly_word(trip.traveler.name, _)
        key = f"{KIND}:{contact.id}:{work.now:%Y-%m-%d}"
        write_to(work, trip, contact, address, kind=KIND, body=body, key=key, valid_for=STAYS_GOOD)


def _next(trip: TripState, now: datetime) -> datetime:
    """The next turn of any of her contacts; without one, of the clock at her home."""
    zones = {zone_of_contact(contact, trip) for contact in trip.contacts if contact.accepted}
    return min(next_turn(zone, now) for zone in zones or {zone_of_number(trip.traveler.phone)})


def _is(key: TripKey) -> ColumnElement[bool]:
    return (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
