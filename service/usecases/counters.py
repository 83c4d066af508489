"""What this process counted: what became of messages, and how late alarms reached the first person.

Each process counts what it settled itself and begins at nought when it starts, as Prometheus expects: add up the
processes, and ask for rates. `amanba_sends_total` has the states of the outbox (`sent`, `failed`, `unknown`,
`cancelled`) and `pending` for what is to be tried again. `amanba_lateness_seconds` runs from the moment at which an
alarm was due (the first missed deadline and its grace; for other kinds when it opened) to the moment at which a
provider took the first text about it, so that downtime shows in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from prometheus_client import Counter, Histogram
from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import Alarm, Outbox
from service.db.trips import TripKey, TripState
from service.usecases.context import Service

OUTBOX = table_of(Outbox)
ALARMS = table_of(Alarm)

SENDS = Counter("amanba_sends_total", "What became of messages, by channel and state", ["channel", "state"])
LATENESS = Histogram(
    "amanba_lateness_seconds",
    "From the moment an alarm was due until the first person was told",
    buckets=(1, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 4 * 3600, 24 * 3600),
)


def first_told(service: Service, conn: Connection, now: datetime, told_by: Iterable[UUID]) -> list[float]:
    """How late, in seconds, each alarm is of which one of these rows told the first person.

    Asked in the transaction that settles the rows; the caller counts the answer once it is committed.
    """
    ids = list(told_by)
    if not ids:
        return []
    query = select(OUTBOX.c.traveler_id, OUTBOX.c.alarm_id).where(
        OUTBOX.c.outbox_id.in_(ids), OUTBOX.c.kind == "alert", OUTBOX.c.state == "sent", OUTBOX.c.alarm_id.is_not(None)
    )
    fresh = {(row.traveler_id, row.alarm_id) for row in conn.execute(query)}
    if not fresh:
        return []
    travelers, alarms = [pair[0] for pair in fresh], [pair[1] for pair in fresh]
    before = select(OUTBOX.c.alarm_id).where(
        OUTBOX.c.traveler_id.in_(travelers),
        OUTBOX.c.alarm_id.in_(alarms),
        OUTBOX.c.kind == "alert",
        OUTBOX.c.state == "sent",
        OUTBOX.c.outbox_id.not_in(ids),
    )
    known = set(conn.execute(before).scalars())
    rows = conn.execute(
        select(ALARMS).where(ALARMS.c.traveler_id.in_(travelers), ALARMS.c.alarm_id.in_(set(alarms) - known))
    ).all()
    trips = service.trips(conn, [TripKey(row.traveler_id, row.trip_id) for row in rows], now)
    return [_late(row, trips, now) for row in rows]


def count(sends: Sequence[tuple[str, str]], lateness: Sequence[float]) -> None:
    """Count settled messages, as (channel, state), and first tellings."""
    for channel, state in sends:
        SENDS.labels(channel=channel, state=state).inc()
    for seconds in lateness:
        LATENESS.observe(seconds)


def _late(row: Any, trips: Mapping[TripKey, TripState], now: datetime) -> float:
    trip = trips.get(TripKey(row.traveler_id, row.trip_id))
    missed = [datetime.fromisoformat(moment) for moment in row.view["missed"]]
    due: datetime = row.opened_at
    if missed and trip is not None and trip.plan is not None:
        due = min(due, min(missed) + trip.plan.grace)
    return max(0.0, (now - due).total_seconds())
