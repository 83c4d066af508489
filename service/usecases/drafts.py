"""A trip that its traveler is still planning: found, locked and checked to be hers and not yet armed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from service.core.wording_text import N_
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey as TripKey
from service.db.trips import TripState
from service.usecases.context import Service
from service.usecases.problems import Conflict409, NotFound

TRIPS = table_of(Trip)

ARMED = N_("The trip has begun. Ask for a change instead; it takes effect by the rules that you know.")
ENDED = N_("The trip has ended.")
NOT_ARMED = N_("The trip has not begun yet.")


def load_draft(service: Service, conn: Connection, key: TripKey, now: datetime) -> TripState:
    """The draft, its row locked until the transaction ends.

    Raises:
        NotFound: no such trip of hers.
        Conflict409: it is armed or ended.
    """
    trip = load_locked(service, conn, key, now)
    if trip.status == "armed":
        raise Conflict409(ARMED, ("already_armed",))
    if trip.status != "draft":
        raise Conflict409(ENDED, ("ended",))
    return trip


def load_locked(service: Service, conn: Connection, key: TripKey, now: datetime) -> TripState:
    """The trip as planned, in any state, its row locked so that nobody arms it meanwhile."""
    where = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    if conn.execute(select(TRIPS.c.trip_id).where(where).with_for_update()).first() is None:
        raise NotFound
    trip = service.planned_trip(conn, key, now)
    if trip is None:
        raise NotFound
    return trip


def write_details(service: Service, conn: Connection, trip: TripState, details: Mapping[str, Any]) -> None:
    """Seal a trip's details anew."""
    sealed = service.keys.seal(conn, trip.key_id, b"trip", json.dumps(dict(details), ensure_ascii=False).encode())
    set_columns(conn, trip.key, sealed=sealed)


def set_columns(conn: Connection, key: TripKey, **values: Any) -> None:
    """Write columns of the trip's row."""
    conn.execute(
        update(TRIPS).where(TRIPS.c.traveler_id == key.traveler_id, TRIPS.c.trip_id == key.trip_id).values(**values)
    )
