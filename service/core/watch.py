"""What a watch does now: satisfy deadlines, remind, hand missed ones to an alarm, look again at.

A watch is the live state of a trip's switch. It knows nothing of alarms but the deadlines that it handed over.
Instants are UTC, durations timedeltas. The functions are pure; `step_watch` is total, deterministic and idempotent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.core.alarm import MOST_COUNTED, Strength
from service.core.plan import Plan, early_window, next_deadline, previous_deadline

STAGES = 3
LATE_AT_MOST = timedelta(hours=12)
UNPROVEN_AFTER = timedelta(hours=72)
PROOF_RETRY = timedelta(seconds=2)
NO_CUT = timedelta(0)


class WatchState(StrEnum):
    ARMED = "armed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class WatchView:
    """The switch of one trip.

    deadline is the earliest one that is neither satisfied nor counted by an alarm, previous the one before it.
    stage counts the reminders of the present round (0 to 3), reminded_at is when the last of them was written.
    missed are deadlines that an alarm counts and no check-in has satisfied yet.
    weak_at has an entry for each deadline satisfied by a weak check-in alone since the last verified one (the newest
    `max_weak` of them): since when a verified check-in would have satisfied it instead. late_to is the deadline that
    "I am late" moved last.
    grace_cut is what words of distress have taken off the grace of the deadline that stands.
    """

    armed_at: datetime
    deadline: datetime | None
    state: WatchState = WatchState.ARMED
    previous: datetime | None = None
    stage: int = 0
    reminded_at: datetime | None = None
    missed: tuple[datetime, ...] = ()
    last_check_in_at: datetime | None = None
    last_verified_at: datetime | None = None
    weak_at: tuple[datetime, ...] = ()
    unproven_at: datetime | None = None
    late_to: datetime | None = None
    grace_cut: timedelta = timedelta(0)

    @property
    def streak(self) -> int:
        return len(self.weak_at)


@dataclass(frozen=True, slots=True)
class WatchFacts:
    """What the step needs besides the watch.

    read_until: every way by which she can check in has been read up to here; None when that is not asked for (all
    are proven by the database itself, or a silent source was failed open). brake_until holds new missed alarms.
    """

    has_words: bool = False
    alarm_open: bool = False
    read_until: datetime | None = None
    brake_until: datetime | None = None
    home_asked_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A message to the traveler: `stage` 1 before the deadline, 2 at it, 3 after half the grace by a second channel."""

    stage: int
    deadline: datetime
    asks_home: bool = False


@dataclass(frozen=True, slots=True)
class WatchDecision:
    watch: WatchView
    reminders: tuple[Reminder, ...] = ()
    missed: tuple[datetime, ...] = ()
    unproven: bool = False
    braked: bool = False
    unread: bool = False
    look_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The watch after a check-in, and the deadlines that it satisfied."""

    watch: WatchView
    satisfied: tuple[datetime, ...]


def arm(plan: Plan, now: datetime) -> WatchView:
    """A fresh watch. A trip without a deadline ahead must not be armed; that is the caller's rule."""
    return WatchView(armed_at=now, deadline=next_deadline(plan, now))


def end(watch: WatchView) -> WatchView:
    """The trip is over. Absorbing: nothing opens, reminds or satisfies after it."""
    return replace(
        watch,
        state=WatchState.ENDED,
        deadline=None,
        stage=0,
        reminded_at=None,
        late_to=None,
        grace_cut=NO_CUT,
    )


