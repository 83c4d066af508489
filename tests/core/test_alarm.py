"""Alarms, sentence by sentence: what raises one, who may end it, what holds the ladder, what reopens it."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from service.core.alarm import (
    BY_CHECK_IN,
    OPERATOR,
    AlarmKind,
    AlarmState,
    AlarmView,
    Heard,
    Outcome,
    Strength,
    Taken,
    acknowledge,
    add_missed,
    cannot,
    close,
    close_by,
    end_hold,
    found_late,
    heard_odd,
    heard_safe,
    open_alarm,
    report,
    rise,
    sign_of_life,
)
from service.core.watch import in_time
from tests.core.model import (
    DAY,
    HOUR,
    MINUTE,
    VERIFIED,
    WEAK,
    Trip,
    daily,
    utc,
)

UNPROVEN, MISSED, SOS, DURESS = AlarmKind
DUE = utc("2026-12-01 20:00")
OPENED = DUE + HOUR


def opened(kind: AlarmKind = MISSED) -> AlarmView:
    return open_alarm(kind, OPENED, (DUE,) if kind is MISSED else ())


def taken(alarm: AlarmView, person: str, now: datetime) -> AlarmView:
    held, answer = acknowledge(alarm, person, now)
    assert answer is Taken.HELD
    return held


def sign(alarm: AlarmView, strength: Strength, now: datetime, *, words: bool = True) -> AlarmView:
    return sign_of_life(alarm, strength, now, now, has_words=words)


class TestKinds:
    @pytest.mark.parametrize("kind", list(AlarmKind))
    @pytest.mark.parametrize("to", list(AlarmKind))
    def test_a_kind_only_rises(self, kind: AlarmKind, to: AlarmKind) -> None:
        expected = to if list(AlarmKind).index(to) > list(AlarmKind).index(kind) else kind
        assert rise(opened(kind), to, OPENED).kind is expected

    def test_a_miss_raises_an_unproven_alarm_and_counts_in_every_kind(self) -> None:
        assert add_missed(opened(UNPROVEN), (DUE,), OPENED).kind is MISSED
        for kind in (MISSED, SOS, DURESS):
            counted = add_missed(opened(kind), (DUE + DAY,), OPENED + DAY)
            assert (counted.kind, counted.missed[-1]) == (kind, DUE + DAY)

    def test_a_closed_alarm_does_not_rise(self) -> None:
        closed = heard_safe(opened(), "mother", OPENED)
        assert rise(closed, DURESS, OPENED) == closed
        assert add_missed(closed, (DUE + DAY,), OPENED) == closed


class TestEnds:
    @pytest.mark.parametrize(
        ("kind", "words", "strength", "outcome"),
        [
            (UNPROVEN, True, VERIFIED, Outcome.ANSWERED),
            (UNPROVEN, True, WEAK, None),
            (MISSED, True, VERIFIED, Outcome.ANSWERED),
            (MISSED, True, WEAK, None),
            (MISSED, False, WEAK, Outcome.ANSWERED),
            (SOS, True, VERIFIED, None),
            (SOS, False, WEAK, None),
            (DURESS, True, VERIFIED, None),
            (DURESS, True, WEAK, None),
        ],
    )
    def test_what_a_text_of_the_traveler_ends(
        self, kind: AlarmKind, words: bool, strength: Strength, outcome: Outcome | None
    ) -> None:
        now = OPENED + 10 * MINUTE
        alarm = sign(opened(kind), strength, now, words=words)
        assert (alarm.outcome, alarm.is_open) == (outcome, outcome is None)
        assert alarm.last_sign_at == now

    @pytest.mark.parametrize(("kind", "ends"), [(UNPROVEN, True), (MISSED, True), (SOS, True), (DURESS, False)])
    def test_what_a_voice_heard_ends(self, kind: AlarmKind, ends: bool) -> None:
        alarm = heard_safe(opened(kind), "mother", OPENED)
        assert alarm.is_open is not ends
        assert (alarm.outcome, alarm.closed_by) == ((Outcome.HEARD_SAFE, "mother") if ends else (None, None))

    @pytest.mark.parametrize("at", [DUE - 7 * HOUR, DUE + 30 * HOUR])
    @pytest.mark.parametrize(("strength", "words"), [(WEAK, False), (WEAK, True), (VERIFIED, True)])
    def test_a_row_older_than_the_last_missed_deadline_ends_and_holds_nothing(
        self, at: datetime, strength: Strength, words: bool
    ) -> None:
        """She has been silent since: a text of the morning that reaches us at night says nothing of the evening."""
        alarm = add_missed(opened(), (DUE + 2 * DAY,), OPENED + 2 * DAY)
        found = sign_of_life(alarm, strength, at, OPENED + 2 * DAY, has_words=words)
        assert (found.is_open, found.hold_until, found.last_sign_at) == (True, None, at)

    @pytest.mark.parametrize("outcome", [Outcome.NOT_REACHED, Outcome.AUTHORITIES_TOLD])
    def test_some_outcomes_only_end_the_hold(self, outcome: Outcome) -> None:
        alarm = report(taken(opened(), "mother", OPENED), outcome, "mother", OPENED + MINUTE)
        assert (alarm.is_open, alarm.outcome, alarm.hold_until) == (True, None, None)

    @pytest.mark.parametrize("outcome", [Outcome.HOME, Outcome.FOUND_NO_CONTACT, Outcome.MISTAKEN, Outcome.ANSWERED])
    def test_other_outcomes_close_but_sos_takes_a_caseworker(self, outcome: Outcome) -> None:
        assert report(opened(), outcome, "mother", OPENED).outcome is outcome
        assert report(opened(SOS), outcome, "mother", OPENED).is_open
        assert report(opened(SOS), outcome, "caseworker", OPENED, by_caseworker=True).outcome is outcome
        assert report(opened(DURESS), outcome, "caseworker", OPENED, by_caseworker=True).is_open

    @pytest.mark.parametrize("kind", list(AlarmKind))
    def test_one_person_never_closes_by_two(self, kind: AlarmKind) -> None:
        assert report(opened(kind), Outcome.CLOSED_BY_TWO, "mother", OPENED).is_open

    def test_sos_takes_heard_safe_from_anybody(self) -> None:
        assert report(opened(SOS), Outcome.HEARD_SAFE, "sister", OPENED).outcome is Outcome.HEARD_SAFE

    def test_exhausted_is_open(self) -> None:
        trip = Trip(daily("20:00"))
        trip.advance(3 * DAY)
        assert trip.exhausted
        assert trip.open_kind is MISSED


class TestDuress:
    TRUSTED = frozenset({"mother", "friend", "caseworker"})

    def test_it_takes_two_different_people_of_its_own(self) -> None:
        alarm = close_by(opened(DURESS), "mother", self.TRUSTED, OPENED)
        assert alarm.is_open
        assert close_by(alarm, "mother", self.TRUSTED, OPENED).is_open
        assert close_by(alarm, "sister", self.TRUSTED, OPENED).is_open
        assert close_by(alarm, "friend", self.TRUSTED, OPENED).outcome is Outcome.CLOSED_BY_TWO

    def test_the_operator_may_be_one_of_them(self) -> None:
        alarm = close_by(opened(DURESS), OPERATOR, self.TRUSTED, OPENED)
        assert alarm.is_open
        assert close_by(alarm, OPERATOR, self.TRUSTED, OPENED).is_open
        assert close_by(alarm, "mother", self.TRUSTED, OPENED).outcome is Outcome.CLOSED_BY_TWO

    def test_no_other_kind_is_closed_so(self) -> None:
        for kind in (UNPROVEN, MISSED, SOS):
            assert close_by(opened(kind), "mother", self.TRUSTED, OPENED).closers == frozenset()

    def test_heard_odd_raises_any_kind(self) -> None:
        for kind in AlarmKind:
            assert heard_odd(opened(kind), OPENED).kind is DURESS


class TestObjection:
    """A close is told to everybody who was told; for 2 h any of them may say that something is not right."""

    CLOSED_AT = OPENED + HOUR

    @pytest.mark.parametrize(
        ("outcome", "later", "reopens"),
        [
            (Outcome.ANSWERED, 119 * MINUTE, True),
            (Outcome.ANSWERED, 120 * MINUTE, False),
            (Outcome.CLOSED_BY_TWO, 119 * MINUTE, True),
            (Outcome.CLOSED_BY_TWO, 121 * MINUTE, False),
            (Outcome.MISTAKEN, 119 * MINUTE, True),
            (Outcome.HEARD_SAFE, 121 * MINUTE, True),
            (Outcome.HEARD_SAFE, 71 * HOUR, True),
            (Outcome.HEARD_SAFE, 72 * HOUR, False),
        ],
    )
    def test_how_long(self, outcome: Outcome, later: timedelta, reopens: bool) -> None:
        closed = close(opened(), outcome, "mother", self.CLOSED_AT)
        again = heard_odd(closed, self.CLOSED_AT + later)
        assert again.is_open is reopens
        assert again.kind is (DURESS if reopens else MISSED)

    def test_it_reopens_as_duress_and_is_told_at_once(self) -> None:
        trip = Trip(daily("20:00"))
        trip.advance_to(OPENED)
        trip.heard_safe("mother")
        trip.advance(HOUR)
        trip.heard_odd()
        assert trip.alarm is not None
        assert (trip.alarm.outcome, trip.alarm.closed_at, trip.alarm.closed_by) == (None, None, None)
        assert set(trip.told_since(trip.now)) == {"mother", "friend", "caseworker"}

    def test_heard_odd_beats_heard_safe_whoever_came_first(self) -> None:
        odd_first = heard_safe(heard_odd(opened(), OPENED), "mother", OPENED)
        safe_first = heard_odd(heard_safe(opened(), "mother", OPENED), OPENED)
        assert [(a.is_open, a.kind) for a in (odd_first, safe_first)] == [(True, DURESS)] * 2

    def test_it_takes_two_anew_to_close_it_again(self) -> None:
        audience = TestDuress.TRUSTED
        closed = close_by(close_by(opened(DURESS), "mother", audience, OPENED), "friend", audience, OPENED)
        again = heard_odd(closed, OPENED + HOUR)
        assert close_by(again, "mother", audience, OPENED + HOUR).is_open


class TestHeard:
    """What somebody heard who spoke with her and asked the agreed question."""

    DOUBTS = (Heard.WRONG, Heard.NOT_FREE, Heard.ODD)

    @pytest.mark.parametrize("kind", [UNPROVEN, MISSED, SOS])
    def test_only_the_right_answer_ends_it(self, kind: AlarmKind) -> None:
        """T8: right is her voice heard safe; wrong, "I am not free" and odd are duress, not an end."""
        right = report(opened(kind), Heard.RIGHT.outcome, "mother", OPENED)
        assert (right.is_open, right.outcome, right.closed_by) == (False, Outcome.HEARD_SAFE, "mother")
        for doubt in self.DOUBTS:
            raised = report(opened(kind), doubt.outcome, "mother", OPENED)
            assert (raised.is_open, raised.kind, raised.outcome) == (True, DURESS, None)

    @pytest.mark.parametrize("doubt", DOUBTS)
    def test_no_right_answer_takes_a_doubt_back(self, doubt: Heard) -> None:
        """T8: whoever comes first, and as long as the page of the alarm lives."""
        for said in permutations((Heard.RIGHT, doubt, Heard.RIGHT)):
            alarm, now = opened(), OPENED
            for what in said:
                alarm, now = report(alarm, what.outcome, "somebody", now), now + 20 * HOUR
            assert (alarm.is_open, alarm.kind) == (True, DURESS), said


class TestFoundLate:
    PLAN = daily("20:00")

    def test_in_time_for_every_counted_deadline_it_was_a_mistake(self) -> None:
        alarm = found_late(opened(), (), OPENED)
        assert (alarm.state, alarm.outcome) == (AlarmState.CLOSED, Outcome.MISTAKEN)

    def test_with_one_left_it_goes_on(self) -> None:
        alarm = found_late(add_missed(opened(), (DUE + DAY,), OPENED), (DUE + DAY,), OPENED)
        assert (alarm.is_open, alarm.missed) == (True, (DUE + DAY,))

    def test_it_never_closes_sos_or_duress(self) -> None:
        for kind in (SOS, DURESS):
            assert found_late(rise(opened(), kind, OPENED), (), OPENED).is_open

    def test_as_her_family_meets_it(self) -> None:
        trip = Trip(self.PLAN)
        trip.advance_to(utc("2026-12-01 21:10"))
        assert trip.open_kind is MISSED
        trip.check_in(WEAK, at=utc("2026-12-01 20:31"))
        assert trip.alarm is not None
        assert trip.alarm.outcome is Outcome.MISTAKEN
        before = len(trip.messages)
        trip.advance(8 * HOUR)
        assert len(trip.messages) == before

    def test_two_rows_that_met_one_deadline_each(self) -> None:
        trip = Trip(self.PLAN)
        trip.advance_to(DUE + DAY + HOUR)
        trip.check_in(WEAK, at=DUE + DAY)
        assert trip.open_kind is MISSED
        trip.check_in(WEAK, at=DUE)
        assert trip.alarm is not None
        assert trip.alarm.outcome is Outcome.MISTAKEN

    def test_the_grace_is_the_limit(self) -> None:
        assert in_time(self.PLAN, DUE + 59 * MINUTE, DUE, None)
        assert not in_time(self.PLAN, DUE + HOUR, DUE, None)


class TestHolds:
    def test_60_minutes(self) -> None:
        alarm = taken(opened(), "mother", OPENED)
        assert (alarm.hold_until, alarm.held_by) == (OPENED + HOUR, "mother")

    def test_a_second_person_is_told_who_has_it_and_spends_nothing(self) -> None:
        held = taken(opened(), "mother", OPENED)
        again, answer = acknowledge(held, "sister", OPENED + MINUTE)
        assert (again, answer) == (held, Taken.HELD_BY_OTHER)
        assert taken(again, "sister", OPENED + HOUR).hold_until == OPENED + 2 * HOUR

    def test_one_per_person_and_none_restarts(self) -> None:
        held = taken(opened(), "mother", OPENED)
        assert acknowledge(held, "mother", OPENED + MINUTE) == (held, Taken.ALREADY_HELD)
        for later in (HOUR, 2 * HOUR, 20 * HOUR):
            alarm, answer = acknowledge(held, "mother", OPENED + later)
            assert answer is Taken.NO_HOLD_LEFT
            assert alarm.hold_until in (None, held.hold_until)

    def test_a_rise_does_not_give_a_new_one(self) -> None:
        risen = rise(taken(opened(), "mother", OPENED), DURESS, OPENED + MINUTE)
        assert acknowledge(risen, "mother", OPENED + 2 * MINUTE)[1] is Taken.NO_HOLD_LEFT

    def test_4_hours_together(self) -> None:
        alarm, now = opened(), OPENED
        for person in "abcd":
            alarm = taken(alarm, person, now)
            now += HOUR
        assert acknowledge(alarm, "e", now)[1] is Taken.NO_HOLD_LEFT

    def test_the_last_one_gets_what_is_left(self) -> None:
        alarm, now = opened(), OPENED
        for person in "abc":
            alarm = taken(alarm, person, now)
            now += HOUR
        alarm = cannot(taken(alarm, "d", now), "d", now + 20 * MINUTE)
        assert taken(alarm, "e", now + HOUR).hold_until == now + HOUR + 40 * MINUTE

    def test_a_weak_check_in_during_missed_holds_it_once(self) -> None:
        held = sign(opened(), WEAK, OPENED)
        assert (held.hold_until, held.held_by) == (OPENED + HOUR, BY_CHECK_IN)
        assert sign(held, WEAK, OPENED + 30 * MINUTE).hold_until == OPENED + HOUR
        assert sign(end_hold(held, OPENED + HOUR), WEAK, OPENED + HOUR).hold_until is None

    def test_a_weak_check_in_right_after_a_hold_ran_out_holds_too(self) -> None:
        """Whether the worker has already looked makes no difference."""
        held = taken(opened(), "mother", OPENED)
        for alarm in (held, end_hold(held, OPENED + HOUR)):
            assert sign(alarm, WEAK, OPENED + HOUR).hold_until == OPENED + 2 * HOUR

    def test_a_weak_check_in_holds_no_other_kind(self) -> None:
        for kind in (UNPROVEN, SOS, DURESS):
            assert sign(opened(kind), WEAK, OPENED).hold_until is None

    def test_a_person_takes_over_from_a_check_in(self) -> None:
        held = sign(opened(), WEAK, OPENED)
        assert taken(held, "mother", OPENED + MINUTE).held_by == "mother"

    @pytest.mark.parametrize("what", ["missed", "sos", "rise", "cannot"])
    def test_what_ends_one_at_once(self, what: str) -> None:
        kind = SOS if what == "sos" else MISSED
        trip = Trip(daily("20:00"))
        trip.advance_to(OPENED)
        if kind is SOS:
            trip.sos()
        trip.advance(MINUTE)
        trip.take("mother")
        assert trip.alarm is not None
        assert trip.alarm.hold_until is not None
        trip.advance(16 * MINUTE)
        if what == "missed":
            trip.alarm = add_missed(trip.alarm, (DUE + DAY,), trip.now)
        elif what == "sos":
            trip.sos()
        elif what == "rise":
            trip.alarm = rise(trip.alarm, DURESS, trip.now)
        else:
            trip.alarm = cannot(trip.alarm, "mother", trip.now)
        assert trip.alarm.hold_until is None
        trip.sweep()
        assert trip.told_since(trip.now)

    def test_a_3_by_somebody_else_does_not(self) -> None:
        held = taken(opened(), "mother", OPENED)
        assert cannot(held, "sister", OPENED + MINUTE).hold_until == held.hold_until

    def test_a_closed_alarm_is_not_taken(self) -> None:
        assert acknowledge(heard_safe(opened(), "mother", OPENED), "mother", OPENED)[1] is Taken.CLOSED
