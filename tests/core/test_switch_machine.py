"""A trip lives through anything that may happen, in any order, and the promises hold after every event.

`Trip.sweep` itself refuses a look that is not total, deterministic, idempotent and ahead, and two rungs in one step.
"""

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from service.core.alarm import OPERATOR, AlarmKind, Outcome, Strength
from service.core.ladder import Notice, audience
from service.core.plan import Plan
from service.core.watch import WatchState
from tests.core.model import DAY, FAIL_OPEN_AFTER, FAMILY, HOUR, MINUTE, PROVEN, START, Trip, daily, every

PLANS = (daily("20:00"), daily("08:00", "20:00"), every(12), every(24, once=[START + 30 * HOUR]), every(48))
LONGEST_GAP = 48 * HOUR
BRAKE = 5 * MINUTE
names = st.sampled_from([person.id for person in FAMILY])
waits = st.sampled_from([MINUTE, 10 * MINUTE, 31 * MINUTE, HOUR, 5 * HOUR, 13 * HOUR, DAY, 3 * DAY])


class TripMachine(RuleBasedStateMachine):
    """Every rule is an event of the switch; every invariant a sentence that must hold after it."""

    trip: Trip

    @initialize(plan=st.sampled_from(PLANS), words=st.booleans(), absent=names)
    def depart(self, plan: Plan, words: bool, absent: str) -> None:
        people = tuple(p for p in FAMILY if p.id != absent)
        self.trip = Trip(plan, people, has_words=words)
        self.ended_at: datetime | None = None
        self.highest: dict[int, int] = {}
        self.seen_missed: set[datetime] = set()
        self.checked = 0
        self.back_at = START

    # The traveler

    @rule(strength=st.sampled_from(Strength))
    def she_checks_in(self, strength: Strength) -> None:
        before = self.trip.watch
        self.trip.check_in(strength)
        if before.state is WatchState.ARMED:
            assert self.trip.watch.missed == ()
            assert self.trip.watch.deadline is None or self.trip.watch.deadline > self.trip.now

    @rule(back=st.sampled_from([MINUTE, HOUR, 7 * HOUR, 2 * DAY]), strength=st.sampled_from(Strength))
    def a_row_arrives_late(self, back: timedelta, strength: Strength) -> None:
        before, newest = self.trip.watch.deadline, self.trip.watch.last_check_in_at
        at = max(START, self.trip.now - back)
        self.trip.check_in(strength, at)
        after = self.trip.watch.deadline
        if before is not None and after is not None and newest is not None and at < newest:
            assert after >= before

    @rule(until=waits)
    def she_will_be_late(self, until: timedelta) -> None:
        before = self.trip.watch.deadline
        self.trip.late(self.trip.now + until)
        after = self.trip.watch.deadline
        if before is not None and after is not None and before not in self.trip.watch.missed:
            assert before <= after <= before + 12 * HOUR

    @rule()
    def she_asks_for_help(self) -> None:
        self.trip.sos()
        if self.trip.watch.state is WatchState.ARMED:
            assert self.trip.open_kind in (AlarmKind.SOS, AlarmKind.DURESS)

    @rule(sure=st.integers(0, 3))
    def she_gives_the_duress_word(self, sure: int) -> None:
        if self.trip.has_words and sure == 0:
            as_safe = Trip(self.trip.plan)
            as_safe.watch, as_safe.now = self.trip.watch, self.trip.now
            as_safe.check_in(Strength.VERIFIED)
            self.trip.duress_word()
            assert self.trip.watch.deadline == as_safe.watch.deadline, "a duress word looks like a safe word"
            if self.trip.watch.state is WatchState.ARMED:
                assert self.trip.open_kind is AlarmKind.DURESS

    @rule(plan=st.sampled_from(PLANS), may_postpone=st.booleans())
    def the_plan_changes(self, plan: Plan, may_postpone: bool) -> None:
        before = self.trip.watch.deadline
        self.trip.replan(plan, may_postpone=may_postpone and self.trip.open_kind is None)
        after = self.trip.watch.deadline
        if not may_postpone and before is not None and after is not None:
            assert after <= before or before in self.trip.watch.missed

    @rule(sure=st.integers(0, 9))
    def she_is_home(self, sure: int) -> None:
        if sure == 0:
            self.trip.end()

    # Her people

    @rule(person=names)
    def somebody_takes_it(self, person: str) -> None:
        self.trip.take(person)

    @rule(person=names)
    def somebody_heard_her(self, person: str) -> None:
        before = self.trip.open_kind
        self.trip.heard_safe(person)
        if before is AlarmKind.DURESS:
            assert self.trip.open_kind is AlarmKind.DURESS

    @rule(person=names)
    def somebody_cannot(self, person: str) -> None:
        self.trip.cannot(person)

    @rule(sure=st.integers(0, 3))
    def somebody_finds_it_odd(self, sure: int) -> None:
        if sure == 0:
            self.trip.heard_odd()

    @rule(outcome=st.sampled_from([o for o in Outcome if o is not Outcome.HEARD_ODD]), person=names)
    def an_outcome_is_reported(self, outcome: Outcome, person: str) -> None:
        self.trip.report(outcome, person)

    @rule(person=st.one_of(names, st.just(OPERATOR)))
    def one_of_two_closes_it(self, person: str) -> None:
        self.trip.close_by(person, audience(AlarmKind.DURESS, self.trip.people))

    @rule(person=names, reachable=st.booleans())
    def a_number_says_stop_or_works_again(self, person: str, reachable: bool) -> None:
        self.trip.change(person, reachable=reachable)

    @rule(person=names, accepted=st.booleans())
    def somebody_accepts_or_leaves(self, person: str, accepted: bool) -> None:
        self.trip.change(person, accepted=accepted)

    # The world

    @rule(span=waits)
    def time_passes(self, span: timedelta) -> None:
        since = self.trip.now
        kind = self.trip.open_kind
        self.trip.advance(span)
        self._nothing_is_overdue()
        if kind not in (None, AlarmKind.UNPROVEN) and span >= 3 * DAY:
            voices = [m.at for m in self.trip.messages] + [at for at, _ in self.trip.pages]
            assert any(at >= since for at in voices), "an open alarm is never silent"

    def _nothing_is_overdue(self) -> None:
        deadline, plan = self.trip.watch.deadline, self.trip.plan
        if deadline is not None:
            latest = max(deadline, self.back_at) + plan.grace * 1.5 + FAIL_OPEN_AFTER + BRAKE + MINUTE
            assert self.trip.now <= latest, "a missed deadline is handed to an alarm"

    @rule(span=st.sampled_from([3 * HOUR, 2 * DAY, 40 * DAY]))
    def we_are_down(self, span: timedelta) -> None:
        told_before = len(self.trip.messages)
        was_open = self.trip.open_kind
        self.trip.sleep(span)
        self.back_at = self.trip.now
        steps = {m.step for m in self.trip.messages[told_before:] if m.notice is Notice.ALERT}
        assert len(steps) <= 1, "downtime makes no burst"
        if was_open is None and self.trip.open_kind is AlarmKind.MISSED:
            assert self.trip.reminders, "she was asked before anybody was told"

    @rule()
    def we_restart(self) -> None:
        self.trip.look_at = None
        self.trip.sweep()

    @rule(up=st.booleans())
    def the_provider_goes_or_comes(self, up: bool) -> None:
        self.trip.provider_up = up
        self.trip.sweep()

    @rule(silent=st.booleans())
    def a_source_falls_silent_or_is_proven(self, silent: bool) -> None:
        if not silent:
            self.trip.silent_since = None
        elif self.trip.silent_since is None:
            self.trip.silent_since = self.trip.now
        self.trip.sweep()

    @rule()
    def a_storm_is_braked(self) -> None:
        if self.trip.brake_until is None or self.trip.brake_until <= self.trip.now:
            self.trip.brake_until = self.trip.now + BRAKE
        self.trip.sweep()

    # What holds after each

    @invariant()
    def messages_reach_only_who_may_have_them(self) -> None:
        for message in self.trip.messages[self.checked :]:
            person = next(p for p in self.trip.people if p.id == message.person)
            # Within one rule people change before anybody is told, never after.
            assert person.accepted
            assert person.reachable
            if message.kind is AlarmKind.DURESS and message.notice is Notice.ALERT:
                assert person.id in audience(AlarmKind.DURESS, self.trip.people)
        self.checked = len(self.trip.messages)

    @invariant()
    def the_kind_of_an_alarm_only_rises(self) -> None:
        if self.trip.alarm is not None:
            rank = self.trip.alarm.kind.rank
            assert rank >= self.highest.get(len(self.trip.opened), 0)
            self.highest[len(self.trip.opened)] = rank

    @invariant()
    def nobody_is_asked_to_stand_back_twice(self) -> None:
        asked = [(m.alarm, m.person) for m in self.trip.messages if m.notice is Notice.STAND_BACK]
        assert len(set(asked)) == len(asked)

    @invariant()
    def holds_are_short(self) -> None:
        alarm = self.trip.alarm
        if alarm is not None and alarm.hold_from is not None and alarm.hold_until is not None:
            assert alarm.hold_until - alarm.hold_from <= HOUR
            assert alarm.held + (alarm.hold_until - alarm.hold_from) <= 4 * HOUR
            assert alarm.is_open

    @invariant()
    def an_open_alarm_is_looked_at_again(self) -> None:
        if self.trip.open_kind is not None:
            assert self.trip.look_at is not None
            longest = 7 * DAY if self.trip.open_kind is AlarmKind.UNPROVEN else DAY
            assert self.trip.look_at <= self.trip.now + longest

    @invariant()
    def nothing_that_she_answered_is_missed(self) -> None:
        watch = self.trip.watch
        fresh = set(watch.missed) - self.seen_missed
        assert watch.last_check_in_at is None or all(deadline > watch.last_check_in_at for deadline in fresh)
        self.seen_missed |= fresh

    @invariant()
    def no_deadline_lies_further_ahead_than_a_plan_and_one_late(self) -> None:
        if self.trip.watch.deadline is not None:
            assert self.trip.watch.deadline <= self.trip.now + 2 * LONGEST_GAP + 12 * HOUR

    @invariant()
    def an_armed_watch_has_a_deadline(self) -> None:
        assert (self.trip.watch.deadline is None) == (self.trip.watch.state is WatchState.ENDED)

    @precondition(lambda self: self.trip.watch.state is WatchState.ENDED)
    @invariant()
    def an_ended_trip_stays_quiet(self) -> None:
        self.ended_at = self.ended_at or self.trip.now
        assert all(at <= self.ended_at for at, _ in self.trip.reminders)
        assert all(at <= self.ended_at for at, _ in self.trip.opened)


TestSwitchMachine = TripMachine.TestCase
TestSwitchMachine.settings = settings(PROVEN, max_examples=60, stateful_step_count=30)
