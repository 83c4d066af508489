"""Which times of a plan stand in a calendar, and under which lasting names.

With daily times it is drawn from the plan alone: it is the same whether or not she answers, so that who is given the
calendar cannot watch her by it. An interval counts from her last answer, and so does its calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.core.plan import Plan, deadlines, leg_at, next_deadline
from service.core.zones import local_date

MOST = 400
"""Appointments at most: a year of daily ones, with some to spare."""
AHEAD = 14
"""Of an interval only so many: each further one stands if she answers each at its time."""
A_CHANGE = 1_000_000
"""How much a change of the plan raises the revision of an interval's times, which counts minutes within it."""
_DAY_BEFORE = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Due:
    """A time (UTC) at which she gets in touch. `name`: whose place in the plan it is, the same after a change of the
    plan; `revision` rises when it is moved; `off`: a pause or a flight has taken it out."""

    name: str
    at: datetime
    revision: int
    off: bool = False


def due_times(plan: Plan, now: datetime, until: datetime, *, coming: datetime | None, version: int) -> tuple[Due, ...]:
    """The times after `now` and up to `until`, in order.

    Args:
        coming: the next deadline as she is shown it; only an interval is counted from it.
        version: how often the plan has been changed.
    """
    if plan.every is not None:
        return tuple(_by_interval(plan, now, until, coming, version))
    found = sorted((*_planned(plan, now, until, version), *_after_quiet(plan, now, until, version)), key=_order)
    return tuple(found[:MOST])


def _order(due: Due) -> tuple[datetime, str]:
    return due.at, due.name


def _by_interval(plan: Plan, now: datetime, until: datetime, coming: datetime | None, version: int) -> Iterator[Due]:
    if coming is None:
        return
    ahead = (coming, *deadlines(plan, coming, AHEAD - 1))
    for number, at in enumerate(ahead):
        minutes = max(0, round((at - plan.starts_at) / timedelta(minutes=1)))
        if now < at <= until:
            yield Due(f"next {number}", at, version * A_CHANGE + min(minutes, A_CHANGE - 1))


def _planned(plan: Plan, now: datetime, until: datetime, version: int) -> Iterator[Due]:
    """Every time of the plan, also those that a quiet span moves: they are off."""
    bare = replace(plan, quiet=())
    passed: Counter[str] = Counter()
    # A day is numbered from its beginning, so that what has passed today changes no name.
    at = next_deadline(bare, now - _DAY_BEFORE)
    while at is not None and at <= until:
        if at in plan.once:
            name = f"once {at:%Y%m%dT%H%M%S}"
        else:
            day = local_date(leg_at(plan, at).zone, at).isoformat()
            passed[day] += 1
            name = f"{day} {passed[day]}"
        if at > now:
            yield Due(name, at, version, off=_is_quiet(plan, at))
        at = next_deadline(bare, at)


def _after_quiet(plan: Plan, now: datetime, until: datetime, version: int) -> Iterator[Due]:
    """What quiet spans move to their ends."""
    bare = replace(plan, quiet=())
    for end in sorted({span.ends_at for span in plan.quiet}):
        moment = end - timedelta(microseconds=1)
        is_due = next_deadline(plan, moment) == end and next_deadline(bare, moment) != end
        if now < end <= until and is_due:
            yield Due(f"after {end:%Y%m%dT%H%M%S}", end, version)


def _is_quiet(plan: Plan, at: datetime) -> bool:
    return any(span.starts_at <= at < span.ends_at for span in plan.quiet)
