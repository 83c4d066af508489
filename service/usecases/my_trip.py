"""Which of her trips a traveler means: the armed one, or else the draft that she touched last.

One whose end waits for nothing but an alarm's close is over: a page that showed it would tell that there is an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.waiting import ends_by_now

TRIPS = table_of(Trip)


@dataclass(frozen=True, slots=True)
class MyTrip:
    """Its key, its status (draft or armed), and whether it has words."""

    key: TripKey
    status: str
    has_words: bool

    @property
    def armed(self) -> bool:
        return self.status == "armed"

    @property
    def secret(self) -> bool:
        """Whether a phone in other hands may see no more of it than the next planned time."""
        return self.armed and self.has_words


def my_trip(service: Service, traveler_id: UUID) -> MyTrip | None:
    """Her armed trip, or her newest draft; None when she has neither."""
    return service.read(lambda conn: _find(conn, traveler_id, service.clock()))


def _find(conn: Connection, traveler_id: UUID, now: datetime) -> MyTrip | None:
    query = (
        select(TRIPS.c.trip_id, TRIPS.c.status, TRIPS.c.has_words)
        .where(TRIPS.c.traveler_id == traveler_id, TRIPS.c.status.in_(("armed", "draft")))
        .order_by(TRIPS.c.status, TRIPS.c.created_at.desc())
    )
    # Of those that are armed one is under way at most; the others only wait for an alarm's close.
    for row in conn.execute(query):
        key = TripKey(traveler_id, row.trip_id)
        if row.status != "armed" or not ends_by_now(conn, key, now):
            return MyTrip(key, row.status, row.has_words)
    return None