def check_in(watch: WatchView, plan: Plan, at: datetime, strength: Strength) -> CheckedIn:
    """Apply a check-in that happened at `at`, which may have reached us late.

    It satisfies every deadline passed by then, and the coming one inside its early window. An "every N hours"
    deadline always moves to `at + N`. A row older than the newest check-in never moves a deadline back, but satisfies
    a missed one that it turns out to have met.
    """
    if watch.state is WatchState.ENDED:
        return CheckedIn(watch, ())
    is_newest = watch.last_check_in_at is None or at >= watch.last_check_in_at
    satisfied = [d for d in watch.missed if d <= at or in_time(plan, at, d, previous_deadline(plan, d))]
    missed = tuple(d for d in watch.missed if d not in satisfied)
    counts_from = [_counts_from(plan, at, d, previous_deadline(plan, d)) for d in satisfied]
    deadline, previous = watch.deadline, watch.previous
    while deadline is not None and _satisfies(plan, at, deadline, previous):
        satisfied.append(deadline)
        counts_from.append(_counts_from(plan, at, deadline, previous))
        if len(satisfied) >= MOST_COUNTED:
            previous = max(at, deadline)
            deadline = next_deadline(plan, previous)
            break
        deadline, previous = _following(plan, at, deadline, moved=deadline == watch.late_to)
    if plan.every is not None and deadline is not None and deadline == watch.deadline:
        moved = next_deadline(plan, max(at, previous or at))
        if moved is not None and (is_newest or moved > deadline):
            deadline = moved
    moved_on = deadline != watch.deadline
    checked = replace(
        watch,
        deadline=deadline,
        previous=previous,
        missed=missed,
        last_check_in_at=at if is_newest else watch.last_check_in_at,
        stage=0 if moved_on else watch.stage,
        reminded_at=None if moved_on else watch.reminded_at,
        late_to=None if is_newest and deadline != watch.late_to else watch.late_to,
        grace_cut=NO_CUT if moved_on else watch.grace_cut,
    )
    if not satisfied and _keeps_an_interval_ahead(watch, plan, at):
        counts_from.append(at)
    return CheckedIn(_prove(checked, plan, at, strength, counts_from), tuple(satisfied))


def in_time(plan: Plan, at: datetime, deadline: datetime, previous: datetime | None) -> bool:
    """Whether a check-in at `at` satisfies `deadline` before `deadline + grace`: then nobody should have been told."""
    if at >= deadline + plan.grace:
        return False
    if _satisfies(plan, at, deadline, previous):
        return True
    following = next_deadline(plan, at) if plan.every is not None else None
    return following is not None and deadline < following


def be_late(watch: WatchView, plan: Plan, until: datetime) -> WatchView:
    """ "I am late": moves the standing deadline to `until`, once until the next check-in.

    By no more than 12 h and no more than one interval; satisfies nothing. Asked for again it changes nothing, and a
    deadline that it moved is not moved by it again, whatever comes between.
    """
    standing = watch.deadline
    if watch.state is WatchState.ENDED or standing is None or watch.late_to is not None:
        return watch
    latest = standing + LATE_AT_MOST
    following = next_deadline(plan, standing)
    if following is not None:
        latest = min(latest, following)
    moved = min(until, latest)
    if moved <= standing:
        return watch
    return replace(watch, deadline=moved, late_to=moved, stage=0, reminded_at=None, grace_cut=NO_CUT)


def replan(watch: WatchView, plan: Plan, now: datetime, *, may_postpone: bool = False) -> WatchView:
    """Put a new plan under a running watch.

    The deadline that stands stays unless the plan's own first comes sooner, or (a pause or a longer schedule that
    has taken effect: `may_postpone`) lies ahead and gives way to it. A deadline that has passed always stays.
    """
    standing = watch.deadline
    if watch.state is WatchState.ENDED or (standing is not None and standing <= now):
        return watch
    first = _first_under(watch, plan, now)
    sooner = first is not None and (standing is None or first < standing)
    if first == standing or not (sooner or may_postpone):
        return watch
    return replace(watch, deadline=first, stage=0, reminded_at=None, grace_cut=NO_CUT)


def _first_under(watch: WatchView, plan: Plan, now: datetime) -> datetime | None:
    since = max(now, watch.previous or now)
    if plan.every is not None and watch.last_check_in_at is not None:
        since = max(watch.last_check_in_at, watch.previous or watch.last_check_in_at)
    first = next_deadline(plan, since)
    return next_deadline(plan, now) if first is not None and first <= now else first


