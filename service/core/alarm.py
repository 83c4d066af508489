"""An alarm: what it is, what raises it, and what people's answers do to it.

Everything here is a value and a function from value to value. `service.core.ladder` decides when an alarm
tells whom; this module decides what an event changes. Durations are timedeltas, instants are UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

HOLD = timedelta(minutes=60)
HOLD_ALTOGETHER = timedelta(hours=4)
OBJECTION_WINDOW = timedelta(hours=2)
LINK_LIVES_AFTER_CLOSE = timedelta(hours=72)
REPEATED_SOS_APART = timedelta(minutes=15)
MOST_COUNTED = 100
BY_CHECK_IN = "check_in"
OPERATOR = "operator"


class AlarmKind(StrEnum):
    """Why an alarm is open. The kind of an open alarm only rises, in this order."""

    UNPROVEN = "unproven"
    MISSED = "missed"
    SOS = "sos"
    DURESS = "duress"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {kind: rank for rank, kind in enumerate(AlarmKind)}


class AlarmState(StrEnum):
    OPEN = "open"
    EXHAUSTED = "exhausted"
    CLOSED = "closed"


class Strength(StrEnum):
    """How far a check-in proves that it is really she: a bare OK is weak, a safe word or a voice heard is verified."""

    WEAK = "weak"
    VERIFIED = "verified"


class Outcome(StrEnum):
    """How a case ended, or what was found on the way. Only CLOSING outcomes end an alarm."""

    HEARD_SAFE = "heard_safe"
    ANSWERED = "answered"
    HOME = "home"
    FOUND_NO_CONTACT = "found_no_contact"
    MISTAKEN = "mistaken"
    CLOSED_BY_TWO = "closed_by_two"
    HEARD_ODD = "heard_odd"
    NOT_REACHED = "not_reached"
    AUTHORITIES_TOLD = "authorities_told"


CLOSING = frozenset(
    {
        Outcome.HEARD_SAFE,
        Outcome.ANSWERED,
        Outcome.HOME,
        Outcome.FOUND_NO_CONTACT,
        Outcome.MISTAKEN,
        Outcome.CLOSED_BY_TWO,
    }
)


class Heard(StrEnum):
    """What somebody who spoke with her heard when she was asked the agreed question."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_FREE = "not_free"
    ODD = "odd"

    @property
    def outcome(self) -> Outcome:
        """Only the right answer says that she is safe; all else says that something is not right."""
        return Outcome.HEARD_SAFE if self is Heard.RIGHT else Outcome.HEARD_ODD


class Taken(StrEnum):
    """What an acknowledgement did."""

    HELD = "held"
    HELD_BY_OTHER = "held_by_other"
    ALREADY_HELD = "already_held"
    NO_HOLD_LEFT = "no_hold_left"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AlarmView:
    """One alarm as the core sees it. People are named by their contact id.

    rung is the last rung told (-1: none yet), step counts telling steps (it keys the rows that tell people),
    told_at is when that rung's messages were written and accepted_at when a provider first took one of them.
    held is the time that ended holds have used; hold_from and hold_until bound the running one.
    due_at is since when it should have been open (downtime makes it late), None when it opened at once.
    """

    kind: AlarmKind
    opened_at: datetime
    clock_from: datetime
    state: AlarmState = AlarmState.OPEN
    missed: tuple[datetime, ...] = ()
    rung: int = -1
    step: int = 0
    told_at: datetime | None = None
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    repeats: int = 0
    hold_from: datetime | None = None
    hold_until: datetime | None = None
    held_by: str | None = None
    held: timedelta = timedelta(0)
    holders: frozenset[str] = frozenset()
    check_in_held: bool = False
    cannot: frozenset[str] = frozenset()
    stood_back: frozenset[str] = frozenset()
    closers: frozenset[str] = frozenset()
    last_sign_at: datetime | None = None
    blind_since: datetime | None = None
    unreadable: bool = False
    outcome: Outcome | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state is not AlarmState.CLOSED


def open_alarm(
    kind: AlarmKind,
    now: datetime,
    missed: tuple[datetime, ...] = (),
    blind_since: datetime | None = None,
    unreadable: bool = False,
    due_at: datetime | None = None,
) -> AlarmView:
    """A new alarm; its first rung is due at once."""
    return AlarmView(
        kind=kind,
        opened_at=now,
        clock_from=now,
        missed=missed[:MOST_COUNTED],
        blind_since=blind_since,
        unreadable=unreadable,
        due_at=due_at,
    )


