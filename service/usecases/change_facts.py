"""What a page needs before a change of a running trip is asked for. It reads no alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, select

from service.core.plan import Plan, leg_at
from service.core.wall_clock import instant_on_trip
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.problems import NotFound
from service.usecases.show_trip import plan_of, shown_of

TRIPS = table_of(Trip)


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """Of a running trip. `due`: the next answer as she is shown it; None when none is planned. `effective_at`: when a
    change that needs the cooling-off takes effect if it is asked for now. Instants are in UTC."""

    now: datetime
    due: datetime | None
    effective_at: datetime
    plan: Plan

    @property
    def zone(self) -> str:
        """The clock that she lives by now, by plan."""
        return leg_at(self.plan, self.now).zone

    def instant(self, day: date, at: time) -> datetime:
        """The instant of a day and a time on her own clock."""
        return instant_on_trip(self.plan.legs, day, at)


def change_facts(service: Service, key: TripKey) -> ChangeFacts:
    """Changes nothing.

    Raises:
        NotFound: no such trip of hers, or it has no plan.
    """
    now = service.clock()
    return service.read(lambda conn: _facts(service, conn, key, now))


def _facts(service: Service, conn: Connection, key: TripKey, now: datetime) -> ChangeFacts:
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    row = conn.execute(select(TRIPS).where(of_trip)).mappings().first()
    plan = plan_of(service, conn, key)
    if row is None or plan is None:
        raise NotFound
    due = shown_of(service, conn, key, row, plan, now).next_deadline
    return ChangeFacts(now, due, now + timedelta(seconds=row["cooling_off_seconds"]), plan)
