"""A running trip whole, for its private page: what was planned, and what was asked for and waits for its time.

It reads no alarm. A change that is due and waits only for an alarm's close is shown as if it had taken effect.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from service.core.plan import Plan, leg_at, next_deadline
from service.db.stored import table_of
from service.db.tables import Traveler
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.numbers import zone_of_number
from service.usecases.show_trip import WholeTrip, read_whole
from service.usecases.waiting import plan_shown

TRAVELERS = table_of(Traveler)
AHEAD = 5


@dataclass(frozen=True, slots=True)
class RunningTrip:
    """`ahead`: the next deadlines (UTC). `zone` is the clock she lives by now, `home_zone` that of her own number."""

    whole: WholeTrip
    now: datetime
    ahead: tuple[datetime, ...]
    zone: str
    home_zone: str


def show_running_trip(service: Service, key: TripKey) -> RunningTrip:
    """An armed trip, whole. Who may see it is the caller's to know. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, key, now))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> RunningTrip:
    whole = read_whole(service, conn, key, now)
    sealed = conn.execute(select(TRAVELERS.c.sealed).where(TRAVELERS.c.traveler_id == key.traveler_id)).scalar_one()
    phone = json.loads(service.keys.open(conn, b"traveler", sealed))["phone"]
    plan = plan_shown(conn, service.keys, key, now, whole.plan) if whole.plan else None
    return RunningTrip(
        whole=replace(whole, plan=plan),
        now=now,
        ahead=_ahead(plan, whole.shown.next_deadline),
        zone=leg_at(plan, now).zone if plan else "UTC",
        home_zone=zone_of_number(phone),
    )


def _ahead(plan: Plan | None, first: datetime | None) -> tuple[datetime, ...]:
    found: list[datetime] = []
    following = first
    while plan is not None and following is not None and len(found) < AHEAD:
        found.append(following)
        following = next_deadline(plan, following)
    return tuple(found)
