"""When check-ins are due: daily times or an interval, one-offs, quiet spans, and the zones of the trip.

Instants are aware datetimes in UTC; `check_plan` in `plan_check` says whether a plan may be stored.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from service.core.zones import TICK, has_one_offset, instant_of, local_date

EVERY_DAY = frozenset(range(7))
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
EARLY_AT_MOST = timedelta(hours=6)
LONGEST_QUIET = timedelta(hours=24)
"""The longest quiet span that a plan may ask for; a longer one is a pause."""
APART_AT_A_JUMP = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the trip: from `starts_at` on she lives by the clock of `zone`, in `country`."""

    starts_at: datetime  # UTC
    zone: str  # IANA, "Asia/Almaty"
    country: str  # ISO 3166-1 alpha-2
    city: str = ""


@dataclass(frozen=True, slots=True)
class DailyTime:
    """A wall-clock time on some days of the week (0 is Monday)."""

    at: time
    weekdays: frozenset[int] = EVERY_DAY


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """A time without deadlines, a flight mostly: from `starts_at` up to, not including, `ends_at` (UTC)."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """When check-ins are due. Either `daily` or `every`; one-offs and quiet spans beside it."""

    starts_at: datetime  # UTC; no deadline at or before it
    legs: tuple[Leg, ...]  # one or more, sorted by starts_at; the first also covers everything before it
    daily: tuple[DailyTime, ...] = ()
    every: timedelta | None = None
    once: tuple[datetime, ...] = ()  # UTC
    quiet: tuple[QuietSpan, ...] = ()
    grace: timedelta = timedelta(minutes=60)
    remind_before: timedelta = timedelta(minutes=30)
    max_weak: int = 3


def next_deadline(plan: Plan, after: datetime) -> datetime | None:
    """The first deadline strictly after `after` (UTC), or None when no more will come.

    With `every`, `after` is the later of the last check-in and the last deadline: the next one is
    `after + every`, or a one-off before that. A deadline inside a quiet span moves to its end.
    Raises ZoneInfoNotFoundError for a zone that `check_plan` refuses.
    """
    after = max(after, plan.starts_at)
    # What falls due in a quiet span around `after` is still to come: it moves to the end of the span.
    since = _before_quiet(plan.quiet, after) if plan.quiet else after
    due = [once for once in plan.once if once > since and once > plan.starts_at]
    if plan.every is not None:
        due.append(after + plan.every)
    else:
        due.extend(islice(_recurring(plan, since), 1))
    if not due or not plan.quiet:
        return min(due, default=None)
    return _after_quiet(plan.quiet, min(due))


def deadlines(plan: Plan, after: datetime, count: int) -> tuple[datetime, ...]:
    """Up to `count` deadlines after `after`, as they come when each is met at its instant."""
    found: list[datetime] = []
    while len(found) < count and (following := next_deadline(plan, after)) is not None:
        found.append(following)
        after = following
    return tuple(found)


def previous_deadline(plan: Plan, deadline: datetime) -> datetime | None:
    """The last deadline before `deadline`, or None for the first one.

    With `every` it is `deadline - every`, where the deadline or check-in before it lay at the latest, or a
    one-off after that.
    """
    found = [
        moved for once in plan.once if once > plan.starts_at and (moved := _after_quiet(plan.quiet, once)) < deadline
    ]
    if plan.every is not None:
        found.append(deadline - plan.every)
    elif plan.daily and (recurring := _last_recurring(plan, deadline)) is not None:
        found.append(recurring)
    latest = max(found, default=plan.starts_at)
    return latest if latest > plan.starts_at else None


def early_window(plan: Plan, deadline: datetime, previous: datetime | None) -> timedelta:
    """How long before `deadline` a check-in already satisfies it: half the gap to `previous`, 6 h at most.

    `previous` is the deadline before it. The first deadline has none: 6 h, or half an interval below 12 h.
    """
    if previous is None:
        return min(EARLY_AT_MOST, (plan.every or 2 * EARLY_AT_MOST) / 2)
    return max(timedelta(), min(EARLY_AT_MOST, (deadline - previous) / 2))


def plan_ahead(plan: Plan, now: datetime) -> Plan:
    """`plan` without the one-offs that are over, the quiet spans that are over, and pauses (see `keep_pauses`)."""
    quiet = tuple(span for span in plan.quiet if span.ends_at > now and not _is_pause(span))
    return replace(plan, once=tuple(once for once in plan.once if once > now), quiet=quiet)


def pauses_now(plan: Plan, now: datetime) -> tuple[QuietSpan, ...]:
    """The pauses that have begun and not ended: quiet spans longer than any that a plan may ask for."""
    return tuple(span for span in plan.quiet if _is_pause(span) and span.starts_at <= now < span.ends_at)


def keep_pauses(plan: Plan, old: Plan, now: datetime, until: Collection[datetime] = ()) -> Plan:
    """`plan` with the pauses that run under `old`: they go on when other times take its place. `until`: the ends of
    pauses that were asked for; a short one looks like any quiet span."""
    short = (span for span in old.quiet if span.ends_at in until and span.starts_at <= now < span.ends_at)
    kept = tuple(span for span in dict.fromkeys((*pauses_now(old, now), *short)) if span not in plan.quiet)
    return replace(plan, quiet=(*plan.quiet, *kept)) if kept else plan


def _is_pause(span: QuietSpan) -> bool:
    return span.ends_at - span.starts_at > LONGEST_QUIET


def leg_at(plan: Plan, instant: datetime) -> Leg:
    """The leg that covers `instant`. Raises IndexError for a plan without legs."""
    return plan.legs[_leg_number(plan, instant)]


def zone_at(plan: Plan, instant: datetime) -> str:
    """The IANA zone whose clock she lives by at `instant`."""
    return leg_at(plan, instant).zone


def _leg_number(plan: Plan, instant: datetime) -> int:
    if len(plan.legs) == 1:
        return 0
    return max(0, bisect_right(plan.legs, instant, key=lambda leg: leg.starts_at) - 1)


# Quiet spans. Spans that touch act as one: the end of the first lies inside the second.


def after_quiet(plan: Plan, instant: datetime) -> datetime:
    """The end of the quiet time that holds `instant`; `instant` itself outside of any."""
    return _after_quiet(plan.quiet, instant)


def _after_quiet(quiet: tuple[QuietSpan, ...], instant: datetime) -> datetime:
    while (end := max((q.ends_at for q in quiet if q.starts_at <= instant < q.ends_at), default=None)) is not None:
        instant = end
    return instant


def _before_quiet(quiet: tuple[QuietSpan, ...], instant: datetime) -> datetime:
    """The moment just before the quiet time that holds `instant`; `instant` itself outside of any."""
    start = min((q.starts_at for q in quiet if q.starts_at <= instant < q.ends_at), default=None)
    if start is None:
        return instant
    while (earlier := min((q.starts_at for q in quiet if q.starts_at < start <= q.ends_at), default=None)) is not None:
        start = earlier
    return start - TICK


# Daily times. Each function looks only as far as it must: a plan may be years old.


_Week = tuple[tuple[time, ...], ...]


@lru_cache(maxsize=4096)
def _week(daily: tuple[DailyTime, ...]) -> tuple[_Week, timedelta]:
    """The times of each weekday, sorted, and how far apart deadlines stay where the local clock jumps.

    That is 6 h, or the smallest gap on the wall clock of a denser (demo) plan.
    """
    week = tuple(tuple(sorted({due.at for due in daily if day in due.weekdays})) for day in range(7))
    return week, min([APART_AT_A_JUMP, *(gap for gap, _ in weekly_gaps(daily) if gap)])


def weekly_gaps(daily: tuple[DailyTime, ...]) -> list[tuple[timedelta, int]]:
    """For every time of a week, in order: the gap on the wall clock since the time before it, 7 days at most,
    and its index in `daily`. A time named twice has the gap 0."""
    times = sorted(
        (day * DAY + _since_midnight(due.at), index) for index, due in enumerate(daily) for day in due.weekdays
    )
    if not times:
        return []
    before = [times[-1][0] - WEEK, *(at for at, _ in times)]
    return [(at - last, index) for last, (at, index) in zip(before, times, strict=False)]


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _recurring(plan: Plan, after: datetime) -> Iterator[datetime]:
    """The daily deadlines after `after`, ascending, before quiet spans move them.

    Where the clock jumps, by law or by a new leg, two may come too close: the earlier stays, the later goes.
    """
    week, apart = _week(plan.daily)
    if not any(week):
        return
    kept: datetime | None = None
    since = max(after, plan.starts_at)
    instants = _instants(plan, week, since)
    first = next(instants)
    if _is_calm(plan, first - apart, first):
        # Nearly always, and much faster: nothing comes close before it.
        kept = first
        yield first
    else:
        instants = _instants(plan, week, _last_undisputed(plan, apart, since))
    for instant in instants:
        if kept is None or instant - kept >= apart:
            kept = instant
            if instant > after:
                yield instant


def _is_calm(plan: Plan, begin: datetime, end: datetime) -> bool:
    """Whether no clock jumps between two instants: daily times lie as far apart there as on the wall clock."""
    number = _leg_number(plan, end)
    return number == _leg_number(plan, begin) and has_one_offset(plan.legs[number].zone, begin, end)


def _last_undisputed(plan: Plan, apart: timedelta, instant: datetime) -> datetime:
    """A moment from which instants can be thinned without knowing what came before: the first one after it
    stands for certain, because none lies less than `apart` before it. Not after `instant`."""
    while True:
        window = max(plan.starts_at, instant + TICK - apart)
        first = next(wall_clock_instants(plan, window))
        if first > instant:
            return instant
        instant = first - TICK


def wall_clock_instants(plan: Plan, after: datetime) -> Iterator[datetime]:
    """When the local clock shows a daily time, ascending from after `after`, without end, unthinned.

    A time belongs to the leg in which its instant lies, so one that two legs both show is due in both.
    One that neither shows, because the clock of the new leg is ahead, is due as the leg begins: just as in
    a clock change, a time that does not exist moves to the first instant that does. `plan.daily` must name
    a day.
    """
    return _instants(plan, _week(plan.daily)[0], after)


def _instants(plan: Plan, week: _Week, after: datetime) -> Iterator[datetime]:
    first = _leg_number(plan, after)
    for number, leg in enumerate(plan.legs[first:], first):
        if number > first:
            if _jumps_over_a_time(week, plan.legs[number - 1], leg):
                yield leg.starts_at
            after = leg.starts_at - TICK
        end = plan.legs[number + 1].starts_at if number + 1 < len(plan.legs) else None
        yield from _instants_of_leg(week, leg.zone, after, end)


def _instants_of_leg(week: _Week, zone: str, after: datetime, end: datetime | None) -> Iterator[datetime]:
    day = local_date(zone, after)
    while True:
        for at in week[day.weekday()]:
            instant = instant_of(zone, day, at)
            if end is not None and instant >= end:
                return
            if instant > after:
                yield instant
        day += DAY


def _jumps_over_a_time(week: _Week, old: Leg, new: Leg) -> bool:
    """Whether a daily time exists on neither side of the change from `old` to `new`."""
    day, last = local_date(old.zone, new.starts_at), local_date(new.zone, new.starts_at)
    while day <= last:
        for at in week[day.weekday()]:
            if instant_of(new.zone, day, at) < new.starts_at <= instant_of(old.zone, day, at):
                return True
        day += DAY
    return False


def _last_recurring(plan: Plan, before: datetime) -> datetime | None:
    """The last daily deadline before `before`, where quiet spans have moved it; found by looking back further
    and further."""
    back = 2 * DAY
    while True:
        since = before - back
        moved = (_after_quiet(plan.quiet, instant) for instant in _recurring(plan, since))
        passed = list(takewhile(lambda instant: instant < before, moved))
        if passed:
            return passed[-1]
        if since <= plan.starts_at:
            return None
        back *= 4
