"""What stepping a watch takes of its trip, read for many due watches at once.

To read the trips whole costs ten times as much, and most steps need no more than this: whether she has words, when the
trip ends, whether an alarm is open, and the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, Select, select

from service.core.plan import Plan
from service.core.watch import WatchView
from service.db import codec, tables
from service.db.rows import is_pair, pairs
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.trips import TripKey, watch_of

ALARMS = table_of(tables.Alarm)
KEYS = table_of(tables.DataKey)
PLANS = table_of(tables.Plan)
TRIPS = table_of(tables.Trip)


class DueWatch(NamedTuple):
    """A watch to be stepped, of the `version` that was read. `unreadable`: a message has lain unread for too long."""

    key: TripKey
    watch: WatchView
    version: int
    plan: Plan
    has_words: bool
    ends_at: datetime
    has_alarm: bool
    unreadable: bool


def read_due_watches(conn: Connection, keys: Keyring, claimed: Sequence[Row[Any]]) -> list[DueWatch]:
    """The watches that `claim_watches` returned, in the order of their keys; their open alarms are locked.

    Raises:
        ValueError: one of them has no plan, or no key that opens it.
        StorageError: what one of them needs cannot be unsealed.
    """
    rows = {_number(row): row for row in claimed}
    numbers = sorted(rows)
    ordered = [TripKey(rows[number].traveler_id, rows[number].trip_id) for number in numbers]
    dialect, several = conn.dialect.name, len(ordered) > 1
    given = pairs(dialect, ordered)
    trips = conn.execute(_trips_query(dialect, several), given).all()
    keys.admit(trips)
    plans = keys.open_all(conn, b"plan", [trip.sealed for trip in trips])
    alarmed = {_number(row) for row in conn.execute(_alarms_query(dialect, several), given)}
    found = {_number(trip): (trip, plan) for trip, plan in zip(trips, plans, strict=True)}
    due = []
    for key, number in zip(ordered, numbers, strict=True):
        if number not in found:
            raise ValueError("a watch without a plan, or without its key, cannot be stepped")
        row, (trip, plan) = rows[number], found[number]
        due.append(
            DueWatch(
                key,
                watch_of(row._mapping),
                row.version,
                codec.plan_from_json(orjson.loads(plan)),
                trip.has_words,
                trip.ends_at,
                number in alarmed,
                bool(row.unreadable),
            )
        )
    return due


def _number(row: Row[Any]) -> tuple[int, int]:
    """The key of a row as numbers: an id is hashed and compared in Python, a number is not."""
    return row.traveler_id.int, row.trip_id.int


@lru_cache(maxsize=4)
def _trips_query(dialect: str, several: bool) -> Select[Any]:
    columns = (TRIPS.c.traveler_id, TRIPS.c.trip_id, TRIPS.c.has_words, TRIPS.c.ends_at, PLANS.c.sealed)
    has_plan = (PLANS.c.traveler_id == TRIPS.c.traveler_id) & (PLANS.c.trip_id == TRIPS.c.trip_id)
    has_key = KEYS.c.key_id == TRIPS.c.key_id
    query = select(*columns, KEYS.c.key_id, KEYS.c.kind, KEYS.c.wrapped)
    query = query.join_from(TRIPS, PLANS, has_plan).join(KEYS, has_key)
    return query.where(is_pair(dialect, TRIPS.c.traveler_id, TRIPS.c.trip_id, several=several))


@lru_cache(maxsize=4)
def _alarms_query(dialect: str, several: bool) -> Select[tuple[UUID, UUID]]:
    of_trips = is_pair(dialect, ALARMS.c.traveler_id, ALARMS.c.trip_id, several=several)
    query = select(ALARMS.c.traveler_id, ALARMS.c.trip_id).where(of_trips, ALARMS.c.closed_at.is_(None))
    return query.order_by(ALARMS.c.traveler_id, ALARMS.c.alarm_id).with_for_update()
