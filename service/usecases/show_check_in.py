"""The check-in page of a link: when the next one is due. Reads what a captured phone may see, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select

from service.clock import monotonic
from service.core.alarm import Strength
from service.core.plan import Plan, previous_deadline, zone_at
from service.core.watch import WatchState, WatchView, check_in
from service.db import codec, tables
from service.db.errors import SealBroken, SecretMissing
from service.db.routing import Link
from service.db.sealed import CACHE_SECONDS, key_of
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

MOST_PLANS = 4096


@dataclass(frozen=True, slots=True)
class CheckInPage:
    """What the page says: `due` is the next check-in where she is by plan, empty when none is planned."""

    language: str
    due: str


def show_check_in(service: Service, token: str) -> CheckInPage | None:
    """The page behind a check-in link; None when there is no such link, or it has ended. Changes nothing."""
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, token, now))


class Said(NamedTuple):
    """What a check-in's page is made of; `waits`: whether changes are there whose time has come. Empty for a link that
    is not for checking in."""

    traveler_id: UUID
    trip_id: UUID
    deadline: datetime | None
    state: str | None
    plan: bytes | None
    language: str | None
    armed_at: datetime | None
    waits: bool


def due_after(service: Service, conn: Connection, of: Said, at: datetime, now: datetime) -> str:
    """When the next check-in is due once one made at `at` has been read, as text for who reads it `now`: the same for
    any words. Empty when none is planned."""
    if of.plan is None:
        return ""
    plan = _open(service, conn, of.plan)
    deadline = _deadline_shown(service, conn, of, plan, now)
    after = after_check_in(deadline, plan, at)
    return said(after, zone_at(plan, now), now) if after else ""


def after_check_in(deadline: datetime | None, plan: Plan, at: datetime) -> datetime | None:
    """The deadline that stands once a check-in made at `at` has been read: the same for any words."""
    if deadline is None:
        return None
    watch = WatchView(armed_at=plan.starts_at, deadline=deadline, previous=previous_deadline(plan, deadline))
    return check_in(watch, plan, at, Strength.WEAK).watch.deadline


def open_plans(service: Service, conn: Connection, sealed: Iterable[bytes]) -> None:
    """Load the keys of plans that are about to be shown, of those at least that are not at hand."""
    # One that is broken says so when it is opened itself.
    with suppress(SealBroken, SecretMissing):
        service.keys.prefetch(conn, [key_of(one) for one in sealed if _plans.find(one) is None])


class _Plans:
    """Plans that were opened lately, by their sealed values: to open one takes longer than to work with it. None is
    kept for longer than the key that opened it."""

    def __init__(self) -> None:
        self._since = monotonic()
        self._plans: dict[bytes, Plan] = {}

    def find(self, sealed: bytes) -> Plan | None:
        if monotonic() - self._since > CACHE_SECONDS:
            self._forget()
        return self._plans.get(sealed)

    def keep(self, sealed: bytes, plan: Plan) -> None:
        if len(self._plans) >= MOST_PLANS:
            self._forget()
        self._plans[sealed] = plan

    def _forget(self) -> None:
        # Another dictionary in its place: somebody may be reading this one.
        self._plans, self._since = {}, monotonic()


_plans = _Plans()


def _show(service: Service, conn: Connection, token: str, now: datetime) -> CheckInPage | None:
    query = (
        select(LINKS.c.traveler_id, LINKS.c.trip_id, WATCH.c.deadline, WATCH.c.state, PLANS.c.sealed)
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
    row = conn.execute(query).first()
    if row is None:
        return None
    plan = _open(service, conn, row.sealed)
    deadline = _deadline_shown(service, conn, Said._make((*row, True)), plan, now)
    return CheckInPage(row.language, said(deadline, zone_at(plan, now), now) if deadline else "")


def _open(service: Service, conn: Connection, sealed: bytes) -> Plan:
    plan = _plans.find(sealed)
    if plan is None:
        plan = codec.plan_from_json(json.loads(service.keys.open(conn, b"plan", sealed)))
        _plans.keep(sealed, plan)
    return plan


def _deadline_shown(service: Service, conn: Connection, of: Said, plan: Plan, now: datetime) -> datetime | None:
    """The deadline that stands for her, as if no change that is due still waited for anything."""
    if of.state != WatchState.ARMED:
        return None
    if not of.waits or of.armed_at is None:
        return of.deadline
    key = TripKey(of.traveler_id, of.trip_id)
    _, deadline = as_shown(conn, service.keys, key, now, armed_at=of.armed_at, plan=plan, deadline=of.deadline)
    return deadline
