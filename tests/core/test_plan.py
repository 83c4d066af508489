"""Deadlines as a traveler meets them: weekdays, intervals, one-offs, flights, and looking back."""

from datetime import time, timedelta

import pytest

from service.core.plan import (
    DailyTime,
    deadlines,
    early_window,
    keep_pauses,
    next_deadline,
    pauses_now,
    plan_ahead,
    previous_deadline,
)
from tests.core.plan_stories import FRIDAY, MONDAY, SUNDAY, at, on_the_wall, quiet, staying, utc


class TestWeekdays:
    def test_each_day_has_its_own_times(self) -> None:
        plan = staying("Asia/Almaty", at("07:00", MONDAY, FRIDAY), at("21:00", FRIDAY), since="2026-11-22 00:00")
        assert on_the_wall(plan, 4) == [
            "Mon 23 Nov 07:00 +0500",
            "Fri 27 Nov 07:00 +0500",
            "Fri 27 Nov 21:00 +0500",
            "Mon 30 Nov 07:00 +0500",
        ]

    def test_the_weekday_is_hers_not_that_of_utc(self) -> None:
        plan = staying("Asia/Tokyo", at("06:00", MONDAY), since="2026-11-20 00:00")
        assert deadlines(plan, plan.starts_at, 1) == (utc("2026-11-22 21:00"),)

    def test_a_plan_without_a_weekday_has_no_deadline(self) -> None:
        empty = DailyTime(time(20), frozenset())
        assert next_deadline(staying("Asia/Almaty", empty, since="2026-11-20 00:00"), utc("2026-11-22 00:00")) is None


class TestStart:
    def test_nothing_is_due_at_or_before_the_start(self) -> None:
        plan = staying("Asia/Almaty", at("20:00"), since="2026-12-01 15:00", once=(utc("2026-12-01 15:00"),))
        long_before = utc("2026-11-01 00:00")
        assert next_deadline(plan, long_before) == utc("2026-12-02 15:00")

    def test_a_plan_years_old_answers_like_a_new_one(self) -> None:
        old = staying("Europe/Berlin", at("20:00"), at("08:00"), since="1996-01-01 00:00")
        assert next_deadline(old, utc("2026-07-01 17:59")) == utc("2026-07-01 18:00")
        assert next_deadline(old, utc("2026-07-01 18:00")) == utc("2026-07-02 06:00")


class TestInterval:
    def test_it_runs_from_the_last_check_in(self) -> None:
        plan = staying("Asia/Almaty", since="2026-12-01 00:00", every=timedelta(hours=8))
        assert next_deadline(plan, utc("2026-12-04 09:41")) == utc("2026-12-04 17:41")

    def test_armed_ahead_of_the_start_it_runs_from_the_start(self) -> None:
        plan = staying("Asia/Almaty", since="2026-12-01 00:00", every=timedelta(hours=8))
        assert next_deadline(plan, utc("2026-11-22 00:00")) == utc("2026-12-01 08:00")

    def test_a_one_off_before_it_comes_first(self) -> None:
        plan = staying(
            "Asia/Almaty", since="2026-12-01 00:00", every=timedelta(hours=8), once=(utc("2026-12-01 03:00"),)
        )
        assert deadlines(plan, plan.starts_at, 3) == (
            utc("2026-12-01 03:00"),
            utc("2026-12-01 11:00"),
            utc("2026-12-01 19:00"),
        )

    def test_a_demo_plan_counts_in_seconds(self) -> None:
        plan = staying("Asia/Almaty", since="2020-01-01 00:00", every=timedelta(seconds=5))
        assert next_deadline(plan, utc("2026-12-01 00:00:01")) == utc("2026-12-01 00:00:06")