def in_distress(watch: WatchView, plan: Plan, at: datetime) -> WatchView:
    """An unclear text that holds a word of distress halves what is left of the grace."""
    if watch.state is WatchState.ENDED or watch.deadline is None:
        return watch
    grace = plan.grace - watch.grace_cut
    left = watch.deadline + grace - max(at, watch.deadline)
    return replace(watch, grace_cut=watch.grace_cut + left / 2) if left > timedelta(0) else watch


def after_mistake(watch: WatchView) -> WatchView:
    """An alarm closed without proof that it is she: an unproven streak may open one again."""
    return replace(watch, unproven_at=None)


def step_watch(watch: WatchView, plan: Plan, facts: WatchFacts, now: datetime) -> WatchDecision:
    """Decide what a watch does at `now`.

    1. An ended watch does nothing; a round that was begun "later" (the clock was set back) begins anew.  2. Stages of
    the reminder round that have come since the last look are written as one reminder.  3. At max(deadline + grace, last
    reminder + grace/2), and only when she has been read up to then, all deadlines whose grace has run out are handed
    over together, and the next one stands; a brake delays that.
    4. With words, a full streak of weak check-ins and 72 h without a verified one make it unproven, once.
    5. Look again at the earliest instant at which any of this could change.
    """
    if watch.state is WatchState.ENDED:
        return WatchDecision(watch)
    if watch.reminded_at is not None and watch.reminded_at > now:
        watch = replace(watch, stage=0, reminded_at=None)
    watch, reminders = _remind(watch, plan, facts, now)
    missed: tuple[datetime, ...] = ()
    wait_until: datetime | None = None
    if watch.deadline is not None and _opens_at(watch, plan) <= now:
        wait_until = _not_before(watch, plan, facts, now)
        if wait_until is None:
            watch, missed = _hand_over(watch, plan, now)
            watch, more = _remind(watch, plan, facts, now)
            reminders += more
    alarm_open = facts.alarm_open or bool(missed)
    unproven = not alarm_open and _is_unproven(watch, plan, facts, now)
    if unproven:
        watch = replace(watch, unproven_at=now)
    braked = wait_until is not None and wait_until == facts.brake_until
    look = _look_again_at(watch, plan, facts, wait_until, alarm_open=alarm_open)
    unread = wait_until is not None and not braked
    return WatchDecision(watch, reminders, missed, unproven, braked, unread, look)


def _satisfies(plan: Plan, at: datetime, deadline: datetime, previous: datetime | None) -> bool:
    return deadline - early_window(plan, deadline, previous) <= at


def _following(plan: Plan, at: datetime, satisfied: datetime, *, moved: bool) -> tuple[datetime | None, datetime]:
    """The deadline after one that a check-in at `at` satisfied, and the instant that it counts from."""
    if plan.every is None:
        return next_deadline(plan, satisfied), satisfied
    if satisfied <= at:
        passed = next_deadline(plan, satisfied)
        if passed is not None and passed <= at:
            return passed, satisfied
        return next_deadline(plan, at), at
    fresh = next_deadline(plan, at)
    if moved or (fresh is not None and fresh > satisfied):
        return fresh, at
    return next_deadline(plan, satisfied), satisfied  # a one-off ahead, satisfied early


def _counts_from(plan: Plan, at: datetime, deadline: datetime, previous: datetime | None) -> datetime:
    """Since when a verified check-in, found late, takes back what a weak one at `at` satisfied: the deadline's window.

    An interval runs from the check-in, so there it is that instant.
    """
    return at if plan.every is not None else deadline - early_window(plan, deadline, previous)


def _keeps_an_interval_ahead(watch: WatchView, plan: Plan, at: datetime) -> bool:
    """Whether a check-in that satisfied nothing lies an interval, less its window, after what was last counted.

    Each check-in moves the deadline on, so that frequent ones never lie in a window. Were none of them counted, who
    holds her phone could go on for ever.
    """
    if plan.every is None:
        return False
    counted = max([watch.last_verified_at or watch.armed_at, *watch.weak_at])
    return _satisfies(plan, at, counted + plan.every, counted)


