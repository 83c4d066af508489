"""What other times would mean on a running trip, before they are asked for. It reads no alarm and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from service.core.plan import Plan, deadlines, keep_pauses, pauses_now, plan_ahead, previous_deadline
from service.core.watch import WatchView, replan
from service.db.trips import TripKey, TripState
from service.usecases.change_facts import ChangeFacts, change_facts
from service.usecases.change_trip import is_more_watching
from service.usecases.context import Service
from service.usecases.numbers import zone_of_number
from service.usecases.preview_plan import PlanGround, PlanPreview, due_on
from service.usecases.problems import NotFound
from service.usecases.set_plan import SHOWN, PlanForm, build_plan
from service.usecases.waiting import plan_shown


@dataclass(frozen=True, slots=True)
class TimesGround:
    """What other times stand on: `ground.plan` is the plan as she is shown it, without what is over and without
    pauses. `paused_until`: the end of the pause that runs (UTC) and goes on under any times."""

    ground: PlanGround
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class TimesPreview:
    """`at_once`: it is more watching, or as much, and counts without waiting for anything. Otherwise the answers of
    `preview` are those after the cooling-off; in a trip with words those with one of them, as soon as it is asked for.
    """

    at_once: bool
    preview: PlanPreview


def times_ground(service: Service, key: TripKey) -> TimesGround:
    """What other times of a running trip stand on.

    Raises:
        NotFound: no such trip of hers, or it has no plan.
    """
    now = service.clock()
    trip, plan = _as_shown(service, key, now)
    ground = PlanGround(plan.legs, zone_of_number(trip.traveler.phone), plan_ahead(plan, now))
    return TimesGround(ground, max((span.ends_at for span in pauses_now(plan, now)), default=None))


def preview_times(service: Service, key: TripKey, form: PlanForm) -> TimesPreview:
    """What this plan would mean in the place of the one that runs.

    Raises:
        Invalid: the plan may not be stored.
        NotFound: no such trip of hers, or it has no plan.
    """
    now = service.clock()
    trip, old = _as_shown(service, key, now)
    plan = keep_pauses(build_plan(service, replace(trip, plan=old), form), old, now)
    facts = change_facts(service, key)
    at_once = is_more_watching(old, plan, now)
    since = now if at_once or trip.has_words else facts.effective_at
    first = _first(facts, old, plan, now, at_once=at_once) if since == now else None
    instants = deadlines(plan, since, SHOWN) if first is None else (first, *deadlines(plan, first, SHOWN - 1))
    dues = tuple(due_on(trip, plan, at, now) for at in instants if at > now)
    home = zone_of_number(trip.traveler.phone)
    return TimesPreview(at_once, PlanPreview(now, since, dues, home, moves=plan.every is not None))


def _first(facts: ChangeFacts, old: Plan, plan: Plan, now: datetime, *, at_once: bool) -> datetime | None:
    """The deadline that then stands, as the engine decides it."""
    previous = previous_deadline(old, facts.due) if facts.due is not None else None
    watch = WatchView(armed_at=now, deadline=facts.due, previous=previous)
    return replan(watch, plan, now, may_postpone=not at_once).deadline


def _as_shown(service: Service, key: TripKey, now: datetime) -> tuple[TripState, Plan]:
    trip = service.read(lambda conn: service.planned_trip(conn, key, now))
    if trip is None or trip.plan is None:
        raise NotFound
    stored = trip.plan
    return trip, service.read(lambda conn: plan_shown(conn, service.keys, key, now, stored))
