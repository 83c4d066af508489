"""Whether a plan may be stored: a lifeline, not a leash, and no plan that stays silent by accident."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from service.core.plan import DAY, LONGEST_QUIET, Plan, QuietSpan, wall_clock_instants, weekly_gaps
from service.core.zones import is_known_zone, offset_at

LOOK_AHEAD = timedelta(days=730)
LAWFUL_JUMP = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a plan. `DEMO` lifts the lower ones."""

    grace_min: timedelta = timedelta(minutes=5)
    grace_max: timedelta = timedelta(hours=24)
    recurring_apart: timedelta = timedelta(hours=6)
    every_max: timedelta = timedelta(days=7)
    remind_before_max: timedelta = timedelta(hours=24)
    quiet_max: timedelta = LONGEST_QUIET
    once_in_a_day: int = 4
    weak_max: int = 10
    daily_count: int = 28  # what a week can hold 6 h apart
    once_count: int = 100
    quiet_count: int = 100
    leg_count: int = 50


DEMO = Limits(grace_min=timedelta(seconds=1), recurring_apart=timedelta(seconds=1))


class Reason(StrEnum):
    """What is wrong with a field of a plan."""

    REQUIRED = "required"  # neither daily times nor an interval nor a one-off; no leg
    NOT_BOTH = "not_both"  # daily times and an interval
    TOO_MANY = "too_many"
    TOO_CLOSE = "too_close"  # to the daily time before it, somewhere in the week
    CLOCK_CHANGE = "clock_change"  # two daily times come too close where summer time begins
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"  # for quiet: together with the spans that it touches
    OUT_OF_RANGE = "out_of_range"
    NO_WEEKDAY = "no_weekday"
    BEFORE_START = "before_start"  # a one-off at or before the start of the plan: it would never be due
    REPEATED = "repeated"
    ENDS_BEFORE_START = "ends_before_start"
    OVERLAPS = "overlaps"
    NOT_SORTED = "not_sorted"  # a leg that does not begin after the one before it
    UNKNOWN_ZONE = "unknown_zone"


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """Why a plan is refused: `field` is a path of the JSON API, such as `daily[1].time`.

    The first leg is the destination (`zone`), the second is `legs[0]`, as in the API.
    """

    field: str
    reason: Reason


def check_plan(plan: Plan, limits: Limits) -> tuple[PlanProblem, ...]:
    """Everything that is wrong with `plan`, or an empty tuple."""
    legs = list(_check_legs(plan, limits))
    recurring = list(_check_recurring(plan, limits))
    problems = [*recurring, *_check_once(plan, limits), *_check_quiet(plan, limits), *legs]
    problems.extend(_check_numbers(plan, limits))
    if not legs and not recurring and plan.daily:
        problems.extend(_check_clock_changes(plan, limits))
    return tuple(problems)


def _check_recurring(plan: Plan, limits: Limits) -> Iterator[PlanProblem]:
    if plan.daily and plan.every is not None:
        yield PlanProblem("every_hours", Reason.NOT_BOTH)
    if not plan.daily and plan.every is None and not plan.once:
        yield PlanProblem("daily", Reason.REQUIRED)
    if plan.every is not None and plan.every < limits.recurring_apart:
        yield PlanProblem("every_hours", Reason.TOO_SHORT)
    if plan.every is not None and plan.every > limits.every_max:
        yield PlanProblem("every_hours", Reason.TOO_LONG)
    if len(plan.daily) > limits.daily_count:
        yield PlanProblem("daily", Reason.TOO_MANY)
    for index, due in enumerate(plan.daily):
        if not due.weekdays:
            yield PlanProblem(f"daily[{index}].weekdays", Reason.NO_WEEKDAY)
        elif not due.weekdays <= set(range(7)):
            yield PlanProblem(f"daily[{index}].weekdays", Reason.OUT_OF_RANGE)
    smallest: dict[int, timedelta] = {}
    for gap, index in weekly_gaps(plan.daily):
        smallest[index] = min(gap, smallest.get(index, gap))
    for index, gap in sorted(smallest.items()):
        if gap < limits.recurring_apart:
            yield PlanProblem(f"daily[{index}].time", Reason.TOO_CLOSE if gap else Reason.REPEATED)


