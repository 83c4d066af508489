"""A rehearsal, sentence by sentence: whose turn it is, how long it waits, and when it is over."""

from dataclasses import replace
from datetime import datetime, timedelta

from service.core.ladder import Ladder, Person, Role, Rung
from service.core.rehearsal import (
    RehearsalDecision,
    RehearsalFacts,
    RehearsalState,
    RehearsalView,
    answer_rehearsal,
    end_rehearsal,
    step_rehearsal,
)
from tests.core.model import HOUR, MINUTE, utc

START = utc("2026-12-01 09:00")
SECOND = timedelta(seconds=1)
MOTHER, BROTHER, FUND = Person("mother"), Person("brother"), Person("fund", Role.CASEWORKER)
FAMILY = (MOTHER, BROTHER, FUND)
ONE_BY_ONE = Ladder((Rung(("mother",), 15 * MINUTE), Rung(("mother", "brother"), 30 * MINUTE), Rung((), 30 * MINUTE)))
NEW = RehearsalView(started_at=START)


def step(
    rehearsal: RehearsalView,
    now: datetime,
    people: tuple[Person, ...] = FAMILY,
    ladder: Ladder = ONE_BY_ONE,
    *,
    alarm: bool = False,
    longest: timedelta = 2 * MINUTE,
) -> RehearsalDecision:
    return step_rehearsal(rehearsal, ladder, RehearsalFacts(people, alarm, longest), now)


def told_all(now: datetime = START) -> RehearsalView:
    """Everybody has had a turn, and nobody has answered."""
    rehearsal = NEW
    for minutes in (0, 2, 4):
        rehearsal = step(rehearsal, now + minutes * MINUTE).rehearsal
    return rehearsal


class TestTurns:
    def test_the_first_rung_is_told_at_once_and_nobody_else(self) -> None:
        first = step(NEW, START)
        assert first.tells == ("mother",)
        assert first.look_again_at == START + 2 * MINUTE

    def test_a_rungs_wait_is_two_minutes_at_most(self) -> None:
        first = step(NEW, START).rehearsal
        assert step(first, START + 2 * MINUTE - SECOND).tells == ()
        assert step(first, START + 2 * MINUTE).tells == ("brother",)

    def test_a_shorter_wait_stays_as_short_as_it_is(self) -> None:
        quick = Ladder((Rung(("mother",), 20 * SECOND), Rung((), 20 * SECOND)))
        first = step(NEW, START, ladder=quick).rehearsal
        assert step(first, START + 20 * SECOND, ladder=quick).tells == ("brother", "fund")

    def test_a_demonstration_waits_seconds(self) -> None:
        first = step(NEW, START, longest=10 * SECOND).rehearsal
        assert step(first, START + 10 * SECOND, longest=10 * SECOND).tells == ("brother",)

    def test_the_wait_counts_from_when_a_provider_took_the_first_message(self) -> None:
        first = replace(step(NEW, START).rehearsal, accepted_at=START + MINUTE)
        assert step(first, START + 2 * MINUTE).tells == ()
        assert step(first, START + 3 * MINUTE).tells == ("brother",)

    def test_everybody_is_told_once_however_many_rungs_name_her(self) -> None:
        assert [one.person for one in told_all().told] == ["mother", "brother", "fund"]

    def test_the_next_rung_follows_at_once_when_everybody_told_has_answered(self) -> None:
        first = step(NEW, START).rehearsal
        answered = answer_rehearsal(first, "mother", START + 5 * SECOND, "text")
        assert step(answered, START + 6 * SECOND).tells == ("brother",)

    def test_who_has_not_accepted_or_cannot_be_reached_has_no_turn(self) -> None:
        people = (replace(MOTHER, accepted=False), replace(BROTHER, reachable=False), FUND)
        first = step(NEW, START, people)
        assert first.tells == ("fund",)
        assert first.rehearsal.rung == 2

    def test_never_two_rungs_in_one_step(self) -> None:
        first = step(NEW, START).rehearsal
        assert step(first, START + 5 * HOUR).tells == ("brother",)

    def test_who_can_be_reached_no_more_is_not_waited_for(self) -> None:
        first = step(NEW, START).rehearsal
        assert step(first, START + SECOND, (replace(MOTHER, reachable=False), BROTHER, FUND)).tells == ("brother",)

    def test_who_accepts_meanwhile_gets_a_turn(self) -> None:
        late = Person("late")
        assert step(told_all(), START + 10 * MINUTE, (*FAMILY, late)).tells == ("late",)


class TestEnd:
    def test_when_everybody_has_answered(self) -> None:
        rehearsal = told_all()
        for person in FAMILY:
            assert not step(rehearsal, START + 5 * MINUTE).rehearsal.is_over
            rehearsal = answer_rehearsal(rehearsal, person.id, START + 5 * MINUTE, "page")
        over = step(rehearsal, START + 5 * MINUTE)
        assert (over.rehearsal.is_over, over.look_again_at) == (True, None)
        assert over.rehearsal.ended_at == START + 5 * MINUTE

    def test_24_hours_after_the_last_turn(self) -> None:
        rehearsal = told_all()
        before = step(rehearsal, START + 4 * MINUTE + 24 * HOUR - SECOND)
        assert not before.rehearsal.is_over
        assert before.look_again_at == START + 4 * MINUTE + 24 * HOUR
        assert step(rehearsal, START + 4 * MINUTE + 24 * HOUR).rehearsal.is_over

    def test_at_once_with_nobody_to_tell(self) -> None:
        assert step(NEW, START, ()).rehearsal.is_over

    def test_an_ended_one_does_nothing(self) -> None:
        ended = end_rehearsal(NEW, START)
        assert step(ended, START + HOUR) == RehearsalDecision(ended)


class TestAnswers:
    def test_the_first_one_counts(self) -> None:
        first = answer_rehearsal(told_all(), "mother", START + MINUTE, "text")
        again = answer_rehearsal(first, "mother", START + 2 * MINUTE, "page")
        assert again == first
        said = again.of("mother")
        assert said is not None
        assert (said.answered_at, said.via) == (START + MINUTE, "text")

    def test_of_somebody_who_was_not_told_changes_nothing(self) -> None:
        first = step(NEW, START).rehearsal
        assert answer_rehearsal(first, "brother", START + MINUTE, "text") == first

    def test_after_the_end_changes_nothing(self) -> None:
        ended = end_rehearsal(told_all(), START + HOUR)
        assert answer_rehearsal(ended, "mother", START + HOUR, "text") == ended


class TestAlarm:
    """A real alarm is open: the rehearsal tells nobody, and shows the same as without one."""

    def test_it_tells_nobody_from_the_start(self) -> None:
        silent = step(NEW, START, alarm=True)
        assert silent.tells == ()
        assert silent.rehearsal.state is RehearsalState.SILENT

    def test_it_shows_the_turns_that_it_would_have_shown(self) -> None:
        aloud, silent = NEW, NEW
        for minutes in (0, 1, 2, 4, 5):
            aloud = step(aloud, START + minutes * MINUTE).rehearsal
            silent = step(silent, START + minutes * MINUTE, alarm=True).rehearsal
        assert replace(silent, is_silent=False) == aloud

    def test_it_stays_silent_when_the_alarm_is_over(self) -> None:
        silent = step(NEW, START, alarm=True).rehearsal
        assert step(silent, START + 2 * MINUTE).tells == ()
