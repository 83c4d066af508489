"""What holds of a rehearsal for every ladder, every family and every order of events."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.ladder import Ladder, Person
from service.core.rehearsal import (
    ENDS_AFTER,
    RehearsalFacts,
    RehearsalState,
    RehearsalView,
    answer_rehearsal,
    step_rehearsal,
)
from tests.core.model import HOUR, MINUTE, PROVEN, START
from tests.core.test_alarm_properties import NAMES, ladders, people_of

spans = st.one_of(st.integers(0, 300).map(lambda n: timedelta(seconds=n)), st.integers(0, 30).map(lambda n: n * HOUR))
events_of = st.lists(
    st.tuples(
        spans,
        st.sampled_from(["look", "look", "answer", "answer", "accepted", "alarm", "calm"]),
        st.sampled_from(NAMES),
    ),
    max_size=25,
)


@PROVEN
@given(st.lists(people_of, min_size=1, max_size=3), ladders, events_of)
def test_a_look_at_a_rehearsal_whatever_happened_before(
    crowds: list[tuple[Person, ...]], ladder: Ladder, events: list[tuple[timedelta, str, str]]
) -> None:
    """Total, idempotent, one rung a step; only accepted and reachable people, each once; silent for good; it ends."""
    now, rehearsal, alarm = START, RehearsalView(started_at=START), False
    heard: list[str] = []
    for index, (span, event, name) in enumerate([(timedelta(0), "look", "a"), *events]):
        now += span
        people = crowds[index % len(crowds)]
        if event == "answer":
            rehearsal = answer_rehearsal(rehearsal, name, now, "text")
        elif event == "accepted" and rehearsal.rung_at is not None:
            rehearsal = replace(rehearsal, accepted_at=rehearsal.accepted_at or now)
        elif event in ("alarm", "calm"):
            alarm = event == "alarm"
        facts = RehearsalFacts(people, alarm)
        decision = step_rehearsal(rehearsal, ladder, facts, now)
        again = step_rehearsal(decision.rehearsal, ladder, facts, now)
        assert (again.rehearsal, again.tells) == (decision.rehearsal, ())
        assert decision.rehearsal.is_over == (decision.look_again_at is None)
        assert decision.look_again_at is None or decision.look_again_at > now
        assert set(decision.tells) <= {person.id for person in people if person.can_be_told}
        if alarm or rehearsal.state is RehearsalState.SILENT:
            assert decision.tells == ()
        if rehearsal.state is RehearsalState.SILENT:
            assert decision.rehearsal.state is not RehearsalState.RUNNING
        heard += decision.tells
        rehearsal = decision.rehearsal
    assert len(heard) == len(set(heard))
    assert len(rehearsal.told) == len({one.person for one in rehearsal.told})


@PROVEN
@given(people_of, ladders, st.integers(1, 180))
def test_without_answers_everybody_has_had_a_turn_within_minutes_and_a_day_ends_it(
    people: tuple[Person, ...], ladder: Ladder, seconds: int
) -> None:
    longest = timedelta(seconds=seconds)
    rehearsal, look = RehearsalView(started_at=START), START
    facts = RehearsalFacts(people, longest_wait=longest)
    steps = 0
    last = START
    while not rehearsal.is_over:
        decision = step_rehearsal(rehearsal, ladder, facts, look)
        last = look if decision.tells else last
        rehearsal, look = decision.rehearsal, decision.look_again_at or look
        steps += 1
        assert steps < 20
    assert {one.person for one in rehearsal.told} == {person.id for person in people if person.can_be_told}
    assert last <= START + longest * max(1, len(ladder.rungs))
    assert rehearsal.ended_at is not None
    assert rehearsal.ended_at <= last + max(ENDS_AFTER, 2 * MINUTE)


@PROVEN
@given(people_of, ladders, events_of)
def test_an_alarm_changes_nothing_that_is_shown(
    people: tuple[Person, ...], ladder: Ladder, events: list[tuple[timedelta, str, str]]
) -> None:
    """But for whom providers took messages to, which no silent rehearsal has."""
    now, aloud = START, RehearsalView(started_at=START)
    silent = aloud
    for span, event, name in [(timedelta(0), "look", "a"), *events]:
        now += span
        if event == "answer":
            aloud, silent = (answer_rehearsal(one, name, now, "text") for one in (aloud, silent))
        aloud = step_rehearsal(aloud, ladder, RehearsalFacts(people), now).rehearsal
        silent = step_rehearsal(silent, ladder, RehearsalFacts(people, alarm_open=True), now).rehearsal
        assert (silent.told, silent.rung, silent.is_over) == (aloud.told, aloud.rung, aloud.is_over)
