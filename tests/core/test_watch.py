"""The watch, sentence by sentence: what satisfies a deadline, when she is asked, when an alarm opens."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.core.plan import Plan
from service.core.watch import (
    WatchDecision,
    WatchFacts,
    WatchState,
    WatchView,
    arm,
    be_late,
    check_in,
    end,
    in_time,
    replan,
    step_watch,
)
from tests.core.model import DAY, HOUR, MINUTE, START, VERIFIED, WEAK, daily, every, utc

EVENINGS = daily("20:00")
TWICE = daily("08:00", "20:00")
EVERY_12 = every(12)


def on(day: int, clock: str) -> datetime:
    """An instant in December 2026; trips start on the first, at noon."""
    return utc(f"2026-12-{day:02} {clock}")


def after(plan: Plan, *check_ins: tuple[datetime, object], start: WatchView | None = None) -> WatchView:
    watch = start or arm(plan, START)
    for at, strength in check_ins:
        watch = check_in(watch, plan, at, strength).watch  # type: ignore[arg-type]
    return watch


def look(watch: WatchView, plan: Plan, now: datetime, **facts: object) -> WatchDecision:
    return step_watch(watch, plan, WatchFacts(**facts), now)  # type: ignore[arg-type]


def look_often(watch: WatchView, plan: Plan, until: datetime) -> WatchView:
    """The watch after every look that it asked for up to `until`."""
    decision = look(watch, plan, START)
    while decision.look_again_at is not None and decision.look_again_at <= until:
        decision = look(decision.watch, plan, decision.look_again_at)
    return decision.watch


class TestWhatACheckInSatisfies:
    def test_every_passed_deadline(self) -> None:
        watch = arm(EVENINGS, START)
        checked = check_in(watch, EVENINGS, on(3, "21:00"), WEAK)
        assert checked.satisfied == (on(1, "20:00"), on(2, "20:00"), on(3, "20:00"))
        assert checked.watch.deadline == on(4, "20:00")

    def test_missed_ones_that_an_alarm_counts_too(self) -> None:
        handed = look(look(arm(EVENINGS, START), EVENINGS, on(1, "20:30")).watch, EVENINGS, on(1, "21:00"))
        assert handed.missed == (on(1, "20:00"),)
        checked = check_in(handed.watch, EVENINGS, on(1, "22:00"), WEAK)
        assert checked.satisfied == (on(1, "20:00"),)
        assert checked.watch.missed == ()
        assert checked.watch.deadline == on(2, "20:00")

    @pytest.mark.parametrize(
        ("plan", "first", "at", "satisfied"),
        [
            pytest.param(EVENINGS, None, on(1, "14:00"), True, id="6 h for the first"),
            pytest.param(EVENINGS, None, on(1, "13:59"), False, id="before the 6 h of the first"),
            pytest.param(EVENINGS, on(1, "20:00"), on(2, "14:00"), True, id="6 h at most"),
            pytest.param(EVENINGS, on(1, "20:00"), on(2, "13:59"), False, id="not half a day"),
            pytest.param(daily("12:00", "20:00"), on(1, "20:00"), on(2, "16:00"), True, id="half of 8 h"),
            pytest.param(EVERY_12, None, on(1, "18:00"), True, id="half of 12 h"),
            pytest.param(EVERY_12, None, on(1, "17:59"), False, id="before half of 12 h"),
        ],
    )
    def test_the_coming_one_inside_its_early_window(
        self, plan: Plan, first: datetime | None, at: datetime, satisfied: bool
    ) -> None:
        watch = after(plan, (first, WEAK)) if first else arm(plan, START)
        if at == on(2, "16:00"):
            watch = after(plan, (on(2, "12:00"), WEAK), start=watch)
        assert bool(check_in(watch, plan, at, WEAK).satisfied) is satisfied

    def test_otherwise_it_is_a_sign_of_life_and_the_deadline_stands(self) -> None:
        checked = check_in(arm(EVENINGS, START), EVENINGS, on(1, "13:00"), WEAK)
        assert checked.satisfied == ()
        assert checked.watch.deadline == on(1, "20:00")
        assert checked.watch.last_check_in_at == on(1, "13:00")
        assert checked.watch.streak == 0

    def test_an_interval_always_runs_from_the_check_in(self) -> None:
        early = check_in(arm(EVERY_12, START), EVERY_12, on(1, "13:00"), WEAK)
        assert (early.satisfied, early.watch.deadline) == ((), on(2, "01:00"))
        overslept = check_in(early.watch, EVERY_12, on(2, "01:40"), WEAK)
        assert (overslept.satisfied, overslept.watch.deadline) == ((on(2, "01:00"),), on(2, "13:40"))

    def test_an_interval_runs_on_from_a_missed_deadline(self) -> None:
        handed = look_often(arm(EVERY_12, START), EVERY_12, on(2, "02:00"))
        assert (handed.missed, handed.deadline) == ((on(2, "00:00"),), on(2, "12:00"))

    def test_a_one_off_beside_an_interval_stands_until_its_own_window(self) -> None:
        plan = every(24, once=[on(2, "10:00")])
        watch = after(plan, (on(1, "20:00"), WEAK))
        assert watch.deadline == on(2, "10:00")
        checked = check_in(watch, plan, on(2, "09:00"), WEAK)
        assert checked.satisfied == (on(2, "10:00"),)
        assert checked.watch.deadline == on(3, "10:00")


class TestLateRows:
    def test_an_older_row_never_undoes_a_newer_one(self) -> None:
        for plan in (EVENINGS, TWICE, EVERY_12):
            newer = after(plan, (on(2, "21:00"), WEAK))
            older = check_in(newer, plan, on(1, "19:00"), WEAK)
            assert older.watch.deadline == newer.deadline
            assert older.watch.last_check_in_at == on(2, "21:00")

    def test_it_does_not_move_an_interval_back(self) -> None:
        missed = look_often(arm(EVERY_12, START), EVERY_12, on(2, "01:00"))
        assert missed.deadline == on(2, "12:00")
        assert after(EVERY_12, (on(1, "23:00"), WEAK), start=missed).deadline == on(2, "12:00")

    def test_a_row_found_late_satisfies_the_missed_deadline_that_it_lay_before(self) -> None:
        missed = look_often(arm(EVENINGS, START), EVENINGS, on(1, "21:00"))
        found = check_in(missed, EVENINGS, on(1, "19:50"), VERIFIED)
        assert found.satisfied == (on(1, "20:00"),)
        assert found.watch.missed == ()
        assert after(EVENINGS, (on(2, "20:00"), WEAK), start=found.watch).streak == 1

    def test_a_sign_of_life_found_late_leaves_the_missed_deadline(self) -> None:
        missed = look_often(arm(EVENINGS, START), EVENINGS, on(1, "21:00"))
        found = check_in(missed, EVENINGS, on(1, "13:00"), WEAK)
        assert (found.satisfied, found.watch.missed) == ((), (on(1, "20:00"),))

    def test_a_verified_row_found_late_takes_back_what_a_weak_one_had_counted(self) -> None:
        """Read in the order in which they happened, the safe word came first and satisfied the deadline."""
        word, bare = (on(1, "20:10"), VERIFIED), (on(1, "20:40"), WEAK)
        assert after(EVENINGS, word, bare).streak == 0
        assert after(EVENINGS, bare, word).streak == 0

    def test_a_verified_row_found_late_leaves_what_came_after_it(self) -> None:
        rows = [(on(1, "19:00"), WEAK), (on(2, "10:00"), VERIFIED), (on(2, "19:30"), WEAK)]
        assert after(EVENINGS, *rows).streak == 1
        assert after(EVENINGS, rows[2], rows[0], rows[1]).streak == 1
        assert after(EVENINGS, *reversed(rows)).streak == 1


class TestInTime:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            (on(1, "13:59"), False),
            (on(1, "14:00"), True),
            (on(1, "20:31"), True),
            (on(1, "20:59"), True),
            (on(1, "21:00"), False),
        ],
    )
    def test_from_the_early_window_to_the_end_of_the_grace(self, at: datetime, expected: bool) -> None:
        assert in_time(EVENINGS, at, on(1, "20:00"), None) is expected

    def test_an_interval_would_have_moved(self) -> None:
        assert in_time(EVERY_12, on(1, "13:00"), on(2, "00:00"), START)


class TestReminders:
    def test_before_at_and_after_the_deadline(self) -> None:
        watch, asked = arm(EVENINGS, START), []
        decision = look(watch, EVENINGS, START)
        while not decision.missed:
            assert decision.look_again_at is not None
            now = decision.look_again_at
            decision = look(decision.watch, EVENINGS, now)
            asked += [(reminder.stage, now) for reminder in decision.reminders]
        assert asked == [(1, on(1, "19:30")), (2, on(1, "20:00")), (3, on(1, "20:30"))]
        assert now == on(1, "21:00")

    def test_stages_passed_together_are_one_reminder(self) -> None:
        decision = look(arm(EVENINGS, START), EVENINGS, on(1, "20:10"))
        assert [r.stage for r in decision.reminders] == [2]
        assert look(decision.watch, EVENINGS, on(1, "20:10")).reminders == ()

    def test_a_check_in_ends_the_round(self) -> None:
        reminded = look(arm(EVENINGS, START), EVENINGS, on(1, "20:00")).watch
        checked = check_in(reminded, EVENINGS, on(1, "20:05"), WEAK).watch
        decision = look(checked, EVENINGS, on(1, "20:30"))
        assert (decision.reminders, decision.look_again_at) == ((), on(2, "19:30"))

    def test_they_go_on_while_an_alarm_is_open(self) -> None:
        missed = look_often(arm(EVENINGS, START), EVENINGS, on(1, "21:00"))
        assert [r.stage for r in look(missed, EVENINGS, on(2, "19:30"), alarm_open=True).reminders] == [1]

    def test_after_the_end_of_the_trip_they_ask_whether_she_is_home(self) -> None:
        watch = arm(EVENINGS, START)
        asks = [look(watch, EVENINGS, on(1, "19:30"), home_asked_from=on(1, c)).reminders for c in ("19:30", "19:31")]
        assert [[r.asks_home for r in round_] for round_ in asks] == [[True], [False]]


class TestOpening:
    def test_not_before_the_grace_is_over(self) -> None:
        reminded = look(arm(EVENINGS, START), EVENINGS, on(1, "20:30")).watch
        assert look(reminded, EVENINGS, on(1, "20:59")).missed == ()
        assert look(reminded, EVENINGS, on(1, "21:00")).missed == (on(1, "20:00"),)

    @pytest.mark.parametrize("down", [3 * HOUR, 40 * DAY])
    def test_after_a_downtime_she_is_asked_again_before_anybody_is_told(self, down: timedelta) -> None:
        back = on(1, "18:30") + down
        first = look(arm(EVENINGS, START), EVENINGS, back)
        assert ([r.stage for r in first.reminders], first.missed) == ([3], ())
        assert first.look_again_at == back + 30 * MINUTE
        assert look(first.watch, EVENINGS, back + 29 * MINUTE).missed == ()
        opened = look(first.watch, EVENINGS, back + 30 * MINUTE)
        assert len(opened.missed) == max(1, down // DAY)
        assert opened.reminders == ()

    def test_deadlines_passed_together_are_one_round_and_one_alarm(self) -> None:
        back = on(4, "22:00")
        first = look(arm(EVENINGS, START), EVENINGS, back)
        opened = look(first.watch, EVENINGS, back + 30 * MINUTE)
        assert opened.missed == tuple(on(day, "20:00") for day in (1, 2, 3, 4))
        assert opened.watch.deadline == on(5, "20:00")

    def test_a_downtime_after_the_last_reminder_opens_at_once(self) -> None:
        reminded = look(arm(EVENINGS, START), EVENINGS, on(1, "20:30")).watch
        assert look(reminded, EVENINGS, on(1, "23:30")).missed == (on(1, "20:00"),)

    def test_only_when_her_ways_have_been_read_up_to_the_end_of_the_grace(self) -> None:
        reminded = look(arm(EVENINGS, START), EVENINGS, on(1, "20:30")).watch
        blind = look(reminded, EVENINGS, on(1, "21:05"), read_until=on(1, "20:59"))
        assert blind.missed == ()
        assert blind.look_again_at is not None
        assert on(1, "21:05") < blind.look_again_at <= on(1, "21:06")
        assert look(reminded, EVENINGS, on(1, "21:05"), read_until=on(1, "21:00")).missed == (on(1, "20:00"),)

    def test_a_storm_brake_holds_it_and_has_an_end(self) -> None:
        reminded = look(arm(EVENINGS, START), EVENINGS, on(1, "20:30")).watch
        held = look(reminded, EVENINGS, on(1, "21:00"), brake_until=on(1, "21:05"))
        assert (held.missed, held.braked, held.look_again_at) == ((), True, on(1, "21:05"))
        gone = look(held.watch, EVENINGS, on(1, "21:05"), brake_until=on(1, "21:05"))
        assert (gone.missed, gone.braked) == ((on(1, "20:00"),), False)

    def test_the_brake_does_not_hold_the_count_of_an_open_alarm(self) -> None:
        reminded = look(arm(EVENINGS, START), EVENINGS, on(1, "20:30")).watch
        assert look(reminded, EVENINGS, on(1, "21:00"), brake_until=on(1, "21:05"), alarm_open=True).missed


class TestUnproven:
    THREE_WEAK = tuple((on(day, "20:00"), WEAK) for day in (1, 2, 3))

    def test_three_weak_deadlines_and_72_hours(self) -> None:
        """T7: a bare OK is weak; after `max_weak` of them the alarm opens, and once."""
        watch = after(EVENINGS, *self.THREE_WEAK)
        before = look(watch, EVENINGS, on(4, "11:59"), has_words=True)
        assert (before.unproven, before.look_again_at) == (False, on(4, "12:00"))
        opened = look(watch, EVENINGS, on(4, "12:00"), has_words=True)
        assert opened.unproven
        assert not look(opened.watch, EVENINGS, on(4, "12:01"), has_words=True).unproven

    def test_72_hours_alone_are_not_enough(self) -> None:
        watch = after(EVENINGS, (on(1, "20:00"), WEAK), (on(3, "20:00"), WEAK))
        assert watch.streak == 3
        two = after(EVENINGS, *self.THREE_WEAK[:2])
        assert not look(two, EVENINGS, on(4, "13:00"), has_words=True).unproven

    def test_only_with_words(self) -> None:
        decision = look(after(EVENINGS, *self.THREE_WEAK), EVENINGS, on(4, "12:00"))
        assert (decision.unproven, decision.look_again_at) == (False, on(4, "19:30"))

    def test_not_while_another_alarm_is_open(self) -> None:
        watch = after(EVENINGS, *self.THREE_WEAK)
        assert not look(watch, EVENINGS, on(4, "12:00"), has_words=True, alarm_open=True).unproven

    def test_a_verified_check_in_resets_also_when_it_satisfies_nothing(self) -> None:
        """T7: a verified one resets the count."""
        watch = after(EVENINGS, *self.THREE_WEAK, (on(4, "09:00"), VERIFIED))
        assert (watch.streak, watch.deadline) == (0, on(4, "20:00"))
        assert not look(watch, EVENINGS, on(4, "12:00"), has_words=True).unproven

    def test_three_ok_in_a_minute_are_one_deadline(self) -> None:
        watch = after(EVENINGS, *((on(1, "20:00") + second * timedelta(seconds=20), WEAK) for second in range(3)))
        assert watch.streak == 1

    @pytest.mark.parametrize("apart", [1, 5, 7, 11, 17, 23])
    def test_whoever_holds_her_phone_cannot_keep_an_interval_ahead_for_ever(self, apart: int) -> None:
        """Each OK moves the deadline on, so that none is ever inside its window: it counts all the same."""
        plan = every(24)
        watch = arm(plan, START)
        for number in range(1, 10 * 24 // apart):
            watch = check_in(watch, plan, START + number * apart * HOUR, WEAK).watch
        assert look(watch, plan, START + 10 * DAY, has_words=True).unproven

    def test_an_ok_more_between_two_deadlines_of_an_interval_counts_once(self) -> None:
        plan = every(24)
        watch = after(plan, *((START + hours * HOUR, WEAK) for hours in (24, 25, 30, 48, 49)))
        assert watch.streak == 2

    def test_it_may_fall_together_with_a_miss(self) -> None:
        """The higher kind opens, and the next look lies ahead."""
        watch = replace(after(EVENINGS, *self.THREE_WEAK), last_verified_at=on(1, "21:00"), reminded_at=None)
        reminded = look(watch, EVENINGS, on(4, "20:30"), has_words=True).watch
        decision = look(reminded, EVENINGS, on(4, "21:00"), has_words=True)
        assert (decision.missed, decision.unproven) == ((on(4, "20:00"),), False)
        assert decision.look_again_at == on(5, "19:30")


class TestLate:
    def test_it_moves_the_standing_deadline_and_satisfies_nothing(self) -> None:
        watch = be_late(arm(EVENINGS, START), EVENINGS, on(1, "23:00"))
        assert (watch.deadline, watch.streak, watch.last_check_in_at) == (on(1, "23:00"), 0, None)
        assert look(watch, EVENINGS, on(1, "22:00")).reminders == ()

    def test_by_no_more_than_12_hours(self) -> None:
        assert be_late(arm(EVENINGS, START), EVENINGS, on(5, "00:00")).deadline == on(2, "08:00")

    @pytest.mark.parametrize(
        ("plan", "latest"), [(every(8), on(2, "04:00")), (daily("20:00", "04:00"), on(2, "04:00"))]
    )
    def test_by_no_more_than_one_interval(self, plan: Plan, latest: datetime) -> None:
        assert be_late(arm(plan, START), plan, on(5, "00:00")).deadline == latest

    def test_never_to_an_earlier_moment(self) -> None:
        assert be_late(arm(EVENINGS, START), EVENINGS, on(1, "19:00")).deadline == on(1, "20:00")

    def test_once(self) -> None:
        watch = be_late(arm(EVENINGS, START), EVENINGS, on(1, "21:00"))
        assert be_late(watch, EVENINGS, on(1, "23:00")) == watch

    def test_not_again_for_the_same_deadline_whatever_comes_between(self) -> None:
        """Else an OK and a "late" in turn would push one deadline on for ever."""
        watch = be_late(arm(EVENINGS, START), EVENINGS, on(2, "08:00"))
        watch = check_in(watch, EVENINGS, on(1, "21:00"), WEAK).watch
        assert watch.deadline == on(2, "08:00")
        assert be_late(watch, EVENINGS, on(2, "20:00")).deadline == on(2, "08:00")

    def test_not_for_the_next_deadline_without_a_check_in_between(self) -> None:
        watch = be_late(arm(EVENINGS, START), EVENINGS, on(1, "22:00"))
        missed = look_often(watch, EVENINGS, on(1, "23:00"))
        assert missed.missed == (on(1, "22:00"),)
        assert be_late(missed, EVENINGS, on(2, "22:00")).deadline == on(2, "20:00")
        answered = check_in(missed, EVENINGS, on(1, "23:30"), WEAK).watch
        assert be_late(answered, EVENINGS, on(2, "22:00")).deadline == on(2, "22:00")

    def test_the_deadline_that_it_moved_counts_as_weak_unless_verified(self) -> None:
        watch = be_late(arm(EVENINGS, START), EVENINGS, on(1, "22:00"))
        assert check_in(watch, EVENINGS, on(1, "22:00"), WEAK).watch.streak == 1
        assert check_in(watch, EVENINGS, on(1, "22:00"), VERIFIED).watch.streak == 0

    def test_a_change_of_plan_does_not_give_another(self) -> None:
        watch = be_late(arm(EVENINGS, START), EVENINGS, on(2, "08:00"))
        sooner = replan(watch, TWICE, on(1, "13:00"))
        assert sooner.deadline == on(1, "20:00")
        assert be_late(sooner, TWICE, on(2, "08:00")).deadline == on(1, "20:00")


class TestChanges:
    def test_more_watching_is_immediate(self) -> None:
        assert replan(arm(EVENINGS, START), daily("14:00", "20:00"), START).deadline == on(1, "14:00")

    def test_less_watching_leaves_the_deadline_that_stands(self) -> None:
        watch = arm(TWICE, START)
        assert replan(watch, daily("23:00"), START).deadline == on(1, "20:00")

    def test_once_it_has_taken_effect_it_moves_the_one_ahead(self) -> None:
        assert replan(arm(TWICE, START), daily("23:00"), START, may_postpone=True).deadline == on(1, "23:00")

    def test_never_one_that_has_passed(self) -> None:
        watch = arm(TWICE, START)
        assert replan(watch, daily("23:00"), on(1, "20:10"), may_postpone=True).deadline == on(1, "20:00")

    def test_it_does_not_ask_again_for_what_was_satisfied(self) -> None:
        watch = after(EVENINGS, (on(1, "15:00"), WEAK))
        assert replan(watch, daily("20:00", "08:00"), on(1, "16:00")).deadline == on(2, "08:00")


class TestEnd:
    def test_it_is_absorbing(self) -> None:
        ended = end(look(arm(EVENINGS, START), EVENINGS, on(1, "20:30")).watch)
        assert ended.state is WatchState.ENDED
        assert look(ended, EVENINGS, on(5, "00:00"), has_words=True) == WatchDecision(ended)
        assert check_in(ended, EVENINGS, on(2, "00:00"), WEAK).watch == ended
        assert be_late(ended, EVENINGS, on(2, "00:00")) == ended
        assert replan(ended, TWICE, on(2, "00:00"), may_postpone=True) == ended