def _prove(
    watch: WatchView, plan: Plan, at: datetime, strength: Strength, counts_from: Sequence[datetime]
) -> WatchView:
    if strength is Strength.VERIFIED:
        verified = max(at, watch.last_verified_at or at)
        weak = tuple(w for w in watch.weak_at if w > verified)
        return replace(watch, last_verified_at=verified, weak_at=weak, unproven_at=None)
    if watch.last_verified_at is not None and at <= watch.last_verified_at:
        return watch
    weak = tuple(sorted((*watch.weak_at, *counts_from)))[-plan.max_weak :]
    return replace(watch, weak_at=weak)


def stage_times(deadline: datetime, watch: WatchView, plan: Plan) -> tuple[datetime, datetime, datetime]:
    """When she is asked for a deadline: before it, at it and after half the grace."""
    return deadline - plan.remind_before, deadline, deadline + (plan.grace - watch.grace_cut) / 2


def _remind(watch: WatchView, plan: Plan, facts: WatchFacts, now: datetime) -> tuple[WatchView, tuple[Reminder, ...]]:
    if watch.deadline is None:
        return watch, ()
    first, second, third = stage_times(watch.deadline, watch, plan)
    stage = (first <= now) + (second <= now) + (third <= now)
    if stage <= watch.stage:
        return watch, ()
    asks_home = facts.home_asked_from is not None and now >= facts.home_asked_from
    reminder = Reminder(stage, watch.deadline, asks_home)
    return replace(watch, stage=stage, reminded_at=now), (reminder,)


def _opens_at(watch: WatchView, plan: Plan) -> datetime:
    """Meaningful while a deadline stands."""
    deadline = watch.deadline or watch.armed_at
    reminded = watch.reminded_at if watch.reminded_at is not None and watch.stage == STAGES else None
    grace = plan.grace - watch.grace_cut
    return max(deadline + grace, (reminded or deadline) + grace / 2)


def _not_before(watch: WatchView, plan: Plan, facts: WatchFacts, now: datetime) -> datetime | None:
    """Until when a due alarm has to wait, or None when nothing stands in its way."""
    if facts.read_until is not None and facts.read_until < _opens_at(watch, plan):
        return now + PROOF_RETRY
    if facts.brake_until is not None and now < facts.brake_until and not facts.alarm_open:
        return facts.brake_until
    return None


def _hand_over(watch: WatchView, plan: Plan, now: datetime) -> tuple[WatchView, tuple[datetime, ...]]:
    missed: list[datetime] = []
    deadline = watch.deadline
    while deadline is not None and (not missed or deadline + plan.grace <= now):
        missed.append(deadline)
        after = deadline if len(missed) < MOST_COUNTED else max(deadline, now - plan.grace)
        deadline = next_deadline(plan, after)
    handed = WatchView(
        armed_at=watch.armed_at,
        deadline=deadline,
        previous=missed[-1],
        missed=(*watch.missed, *missed)[-MOST_COUNTED:],
        last_check_in_at=watch.last_check_in_at,
        last_verified_at=watch.last_verified_at,
        weak_at=watch.weak_at,
        unproven_at=watch.unproven_at,
        late_to=watch.late_to,
    )
    return handed, tuple(missed)


def _is_unproven(watch: WatchView, plan: Plan, facts: WatchFacts, now: datetime) -> bool:
    if not facts.has_words or watch.unproven_at is not None or watch.streak < plan.max_weak:
        return False
    return now >= (watch.last_verified_at or watch.armed_at) + UNPROVEN_AFTER


def _look_again_at(
    watch: WatchView, plan: Plan, facts: WatchFacts, wait_until: datetime | None, *, alarm_open: bool
) -> datetime | None:
    moments: list[datetime] = []
    if wait_until is not None:
        moments.append(wait_until)
    elif watch.deadline is not None:
        if watch.stage < STAGES:
            moments.append(stage_times(watch.deadline, watch, plan)[watch.stage])
        else:
            moments.append(_opens_at(watch, plan))
    if facts.has_words and watch.unproven_at is None and watch.streak >= plan.max_weak and not alarm_open:
        moments.append((watch.last_verified_at or watch.armed_at) + UNPROVEN_AFTER)
    return min(moments, default=None)
