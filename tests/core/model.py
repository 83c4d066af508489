"""A trip in memory: the core put together as the use cases put it together, with a clock that the test turns.

Nothing of the service but `service.core` takes part. `Trip` keeps what was told, paged and reminded, so that a test
reads what people got. `sweep` refuses a core that breaks the contract of its steps, whatever the test is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import HealthCheck, settings

from service.core import alarm as core_alarm
from service.core import watch as core_watch
from service.core.alarm import AlarmKind, AlarmState, AlarmView, Outcome, Strength, Taken
from service.core.ladder import AlarmFacts, Ladder, Notice, Page, Person, Role, Tell, default_ladder, step_alarm
from service.core.plan import DailyTime, Leg, Plan, previous_deadline
from service.core.watch import Reminder, WatchFacts, WatchState, WatchView, step_watch

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FAIL_OPEN_AFTER = 15 * MINUTE

# The same examples on every run; a slow machine is not a broken property.
PROVEN = settings(
    max_examples=120,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

WEAK, VERIFIED = Strength.WEAK, Strength.VERIFIED


def utc(text: str) -> datetime:
    """An ISO date and time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


START = utc("2026-12-01 12:00")  # a Tuesday


def daily(*times: str, since: datetime = START, once: Iterable[datetime] = (), max_weak: int = 3) -> Plan:
    """Check-ins at these times of the day, in UTC."""
    due = tuple(DailyTime(time.fromisoformat(at)) for at in times)
    return Plan(since, (Leg(since, "UTC", "KZ"),), daily=due, once=tuple(once), max_weak=max_weak)


def every(hours: float, since: datetime = START, once: Iterable[datetime] = (), max_weak: int = 3) -> Plan:
    """A check-in every so many hours since the last one."""
    legs = (Leg(since, "UTC", "KZ"),)
    return Plan(since, legs, every=timedelta(hours=hours), once=tuple(once), max_weak=max_weak)


MOTHER = Person("mother", Role.FULL)
SISTER = Person("sister", Role.CALL)
FRIEND = Person("friend", Role.FULL)
CASEWORKER = Person("caseworker", Role.CASEWORKER)
FAMILY = (MOTHER, SISTER, FRIEND, CASEWORKER)


@dataclass(frozen=True, slots=True)
class Told:
    """A message that left for a person. `counted` is the number of missed deadlines that it names."""

    alarm: int  # the trip's first is 1
    at: datetime
    person: str
    notice: Notice
    kind: AlarmKind
    step: int
    counted: int


