"""The operator hears in time that a trip which is kept for a reason is about to be erased."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from service.core.wording import PageReason
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.edges import Act
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.retention import is_kept
from service.usecases.work import Work

TRIPS = table_of(Trip)

SAID_BEFORE = timedelta(days=7)
BATCH = 100


def page_before_holds_end(service: Service) -> None:
    """Page the operator once for each hold that ends within a week."""
    service.run(lambda conn: _page(service, conn), Act.HOUSE)


def trips_held() -> Select[Any]:
    """What is known of a hold, of all trips."""
    return select(TRIPS.c.traveler_id, TRIPS.c.trip_id, TRIPS.c.key_id, TRIPS.c.kept_until, TRIPS.c.kept_because)


def key_of(row: Row[Any]) -> TripKey:
    return TripKey(row.traveler_id, row.trip_id)


def _page(service: Service, conn: Connection) -> None:
    now = service.clock()
    soon = is_kept(now), TRIPS.c.kept_until <= now + SAID_BEFORE
    ending = conn.execute(trips_held().where(*soon).limit(BATCH)).all()
    trips = service.trips(conn, [key_of(row) for row in ending], now)
    work = Work(service, conn, now)
    for row in ending:
        occasion, day = f"{row.trip_id}:{row.kept_until.isoformat()}", f"{row.kept_until:%Y-%m-%d}"
        trip, which = trips[key_of(row)], f"({row.trip_id})"
        telling.page_operator(work, PageReason.HOLD_ENDS, occasion, trip=trip, at=day, detail=which)
    work.flush()
