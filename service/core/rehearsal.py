"""What a rehearsal does now: tell the next rung, wait, end. It is never an alarm, and no alarm is opened by it.

`step_rehearsal` is total, deterministic and idempotent, as the ladder of an alarm is: stepping the stepped value at the
same instant changes nothing, at most one rung is told in one step, and it says when to look again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.core.alarm import AlarmKind
from service.core.ladder import Ladder, Person, Rung, ladder_of

LONGEST_WAIT = timedelta(minutes=2)
"""Nobody sits before a screen for the waits of a real alarm."""
SHORTEST_WAIT = timedelta(seconds=1)
ENDS_AFTER = timedelta(hours=24)


class RehearsalState(StrEnum):
    """`silent`: a real alarm has opened. It goes on as if it told people, and tells nobody."""

    RUNNING = "running"
    SILENT = "silent"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A person whose turn came at `at`. `answered_at` and `via` say when she answered first, and by what."""

    person: str
    at: datetime
    answered_at: datetime | None = None
    via: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalView:
    """One rehearsal as the core sees it. People are named by their contact id.

    rung is the last rung told (-1: none yet), rung_at is when its messages were written and accepted_at when a provider
    first took one of them. Nobody stands twice in told. is_silent stays true after the end.
    """

    started_at: datetime
    is_silent: bool = False
    rung: int = -1
    rung_at: datetime | None = None
    accepted_at: datetime | None = None
    told: tuple[Rehearsed, ...] = ()
    ended_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    @property
    def state(self) -> RehearsalState:
        if self.is_over:
            return RehearsalState.ENDED
        return RehearsalState.SILENT if self.is_silent else RehearsalState.RUNNING

    def of(self, person: str) -> Rehearsed | None:
        """What became of one person, None before her turn."""
        return next((one for one in self.told if one.person == person), None)

    def waits_for(self, person: str) -> bool:
        """Whether she was told, has not answered, and still may."""
        one = self.of(person)
        return not self.is_over and one is not None and one.answered_at is None


@dataclass(frozen=True, slots=True)
class RehearsalFacts:
    """What the step needs besides the rehearsal: people in their order, whether an alarm is open, the longest wait."""

    people: tuple[Person, ...]
    alarm_open: bool = False
    longest_wait: timedelta = LONGEST_WAIT


@dataclass(frozen=True, slots=True)
class RehearsalDecision:
    """`tells` are written by the caller; a silent rehearsal has none."""

    rehearsal: RehearsalView
    tells: tuple[str, ...] = ()
    look_again_at: datetime | None = None


def step_rehearsal(rehearsal: RehearsalView, ladder: Ladder, facts: RehearsalFacts, now: datetime) -> RehearsalDecision:
    """Decide what a rehearsal does at `now`.

    1. One that has ended does nothing.  2. With an alarm open it falls silent, for good: what it shows goes on as on
    any day, and nobody is told.  3. When the next rung is due, those on it who accepted, can be reached and had no turn
    yet are told; rungs without such people are passed over. The first is due at once; the next when everybody told so
    far has answered, or when the rung's wait, the longest wait at most, has passed since a provider first took one of
    its messages (since they were written, when none did).  4. It ends when everybody has had a turn and has answered,
    or 24 h after its last turn. People who cannot be reached any more are not waited for.
    5. Look again at the earliest instant at which any of this could change.

    Killed here: nothing of the step is written, and it is due again.
    """
    if rehearsal.is_over:
        return RehearsalDecision(rehearsal)
    if facts.alarm_open:
        rehearsal = replace(rehearsal, is_silent=True)
    rungs = ladder_of(AlarmKind.MISSED, ladder, facts.people).rungs
    following = _following(rehearsal, rungs, facts)
    turns: tuple[str, ...] = ()
    if following is not None and _due_at(rehearsal, rungs, facts) <= now:
        turns = _turns(rehearsal, rungs[following], facts)
        told = tuple(Rehearsed(person, now) for person in turns)
        rehearsal = replace(rehearsal, rung=following, rung_at=now, accepted_at=None, told=(*rehearsal.told, *told))
        following = _following(rehearsal, rungs, facts)
    ends_at = (rehearsal.rung_at or rehearsal.started_at) + ENDS_AFTER
    if now >= ends_at or (following is None and not _waited_for(rehearsal, facts)):
        return RehearsalDecision(end_rehearsal(rehearsal, now), _aloud(rehearsal, turns))
    moments = [ends_at] if following is None else [ends_at, _due_at(rehearsal, rungs, facts)]
    return RehearsalDecision(rehearsal, _aloud(rehearsal, turns), min(moments))


def answer_rehearsal(rehearsal: RehearsalView, person: str, at: datetime, via: str) -> RehearsalView:
    """Note the first answer of somebody who was told; anybody else's, and later ones, change nothing."""
    if not rehearsal.waits_for(person):
        return rehearsal
    told = tuple(
        replace(one, answered_at=max(at, one.at), via=via) if one.person == person else one for one in rehearsal.told
    )
    return replace(rehearsal, told=told)


def end_rehearsal(rehearsal: RehearsalView, now: datetime) -> RehearsalView:
    """End it, whoever has not answered."""
    return replace(rehearsal, ended_at=rehearsal.ended_at or now)


def _aloud(rehearsal: RehearsalView, turns: tuple[str, ...]) -> tuple[str, ...]:
    return () if rehearsal.is_silent else turns


def _turns(rehearsal: RehearsalView, rung: Rung, facts: RehearsalFacts) -> tuple[str, ...]:
    able = {person.id for person in facts.people if person.can_be_told} - {one.person for one in rehearsal.told}
    return tuple(dict.fromkeys(person for person in rung.people if person in able))


def _following(rehearsal: RehearsalView, rungs: Sequence[Rung], facts: RehearsalFacts) -> int | None:
    """The next rung with somebody to tell; the last one again when it has got somebody new meanwhile."""
    last = len(rungs) - 1
    candidates = range(min(rehearsal.rung + 1, last), last + 1)
    return next((rung for rung in candidates if _turns(rehearsal, rungs[rung], facts)), None)


def _waited_for(rehearsal: RehearsalView, facts: RehearsalFacts) -> bool:
    able = {person.id for person in facts.people if person.can_be_told}
    return any(one.answered_at is None and one.person in able for one in rehearsal.told)


def _due_at(rehearsal: RehearsalView, rungs: Sequence[Rung], facts: RehearsalFacts) -> datetime:
    """When the next rung is due: at once when nobody told so far is waited for."""
    if rehearsal.rung_at is None:
        return rehearsal.started_at
    if not _waited_for(rehearsal, facts):
        return rehearsal.rung_at
    base = max(rehearsal.rung_at, rehearsal.accepted_at or rehearsal.rung_at)
    wait = rungs[min(rehearsal.rung, len(rungs) - 1)].wait
    return base + max(SHORTEST_WAIT, min(wait, facts.longest_wait))
