"""Which plans are refused, by which field, and why."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from service.core.plan import DailyTime, Leg, Plan, QuietSpan
from service.core.plan_check import DEMO, Limits, Reason, check_plan

HOUR = timedelta(hours=1)
START = datetime(2026, 12, 1, tzinfo=UTC)
LEG = Leg(START, "Asia/Almaty", "KZ")
EVENING = DailyTime(time(20))
GOOD = Plan(START, (LEG,), (EVENING,))


def hours(*after_start: float) -> tuple[datetime, ...]:
    return tuple(START + number * HOUR for number in after_start)


def quiet(*spans: tuple[float, float]) -> tuple[QuietSpan, ...]:
    return tuple(QuietSpan(*hours(start, end)) for start, end in spans)


def daily(*walls: str) -> tuple[DailyTime, ...]:
    return tuple(DailyTime(time.fromisoformat(wall)) for wall in walls)


def problems(plan: Plan, limits: Limits | None = None) -> list[tuple[str, str]]:
    return [(problem.field, problem.reason) for problem in check_plan(plan, limits or Limits())]


@pytest.mark.parametrize(
    "plan",
    [
        GOOD,
        replace(GOOD, daily=(), every=timedelta(hours=6)),
        replace(GOOD, daily=(), once=hours(5)),
        replace(GOOD, daily=daily("00:00", "06:00", "12:00", "18:00")),
        replace(GOOD, once=hours(1, 2, 3, 4, 25)),
        replace(GOOD, quiet=quiet((1, 25), (26, 30))),
        replace(GOOD, legs=(LEG, Leg(START + 9 * HOUR, "Europe/Warsaw", "PL"))),
        replace(GOOD, daily=daily("08:00", "20:00"), legs=(Leg(START, "Europe/Berlin", "DE"),)),
        # Summer time is far: she will be home, and the other leg has none.
        replace(
            GOOD,
            daily=daily("03:00", "09:00"),
            legs=(Leg(START, "Europe/Berlin", "DE"), Leg(START + 99 * HOUR, "Asia/Dubai", "AE")),
        ),
    ],
)
def test_good_plans_pass(plan: Plan) -> None:
    assert problems(plan) == []


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (replace(GOOD, daily=()), [("daily", "required")]),
        (replace(GOOD, every=timedelta(hours=8)), [("every_hours", "not_both")]),
        (replace(GOOD, daily=(), every=timedelta(hours=5)), [("every_hours", "too_short")]),
        (replace(GOOD, daily=(), every=timedelta(days=8)), [("every_hours", "too_long")]),
        (
            replace(GOOD, daily=(EVENING, DailyTime(time(8), frozenset()))),
            [("daily[1].weekdays", "no_weekday")],
        ),
        (replace(GOOD, daily=(DailyTime(time(8), frozenset({7})),)), [("daily[0].weekdays", "out_of_range")]),
        (replace(GOOD, daily=daily("20:00", "08:00", "13:59")), [("daily[2].time", "too_close")]),
        # Over midnight, and over the end of the week.
        (replace(GOOD, daily=daily("22:00", "03:00")), [("daily[1].time", "too_close")]),
        (
            replace(GOOD, daily=(DailyTime(time(3), frozenset({0})), DailyTime(time(22), frozenset({6})))),
            [("daily[0].time", "too_close")],
        ),
        (replace(GOOD, daily=daily("20:00", "20:00")), [("daily[1].time", "repeated")]),
        (replace(GOOD, once=hours(0)), [("once[0]", "before_start")]),
        (replace(GOOD, once=hours(9, 5, 9)), [("once[2]", "repeated")]),
        (replace(GOOD, once=hours(23, 1, 4, 3, 2)), [("once[0]", "too_many")]),
        (replace(GOOD, once=hours(*range(24, 24 * 102, 24))), [("once", "too_many")]),
        (replace(GOOD, quiet=quiet((5, 5))), [("quiet[0].to", "ends_before_start")]),
        (replace(GOOD, quiet=quiet((40, 50), (5, 29.5))), [("quiet[1].to", "too_long")]),
        (replace(GOOD, quiet=quiet((5, 12), (11, 14))), [("quiet[1].from", "overlaps")]),
        (replace(GOOD, quiet=quiet((1, 20), (20, 26))), [("quiet[1].to", "too_long")]),
        (replace(GOOD, quiet=quiet(*((n * 2, n * 2 + 1) for n in range(101)))), [("quiet", "too_many")]),
        (replace(GOOD, legs=()), [("zone", "required")]),
        (replace(GOOD, legs=(replace(LEG, zone="Asia/Astana "),)), [("zone", "unknown_zone")]),
        (
            replace(GOOD, legs=(LEG, Leg(START, "Europe", "LV"))),
            [("legs[0].zone", "unknown_zone"), ("legs[0].from", "not_sorted")],
        ),
        (replace(GOOD, grace=timedelta(minutes=4)), [("grace_seconds", "too_short")]),
        (replace(GOOD, grace=timedelta(hours=25)), [("grace_seconds", "too_long")]),
        (replace(GOOD, remind_before=timedelta(seconds=-1)), [("remind_before_seconds", "out_of_range")]),
        (replace(GOOD, remind_before=timedelta(hours=25)), [("remind_before_seconds", "too_long")]),
        (replace(GOOD, max_weak=0), [("max_weak", "out_of_range")]),
        (replace(GOOD, max_weak=11), [("max_weak", "out_of_range")]),
    ],
)
def test_bad_plans_are_refused_by_field(plan: Plan, expected: list[tuple[str, str]]) -> None:
    assert problems(plan) == expected


@pytest.mark.parametrize(
    "zone", ["", "../etc/passwd", "/etc/localtime", "localtime", "Factory", "Europe", "Mars/Base", "a\0b"]
)
def test_names_that_are_no_zone(zone: str) -> None:
    assert problems(replace(GOOD, legs=(replace(LEG, zone=zone),))) == [("zone", "unknown_zone")]


@pytest.mark.parametrize(
    ("zone", "walls", "refused"),
    [
        ("Europe/Berlin", ("21:00", "03:00"), True),  # five hours in the night in which summer time begins
        ("Europe/Berlin", ("21:00", "04:00"), False),
        ("Europe/Berlin", ("02:30", "08:45"), True),  # 02:30 becomes 03:00
        ("Europe/Berlin", ("02:30", "09:00"), False),
        ("Australia/Lord_Howe", ("21:00", "03:15"), True),
        ("Asia/Almaty", ("21:00", "03:00"), False),
    ],
)
def test_times_that_summer_time_brings_too_close(zone: str, walls: tuple[str, str], refused: bool) -> None:
    plan = replace(GOOD, daily=daily(*walls), legs=(replace(LEG, zone=zone),))
    assert problems(plan) == ([("daily", Reason.CLOCK_CHANGE)] if refused else [])


def test_a_skipped_date_refuses_no_plan() -> None:
    december = datetime(2011, 12, 1, tzinfo=UTC)
    assert problems(Plan(december, (Leg(december, "Pacific/Apia", "WS"),), (EVENING,))) == []


def test_the_demo_may_be_quick() -> None:
    quick = replace(GOOD, daily=(), every=timedelta(seconds=1), grace=timedelta(seconds=1))
    assert problems(quick, DEMO) == []
    assert problems(quick) == [("every_hours", "too_short"), ("grace_seconds", "too_short")]
    assert problems(replace(quick, every=timedelta(0)), DEMO) == [("every_hours", "too_short")]
