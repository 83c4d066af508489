"""What contacts may hear and ask on a quiet day: when, how often, and in which words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.segments import measure, spell_cheaply
from service.core.lifeline import (
    TURN_LASTS,
    all_was_well,
    is_day,
    is_to_be_proven,
    is_turn,
    is_unproven,
    may_ask_at,
    may_ring_at,
    may_worry,
    next_turn,
    proof_is_open,
)
from service.core.plan import DAY, WEEK, DailyTime, Leg, Plan, QuietSpan
from service.core.watch import WatchView
from service.core.wording_lifeline import still_yours, still_yours_letter, weekly_letter, weekly_word
from service.core.zones import local_date
from service.texts import LANGUAGES, translator

ALMATY, WARSAW, NEW_YORK = "Asia/Almaty", "Europe/Warsaw", "America/New_York"
SUNDAY = datetime(2026, 12, 6, 7, tzinfo=UTC)
"""Noon in Almaty."""
HOUR = timedelta(hours=1)
PLAN = Plan(SUNDAY - 4 * WEEK, (Leg(SUNDAY - 4 * WEEK, ALMATY, "TR"),), daily=(DailyTime(SUNDAY.time()),))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


class TestTurns:
    @given(MOMENTS, st.sampled_from([ALMATY, WARSAW, NEW_YORK, "Pacific/Apia"]))
    def test_the_next_one_is_a_sunday_noon_within_a_week(self, now: datetime, zone: str) -> None:
        turn = next_turn(zone, now)
        assert now < turn <= now + WEEK + HOUR
        assert local_date(zone, turn).weekday() == 6
        assert turn == next_turn(zone, turn - HOUR)

    @given(MOMENTS, st.sampled_from([ALMATY, WARSAW, NEW_YORK]))
    def test_each_comes_once_however_often_one_looks(self, since: datetime, zone: str) -> None:
        looks = [since + number * timedelta(hours=1, minutes=7) for number in range(320)]
        noted, told, turns = next_turn(zone, since), [], [next_turn(zone, since)]
        for now in looks:
            if now >= noted:
                told += [local_date(zone, now)] if is_turn(zone, noted, now) else []
                noted = next_turn(zone, now)
        while next_turn(zone, turns[-1]) <= looks[-1]:
            turns.append(next_turn(zone, turns[-1]))
        assert told == [local_date(zone, turn) for turn in turns]

    def test_not_in_the_evening_after_a_downtime(self) -> None:
        assert is_turn(ALMATY, SUNDAY, SUNDAY + TURN_LASTS)
        assert not is_turn(ALMATY, SUNDAY, SUNDAY + TURN_LASTS + HOUR)

    def test_a_question_is_put_by_day(self) -> None:
        assert [is_day(ALMATY, SUNDAY + hours * HOUR) for hours in (-3, -2, 0, 7, 8)] == [
            False,
            True,
            True,
            True,
            False,
        ]

    def test_what_has_time_rings_from_eight_to_ten(self) -> None:
        """At noon, a minute before ten at night, at ten, and at three."""
        moments = [SUNDAY, SUNDAY + 10 * HOUR - timedelta(minutes=1), SUNDAY + 10 * HOUR, SUNDAY + 15 * HOUR]
        morning = SUNDAY + 20 * HOUR
        assert [may_ring_at(ALMATY, now) for now in moments] == [*moments[:2], morning, morning]


def test_what_can_wait_is_asked_by_day_where_she_is_and_in_no_pause() -> None:
    """Noon, before and after the night, across a border, and in pauses that end by day and by night."""
    plan = Plan(
        SUNDAY,
        legs=(Leg(SUNDAY, ALMATY, "KZ"), Leg(SUNDAY + 24 * HOUR, WARSAW, "PL")),
        quiet=(QuietSpan(SUNDAY + 70 * HOUR, SUNDAY + 74 * HOUR), QuietSpan(SUNDAY + 74 * HOUR, SUNDAY + 85 * HOUR)),
    )
    hours = (0, 7.9, 8, 21, 24, 26, 71, 200)
    asked = [(may_ask_at(plan, SUNDAY + at * HOUR) - SUNDAY) / HOUR for at in hours]
    assert asked == [0, 7.9, 22, 22, 26, 26, 98, 200]


class TestWell:
    """T20: said of a quiet week only."""

    WATCH = WatchView(SUNDAY - 4 * WEEK, SUNDAY + HOUR, last_check_in_at=SUNDAY - DAY)

    def test_a_week_with_an_answer(self) -> None:
        assert all_was_well(self.WATCH, PLAN, None, SUNDAY)

    @pytest.mark.parametrize("ago", [timedelta(0), HOUR, WEEK - HOUR])
    def test_not_in_a_week_with_an_alarm(self, ago: timedelta) -> None:
        assert not all_was_well(self.WATCH, PLAN, SUNDAY - ago, SUNDAY)
        assert all_was_well(self.WATCH, PLAN, SUNDAY - WEEK, SUNDAY)

    def test_not_without_any_answer(self) -> None:
        assert not all_was_well(WatchView(SUNDAY - 4 * WEEK, SUNDAY + HOUR), PLAN, None, SUNDAY)
        late = WatchView(SUNDAY - 4 * WEEK, SUNDAY + HOUR, last_check_in_at=SUNDAY - WEEK)
        assert not all_was_well(late, PLAN, None, SUNDAY)

    def test_an_answer_that_is_still_awaited_is_no_matter_and_a_missed_one_is(self) -> None:
        """Waiting for it would tell when she answers."""
        awaited = WatchView(SUNDAY - 4 * WEEK, SUNDAY - HOUR / 2, last_check_in_at=SUNDAY - DAY)
        missed = WatchView(SUNDAY - 4 * WEEK, SUNDAY - HOUR, last_check_in_at=SUNDAY - DAY)
        counted = WatchView(SUNDAY - 4 * WEEK, SUNDAY + HOUR, missed=(SUNDAY,), last_check_in_at=SUNDAY - DAY)
        assert [all_was_well(watch, PLAN, None, SUNDAY) for watch in (awaited, missed, counted)] == [True, False, False]


def test_a_worry_is_heard_once_a_day() -> None:
    """T22: at most once in 24 h; a clock that was set back mutes nobody for longer."""
    heard = [may_worry(None, SUNDAY), *(may_worry(SUNDAY - ago * HOUR, SUNDAY) for ago in (0, 23, 24, -48))]
    assert heard == [True, False, False, True, True]


def test_a_number_is_proven_each_month_and_missed_after_a_week() -> None:
    """T31: asked after 30 days; who has not answered within 7 is marked."""
    accepted = SUNDAY - 90 * DAY
    assert not is_to_be_proven(accepted, None, SUNDAY - 29 * DAY, SUNDAY)
    assert is_to_be_proven(accepted, SUNDAY - 30 * DAY, SUNDAY - 31 * DAY, SUNDAY)
    assert proof_is_open(accepted, SUNDAY - 31 * DAY, SUNDAY)
    assert not proof_is_open(accepted, SUNDAY, SUNDAY - DAY)
    assert not proof_is_open(accepted, None, None)
    marked = [is_unproven(accepted, SUNDAY - days * DAY, SUNDAY) for days in (36, 37)]
    assert marked == [False, True]
    assert not is_unproven(None, None, SUNDAY)


class TestWords:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_they_fit_and_tell_no_time_and_nothing_of_the_trip(self, language: str) -> None:
        """T20, T31: no digit but the answer's, and three parts at most for the longest names."""
        _, name = translator(language), "Айгуль-Жанбота Сәрсенбай"
        week = weekly_word(name, _)
        asked = still_yours(name, name, _, ref_code="K7MX")
        linked = still_yours(name, name, _, ref_code="K7MX", link="https://amanba.example/i/0123456789a")
        assert re.findall(r"\d", week) == []
        assert re.findall(r"\d", asked.replace("#K7MX", "")) == ["1"]
        assert [measure(spell_cheaply(text)).segments <= 3 for text in (week, asked, linked)] == [True] * 3
        letters = weekly_letter(name, _, link="L"), still_yours_letter(name, name, _, link="L")
        assert all("L" in letter.split() and name in letter for letter in letters)
