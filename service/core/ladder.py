"""What an alarm does now: tell whom, hold, wait, repeat, end, give up loudly.

`step_alarm` is total, deterministic and idempotent: stepping the stepped value at the same instant changes nothing,
at most one rung is told in one step, and it says when to look again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.core.alarm import AlarmKind, AlarmState, AlarmView, end_hold

FIRST_WAIT = timedelta(minutes=15)
SECOND_WAIT = timedelta(minutes=30)
REPEAT = timedelta(minutes=60)
LONGEST_REPEAT = timedelta(hours=4)
EXHAUSTED_AFTER = timedelta(hours=24)
DAILY = timedelta(hours=24)
UNPROVEN_WAIT = timedelta(hours=24)
WEEKLY = timedelta(days=7)


class Role(StrEnum):
    CALL = "call"
    FULL = "full"
    CASEWORKER = "caseworker"


class Notice(StrEnum):
    """What a person is told of an alarm."""

    ALERT = "alert"
    STAND_BACK = "stand_back"


class Page(StrEnum):
    """Why the operator is paged."""

    EXHAUSTED = "exhausted"
    NOBODY_LEFT = "nobody_left"


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as the ladder sees her: reachable is false when every channel failed for good or said STOP."""

    id: str
    role: Role = Role.FULL
    accepted: bool = True
    reachable: bool = True

    @property
    def can_be_told(self) -> bool:
        return self.accepted and self.reachable


@dataclass(frozen=True, slots=True)
class Rung:
    people: tuple[str, ...]
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs in order. `repeat` is the first pause between tellings of the last rung; it doubles, to 4 h at most."""

    rungs: tuple[Rung, ...]
    repeat: timedelta = REPEAT


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What the step needs besides the alarm: people in their order, and those who were told of it."""

    people: tuple[Person, ...]
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tell:
    person: str
    notice: Notice
    step: int


@dataclass(frozen=True, slots=True)
class AlarmDecision:
    alarm: AlarmView
    tells: tuple[Tell, ...] = ()
    pages: tuple[Page, ...] = ()
    look_again_at: datetime | None = None


def default_ladder(people: Sequence[Person], repeat: timedelta = REPEAT) -> Ladder:
    """The first accepted contact, 15 min; all contacts, 30 min; all and the caseworkers."""
    family = tuple(p.id for p in people if p.role is not Role.CASEWORKER)
    first = next((p.id for p in people if p.role is not Role.CASEWORKER and p.accepted), None)
    rungs = (
        Rung((first,) if first else family[:1], FIRST_WAIT),
        Rung(family, SECOND_WAIT),
        Rung(tuple(p.id for p in people), SECOND_WAIT),
    )
    return Ladder(rungs, repeat)


def audience(kind: AlarmKind, people: Sequence[Person]) -> frozenset[str]:
    """Who may be told of an alarm of this kind. Duress: role full and caseworkers; with none of them, all accepted."""
    accepted = [p for p in people if p.accepted]
    if kind is not AlarmKind.DURESS:
        return frozenset(p.id for p in accepted)
    trusted = [p for p in accepted if p.role in (Role.FULL, Role.CASEWORKER)]
    return frozenset(p.id for p in trusted or accepted)


def ladder_of(kind: AlarmKind, ladder: Ladder, people: Sequence[Person]) -> Ladder:
    """The ladder that this kind climbs, its last rung holding everybody in its audience."""
    everybody = tuple(p.id for p in people if p.id in audience(kind, people))
    if kind in (AlarmKind.SOS, AlarmKind.DURESS):
        return Ladder((Rung(everybody, ladder.repeat),), ladder.repeat)
    if kind is AlarmKind.UNPROVEN:
        caseworkers = {p.id for p in people if p.role is Role.CASEWORKER}
        named = [i for rung in ladder.rungs for i in rung.people] + [p.id for p in people]
        one_by_one = [i for i in dict.fromkeys(named) if i not in caseworkers]
        rungs = tuple(Rung((i,), UNPROVEN_WAIT) for i in one_by_one)
        return Ladder((*rungs, Rung(everybody, WEEKLY)), WEEKLY)
    last = ladder.rungs[-1] if ladder.rungs else Rung((), SECOND_WAIT)
    return Ladder((*ladder.rungs[:-1], Rung(everybody, last.wait)), ladder.repeat)


def tells_by_all_ways(alarm: AlarmView, ladder: Ladder, people: Sequence[Person]) -> bool:
    """Whether each is told by all of her addresses at once: on the last rung, after which there is nobody else. Not of
    an `unproven` alarm, whose waits are days."""
    if alarm.kind is AlarmKind.UNPROVEN:
        return False
    return alarm.rung >= len(ladder_of(alarm.kind, ladder, people).rungs) - 1


