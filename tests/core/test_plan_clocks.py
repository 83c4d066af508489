"""Deadlines where the clock on the wall jumps: by law, and from one leg to the next."""

from datetime import timedelta

import pytest

from service.core.plan import Leg, Plan, deadlines, next_deadline, zone_at
from tests.core.plan_stories import FRIDAY, MONDAY, at, moving, on_the_wall, staying, utc


class TestClockChanges:
    def test_a_time_keeps_its_wall_clock_when_summer_time_begins(self) -> None:
        plan = staying("Europe/Berlin", at("20:00"), since="2026-03-27 12:00")
        assert on_the_wall(plan, 3) == [
            "Fri 27 Mar 20:00 +0100",
            "Sat 28 Mar 20:00 +0100",
            "Sun 29 Mar 20:00 +0200",
        ]

    def test_a_time_keeps_its_wall_clock_when_summer_time_ends(self) -> None:
        plan = staying("America/New_York", at("08:00"), since="2026-10-31 00:00")
        assert on_the_wall(plan, 2) == ["Sat 31 Oct 08:00 -0400", "Sun 01 Nov 08:00 -0500"]
        assert deadlines(plan, plan.starts_at, 2) == (utc("2026-10-31 12:00"), utc("2026-11-01 13:00"))

    @pytest.mark.parametrize(
        ("zone", "wall", "since", "expected"),
        [
            # What does not exist moves to the first instant that does, not by the length of the gap.
            ("Europe/Berlin", "02:30", "2026-03-28 12:00", "Sun 29 Mar 03:00 +0200"),
            ("Europe/Berlin", "02:00", "2026-03-28 12:00", "Sun 29 Mar 03:00 +0200"),
            ("America/New_York", "02:59", "2026-03-07 12:00", "Sun 08 Mar 03:00 -0400"),
            ("Australia/Lord_Howe", "02:10", "2026-10-03 12:00", "Sun 04 Oct 02:30 +1100"),
            ("Africa/Casablanca", "02:30", "2026-03-21 12:00", "Sun 22 Mar 03:00 +0100"),
            ("Pacific/Apia", "20:00", "2011-12-30 09:00", "Sat 31 Dec 00:00 +1400"),
            # What occurs twice means its first occurrence.
            ("Europe/Berlin", "02:30", "2026-10-24 12:00", "Sun 25 Oct 02:30 +0200"),
            ("America/New_York", "01:30", "2026-10-31 12:00", "Sun 01 Nov 01:30 -0400"),
            ("Australia/Lord_Howe", "01:45", "2026-04-04 12:00", "Sun 05 Apr 01:45 +1100"),
            ("Africa/Casablanca", "02:30", "2026-02-14 12:00", "Sun 15 Feb 02:30 +0100"),
            ("Asia/Almaty", "23:30", "2024-02-29 12:00", "Thu 29 Feb 23:30 +0600"),
            # The first minute after the repeated hour exists once.
            ("Europe/Berlin", "03:00", "2026-10-24 12:00", "Sun 25 Oct 03:00 +0100"),
            ("Asia/Almaty", "00:00", "2024-02-29 12:00", "Fri 01 Mar 00:00 +0500"),
        ],
    )
    def test_gaps_and_repeated_hours(self, zone: str, wall: str, since: str, expected: str) -> None:
        assert on_the_wall(staying(zone, at(wall), since=since), 1) == [expected]

    def test_the_second_showing_of_a_repeated_hour_is_no_deadline(self) -> None:
        plan = staying("Europe/Berlin", at("02:30"), since="2026-10-24 12:00")
        assert on_the_wall(plan, 2) == ["Sun 25 Oct 02:30 +0200", "Mon 26 Oct 02:30 +0100"]
        between = utc("2026-10-25 01:00")  # 02:00 for the second time
        assert on_the_wall(plan, 1, between) == ["Mon 26 Oct 02:30 +0100"]

    def test_almaty_moves_to_the_offset_of_the_whole_country(self) -> None:
        """T42: one zone for all of Kazakhstan since 1 March 2024."""
        plan = staying("Asia/Almaty", at("21:00"), since="2024-02-28 12:00")
        assert deadlines(plan, plan.starts_at, 3) == (
            utc("2024-02-28 15:00"),
            utc("2024-02-29 15:00"),
            utc("2024-03-01 16:00"),
        )

    def test_two_times_in_one_gap_are_one_deadline(self) -> None:
        plan = staying("Europe/Berlin", at("02:10"), at("02:40"), since="2026-03-28 12:00")
        assert on_the_wall(plan, 2) == ["Sun 29 Mar 03:00 +0200", "Mon 30 Mar 02:10 +0200"]

    def test_a_weekday_is_that_of_the_date_before_any_moving(self) -> None:
        # Friday 30 December 2011 never was in Samoa.
        friday = staying("Pacific/Apia", at("20:00", FRIDAY), since="2011-12-27 00:00")
        assert on_the_wall(friday, 2) == ["Sat 31 Dec 00:00 +1400", "Fri 06 Jan 20:00 +1400"]

    def test_the_day_that_samoa_skipped_costs_no_night_of_deadlines(self) -> None:
        # The skipped Friday would be due four hours after Thursday 20:00, which is too close: one stays.
        plan = staying("Pacific/Apia", at("20:00"), since="2011-12-29 00:00")
        assert on_the_wall(plan, 4) == [
            "Wed 28 Dec 20:00 -1000",
            "Thu 29 Dec 20:00 -1000",
            "Sat 31 Dec 20:00 +1400",
            "Sun 01 Jan 20:00 +1400",
        ]


