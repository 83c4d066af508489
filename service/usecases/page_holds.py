"""The operator hears in time that a trip which is kept for a reason is about to be erased."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select

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
    """Page the operator once for each hold that ends within a week, in batches, the first to end first."""
    last: Row[Any] | None = None
    while True:
        last = service.run(partial(_page, service, last), Act.HOUSE)
        if last is None:
            return


def trips_held() -> Select[Any]:
    """What is known of a hold, of all trips."""
    return select(TRIPS.c.traveler_id, TRIPS.c.trip_id, TRIPS.c.key_id, TRIPS.c.kept_until, TRIPS.c.kept_because)


def key_of(row: Row[Any]) -> TripKey:
    return TripKey(row.traveler_id, row.trip_id)


def _page(service: Service, after: Row[Any] | None, conn: Connection) -> Row[Any] | None:
    """The last of a full batch, after which there may be more."""
    now = service.clock()
    query = trips_held().where(is_kept(now), TRIPS.c.kept_until <= now + SAID_BEFORE)
    if after is not None:
        later = TRIPS.c.kept_until > after.kept_until
        query = query.where(or_(later, (TRIPS.c.kept_until == after.kept_until) & (TRIPS.c.trip_id > after.trip_id)))
    ending = conn.execute(query.order_by(TRIPS.c.kept_until, TRIPS.c.trip_id).limit(BATCH)).all()
    trips = service.trips(conn, [key_of(row) for row in ending], now)
    work = Work(service, conn, now)
    for row in ending:
        occasion, day = f"{row.trip_id}:{row.kept_until.isoformat()}", f"{row.kept_until:%Y-%m-%d}"
        trip, which = trips[key_of(row)], f"({row.trip_id})"
        telling.page_operator(work, PageReason.HOLD_ENDS, occasion, trip=trip, at=day, detail=which)
    work.flush()
    return ending[-1] if len(ending) == BATCH else None
