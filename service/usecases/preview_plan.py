"""What a plan would mean, before it is stored: when she is asked next, and when somebody else hears of it.

The same functions of the core decide here and in the sweep. Nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.core.ladder import default_ladder
from service.core.plan import Leg, Plan, deadlines, leg_at
from service.db.trips import TripKey, TripState
from service.usecases.context import Service
from service.usecases.foresee import foresee_missed
from service.usecases.numbers import zone_of_number
from service.usecases.problems import NotFound
from service.usecases.set_plan import SHOWN, PlanForm, build_plan, legs_of


@dataclass(frozen=True, slots=True)
class PlanGround:
    """What a plan stands on: the legs of the trip, the zone of her own number, and the plan that is stored, if any."""

    legs: tuple[Leg, ...]
    home_zone: str
    plan: Plan | None


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline (UTC) on the leg that holds it; when she is reminded, and when somebody is told at the earliest.

    Reminders that lie before now are left out.
    """

    at: datetime
    leg: Leg
    reminders: tuple[datetime, ...]
    told_at: datetime


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """The next five deadlines, each met at its instant; fewer when no more will come.

    `moves`: each counts from the answer before it, so that an early answer brings the next one forward.
    """

    now: datetime
    starts_at: datetime
    dues: tuple[Due, ...]
    home_zone: str
    moves: bool


def plan_ground(service: Service, key: TripKey) -> PlanGround:
    """What the plan of a trip stands on.

    Raises:
        NotFound: no such trip of hers.
    """
    trip = _trip(service, key, service.clock())
    return PlanGround(legs_of(trip), zone_of_number(trip.traveler.phone), trip.plan)


def preview_plan(service: Service, key: TripKey, form: PlanForm) -> PlanPreview:
    """What this plan would mean on this trip.

    Raises:
        Invalid: the plan may not be stored.
        NotFound: no such trip of hers.
    """
    now = service.clock()
    trip = _trip(service, key, now)
    plan = build_plan(service, trip, form)
    dues = tuple(due_on(trip, plan, at, now) for at in deadlines(plan, now, SHOWN))
    home_zone = zone_of_number(trip.traveler.phone)
    return PlanPreview(now, max(now, plan.starts_at), dues, home_zone, moves=plan.every is not None)


def due_on(trip: TripState, plan: Plan, at: datetime, now: datetime) -> Due:
    """The deadline at `at` (UTC) of this plan on this trip."""
    ahead = foresee_missed(plan, default_ladder(trip.people), trip.people, at)
    reminders = tuple(moment for moment in ahead.reminders if moment > now)
    return Due(at, leg_at(plan, at), reminders, ahead.opens_at or at + plan.grace)


def _trip(service: Service, key: TripKey, now: datetime) -> TripState:
    trip = service.read(lambda conn: service.planned_trip(conn, key, now))
    if trip is None:
        raise NotFound
    return trip