class TestLegs:
    def test_the_zone_in_force_is_that_of_the_leg(self) -> None:
        plan = moving(
            "2026-12-01 00:00",
            {"2026-11-01 00:00": "Asia/Almaty", "2026-12-02 22:00": "Europe/Berlin"},
            at("20:00"),
        )
        assert on_the_wall(plan, 3) == [
            "Tue 01 Dec 20:00 +0500",
            "Wed 02 Dec 20:00 +0500",
            "Thu 03 Dec 20:00 +0100",
        ]

    def test_the_first_leg_also_covers_everything_before_it(self) -> None:
        first, second = (
            Leg(utc("2026-12-05 00:00"), "Asia/Almaty", "KZ"),
            Leg(utc("2026-12-09 00:00"), "Europe/Riga", "LV"),
        )
        plan = Plan(utc("2026-12-01 00:00"), (first, second), (at("20:00"),))
        assert next_deadline(plan, plan.starts_at) == utc("2026-12-01 15:00")
        assert zone_at(plan, plan.starts_at) == "Asia/Almaty"
        assert zone_at(plan, second.starts_at) == "Europe/Riga"
        assert zone_at(plan, second.starts_at - timedelta(seconds=1)) == "Asia/Almaty"

    def test_a_time_that_both_clocks_show_is_due_in_both_legs(self) -> None:
        # 20:00 in Almaty is 15:00 UTC, in New York 01:00 UTC: ten hours apart.
        plan = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Asia/Almaty", "2026-12-01 16:00": "America/New_York"},
            at("20:00"),
        )
        assert on_the_wall(plan, 3) == [
            "Tue 01 Dec 20:00 +0500",
            "Tue 01 Dec 20:00 -0500",
            "Wed 02 Dec 20:00 -0500",
        ]

    def test_of_two_that_come_too_close_the_earlier_stays(self) -> None:
        # From Kyiv back to Warsaw at 20:30: 20:00 would be due again half an hour later.
        plan = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Europe/Kyiv", "2026-12-01 18:30": "Europe/Warsaw"},
            at("20:00"),
        )
        assert on_the_wall(plan, 2) == ["Tue 01 Dec 20:00 +0200", "Wed 02 Dec 20:00 +0100"]

    def test_a_time_that_the_new_clock_has_passed_is_due_on_arrival(self) -> None:
        # From Warsaw to Kyiv at 19:30, which is 20:30 there.
        plan = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Europe/Warsaw", "2026-12-01 18:30": "Europe/Kyiv"},
            at("20:00"),
        )
        assert on_the_wall(plan, 2) == ["Tue 01 Dec 20:30 +0200", "Wed 02 Dec 20:00 +0200"]

    def test_a_time_that_the_old_clock_would_show_at_the_change_is_not_lost(self) -> None:
        plan = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Europe/Warsaw", "2026-12-01 18:30": "Europe/Kyiv"},
            at("19:30"),
        )
        assert on_the_wall(plan, 2) == ["Tue 01 Dec 20:30 +0200", "Wed 02 Dec 19:30 +0200"]

    def test_a_weekday_lost_at_the_date_line_is_due_on_arrival(self) -> None:
        # She leaves Honolulu on Sunday 23:00 and is in Tokyo on Monday 18:00; Monday 09:00 was nowhere.
        plan = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Pacific/Honolulu", "2026-12-07 09:00": "Asia/Tokyo"},
            at("09:00", MONDAY),
        )
        assert on_the_wall(plan, 2) == ["Mon 07 Dec 18:00 +0900", "Mon 14 Dec 09:00 +0900"]

    def test_a_day_lived_twice_at_the_date_line_leaves_no_gap(self) -> None:
        plan = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Asia/Tokyo", "2026-12-02 12:00": "Pacific/Honolulu"},
            at("20:00"),
        )
        assert on_the_wall(plan, 4) == [
            "Tue 01 Dec 20:00 +0900",
            "Wed 02 Dec 20:00 +0900",
            "Wed 02 Dec 20:00 -1000",
            "Thu 03 Dec 20:00 -1000",
        ]

    def test_a_time_exactly_at_the_change_belongs_to_the_new_leg(self) -> None:
        plan = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Asia/Almaty", "2026-12-01 15:00": "Asia/Dubai"},
            at("19:00"),
        )
        assert on_the_wall(plan, 1) == ["Tue 01 Dec 19:00 +0500"]
        late = moving(
            "2026-12-01 00:00",
            {"2026-12-01 00:00": "Asia/Almaty", "2026-12-01 15:00": "Asia/Dubai"},
            at("20:00"),
        )
        assert on_the_wall(late, 1) == ["Tue 01 Dec 20:00 +0400"]