def rise(alarm: AlarmView, kind: AlarmKind, now: datetime) -> AlarmView:
    """Raise an open alarm to `kind`; a lower or equal kind changes nothing. A rise ends the hold and tells anew."""
    if not alarm.is_open or kind.rank <= alarm.kind.rank:
        return alarm
    return _tell_anew(replace(end_hold(alarm, now), kind=kind, clock_from=now, cannot=frozenset()))


def add_missed(alarm: AlarmView, missed: tuple[datetime, ...], now: datetime) -> AlarmView:
    """Count further missed deadlines: the hold ends, and an unproven alarm becomes a missed one."""
    if not alarm.is_open or not missed:
        return alarm
    counted = tuple(sorted({*alarm.missed, *missed}))[:MOST_COUNTED]
    return rise(replace(end_hold(alarm, now), missed=counted), AlarmKind.MISSED, now)


def repeat_sos(alarm: AlarmView, now: datetime) -> AlarmView:
    """SOS into an open alarm: it rises, or its people are told again, at most every 15 minutes."""
    if not alarm.is_open or alarm.kind.rank < AlarmKind.SOS.rank:
        return rise(alarm, AlarmKind.SOS, now)
    was_held = alarm.hold_until is not None
    alarm = end_hold(alarm, now)
    if was_held or alarm.told_at is None or now >= alarm.told_at + REPEATED_SOS_APART:
        return _tell_anew(alarm)
    return alarm


def acknowledge(alarm: AlarmView, person: str, now: datetime) -> tuple[AlarmView, Taken]:
    """ "I take it": holds the ladder for 60 min, once a person, 4 h altogether; a second person's spends nothing."""
    if not alarm.is_open:
        return alarm, Taken.CLOSED
    if alarm.hold_until is not None and now < alarm.hold_until:
        if alarm.held_by == person:
            return alarm, Taken.ALREADY_HELD
        if alarm.held_by != BY_CHECK_IN:
            return alarm, Taken.HELD_BY_OTHER
    if person in alarm.holders:
        return alarm, Taken.NO_HOLD_LEFT
    held = _hold(end_hold(alarm, now), person, now)
    if held.hold_until is None:
        return alarm, Taken.NO_HOLD_LEFT
    return replace(held, holders=held.holders | {person}, cannot=held.cannot - {person}), Taken.HELD


def cannot(alarm: AlarmView, person: str, now: datetime) -> AlarmView:
    """ "I cannot": this person is told no more of it, and a hold of theirs ends."""
    if not alarm.is_open:
        return alarm
    if alarm.held_by == person:
        alarm = end_hold(alarm, now)
    return replace(alarm, cannot=alarm.cannot | {person})


def can_again(alarm: AlarmView, person: str) -> AlarmView:
    """Takes an "I cannot" back: this person is told of it again."""
    return replace(alarm, cannot=alarm.cannot - {person})


def without(alarm: AlarmView, person: str, now: datetime) -> AlarmView:
    """This person belongs to it no more: a hold of theirs ends, their word for its end counts for nothing, and the
    first rung is told anew, because without them it may hold somebody who has heard nothing yet."""
    if not alarm.is_open:
        return alarm
    left = cannot(alarm, person, now)
    left = replace(left, closers=left.closers - {person})
    return replace(left, rung=-1, told_at=None, accepted_at=None) if left.rung == 0 else left


def sign_of_life(alarm: AlarmView, strength: Strength, at: datetime, now: datetime, *, has_words: bool) -> AlarmView:
    """A check-in while an alarm is open: may close it, hold it once, or only be remembered for the next text.

    Never touches sos or duress beyond remembering it. A trip without words closes `missed` on any check-in. One that
    happened before the last missed deadline is only remembered: she has been silent since. (A deadline that lies ahead
    was missed by a clock that was wrong.) Apply `found_late` first.
    """
    if not alarm.is_open:
        return alarm
    alarm = replace(alarm, last_sign_at=max(at, alarm.last_sign_at or at))
    last_missed = max((deadline for deadline in alarm.missed if deadline <= now), default=None)
    if alarm.kind.rank >= AlarmKind.SOS.rank or (last_missed is not None and at < last_missed):
        return alarm
    if strength is Strength.VERIFIED or (alarm.kind is AlarmKind.MISSED and not has_words):
        return close(alarm, Outcome.ANSWERED, BY_CHECK_IN, now)
    is_held = alarm.hold_until is not None and now < alarm.hold_until
    if alarm.kind is AlarmKind.MISSED and not alarm.check_in_held and not is_held:
        return replace(_hold(end_hold(alarm, now), BY_CHECK_IN, now), check_in_held=True)
    return alarm