class TestOneOffs:
    def test_they_stand_beside_the_daily_times_in_any_order(self) -> None:
        plan = staying(
            "Asia/Almaty",
            at("20:00"),
            since="2026-12-01 00:00",
            once=(utc("2026-12-02 10:30"), utc("2026-12-01 10:30"), utc("2026-12-01 15:00")),
        )
        assert deadlines(plan, plan.starts_at, 4) == (
            utc("2026-12-01 10:30"),
            utc("2026-12-01 15:00"),  # the same instant as 20:00 in Almaty: one deadline
            utc("2026-12-02 10:30"),
            utc("2026-12-02 15:00"),
        )

    def test_a_plan_of_one_offs_ends(self) -> None:
        plan = staying("Asia/Almaty", since="2026-12-01 00:00", once=(utc("2026-12-03 10:30"),))
        assert deadlines(plan, plan.starts_at, 5) == (utc("2026-12-03 10:30"),)
        assert next_deadline(plan, utc("2026-12-03 10:30")) is None


class TestQuietSpans:
    def test_a_deadline_in_flight_is_due_on_landing(self) -> None:
        plan = staying(
            "UTC",
            at("20:00"),
            since="2026-12-01 00:00",
            quiet=(quiet("2026-12-01 18:00", "2026-12-02 02:00"),),
        )
        assert deadlines(plan, plan.starts_at, 2) == (utc("2026-12-02 02:00"), utc("2026-12-02 20:00"))

    def test_one_that_fell_due_in_flight_is_still_to_come(self) -> None:
        plan = staying(
            "UTC",
            at("20:00"),
            since="2026-12-01 00:00",
            quiet=(quiet("2026-12-01 18:00", "2026-12-02 02:00"),),
        )
        assert next_deadline(plan, utc("2026-12-01 23:00")) == utc("2026-12-02 02:00")

    def test_several_become_one(self) -> None:
        plan = staying(
            "UTC",
            at("12:00"),
            at("20:00"),
            since="2026-12-01 00:00",
            once=(utc("2026-12-01 15:00"), utc("2026-12-01 21:00")),
            quiet=(quiet("2026-12-01 11:00", "2026-12-01 21:00"),),
        )
        assert deadlines(plan, plan.starts_at, 2) == (utc("2026-12-01 21:00"), utc("2026-12-02 12:00"))

    def test_the_first_instant_is_quiet_and_the_last_is_not(self) -> None:
        span = quiet("2026-12-01 12:00", "2026-12-01 20:00")
        plan = staying("UTC", at("12:00"), at("20:00"), since="2026-12-01 00:00", quiet=(span,))
        assert deadlines(plan, plan.starts_at, 2) == (utc("2026-12-01 20:00"), utc("2026-12-02 12:00"))

    def test_spans_that_touch_carry_a_deadline_through(self) -> None:
        plan = staying(
            "UTC",
            at("12:00"),
            since="2026-12-01 00:00",
            quiet=(
                quiet("2026-12-01 16:00", "2026-12-01 23:00"),
                quiet("2026-12-01 11:00", "2026-12-01 16:00"),
            ),
        )
        assert next_deadline(plan, utc("2026-12-01 17:00")) == utc("2026-12-01 23:00")

    def test_an_interval_that_ends_in_flight_is_due_on_landing(self) -> None:
        plan = staying(
            "UTC",
            since="2026-12-01 00:00",
            every=timedelta(hours=8),
            quiet=(quiet("2026-12-01 06:00", "2026-12-01 13:00"),),
        )
        assert next_deadline(plan, plan.starts_at) == utc("2026-12-01 13:00")

    def test_a_pause_that_runs_goes_on_under_another_plan_and_nothing_else_does(self) -> None:
        """A pause is longer than any quiet span that a plan may ask for."""
        over, flight = quiet("2026-12-01 00:00", "2026-12-03 00:00"), quiet("2026-12-04 20:00", "2026-12-05 20:00")
        pause, ahead = quiet("2026-12-04 08:00", "2026-12-10 08:00"), quiet("2026-12-20 00:00", "2026-12-22 00:00")
        old = staying("UTC", at("20:00"), since="2026-12-01 00:00", quiet=(over, pause, flight, ahead))
        new = staying("UTC", at("08:00"), since="2026-12-01 00:00")
        now = utc("2026-12-05 12:00")
        assert pauses_now(old, now) == (pause,)
        assert keep_pauses(new, old, now).quiet == (pause,)
        assert keep_pauses(keep_pauses(new, old, now), old, now).quiet == (pause,)
        assert keep_pauses(new, old, pause.ends_at) is new
        assert deadlines(keep_pauses(new, old, now), now, 2) == (utc("2026-12-10 08:00"), utc("2026-12-11 08:00"))

    def test_what_is_ahead_of_a_plan_is_without_what_is_over_and_without_pauses(self) -> None:
        over, flight = quiet("2026-12-02 00:00", "2026-12-02 20:00"), quiet("2026-12-04 20:00", "2026-12-05 20:00")
        pause = quiet("2026-12-04 08:00", "2026-12-10 08:00")
        once = (utc("2026-12-03 09:00"), utc("2026-12-15 09:00"))
        plan = staying("UTC", at("20:00"), since="2026-12-01 00:00", once=once, quiet=(over, pause, flight))
        ahead = plan_ahead(plan, utc("2026-12-05 12:00"))
        assert (ahead.once, ahead.quiet, ahead.daily) == (once[1:], (flight,), plan.daily)

    def test_what_was_due_before_the_start_does_not_come_back_through_a_span(self) -> None:
        plan = staying(
            "UTC",
            at("20:00"),
            since="2026-12-01 21:00",
            quiet=(quiet("2026-12-01 19:00", "2026-12-01 23:00"),),
        )
        assert next_deadline(plan, plan.starts_at) == utc("2026-12-02 20:00")


