"""T47: how often a forgetful traveler alarms her people, by the plan, the reminders and the grace that we start with.

She overlooks one question in ten, and answers the others within twenty minutes. Only the core and chance take part; the
chances are the same on every run. `make soak` lives through more weeks.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest

from service.core.plan import Plan
from service.core.watch import WatchDecision, WatchFacts, WatchView, arm, check_in, step_watch
from tests.core.model import DAY, MINUTE, START, VERIFIED, WEAK, daily, every

WEEKS = int(os.environ.get("TEST_WEEKS", "1000"))
MISSED, UNPROVEN = "missed", "unproven"


@dataclass
class Forgetful:
    """A traveler on a long trip. Her people reach her soon whenever they are told, and she is well.

    overlooks is the share of questions that she does not notice; away the share of evenings on which she notices none;
    bare the share of her answers that are a bare OK where she has a safe word.
    """

    plan: Plan
    overlooks: float = 0.1
    away: float = 0.0
    bare: float = 0.1
    words: bool = False
    chance: Random = field(default_factory=lambda: Random(47))
    alarms: Counter[str] = field(default_factory=Counter)
    asked_for: datetime | None = None
    is_away: bool = False
    answers_at: datetime | None = None

    def lives(self, weeks: int) -> Counter[str]:
        """The alarms of so many weeks, by kind, each a hundredth of what it is in a hundred weeks."""
        watch, end = arm(self.plan, START), START + weeks * 7 * DAY
        now = START
        while now < end:
            if now == self.answers_at:
                watch = self._answers(watch, now)
            decision = step_watch(watch, self.plan, WatchFacts(has_words=self.words), now)
            watch = self._is_asked_or_called(decision, now)
            looks = [at for at in (decision.look_again_at, self.answers_at) if at is not None and at > now]
            if decision.missed or decision.unproven:
                looks = [now + MINUTE]
            now = min(looks)
        return Counter({kind: count * 100 / weeks for kind, count in self.alarms.items()})

    def _answers(self, watch: WatchView, now: datetime) -> WatchView:
        self.answers_at = None
        by_word = self.words and self.chance.random() >= self.bare
        return check_in(watch, self.plan, now, VERIFIED if by_word else WEAK).watch

    def _is_asked_or_called(self, decision: WatchDecision, now: datetime) -> WatchView:
        for reminder in decision.reminders:
            if reminder.deadline != self.asked_for:
                self.asked_for, self.is_away = reminder.deadline, self.chance.random() < self.away
            notices = not self.is_away and self.chance.random() >= self.overlooks
            if notices and self.answers_at is None:
                self.answers_at = now + timedelta(minutes=self.chance.uniform(1, 20))
        if not (decision.missed or decision.unproven):
            return decision.watch
        self.alarms[MISSED if decision.missed else UNPROVEN] += 1
        self.answers_at = None
        return check_in(decision.watch, self.plan, now, VERIFIED).watch


def test_with_one_check_in_a_day_fewer_than_one_alarm_in_a_hundred_weeks_reaches_anybody() -> None:
    """T47: three questions an evening, each overlooked one time in ten, leave 0.7 alarms in 100 traveler-weeks."""
    found = Forgetful(daily("20:00")).lives(WEEKS)
    assert set(found) <= {MISSED}
    assert 0.2 < found[MISSED] < 1


def test_it_is_one_in_a_thousand_deadlines_whatever_the_plan() -> None:
    """T47: so a plan with four check-ins a day does not keep below one alarm, and the page that plans may say so."""
    for plan, a_week in ((daily("08:00", "20:00"), 14), (every(6), 28)):
        found = Forgetful(plan).lives(WEEKS // 4)
        assert 0.4 < found[MISSED] / (a_week * 100 / 1000) < 1.8


def test_a_safe_word_that_is_sometimes_forgotten_asks_for_her_voice_about_as_seldom() -> None:
    """T47: nine answers in ten by her safe word: a call is asked for less than once in 100 weeks, of one person."""
    found = Forgetful(daily("20:00"), words=True).lives(WEEKS)
    assert found[UNPROVEN] < 1
    assert found[MISSED] < 1


def test_who_never_uses_her_word_is_called_every_third_day() -> None:
    """T47: this is no false alarm but what words are for; whoever sets them has to use them."""
    found = Forgetful(daily("20:00"), words=True, bare=1, overlooks=0).lives(WEEKS // 10)
    assert found[UNPROVEN] == pytest.approx(100 * 7 / 3, rel=0.05)


def test_evenings_without_her_phone_are_what_alarms_people() -> None:
    """T47, what is not reached: no reminder helps when she is out of reach for a whole evening. Each evening in a
    hundred costs seven alarms in 100 weeks; a first call that she takes ends them before others hear."""
    found = Forgetful(daily("20:00"), away=0.01).lives(WEEKS)
    assert 4 < found[MISSED] < 12