def heard_safe(alarm: AlarmView, person: str, now: datetime) -> AlarmView:
    """ "I heard her voice, she is safe": closes every kind but duress."""
    if not alarm.is_open or alarm.kind is AlarmKind.DURESS:
        return alarm
    return close(alarm, Outcome.HEARD_SAFE, person, now)


def heard_odd(alarm: AlarmView, now: datetime) -> AlarmView:
    """ "Something is not right": an open alarm rises to duress; a closed one reopens as duress while it may."""
    if alarm.is_open:
        return rise(alarm, AlarmKind.DURESS, now)
    if not may_object(alarm, now):
        return alarm
    reopened = replace(
        alarm,
        kind=AlarmKind.DURESS,
        state=AlarmState.OPEN,
        clock_from=now,
        outcome=None,
        closed_at=None,
        closed_by=None,
        cannot=frozenset(),
        closers=frozenset(),
    )
    return _tell_anew(reopened)


def may_object(alarm: AlarmView, now: datetime) -> bool:
    """Whether `heard_odd` still reopens a closed alarm: 2 h, or as long as its link lives against `heard_safe`."""
    if alarm.closed_at is None:
        return False
    window = LINK_LIVES_AFTER_CLOSE if alarm.outcome is Outcome.HEARD_SAFE else OBJECTION_WINDOW
    return now < alarm.closed_at + window


def close_by(alarm: AlarmView, person: str, audience: frozenset[str], now: datetime) -> AlarmView:
    """One of the two people that it takes to end a duress alarm; the operator may be one of them."""
    if not alarm.is_open or alarm.kind is not AlarmKind.DURESS or person not in audience | {OPERATOR}:
        return alarm
    closers = alarm.closers | {person}
    alarm = replace(alarm, closers=closers)
    return close(alarm, Outcome.CLOSED_BY_TWO, person, now) if len(closers) >= 2 else alarm


def found_late(alarm: AlarmView, still_missed: tuple[datetime, ...], now: datetime) -> AlarmView:
    """A check-in reached us late. `still_missed` are the counted deadlines that it does not satisfy in time.

    With none left a missed alarm was a mistake and closes. sos and duress only lose the count.
    """
    if not alarm.is_open or still_missed == alarm.missed:
        return alarm
    alarm = replace(alarm, missed=still_missed)
    if alarm.kind is AlarmKind.MISSED and not still_missed:
        return close(alarm, Outcome.MISTAKEN, BY_CHECK_IN, now)
    return alarm


def report(alarm: AlarmView, outcome: Outcome, person: str, now: datetime, *, by_caseworker: bool = False) -> AlarmView:
    """An outcome given on the alarm page or to a caseworker.

    sos takes a caseworker, or somebody who heard her voice; `closed_by_two` is given by `close_by` alone.
    """
    if outcome is Outcome.HEARD_SAFE:
        return heard_safe(alarm, person, now)
    if outcome is Outcome.HEARD_ODD:
        return heard_odd(alarm, now)
    if outcome not in CLOSING:
        return end_hold(alarm, now)
    may_close = alarm.kind.rank < AlarmKind.SOS.rank or (alarm.kind is AlarmKind.SOS and by_caseworker)
    if not alarm.is_open or not may_close or outcome is Outcome.CLOSED_BY_TWO:
        return alarm
    return close(alarm, outcome, person, now)


def close(alarm: AlarmView, outcome: Outcome, by: str, now: datetime) -> AlarmView:
    """End it. Whether this outcome may end this kind is the caller's rule."""
    return replace(end_hold(alarm, now), state=AlarmState.CLOSED, outcome=outcome, closed_by=by, closed_at=now)


def end_hold(alarm: AlarmView, now: datetime) -> AlarmView:
    """End the running hold, if any, and book the time that it used."""
    if alarm.hold_until is None or alarm.hold_from is None:
        return alarm
    used = max(timedelta(0), min(now, alarm.hold_until) - alarm.hold_from)
    return replace(alarm, hold_from=None, hold_until=None, held_by=None, held=alarm.held + used)


def _hold(alarm: AlarmView, by: str, now: datetime) -> AlarmView:
    granted = min(HOLD, HOLD_ALTOGETHER - alarm.held)
    if granted <= timedelta(0):
        return alarm
    return replace(alarm, hold_from=now, hold_until=now + granted, held_by=by)


def _tell_anew(alarm: AlarmView) -> AlarmView:
    return replace(alarm, state=AlarmState.OPEN, rung=-1, repeats=0, told_at=None, accepted_at=None)
