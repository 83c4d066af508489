"""Late and pause, asked for by a text."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from service.core.plan import zone_at
from service.core.reply import Reading
from service.core.watch import be_late
from service.db.trips import TripState
from service.usecases.change_trip import request_in
from service.usecases.changes import Pause
from service.usecases.work import Work, cancel_reminders

LATE_WITHOUT_A_SPAN = timedelta(hours=1)


def late_by_text(work: Work, trip: TripState, reading: Reading, at: datetime) -> tuple[TripState, bool]:
    """ "I am late": moves the deadline that stands, once; whether it did."""
    if trip.watch is None or trip.plan is None or trip.watch.deadline is None:
        return trip, False
    base = max(at, trip.watch.deadline)
    until = instant_of(trip, reading, at, base) or base + LATE_WITHOUT_A_SPAN
    watch = be_late(trip.watch, trip.plan, until)
    if watch == trip.watch:
        return trip, False
    cancel_reminders(work.conn, trip, work.now)
    work.audit.add(trip.key.traveler_id, "traveler", "late")
    return replace(trip, watch=watch), True


def pause_by_text(work: Work, trip: TripState, reading: Reading, at: datetime) -> TripState:
    """A pause is a longer schedule: it waits for the cooling-off and her people hear of it."""
    until = instant_of(trip, reading, at, at)
    if until is not None and until > work.now:
        return request_in(work, trip, Pause(until), verified=False)
    return trip


def instant_of(trip: TripState, reading: Reading, at: datetime, base: datetime) -> datetime | None:
    """The instant that a text names: a span from `base`, or a wall-clock time where she is by plan."""
    if reading.span is not None:
        return base + reading.span
    if reading.until is None or trip.plan is None:
        return None
    zone = ZoneInfo(zone_at(trip.plan, at))
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=1 if reading.until.tomorrow else 0)
    named = datetime.combine(day, reading.until.clock or local.time(), zone)
    return named if named > at else named + timedelta(days=1)
