"""What holds for every plan, and agreement with a clock that is watched five minutes at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.core.plan import (
    DailyTime,
    Leg,
    Plan,
    QuietSpan,
    deadlines,
    early_window,
    next_deadline,
    previous_deadline,
    zone_at,
)
from service.core.plan_check import Limits, check_plan

STEP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DAYS = 12

# A date around which the clocks of one of these zones jump, and the zones of the journey.
JUMPS = [
    datetime(2026, 3, 29, tzinfo=UTC),  # Berlin, on
    datetime(2026, 10, 25, tzinfo=UTC),  # Berlin, off
    datetime(2026, 3, 8, tzinfo=UTC),  # New York, on
    datetime(2026, 11, 1, tzinfo=UTC),  # New York, off
    datetime(2026, 4, 5, tzinfo=UTC),  # Lord Howe, off
    datetime(2026, 10, 4, tzinfo=UTC),  # Lord Howe, on
    datetime(2026, 2, 15, tzinfo=UTC),  # Casablanca, Ramadan begins
    datetime(2026, 3, 22, tzinfo=UTC),  # and ends
    datetime(2024, 3, 1, tzinfo=UTC),  # Almaty
    datetime(2011, 12, 30, tzinfo=UTC),  # Apia skips a day
]
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Almaty",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Honolulu",
]

on_the_grid = st.integers(-4 * 288, 6 * 288).map(lambda steps: steps * STEP)
walls = st.integers(0, 287).map(lambda steps: (datetime.min + steps * STEP).time())  # noqa: DTZ901
weekdays = st.one_of(st.just(frozenset(range(7))), st.frozensets(st.integers(0, 6), min_size=1))
daily_times = st.lists(st.builds(DailyTime, walls, weekdays), min_size=1, max_size=4).map(tuple)


@st.composite
def quiet_spans(draw: st.DrawFn, start: datetime) -> tuple[QuietSpan, ...]:
    """Up to three spans that may touch but do not overlap."""
    spans = []
    moment = start + draw(on_the_grid)
    for _ in range(draw(st.integers(0, 3))):
        end = moment + draw(st.integers(1, 288)) * STEP
        spans.append(QuietSpan(moment, end))
        moment = end + draw(st.sampled_from([0, 0, 1, 60, 288])) * STEP
    return tuple(draw(st.permutations(spans)))


@st.composite
def plans(draw: st.DrawFn, *, recurring: bool = True) -> Plan:
    jump = draw(st.sampled_from(JUMPS))
    starts = sorted(draw(st.sets(on_the_grid, min_size=1, max_size=4)))
    legs = tuple(Leg(jump + start, draw(st.sampled_from(ZONES)), "XX") for start in starts)
    return Plan(
        starts_at=jump - 4 * DAY + draw(st.integers(0, 288)) * STEP,
        legs=legs,
        daily=draw(daily_times) if recurring else (),
        once=tuple(jump + offset for offset in draw(st.lists(on_the_grid, max_size=3))),
        quiet=draw(quiet_spans(jump)),
    )


@st.composite
def interval_plans(draw: st.DrawFn) -> Plan:
    plan = draw(plans(recurring=False))
    every = draw(st.integers(1, 200)) * STEP
    return Plan(plan.starts_at, plan.legs, every=every, once=plan.once, quiet=plan.quiet)


any_plan = st.one_of(plans(), plans(recurring=False), interval_plans())
moments = st.integers(-10 * 24 * 60, 20 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def watched_clock(plan: Plan) -> Iterator[datetime]:
    """The daily deadlines before thinning and quiet spans, by looking at the clock on the wall at every step.

    A time is due at the step at which the clock first shows it or has jumped over it.
    """
    wanted = [
        datetime.combine(day, due.at)
        for due in plan.daily
        for number in range(-3, DAYS + 3)
        if (day := (plan.starts_at + number * DAY).date()).weekday() in due.weekdays
    ]
    shown = {zone: highest_shown(zone, plan.starts_at) for zone in {leg.zone for leg in plan.legs}}
    for zone_before, zone, moment in steps(plan):
        seen = dict(shown)
        for each in shown:
            shown[each] = max(shown[each], moment.astimezone(ZoneInfo(each)).replace(tzinfo=None))
        changed = zone_before != zone
        if any(
            seen[zone] < wall <= shown[zone] or (changed and seen[zone_before] < wall <= seen[zone]) for wall in wanted
        ):
            yield moment


def highest_shown(zone: str, moment: datetime) -> datetime:
    """The furthest that the clock of `zone` had come by `moment`: further than it shows after a step back."""
    looks = (moment - number * STEP for number in range(3 * 12))
    return max(look.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for look in looks)


def steps(plan: Plan) -> Iterator[tuple[str, str, datetime]]:
    for number in range(1, DAYS * 288):
        moment = plan.starts_at + number * STEP
        yield zone_at(plan, moment - STEP), zone_at(plan, moment), moment


def watched_deadlines(plan: Plan, apart: timedelta) -> list[datetime]:
    """All deadlines of the first days, from the watched clock, the one-offs and the quiet spans."""
    kept: list[datetime] = []
    for moment in watched_clock(plan):
        if not kept or moment - kept[-1] >= apart:
            kept.append(moment)
    due = {*kept, *(once for once in plan.once if once > plan.starts_at)}
    for span in sorted(plan.quiet, key=lambda span: span.starts_at):
        due = {span.ends_at if span.starts_at <= moment < span.ends_at else moment for moment in due}
    return sorted(due)


def smallest_gap(plan: Plan) -> timedelta:
    """The smallest gap between two daily times on the wall clock, 6 h at most."""
    monday = datetime(2001, 1, 1, tzinfo=UTC)
    shown = sorted(
        {
            datetime.combine(monday + number * DAY, due.at)
            for number in range(15)
            for due in plan.daily
            if number % 7 in due.weekdays
        }
    )
    return min([6 * HOUR, *(later - earlier for earlier, later in pairwise(shown))])


@given(plans())
@settings(max_examples=60, deadline=None)
def test_no_deadline_is_skipped_and_none_made_up(plan: Plan) -> None:
    watched = watched_deadlines(plan, smallest_gap(plan))
    horizon = plan.starts_at + (DAYS - 2) * DAY
    expected = [moment for moment in watched if moment < horizon]
    assert list(deadlines(plan, plan.starts_at, len(expected))) == expected
    for earlier, later in pairwise(expected):
        assert next_deadline(plan, later - timedelta(microseconds=1)) == later
        assert next_deadline(plan, earlier + (later - earlier) / 2) == later
        assert previous_deadline(plan, later) == earlier


@given(any_plan, moments)
@settings(deadline=None)
def test_a_deadline_lies_ahead_and_never_in_a_quiet_span(plan: Plan, offset: timedelta) -> None:
    after = plan.starts_at + offset
    deadline = next_deadline(plan, after)
    assert deadline == next_deadline(plan, after)
    if deadline is not None:
        assert deadline > after
        assert deadline > plan.starts_at
        assert not any(span.starts_at <= deadline < span.ends_at for span in plan.quiet)


@given(any_plan, moments, st.integers(0, 4000))
@settings(deadline=None)
def test_later_questions_never_get_earlier_answers(plan: Plan, offset: timedelta, minutes: int) -> None:
    after = plan.starts_at + offset
    first, second = next_deadline(plan, after), next_deadline(plan, after + timedelta(minutes=minutes))
    if first is None:
        assert second is None
    elif second is not None:
        assert first <= second


@given(plans(), moments)
@settings(deadline=None)
def test_a_plan_with_daily_times_never_falls_silent(plan: Plan, offset: timedelta) -> None:
    """The longest wait is a week of the plan, a day over the date line, and the quiet spans."""
    after = max(plan.starts_at, plan.starts_at + offset)
    deadline = next_deadline(plan, after)
    silent = sum((span.ends_at - span.starts_at for span in plan.quiet), timedelta())
    assert deadline is not None
    assert deadline - after <= 7 * DAY + 26 * HOUR + silent + 6 * HOUR


@given(plans())
@settings(deadline=None)
def test_the_recurring_deadlines_of_a_checked_plan_lie_six_hours_apart(plan: Plan) -> None:
    bare = Plan(plan.starts_at, plan.legs, plan.daily)
    assume(not check_plan(bare, Limits()))
    assert all(later - earlier >= 6 * HOUR for earlier, later in pairwise(deadlines(bare, bare.starts_at, 30)))


@given(st.sampled_from(ZONES), st.sampled_from(JUMPS), walls)
@settings(deadline=None)
def test_the_wall_clock_is_kept_except_in_a_gap(zone: str, jump: datetime, wall: time) -> None:
    start = jump - 4 * DAY
    plan = Plan(start, (Leg(start, zone, "XX"),), (DailyTime(wall),))
    shown = [deadline.astimezone(ZoneInfo(zone)) for deadline in deadlines(plan, start, 9)]
    moved = [local for local in shown if local.time() != wall]
    assert len(moved) <= 1
    assert all((local - STEP).utcoffset() is not None and is_first_after_a_jump(local, zone) for local in moved)


def is_first_after_a_jump(local: datetime, zone: str) -> bool:
    before = (local.astimezone(UTC) - timedelta(microseconds=1)).astimezone(ZoneInfo(zone))
    return before.utcoffset() != local.utcoffset()


@given(interval_plans(), moments)
@settings(deadline=None)
def test_an_interval_is_never_longer_than_promised_outside_quiet_spans(plan: Plan, offset: timedelta) -> None:
    after = max(plan.starts_at, plan.starts_at + offset)
    deadline = next_deadline(plan, after)
    assert plan.every is not None
    assert deadline is not None
    if deadline > after + plan.every:
        assert any(span.ends_at == deadline for span in plan.quiet)


@given(any_plan, moments)
@settings(deadline=None)
def test_an_early_window_never_reaches_the_deadline_before(plan: Plan, offset: timedelta) -> None:
    deadline = next_deadline(plan, plan.starts_at + offset)
    assume(deadline is not None)
    assert deadline is not None
    previous = previous_deadline(plan, deadline)
    window = early_window(plan, deadline, previous)
    assert timedelta() < window <= 6 * HOUR
    if previous is not None:
        assert deadline - window > previous