def _check_clock_changes(plan: Plan, limits: Limits) -> Iterator[PlanProblem]:
    """Whether a clock set forward in the next two years, as for summer time, brings two times too close.

    A jump of more than 3 h is a change of the date (Apia, 2011): no plan could pass it, so `next_deadline`
    thins it instead.
    """
    horizon = plan.starts_at + LOOK_AHEAD
    for number, leg in enumerate(plan.legs):
        day = max(plan.starts_at, leg.starts_at) if number else plan.starts_at
        end = min([horizon, *(following.starts_at for following in plan.legs[number + 1 : number + 2])])
        on_this_clock = replace(plan, legs=(leg,))
        while day < end:
            jump = offset_at(leg.zone, min(day + DAY, end)) - offset_at(leg.zone, day)
            if timedelta() < jump <= LAWFUL_JUMP and _smallest_gap(on_this_clock, day) < limits.recurring_apart:
                yield PlanProblem("daily", Reason.CLOCK_CHANGE)
                return
            day += DAY


def _smallest_gap(plan: Plan, day: datetime) -> timedelta:
    """The smallest gap between daily times from a day before the 24 h after `day` until a day after them."""
    around: list[datetime] = []
    for instant in wall_clock_instants(plan, day - DAY):
        if instant > day + 2 * DAY:
            break
        around.append(instant)
    return min((later - earlier for earlier, later in pairwise(around)), default=DAY)


def _check_once(plan: Plan, limits: Limits) -> Iterator[PlanProblem]:
    if len(plan.once) > limits.once_count:
        yield PlanProblem("once", Reason.TOO_MANY)
        return
    in_order = sorted((once, index) for index, once in enumerate(plan.once))
    for position, (once, index) in enumerate(in_order):
        if once <= plan.starts_at:
            yield PlanProblem(f"once[{index}]", Reason.BEFORE_START)
        if position and once == in_order[position - 1][0]:
            yield PlanProblem(f"once[{index}]", Reason.REPEATED)
        elif position >= limits.once_in_a_day and once - in_order[position - limits.once_in_a_day][0] < DAY:
            yield PlanProblem(f"once[{index}]", Reason.TOO_MANY)


def _check_quiet(plan: Plan, limits: Limits) -> Iterator[PlanProblem]:
    if len(plan.quiet) > limits.quiet_count:
        yield PlanProblem("quiet", Reason.TOO_MANY)
        return
    silent_from = silent_to = None
    for span, index in sorted(((span, index) for index, span in enumerate(plan.quiet)), key=_beginning):
        if span.ends_at <= span.starts_at:
            yield PlanProblem(f"quiet[{index}].to", Reason.ENDS_BEFORE_START)
            continue
        if silent_to is not None and span.starts_at < silent_to:
            yield PlanProblem(f"quiet[{index}].from", Reason.OVERLAPS)
        # Spans that touch are one silence: without this, two flights on paper could silence a plan for weeks.
        if silent_from is None or silent_to is None or span.starts_at > silent_to:
            silent_from, silent_to = span.starts_at, span.ends_at
        silent_to = max(silent_to, span.ends_at)
        if silent_to - silent_from > limits.quiet_max:
            yield PlanProblem(f"quiet[{index}].to", Reason.TOO_LONG)


def _beginning(numbered: tuple[QuietSpan, int]) -> datetime:
    return numbered[0].starts_at


def _check_legs(plan: Plan, limits: Limits) -> Iterator[PlanProblem]:
    if not plan.legs:
        yield PlanProblem("zone", Reason.REQUIRED)
    if len(plan.legs) > limits.leg_count:
        yield PlanProblem("legs", Reason.TOO_MANY)
        return
    for number, leg in enumerate(plan.legs):
        if not is_known_zone(leg.zone):
            yield PlanProblem(f"legs[{number - 1}].zone" if number else "zone", Reason.UNKNOWN_ZONE)
        if number and leg.starts_at <= plan.legs[number - 1].starts_at:
            yield PlanProblem(f"legs[{number - 1}].from", Reason.NOT_SORTED)


def _check_numbers(plan: Plan, limits: Limits) -> Iterator[PlanProblem]:
    if plan.grace < limits.grace_min:
        yield PlanProblem("grace_seconds", Reason.TOO_SHORT)
    if plan.grace > limits.grace_max:
        yield PlanProblem("grace_seconds", Reason.TOO_LONG)
    if plan.remind_before < timedelta():
        yield PlanProblem("remind_before_seconds", Reason.OUT_OF_RANGE)
    if plan.remind_before > limits.remind_before_max:
        yield PlanProblem("remind_before_seconds", Reason.TOO_LONG)
    if not 1 <= plan.max_weak <= limits.weak_max:
        yield PlanProblem("max_weak", Reason.OUT_OF_RANGE)
