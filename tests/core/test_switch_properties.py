"""What holds of a watch for every plan and every order of events; looked for by hypothesis, not by example."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.alarm import Strength
from service.core.plan import DailyTime, Leg, Plan, QuietSpan, early_window, next_deadline
from service.core.watch import (
    WatchFacts,
    WatchView,
    arm,
    be_late,
    check_in,
    end,
    in_distress,
    replan,
    step_watch,
)
from tests.core.model import DAY, HOUR, MINUTE, PROVEN, START, WEAK

minutes = st.integers(0, 30 * 24 * 60).map(lambda n: n * MINUTE)
spans = st.one_of(st.integers(0, 180).map(lambda n: n * MINUTE), st.integers(0, 72).map(lambda n: n * HOUR))
strengths = st.sampled_from(Strength)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans that may be stored, and some a little wilder."""
    zone = draw(st.sampled_from(["UTC", "Asia/Almaty", "Europe/Berlin", "America/New_York"]))
    once = draw(st.lists(st.integers(1, 20 * 24).map(lambda n: START + n * HOUR), max_size=3, unique=True))
    quiet = draw(st.lists(st.tuples(st.integers(1, 400), st.integers(1, 24)), max_size=2))
    plan = Plan(
        START,
        (Leg(START, zone, "KZ"),),
        once=tuple(sorted(once)),
        quiet=tuple(QuietSpan(START + a * HOUR, START + (a + n) * HOUR) for a, n in quiet),
        grace=draw(st.sampled_from([5, 30, 60, 180])) * MINUTE,
        remind_before=draw(st.sampled_from([0, 30, 120])) * MINUTE,
        max_weak=draw(st.integers(1, 4)),
    )
    if draw(st.booleans()):
        return replace(plan, every=draw(st.sampled_from([6, 8, 12, 24, 48])) * HOUR)
    hours = draw(st.sampled_from([(20,), (8, 20), (0, 6, 12, 18), (3, 21), (7, 14)]))
    days = frozenset(draw(st.sets(st.integers(0, 6), min_size=1)))
    return replace(plan, daily=tuple(DailyTime(time(hour), days) for hour in hours))


watch_events = st.lists(
    st.tuples(
        spans, st.sampled_from(["look", "look", "weak", "verified", "row", "late", "distress", "blind"]), minutes
    ),
    max_size=25,
)


def apply(watch: WatchView, plan: Plan, now: datetime, event: str, extra: timedelta) -> WatchView:
    if event in ("weak", "verified"):
        return check_in(watch, plan, now, Strength(event)).watch
    if event == "row":
        return check_in(watch, plan, max(START, now - extra), WEAK).watch
    if event == "late":
        return be_late(watch, plan, now + extra)
    if event == "distress":
        return in_distress(watch, plan, now)
    until = now - extra if event == "blind" else None
    return step_watch(watch, plan, WatchFacts(has_words=True, read_until=until), now).watch


def lived(plan: Plan, events: list[tuple[timedelta, str, timedelta]]) -> tuple[WatchView, datetime]:
    """A watch after these events, and when the last of them was."""
    watch, now = arm(plan, START), START
    for span, event, extra in events:
        now += span
        watch = apply(watch, plan, now, event, extra)
    return watch, now


@st.composite
def watch_facts(draw: st.DrawFn, now: datetime) -> WatchFacts:
    moments = st.one_of(st.none(), minutes.map(lambda span: now + span - 15 * DAY))
    return WatchFacts(draw(st.booleans()), draw(st.booleans()), draw(moments), draw(moments), draw(moments))


@PROVEN
@given(st.data(), plans(), watch_events, spans)
def test_a_look_at_a_watch_is_total_idempotent_and_looks_ahead(
    data: st.DataObject, plan: Plan, events: list[tuple[timedelta, str, timedelta]], later: timedelta
) -> None:
    watch, now = lived(plan, events)
    now += later
    facts = data.draw(watch_facts(now))
    first = step_watch(watch, plan, facts, now)
    assert first == step_watch(watch, plan, facts, now)
    assert len(first.reminders) <= 2
    assert len({reminder.deadline for reminder in first.reminders}) == len(first.reminders)
    known = replace(facts, alarm_open=facts.alarm_open or bool(first.missed) or first.unproven)
    second = step_watch(first.watch, plan, known, now)
    assert (second.watch, second.reminders, second.missed, second.unproven) == (first.watch, (), (), False)
    for look in (first.look_again_at, second.look_again_at):
        assert look is None or look > now


@PROVEN
@given(plans(), watch_events)
def test_the_standing_deadline_is_never_one_that_was_satisfied_or_handed_over(
    plan: Plan, events: list[tuple[timedelta, str, timedelta]]
) -> None:
    watch, now = arm(plan, START), START
    for span, event, extra in events:
        now += span
        watch = apply(watch, plan, now, event, extra)
        if watch.deadline is not None:
            assert watch.deadline not in watch.missed
            assert watch.previous is None or watch.deadline > watch.previous
        assert len(watch.weak_at) <= plan.max_weak
        assert list(watch.weak_at) == sorted(watch.weak_at)