class TestLookingBack:
    def test_the_deadline_before(self) -> None:
        plan = staying("UTC", at("08:00"), at("20:00"), since="2026-12-01 00:00", once=(utc("2026-12-02 14:30"),))
        due = deadlines(plan, plan.starts_at, 6)
        assert [previous_deadline(plan, deadline) for deadline in due] == [None, *due[:-1]]

    def test_the_deadline_before_was_moved_by_a_flight(self) -> None:
        plan = staying(
            "UTC",
            at("12:00"),
            since="2026-12-01 00:00",
            quiet=(quiet("2026-12-01 10:00", "2026-12-02 09:00"),),
        )
        assert previous_deadline(plan, utc("2026-12-02 12:00")) == utc("2026-12-02 09:00")
        assert previous_deadline(plan, utc("2026-12-02 09:00")) is None

    def test_far_back_in_a_weekly_plan(self) -> None:
        plan = staying("Europe/Berlin", at("20:00", SUNDAY), since="2000-01-01 00:00")
        assert previous_deadline(plan, utc("2026-07-05 18:00")) == utc("2026-06-28 18:00")

    def test_with_an_interval_it_is_the_interval_or_a_one_off_in_between(self) -> None:
        plan = staying("UTC", since="2026-12-01 00:00", every=timedelta(hours=8), once=(utc("2026-12-02 07:00"),))
        assert previous_deadline(plan, utc("2026-12-01 08:00")) is None
        assert previous_deadline(plan, utc("2026-12-03 08:00")) == utc("2026-12-03 00:00")
        assert previous_deadline(plan, utc("2026-12-02 10:00")) == utc("2026-12-02 07:00")


class TestEarlyWindow:
    @pytest.mark.parametrize(
        ("gap", "window"),
        [
            (timedelta(hours=24), timedelta(hours=6)),
            (timedelta(hours=12), timedelta(hours=6)),
            (timedelta(hours=7), timedelta(hours=3, minutes=30)),
            (timedelta(seconds=5), timedelta(seconds=2.5)),
            (None, timedelta(hours=6)),
        ],
    )
    def test_half_the_gap_and_six_hours_at_most(self, gap: timedelta | None, window: timedelta) -> None:
        plan = staying("UTC", at("08:00"), since="2026-12-01 00:00")
        deadline = utc("2026-12-05 08:00")
        assert early_window(plan, deadline, None if gap is None else deadline - gap) == window

    def test_the_first_of_a_short_interval(self) -> None:
        plan = staying("UTC", since="2026-12-01 00:00", every=timedelta(seconds=20))
        assert early_window(plan, utc("2026-12-01 00:00:20"), None) == timedelta(seconds=10)
