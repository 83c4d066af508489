"""What she is shown once, when her trip has begun: the next time, and how to answer without this page.

It is shown for some minutes only, because whoever holds the phone later must find no more than on any day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from service.core.plan import leg_at
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.links import check_in_link
from service.usecases.problems import NotFound
from service.usecases.show_trip import plan_of, shown_of

TRIPS = table_of(Trip)

SHOWN_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Begun:
    """`due`: the first check-in (UTC), in `zone` (IANA) where she will then be. `check_in_url`: her own page to say
    OK. `number_to_text`: None when texts cannot come in here."""

    due: datetime | None
    zone: str
    now: datetime
    check_in_url: str
    number_to_text: str | None
    has_words: bool


def show_begun(service: Service, key: TripKey) -> Begun | None:
    """A trip that has begun within the last minutes; None for any other. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, key, now))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> Begun | None:
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    row = conn.execute(select(TRIPS).where(of_trip)).mappings().first()
    if row is None:
        raise NotFound
    plan, url = plan_of(service, conn, key), check_in_link(service, conn, key)
    is_new = row["status"] == "armed" and row["armed_at"] > now - SHOWN_FOR
    if not is_new or plan is None or url is None:
        return None
    due = shown_of(service, conn, key, row, plan, now).next_deadline
    zone = leg_at(plan, due or now).zone
    return Begun(due, zone, now, url, service.number_to_text, row["has_words"])
