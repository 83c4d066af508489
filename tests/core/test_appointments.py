"""Which times stand in her calendar: the plan's own, under names that outlive a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from service.core.appointments import AHEAD, MOST, Due, due_times
from service.core.plan import DailyTime, Leg, Plan, QuietSpan, deadlines

BEGIN = datetime(2026, 10, 20, tzinfo=UTC)
WARSAW, SEOUL = Leg(BEGIN, "Europe/Warsaw", "PL"), Leg(datetime(2026, 10, 28, 3, tzinfo=UTC), "Asia/Seoul", "KR")
EVENINGS = Plan(BEGIN, (WARSAW,), daily=(DailyTime(time(20)),))
TWICE = replace(EVENINGS, daily=(DailyTime(time(8)), DailyTime(time(20))))
TWO_WEEKS = BEGIN + timedelta(days=14)


def of(plan: Plan, now: datetime = BEGIN, until: datetime = TWO_WEEKS, version: int = 1) -> tuple[Due, ...]:
    return due_times(plan, now, until, coming=None, version=version)


def test_they_are_the_deadlines_over_a_clock_change_and_a_new_country() -> None:
    plan = replace(EVENINGS, legs=(WARSAW, SEOUL))
    found = of(plan)
    assert tuple(due.at for due in found) == deadlines(plan, BEGIN, len(found))
    assert [due.at.hour for due in found] == [18] * 5 + [19] * 3 + [11] * 6
    assert not any(due.off for due in found)


def test_a_time_keeps_its_name_whatever_the_hour_and_whatever_has_passed() -> None:
    names = {due.at: due.name for due in of(TWICE)}
    for hours in range(0, 80, 5):
        now = BEGIN + timedelta(hours=hours)
        assert all(names[due.at] == due.name for due in of(TWICE, now))
    later = replace(EVENINGS, daily=(DailyTime(time(21, 30)),))
    before, after = of(EVENINGS), of(later, version=2)
    assert [due.name for due in before] == [due.name for due in after]
    assert all(new.revision > old.revision for old, new in zip(before, after, strict=True))
    assert len({due.name for due in of(TWICE)}) == len(of(TWICE))


def test_a_pause_takes_times_out_and_its_end_is_one() -> None:
    pause = QuietSpan(BEGIN + timedelta(days=2), BEGIN + timedelta(days=4, hours=7))
    plan = replace(EVENINGS, quiet=(pause,), once=(BEGIN + timedelta(days=3, hours=1),))
    found = of(plan)
    assert [due.at for due in found if not due.off] == list(deadlines(plan, BEGIN, 13))
    assert [due.at for due in found if due.off] == [
        BEGIN + timedelta(days=2, hours=18),
        BEGIN + timedelta(days=3, hours=1),
        BEGIN + timedelta(days=3, hours=18),
    ]
    assert pause.ends_at in {due.at for due in found}
    without = {due.name for due in of(replace(plan, quiet=()))}
    assert {due.name for due in found} - without == {f"after {pause.ends_at:%Y%m%dT%H%M%S}"}


def test_with_daily_times_it_does_not_depend_on_her_answers() -> None:
    now = BEGIN + timedelta(days=3, hours=5)
    seen = {due_times(TWICE, now, TWO_WEEKS, coming=now + timedelta(hours=h), version=1) for h in (-9, 1, 4, 30)}
    assert len(seen) == 1


def test_an_interval_counts_from_her_last_answer() -> None:
    plan = replace(EVENINGS, daily=(), every=timedelta(hours=24))
    coming = BEGIN + timedelta(hours=30)
    found = due_times(plan, BEGIN, TWO_WEEKS, coming=coming, version=1)
    assert [due.at - coming for due in found][:3] == [timedelta(), timedelta(hours=24), timedelta(hours=48)]
    assert len(found) <= AHEAD
    moved = due_times(plan, BEGIN, TWO_WEEKS, coming=coming + timedelta(hours=3), version=1)
    assert moved[0].name == found[0].name
    assert moved[0].revision > found[0].revision
    changed = due_times(plan, BEGIN, TWO_WEEKS, coming=coming - timedelta(hours=3), version=2)
    assert changed[0].revision > moved[0].revision
    assert due_times(plan, BEGIN, TWO_WEEKS, coming=None, version=1) == ()


def test_there_is_an_end_to_it() -> None:
    assert len(of(TWICE, until=BEGIN + timedelta(days=5000))) == MOST
