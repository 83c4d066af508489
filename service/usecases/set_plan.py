"""When check-ins are due: the plan of a draft, checked as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, update

from service.core.plan import DailyTime, Leg, Plan, QuietSpan, deadlines
from service.core.plan_check import Limits, PlanProblem, Reason, check_plan
from service.core.wording_text import N_
from service.db import codec
from service.db.stored import table_of
from service.db.tables import Plan as PlanRow
from service.db.trips import TripKey, TripState
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.drafts import load_draft
from service.usecases.problems import (
    NEEDED,
    TOO_LONG_A_TIME,
    TOO_MANY_HERE,
    TOO_SHORT_A_TIME,
    UNKNOWN_ZONE,
    FieldProblem,
    Invalid,
)
from service.usecases.work import Work

PLANS = table_of(PlanRow)
SHOWN = 5

REASONS = {
    Reason.REQUIRED: NEEDED,
    Reason.NOT_BOTH: N_("Choose either times of the day or every so many hours, not both."),
    Reason.TOO_MANY: TOO_MANY_HERE,
    Reason.TOO_CLOSE: N_("This lies less than {hours} hours after the time before it."),
    Reason.CLOCK_CHANGE: N_("When the clocks change, two of these times come closer than {hours} hours."),
    Reason.TOO_SHORT: TOO_SHORT_A_TIME,
    Reason.TOO_LONG: TOO_LONG_A_TIME,
    Reason.OUT_OF_RANGE: N_("This is out of range."),
    Reason.NO_WEEKDAY: N_("Choose a day of the week."),
    Reason.BEFORE_START: N_("This lies before the trip starts."),
    Reason.REPEATED: N_("This appears twice."),
    Reason.ENDS_BEFORE_START: N_("This must end after it starts."),
    Reason.OVERLAPS: N_("This overlaps with another one."),
    Reason.NOT_SORTED: N_("Each part of the trip must begin after the one before it."),
    Reason.UNKNOWN_ZONE: UNKNOWN_ZONE,
}

# Where more can be said of a field than that it is too short or too long; paths without their numbers.
SENTENCES = {
    ("daily", Reason.REQUIRED): N_("Write at least one time."),
    ("every_hours", Reason.TOO_SHORT): N_("{hours} hours or more: this is a lifeline, not a leash."),
    ("every_hours", Reason.TOO_LONG): N_("7 days at most, which is 168 hours."),
    ("once", Reason.TOO_MANY): N_("At most 4 single times within 24 hours."),
    ("quiet.to", Reason.TOO_LONG): N_("24 hours at most, counting any that touch it."),
}


@dataclass(frozen=True, slots=True)
class PlanForm:
    """A plan as it is asked for. `zone` takes the place of the first leg's."""

    daily: tuple[DailyTime, ...] = ()
    every: timedelta | None = None
    once: tuple[datetime, ...] = ()
    quiet: tuple[QuietSpan, ...] = ()
    zone: str | None = None
    grace: timedelta = timedelta(minutes=60)
    remind_before: timedelta = timedelta(minutes=30)
    max_weak: int = 3


def set_plan(service: Service, key: TripKey, form: PlanForm) -> tuple[datetime, ...]:
    """Store the plan of a draft; its first five deadlines ahead (UTC).

    Raises:
        Invalid, NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def keep(conn: Connection) -> tuple[datetime, ...]:
        trip = load_draft(service, conn, key, now)
        plan = build_plan(service, trip, form)
        write_plan(service, conn, trip, plan)
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "plan_set")
        ask_before_leaving(work, replace(trip, plan=plan))
        work.flush()
        return deadlines(plan, now, SHOWN)

    return service.run(keep)


def build_plan(service: Service, trip: TripState, form: PlanForm, path: str = "") -> Plan:
    """The plan that a form asks for, on the legs of the trip; `path` leads to its fields in the request.

    Raises:
        Invalid: the plan may not be stored.
    """
    legs = list(trip.plan.legs if trip.plan and trip.status != "draft" else legs_of(trip))
    if form.zone is not None:
        legs[0] = Leg(legs[0].starts_at, form.zone, legs[0].country, legs[0].city)
    plan = Plan(
        starts_at=trip.starts_at,
        legs=tuple(legs),
        daily=form.daily,
        every=form.every,
        once=form.once,
        quiet=form.quiet,
        grace=form.grace,
        remind_before=form.remind_before,
        max_weak=form.max_weak,
    )
    problems = check_plan(plan, plan_limits(service))
    if problems:
        raise Invalid(_said(service, problems, path))
    return plan


def legs_of(trip: TripState) -> tuple[Leg, ...]:
    """The legs that the traveler described: the destination from the start of the trip, then the others."""
    place = trip.details["destination"]
    first = Leg(trip.starts_at, place["zone"], place["country"], place.get("city") or "")
    further = (
        Leg(datetime.fromisoformat(leg["from"]), leg["zone"], leg["country"], leg.get("city") or "")
        for leg in trip.details.get("legs") or ()
    )
    return (first, *further)


def plan_limits(service: Service) -> Limits:
    """The bounds of a plan on this installation; a demonstration lifts the lower ones."""
    return Limits(grace_min=service.limits.grace_at_least, recurring_apart=service.limits.recurring_apart)


def write_plan(service: Service, conn: Connection, trip: TripState, plan: Plan) -> None:
    """Put `plan` in the place of the trip's plan, if it has one."""
    text = json.dumps(codec.plan_to_json(plan), ensure_ascii=False)
    sealed = service.keys.seal(conn, trip.key_id, b"plan", text.encode())
    key = {"traveler_id": trip.key.traveler_id, "trip_id": trip.key.trip_id}
    where = (PLANS.c.traveler_id == trip.key.traveler_id) & (PLANS.c.trip_id == trip.key.trip_id)
    if trip.plan is None:
        conn.execute(insert(PLANS), {**key, "sealed": sealed, "version": 1})
    else:
        conn.execute(update(PLANS).where(where).values(sealed=sealed, version=PLANS.c.version + 1))


def _said(service: Service, problems: Iterable[PlanProblem], path: str) -> list[FieldProblem]:
    hours = {"hours": f"{service.limits.recurring_apart / timedelta(hours=1):g}"}
    return [FieldProblem(path + problem.field, _sentence(problem), hours) for problem in problems]


def _sentence(problem: PlanProblem) -> str:
    return SENTENCES.get((re.sub(r"\[\d+\]", "", problem.field), problem.reason), REASONS[problem.reason])