@dataclass
class Trip:
    """An armed trip. The values that a restart keeps are `watch`, `alarm`, `told`, `pending` and `look_at`."""

    plan: Plan
    people: tuple[Person, ...] = FAMILY
    has_words: bool = True
    now: datetime = START
    ladder: Ladder | None = None
    watch: WatchView = field(init=False)
    alarm: AlarmView | None = None
    told: frozenset[str] = frozenset()
    pending: tuple[str, ...] = ()
    look_at: datetime | None = None
    provider_up: bool = True
    silent_since: datetime | None = None
    brake_until: datetime | None = None
    end_waits: bool = False
    messages: list[Told] = field(default_factory=list)
    pages: list[tuple[datetime, Page]] = field(default_factory=list)
    reminders: list[tuple[datetime, Reminder]] = field(default_factory=list)
    opened: list[tuple[datetime, AlarmKind]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = core_watch.arm(self.plan, self.now)
        self.sweep()

    # What is true now

    @property
    def open_kind(self) -> AlarmKind | None:
        return self.alarm.kind if self.alarm is not None and self.alarm.is_open else None

    @property
    def climb(self) -> Ladder:
        return self.ladder or default_ladder(self.people)

    def watch_facts(self) -> WatchFacts:
        read_until = None
        if self.silent_since is not None and self.now < self.silent_since + FAIL_OPEN_AFTER:
            read_until = self.silent_since
        return WatchFacts(
            has_words=self.has_words,
            alarm_open=self.open_kind is not None,
            read_until=read_until,
            brake_until=self.brake_until,
        )

    def alarm_facts(self) -> AlarmFacts:
        return AlarmFacts(self.people, self.told)

    def told_since(self, moment: datetime) -> list[str]:
        """Who was alerted from `moment` on, in order."""
        return [m.person for m in self.messages if m.at >= moment and m.notice is Notice.ALERT]

    # Time

    def advance_to(self, moment: datetime) -> None:
        """Time passes and the worker runs: it looks at every instant that it asked for."""
        looks = 0
        while self.look_at is not None and self.look_at <= moment:
            self.now = max(self.now, self.look_at)
            self.sweep()
            looks += 1
            assert looks < 50_000, "the core keeps asking to be looked at"
        self.now = max(self.now, moment)

    def advance(self, span: timedelta) -> None:
        self.advance_to(self.now + span)

    def sleep(self, span: timedelta) -> None:
        """Time passes and nobody runs; then the worker is back."""
        self.now += span
        self.sweep()

    def sweep(self) -> None:
        """One look at the watch and at the alarm, as SWEEP does it."""
        self._send_pending()
        facts = self.watch_facts()
        decision = step_watch(self.watch, self.plan, facts, self.now)
        assert decision == step_watch(self.watch, self.plan, facts, self.now), "the same look decides the same"
        self.watch = decision.watch
        self.reminders += [(self.now, reminder) for reminder in decision.reminders]
        looks = [decision.look_again_at]
        if decision.missed:
            self._open_or(AlarmKind.MISSED, decision.missed)
        elif decision.unproven:
            self._open_or(AlarmKind.UNPROVEN)
        again = step_watch(self.watch, self.plan, self.watch_facts(), self.now)
        assert replace(again, look_again_at=None) == core_watch.WatchDecision(self.watch, braked=again.braked)
        looks.append(self._sweep_alarm())
        for look in looks:
            assert look is None or look > self.now, "a look that lies in the past makes the worker spin"
        self.look_at = min((look for look in looks if look is not None), default=None)

    def _sweep_alarm(self) -> datetime | None:
        if self.alarm is None or not self.alarm.is_open:
            return None
        decision = step_alarm(self.alarm, self.climb, self.alarm_facts(), self.now)
        self.alarm = decision.alarm
        self._write(decision.tells)
        self.pages += [(self.now, page) for page in decision.pages]
        again = step_alarm(self.alarm, self.climb, self.alarm_facts(), self.now)
        assert (again.alarm, again.tells, again.pages) == (self.alarm, (), ()), "a second look does nothing"
        assert again.look_again_at is not None, "an open alarm is looked at again"
        return again.look_again_at

    def _write(self, tells: tuple[Tell, ...]) -> None:
        assert self.alarm is not None
        alerts = [tell for tell in tells if tell.notice is Notice.ALERT]
        assert len({tell.person for tell in alerts}) == len(alerts), "a person is told once a step"
        assert len({tell.step for tell in alerts}) <= 1, "never two told rungs in one step"
        kind, counted = self.alarm.kind, len(self.alarm.missed)
        number = len(self.opened)
        self.messages += [Told(number, self.now, t.person, t.notice, kind, t.step, counted) for t in tells]
        self.pending = (*self.pending, *(tell.person for tell in alerts))
        self._send_pending()

    def _send_pending(self) -> None:
        if self.pending and self.provider_up and self.alarm is not None:
            self.told |= frozenset(self.pending)
            if self.alarm.is_open and self.alarm.accepted_at is None and self.alarm.told_at is not None:
                self.alarm = replace(self.alarm, accepted_at=self.now)
            self.pending = ()

    def _open_or(self, kind: AlarmKind, missed: tuple[datetime, ...] = ()) -> None:
        if self.alarm is not None and self.alarm.is_open:
            raised = core_alarm.add_missed(self.alarm, missed, self.now)
            self.alarm = core_alarm.rise(raised, kind, self.now)
            return
        self.alarm = core_alarm.open_alarm(kind, self.now, missed, blind_since=self.silent_since)
        self.told, self.pending = frozenset(), ()
        self.opened.append((self.now, kind))

    def _alarm_became(self, alarm: AlarmView) -> None:
        was_open = self.open_kind is not None
        self.alarm = alarm
        if was_open and not alarm.is_open:
            self.pending = ()
            if alarm.outcome is Outcome.MISTAKEN:
                self.watch = core_watch.after_mistake(self.watch)
            if self.end_waits:
                self.watch = core_watch.end(self.watch)

    # What the traveler does

    def check_in(self, strength: Strength = WEAK, at: datetime | None = None) -> tuple[datetime, ...]:
        """A check-in that happened at `at` (now when left out) reaches us now. Gives the deadlines satisfied."""
        at = at or self.now
        checked = core_watch.check_in(self.watch, self.plan, at, strength)
        self.watch = checked.watch
        if self.alarm is not None and self.alarm.is_open:
            still = tuple(d for d in self.alarm.missed if not self._was_in_time(at, d))
            alarm = core_alarm.found_late(self.alarm, still, self.now)
            alarm = core_alarm.sign_of_life(alarm, strength, at, self.now, has_words=self.has_words)
            self._alarm_became(alarm)
        self.sweep()
        return checked.satisfied

    def _was_in_time(self, at: datetime, deadline: datetime) -> bool:
        return core_watch.in_time(self.plan, at, deadline, previous_deadline(self.plan, deadline))

    def duress_word(self) -> None:
        self.watch = core_watch.check_in(self.watch, self.plan, self.now, VERIFIED).watch
        if self.watch.state is WatchState.ARMED:
            self._open_or(AlarmKind.DURESS)
        self.sweep()

    def sos(self) -> None:
        if self.open_kind is not None and self.alarm is not None:
            self.alarm = core_alarm.repeat_sos(self.alarm, self.now)
        elif self.watch.state is WatchState.ARMED:
            self._open_or(AlarmKind.SOS)
        self.sweep()

    def late(self, until: datetime) -> None:
        self.watch = core_watch.be_late(self.watch, self.plan, until)
        self.sweep()

    def replan(self, plan: Plan, *, may_postpone: bool = False) -> None:
        self.plan = plan
        self.watch = core_watch.replan(self.watch, plan, self.now, may_postpone=may_postpone)
        self.sweep()

    def end(self) -> None:
        """She is home, by safe word. With an alarm open that waits for its close."""
        if self.open_kind is not None:
            self.end_waits = True
        else:
            self.watch = core_watch.end(self.watch)
        self.sweep()

    # What her people do

    def take(self, person: str) -> Taken | None:
        if self.alarm is None:
            return None
        self.alarm, taken = core_alarm.acknowledge(self.alarm, person, self.now)
        self.sweep()
        return taken

    def heard_safe(self, person: str) -> None:
        if self.alarm is not None and self.open_kind is not None:
            heard = core_alarm.heard_safe(self.alarm, person, self.now)
            self._alarm_became(heard)
            if not heard.is_open:
                self.watch = core_watch.check_in(self.watch, self.plan, self.now, VERIFIED).watch
        self.sweep()

    def cannot(self, person: str) -> None:
        if self.alarm is not None:
            self.alarm = core_alarm.cannot(self.alarm, person, self.now)
        self.sweep()

    def heard_odd(self) -> None:
        if self.alarm is not None and self.watch.state is WatchState.ARMED:
            self.alarm = core_alarm.heard_odd(self.alarm, self.now)
        self.sweep()

    def report(self, outcome: Outcome, person: str) -> None:
        if outcome is Outcome.HEARD_SAFE:
            self.heard_safe(person)
        elif self.alarm is not None and self.alarm.is_open:
            self._alarm_became(core_alarm.report(self.alarm, outcome, person, self.now))
        self.sweep()

    def close_by(self, person: str, audience: frozenset[str]) -> None:
        if self.alarm is not None and self.alarm.is_open:
            self._alarm_became(core_alarm.close_by(self.alarm, person, audience, self.now))
        self.sweep()

    def change(self, person: str, *, accepted: bool | None = None, reachable: bool | None = None) -> None:
        """Somebody accepted, or every channel of theirs failed for good or said STOP."""
        self.people = tuple(
            p
            if p.id != person
            else replace(
                p,
                accepted=p.accepted if accepted is None else accepted,
                reachable=p.reachable if reachable is None else reachable,
            )
            for p in self.people
        )
        self.sweep()

    @property
    def exhausted(self) -> bool:
        return self.alarm is not None and self.alarm.state is AlarmState.EXHAUSTED
