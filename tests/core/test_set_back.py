"""A clock that was ahead and is set back: nothing waits until it has caught up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.core.alarm import AlarmKind, Outcome, Strength, acknowledge, open_alarm, sign_of_life
from service.core.ladder import AlarmFacts, Person, default_ladder, step_alarm
from service.core.watch import WatchFacts, arm, step_watch
from tests.core.model import daily, utc

NOW = utc("2026-12-01 12:00")
EVENINGS = daily("20:00")
PEOPLE = (Person("mother"), Person("brother"))
FACTS = AlarmFacts(PEOPLE)
LADDER = default_ladder(PEOPLE)
SPANS = (timedelta(hours=1), timedelta(days=1))


@pytest.mark.parametrize("span", SPANS)
def test_a_round_of_reminders_begins_anew(span: timedelta) -> None:
    watch = arm(EVENINGS, NOW)
    ahead = step_watch(watch, EVENINGS, WatchFacts(), utc("2026-12-01 19:40") + span).watch
    assert ahead.stage
    due = utc("2026-12-01 20:00")
    asked, missed, now = [], [], due - timedelta(minutes=20)
    while now <= due + timedelta(hours=1):
        decision = step_watch(ahead, EVENINGS, WatchFacts(), now)
        ahead = decision.watch
        asked += [(now, reminder.stage) for reminder in decision.reminders]
        missed += [(now, deadline) for deadline in decision.missed]
        now += timedelta(minutes=10)
    assert [stage for at, stage in asked if at <= due + timedelta(minutes=30)] == [1, 2, 3]
    assert missed == [(due + timedelta(hours=1), due)]


@pytest.mark.parametrize("span", SPANS)
def test_the_ladder_waits_its_own_wait_and_no_longer(span: timedelta) -> None:
    alarm = open_alarm(AlarmKind.MISSED, NOW + span, (NOW - timedelta(hours=1),))
    alarm = step_alarm(alarm, LADDER, FACTS, NOW + span).alarm
    first = step_alarm(alarm, LADDER, FACTS, NOW)
    assert not first.tells
    assert first.look_again_at == NOW + timedelta(minutes=15)
    told = step_alarm(first.alarm, LADDER, FACTS, NOW + timedelta(minutes=15))
    assert {tell.person for tell in told.tells} == {"mother", "brother"}


@pytest.mark.parametrize("span", SPANS)
def test_a_hold_lasts_as_long_as_it_was_granted(span: timedelta) -> None:
    alarm = step_alarm(open_alarm(AlarmKind.MISSED, NOW + span), LADDER, FACTS, NOW + span).alarm
    alarm, _ = acknowledge(alarm, "mother", NOW + span)
    held = step_alarm(alarm, LADDER, FACTS, NOW)
    assert held.look_again_at == NOW + timedelta(minutes=60)
    assert step_alarm(held.alarm, LADDER, FACTS, NOW + timedelta(minutes=61)).tells


def test_an_answer_counts_although_a_wrong_clock_has_missed_a_deadline_ahead() -> None:
    tomorrow = NOW + timedelta(days=1)
    alarm = open_alarm(AlarmKind.MISSED, tomorrow, (NOW - timedelta(hours=2), tomorrow - timedelta(hours=1)))
    closed = sign_of_life(alarm, Strength.WEAK, NOW, NOW, has_words=False)
    assert closed.outcome is Outcome.ANSWERED
    earlier = sign_of_life(alarm, Strength.WEAK, NOW - timedelta(hours=3), NOW, has_words=False)
    assert earlier.is_open