@PROVEN
@given(st.data(), plans(), st.integers(1, 8))
def test_whoever_checks_in_before_each_deadline_alarms_nobody(data: st.DataObject, plan: Plan, count: int) -> None:
    watch, now = arm(plan, START), START
    for _ in range(count):
        if watch.deadline is None:
            return
        window = early_window(plan, watch.deadline, watch.previous)
        before = data.draw(st.integers(0, window // MINUTE)) * MINUTE
        due = watch.deadline - before
        while (look := step_watch(watch, plan, WatchFacts(), now)).look_again_at is not None:
            assert look.missed == ()
            watch = look.watch
            if look.look_again_at > due:
                break
            now = look.look_again_at
        now = due
        watch = check_in(watch, plan, now, WEAK).watch
        # However long nobody looks, until the next is due: it was counted.
        decision = step_watch(watch, plan, WatchFacts(), max(now, (watch.deadline or now) - MINUTE))
        assert decision.missed == ()


@PROVEN
@given(plans(), watch_events, minutes, strengths)
def test_a_row_that_arrives_late_never_moves_a_deadline_back(
    plan: Plan, events: list[tuple[timedelta, str, timedelta]], back: timedelta, strength: Strength
) -> None:
    watch, _ = lived(plan, events)
    if watch.last_check_in_at is None:
        return
    at = max(START, watch.last_check_in_at - back)
    after = check_in(watch, plan, at, strength).watch
    if at < watch.last_check_in_at and watch.deadline is not None:
        assert after.deadline is None or after.deadline >= watch.deadline
        assert after.last_check_in_at == watch.last_check_in_at


@PROVEN
@given(st.data(), plans(), st.lists(st.tuples(st.integers(0, 100), strengths), min_size=2, max_size=6))
def test_the_order_of_arrival_makes_no_difference(
    data: st.DataObject, plan: Plan, rows: list[tuple[int, Strength]]
) -> None:
    """All arrive before anybody has looked. An interval keeps no trace of a deadline that a row in between would have
    moved: there the streak may differ, and with a one-off beside it the window."""
    instants = {START + hours * HOUR: strength for hours, strength in rows}
    ordered = sorted(instants.items())
    arrived = data.draw(st.permutations(ordered))

    def end_of(rows: list[tuple[datetime, Strength]]) -> WatchView:
        watch = arm(plan, START)
        for at, strength in rows:
            watch = check_in(watch, plan, at, strength).watch
        return watch

    first, second = end_of(ordered), end_of(list(arrived))
    if plan.every is None or not plan.once:
        assert first.deadline == second.deadline
    assert (first.last_check_in_at, first.last_verified_at) == (second.last_check_in_at, second.last_verified_at)
    if plan.every is None:
        assert first.weak_at == second.weak_at


@PROVEN
@given(plans(), watch_events, minutes)
def test_late_moves_by_no_more_than_12_hours_or_an_interval_and_once(
    plan: Plan, events: list[tuple[timedelta, str, timedelta]], until: timedelta
) -> None:
    watch, now = lived(plan, events)
    moved = be_late(watch, plan, now + until)
    if moved == watch:
        return
    assert watch.deadline is not None
    assert moved.deadline is not None
    following = next_deadline(plan, watch.deadline)
    assert watch.deadline < moved.deadline <= watch.deadline + 12 * HOUR
    assert following is None or moved.deadline <= following
    assert (moved.missed, moved.weak_at, moved.last_check_in_at) == (
        watch.missed,
        watch.weak_at,
        watch.last_check_in_at,
    )
    assert be_late(moved, plan, now + until + 12 * HOUR) == moved


@PROVEN
@given(plans(), st.lists(st.tuples(st.integers(1, 600), st.sampled_from(["weak", "late"])), min_size=5, max_size=40))
def test_an_ok_and_a_late_in_turn_never_push_one_deadline_on(plan: Plan, events: list[tuple[int, str]]) -> None:
    """A daily deadline that no check-in satisfies stands where the plan put it, or where one "late" did."""
    plan = replace(plan, every=None, daily=plan.daily or (DailyTime(time(20)),))
    watch, now, planned = arm(plan, START), START, arm(plan, START).deadline
    for wait, event in events:
        now += wait * MINUTE
        if event == "late":
            watch = be_late(watch, plan, now + 30 * DAY)
        else:
            checked = check_in(watch, plan, now, WEAK)
            planned = checked.watch.deadline if checked.satisfied else planned
            watch = checked.watch
        assert planned is None or watch.deadline is None or watch.deadline <= planned + 12 * HOUR


@PROVEN
@given(plans(), st.integers(1, 40), st.integers(1, 60), st.booleans())
def test_weak_check_ins_alone_never_keep_it_quiet_for_ever(plan: Plan, apart: int, first: int, helped: bool) -> None:
    """Somebody types OK, however often: in a month either a deadline is missed or nobody has proven to be she."""
    watch, now, raised = arm(plan, START), START + first * HOUR, False
    while now < START + 45 * DAY and not raised:
        decision = step_watch(watch, plan, WatchFacts(has_words=True), now)
        raised = bool(decision.missed) or decision.unproven
        watch = check_in(decision.watch, plan, now, WEAK).watch
        watch = be_late(watch, plan, now + DAY) if helped else watch
        now += apart * HOUR
    assert raised


@PROVEN
@given(plans(), plans(), watch_events, watch_events)
def test_an_ended_watch_stays_ended(
    plan: Plan,
    other: Plan,
    before: list[tuple[timedelta, str, timedelta]],
    after: list[tuple[timedelta, str, timedelta]],
) -> None:
    watch, now = lived(plan, before)
    ended = end(watch)
    for span, event, extra in after:
        now += span
        assert apply(ended, other, now, event, extra) == ended
        decision = step_watch(ended, other, WatchFacts(has_words=True), now)
        assert (decision.reminders, decision.missed, decision.unproven, decision.look_again_at) == ((), (), False, None)
    assert replan(ended, other, now, may_postpone=True) == ended
