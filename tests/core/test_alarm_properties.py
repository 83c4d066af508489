"""What holds of an alarm for every ladder, every family and every order of events."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.alarm import (
    AlarmKind,
    AlarmState,
    AlarmView,
    Outcome,
    acknowledge,
    add_missed,
    cannot,
    heard_odd,
    open_alarm,
    repeat_sos,
    rise,
    sign_of_life,
)
from service.core.ladder import (
    AlarmFacts,
    Ladder,
    Notice,
    Person,
    Role,
    Rung,
    audience,
    default_ladder,
    step_alarm,
)
from tests.core.model import DAY, HOUR, MINUTE, PROVEN, START, WEAK

NAMES = ("a", "b", "c", "d")

spans = st.one_of(st.integers(0, 180).map(lambda n: n * MINUTE), st.integers(0, 72).map(lambda n: n * HOUR))
people_of = st.tuples(
    *(
        st.builds(Person, st.just(name), st.sampled_from(Role), st.booleans(), st.sampled_from([True, True, False]))
        for name in NAMES
    )
)
rungs_of = st.lists(
    st.builds(
        Rung, st.lists(st.sampled_from(NAMES), max_size=4).map(tuple), st.integers(1, 90).map(lambda n: n * MINUTE)
    ),
    max_size=4,
)
ladders = st.builds(lambda rungs: Ladder(tuple(rungs)), rungs_of)
alarm_events = st.lists(
    st.tuples(
        spans,
        st.sampled_from(
            ["look", "look", "weak", "sos", "missed", "duress", "odd", "take", "take", "cannot", "accepted", "told"]
        ),
        st.sampled_from(NAMES),
    ),
    max_size=25,
)


def strike(alarm: AlarmView, event: str, name: str, now: datetime) -> AlarmView:
    """One event of an open alarm that does not close it."""
    if event == "weak":
        return sign_of_life(alarm, WEAK, now, now, has_words=True)
    if event == "sos":
        return repeat_sos(alarm, now)
    if event == "missed":
        return add_missed(alarm, (now,), now)
    if event == "duress":
        return rise(alarm, AlarmKind.DURESS, now)
    if event == "odd":
        return heard_odd(alarm, now)
    if event == "take":
        return acknowledge(alarm, name, now)[0]
    if event == "cannot":
        return cannot(alarm, name, now)
    if event == "accepted" and alarm.told_at is not None and alarm.accepted_at is None:
        return replace(alarm, accepted_at=now)
    return alarm


@PROVEN
@given(st.sampled_from(AlarmKind), st.lists(people_of, min_size=1, max_size=3), ladders, alarm_events)
def test_a_look_at_an_alarm_whatever_happened_before(
    kind: AlarmKind, crowds: list[tuple[Person, ...]], ladder: Ladder, events: list[tuple[timedelta, str, str]]
) -> None:
    """Total, idempotent, one rung a step; only accepted and reachable people; a kind that only rises."""
    alarm, now = open_alarm(kind, START), START
    alerted: set[str] = set()
    stood_back: list[str] = []
    for number, (span, event, name) in enumerate(events):
        now += span
        people = crowds[number % len(crowds)]
        struck = strike(alarm, event, name, now)
        assert struck.kind.rank >= alarm.kind.rank
        facts = AlarmFacts(people, frozenset(alerted))
        decision = step_alarm(struck, ladder, facts, now)
        assert decision == step_alarm(struck, ladder, facts, now)
        again = step_alarm(decision.alarm, ladder, facts, now)
        assert (again.alarm, again.tells, again.pages) == (decision.alarm, (), ())
        assert decision.look_again_at is not None
        assert decision.look_again_at > now
        alerts = [tell.person for tell in decision.tells if tell.notice is Notice.ALERT]
        assert len(set(alerts)) == len(alerts)
        assert len({tell.step for tell in decision.tells if tell.notice is Notice.ALERT}) <= 1
        able = {person.id for person in people if person.accepted and person.reachable}
        assert {tell.person for tell in decision.tells} <= able
        assert not set(alerts) & struck.cannot
        if struck.kind is AlarmKind.DURESS:
            assert set(alerts) <= audience(AlarmKind.DURESS, people)
        stood_back += [tell.person for tell in decision.tells if tell.notice is Notice.STAND_BACK]
        assert not stood_back or struck.kind is AlarmKind.DURESS
        alerted |= set(alerts)
        alarm = decision.alarm
    assert len(set(stood_back)) == len(stood_back)


@PROVEN
@given(
    st.sampled_from([AlarmKind.MISSED, AlarmKind.SOS, AlarmKind.DURESS, AlarmKind.UNPROVEN]),
    st.lists(
        st.tuples(st.integers(1, 90), st.sampled_from(["weak", "take", "take", "look"]), st.integers(0, 9).map(str)),
        min_size=20,
        max_size=60,
    ),
)
def test_no_sequence_of_signs_and_acknowledgements_holds_longer_than_4_hours(
    kind: AlarmKind, events: list[tuple[int, str, str]]
) -> None:
    people = tuple(Person(str(number)) for number in range(10))
    facts, ladder = AlarmFacts(people), default_ladder(people)
    alarm, now, held = open_alarm(kind, START), START, timedelta()
    for wait, event, name in events:
        until = alarm.hold_until
        held += max(timedelta(), min(now + wait * MINUTE, until) - now) if until is not None else timedelta()
        now += wait * MINUTE
        alarm = step_alarm(strike(alarm, event, name, now), ladder, facts, now).alarm
        assert held <= 4 * HOUR
        assert alarm.hold_until is None or alarm.hold_until <= now + HOUR


@PROVEN
@given(st.sampled_from(AlarmKind), people_of, ladders, alarm_events)
def test_an_open_alarm_is_never_silent(
    kind: AlarmKind, people: tuple[Person, ...], ladder: Ladder, events: list[tuple[timedelta, str, str]]
) -> None:
    """From any state somebody is told or the operator paged within 48 h; an unproven one says so weekly."""
    alarm, now = open_alarm(kind, START), START
    facts = AlarmFacts(people)
    for span, event, name in events:
        now += span
        alarm = step_alarm(strike(alarm, event, name, now), ladder, facts, now).alarm
    limit = now + (8 * DAY if alarm.kind is AlarmKind.UNPROVEN else 48 * HOUR)
    heard = False
    while not heard:
        decision = step_alarm(alarm, ladder, facts, now)
        heard = any(tell.notice is Notice.ALERT for tell in decision.tells) or bool(decision.pages)
        assert decision.look_again_at is not None
        alarm, now = decision.alarm, decision.look_again_at
        assert heard or now <= limit


@PROVEN
@given(st.sampled_from(AlarmKind), people_of, ladders, alarm_events, st.sampled_from(Outcome), st.sampled_from(NAMES))
def test_a_closed_alarm_tells_nobody_and_only_an_objection_opens_it(
    kind: AlarmKind,
    people: tuple[Person, ...],
    ladder: Ladder,
    events: list[tuple[timedelta, str, str]],
    outcome: Outcome,
    name: str,
) -> None:
    closed = replace(open_alarm(kind, START), state=AlarmState.CLOSED, outcome=outcome, closed_at=START)
    now = START
    for span, event, who in events:
        now += span
        if event == "odd":
            continue
        assert strike(closed, event, who, now) == closed
        decision = step_alarm(closed, ladder, AlarmFacts(people), now)
        assert (decision.alarm, decision.tells, decision.pages, decision.look_again_at) == (closed, (), (), None)
