"""The check-in page of a link: when the next one is due. Reads what a captured phone may see, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, or_, select

from service.core.alarm import Strength
from service.core.plan import Plan, previous_deadline, zone_at
from service.core.watch import WatchState, WatchView, check_in
from service.db import codec, tables
from service.db.routing import Link
from service.db.stored import table_of
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.times import said
from service.usecases.waiting import as_shown

LINKS = table_of(Link)
PLANS = table_of(tables.Plan)
TRAVELERS = table_of(tables.Traveler)
TRIPS = table_of(tables.Trip)
WATCH = tables.TRAVELER_WATCH


@dataclass(frozen=True, slots=True)
class CheckInPage:
    """What the page says: `due` is the next check-in where she is by plan, empty when none is planned."""

    language: str
    due: str
    due_after: str


def show_check_in(service: Service, token: str) -> CheckInPage | None:
    """The page behind a check-in link; None when there is no such link, or it has ended. Changes nothing."""
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, token, now))


def _show(service: Service, conn: Connection, token: str, now: datetime) -> CheckInPage | None:
    query = (
        select(LINKS.c.trip_id, LINKS.c.traveler_id, WATCH.c.deadline, WATCH.c.state, PLANS.c.sealed)
        .add_columns(TRAVELERS.c.language, TRIPS.c.armed_at)
        .join(WATCH, (WATCH.c.traveler_id == LINKS.c.traveler_id) & (WATCH.c.trip_id == LINKS.c.trip_id))
        .join(PLANS, (PLANS.c.traveler_id == LINKS.c.traveler_id) & (PLANS.c.trip_id == LINKS.c.trip_id))
        .join(TRIPS, (TRIPS.c.traveler_id == LINKS.c.traveler_id) & (TRIPS.c.trip_id == LINKS.c.trip_id))
        .join(TRAVELERS, TRAVELERS.c.traveler_id == LINKS.c.traveler_id)
        .where(
            LINKS.c.token_hash == service.keys.token_hash(token),
            LINKS.c.kind == "check_in",
            or_(LINKS.c.expires_at.is_(None), LINKS.c.expires_at > now),
        )
    )
    row = conn.execute(query).mappings().first()
    if row is None:
        return None
    plan = codec.plan_from_json(json.loads(service.keys.open(conn, b"plan", row["sealed"])))
    zone = zone_at(plan, now)
    deadline = _deadline_shown(service, conn, row, plan, now)
    after = after_check_in(deadline, plan, now)
    return CheckInPage(
        language=row["language"],
        due=said(deadline, zone, now) if deadline else "",
        due_after=said(after, zone, now) if after else "",
    )


def _deadline_shown(service: Service, conn: Connection, row: RowMapping, plan: Plan, now: datetime) -> datetime | None:
    """The deadline that stands for her, as if no change that is due still waited for anything."""
    if row["state"] != WatchState.ARMED:
        return None
    key = TripKey(row["traveler_id"], row["trip_id"])
    _, deadline = as_shown(conn, service.keys, key, now, armed_at=row["armed_at"], plan=plan, deadline=row["deadline"])
    return deadline


def after_check_in(deadline: datetime | None, plan: Plan, now: datetime) -> datetime | None:
    """The deadline that stands once a check-in made now has been read: the same for any words."""
    if deadline is None:
        return None
    watch = WatchView(armed_at=plan.starts_at, deadline=deadline, previous=previous_deadline(plan, deadline))
    return check_in(watch, plan, now, Strength.WEAK).watch.deadline