def step_alarm(alarm: AlarmView, ladder: Ladder, facts: AlarmFacts, now: datetime) -> AlarmDecision:
    """Decide what an alarm does at `now`.

    1. A closed alarm does nothing; what was done "later" (the clock was set back) counts as done now.  2. A hold that
    has run out ends.  3. While duress is open, people without the role who had been told are asked once to stand back.
    4. After 24 h the alarm is exhausted: the operator is paged, and it goes on daily (an unproven one goes on weekly by
    its own ladder).  5. When no hold runs and the next rung is due, it is told, with everybody on the rungs before it;
    rungs with nobody left are passed over.
    6. Look again at the earliest instant at which any of this could change.
    """
    if not alarm.is_open:
        return AlarmDecision(alarm)
    alarm = _not_later(alarm, now)
    if alarm.hold_until is not None and alarm.hold_until <= now:
        alarm = end_hold(alarm, now)
    alarm, tells = _stand_back(alarm, facts)
    pages: tuple[Page, ...] = ()
    if alarm.state is AlarmState.OPEN and _exhausts_at(alarm) is not None and now >= alarm.clock_from + EXHAUSTED_AFTER:
        alarm = replace(alarm, state=AlarmState.EXHAUSTED)
        pages = (Page.EXHAUSTED,)
    climb = ladder_of(alarm.kind, ladder, facts.people)
    if alarm.hold_until is None and _due_at(alarm, climb, facts) <= now:
        alarm, told = _tell_next_rung(alarm, climb, facts, now)
        tells += told
        if not told:
            pages += (Page.NOBODY_LEFT,)
    return AlarmDecision(alarm, tells, pages, _look_again_at(alarm, climb, facts))


def _not_later(alarm: AlarmView, now: datetime) -> AlarmView:
    """A ladder whose clock was set back waits its own waits from now on, not until the clock has caught up."""
    happened = [alarm.clock_from, *(at for at in (alarm.told_at, alarm.accepted_at, alarm.hold_from) if at is not None)]
    if max(happened) <= now:
        return alarm
    span = alarm.hold_until - alarm.hold_from if alarm.hold_until and alarm.hold_from else None
    hold_from = min(alarm.hold_from, now) if alarm.hold_from else None
    return replace(
        alarm,
        clock_from=min(alarm.clock_from, now),
        told_at=min(alarm.told_at, now) if alarm.told_at else None,
        accepted_at=min(alarm.accepted_at, now) if alarm.accepted_at else None,
        hold_from=hold_from,
        hold_until=hold_from + span if hold_from and span is not None else alarm.hold_until,
    )


def _stand_back(alarm: AlarmView, facts: AlarmFacts) -> tuple[AlarmView, tuple[Tell, ...]]:
    if alarm.kind is not AlarmKind.DURESS:
        return alarm, ()
    outside = facts.told - audience(AlarmKind.DURESS, facts.people) - alarm.stood_back
    reachable = {p.id for p in facts.people if p.can_be_told}
    tells = tuple(Tell(p, Notice.STAND_BACK, 0) for p in sorted(outside & reachable))
    return replace(alarm, stood_back=alarm.stood_back | (outside & reachable)), tells


def _tellable(rungs: Sequence[Rung], alarm: AlarmView, facts: AlarmFacts) -> tuple[str, ...]:
    able = {p.id for p in facts.people if p.can_be_told} - alarm.cannot
    able &= audience(alarm.kind, facts.people)
    return tuple(dict.fromkeys(i for rung in rungs for i in rung.people if i in able))


def _tell_next_rung(
    alarm: AlarmView, climb: Ladder, facts: AlarmFacts, now: datetime
) -> tuple[AlarmView, tuple[Tell, ...]]:
    last = len(climb.rungs) - 1
    at_last = alarm.rung >= last
    rung = min(alarm.rung + 1, last)
    while rung < last and not _tellable((climb.rungs[rung],), alarm, facts):
        rung += 1
    told_rungs = (climb.rungs[rung],) if alarm.kind is AlarmKind.UNPROVEN else climb.rungs[: rung + 1]
    step = alarm.step + 1
    tells = tuple(Tell(person, Notice.ALERT, step) for person in _tellable(told_rungs, alarm, facts))
    repeats = alarm.repeats + 1 if at_last else 0
    stepped = replace(alarm, rung=rung, step=step, told_at=now, accepted_at=None, repeats=repeats)
    return stepped, tells


def _due_at(alarm: AlarmView, climb: Ladder, facts: AlarmFacts) -> datetime:
    """When the next rung is due, holds left aside. At once when nobody on the present rung can be told any more."""
    if alarm.told_at is None or alarm.rung < 0:
        return alarm.clock_from
    last = len(climb.rungs) - 1
    base = alarm.accepted_at or alarm.told_at
    if alarm.rung >= last:
        return base + _repeat(alarm, climb)
    if not _tellable((climb.rungs[alarm.rung],), alarm, facts):
        return alarm.told_at
    return base + climb.rungs[alarm.rung].wait


def _repeat(alarm: AlarmView, climb: Ladder) -> timedelta:
    if alarm.kind is AlarmKind.UNPROVEN:
        return WEEKLY
    if alarm.state is AlarmState.EXHAUSTED:
        return DAILY
    longest = max(LONGEST_REPEAT, climb.repeat)
    doublings: int = 2 ** min(alarm.repeats, 8)
    return min(climb.repeat * doublings, longest)


def _exhausts_at(alarm: AlarmView) -> datetime | None:
    return None if alarm.kind is AlarmKind.UNPROVEN else alarm.clock_from + EXHAUSTED_AFTER


def _look_again_at(alarm: AlarmView, climb: Ladder, facts: AlarmFacts) -> datetime:
    moments = [alarm.hold_until or _due_at(alarm, climb, facts)]
    exhausts_at = _exhausts_at(alarm)
    if alarm.state is AlarmState.OPEN and exhausts_at is not None:
        moments.append(exhausts_at)
    return min(moments)
