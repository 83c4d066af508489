"""Foresee what a trip's switch does if nobody says anything: the core's own steps, run ahead of the clock.

Nothing is guessed: the same functions decide here and in the sweep, so what a page says will happen, happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.core.alarm import AlarmKind, AlarmView, open_alarm
from service.core.ladder import AlarmFacts, Ladder, Notice, Person, step_alarm
from service.core.plan import Plan, previous_deadline
from service.core.watch import WatchFacts, WatchView, step_watch
from service.db.trips import TripState

MOST_STEPS = 40


@dataclass(frozen=True, slots=True)
class Telling:
    """At `at` these contacts (ids, in ladder order) are told."""

    at: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What lies ahead: reminders to the traveler, the opening of an alarm (None: it is open already), and tellings."""

    reminders: tuple[datetime, ...] = ()
    opens_at: datetime | None = None
    tellings: tuple[Telling, ...] = ()


def foresee(trip: TripState, now: datetime, tellings: int = 4) -> Foreseen:
    """What the switch of `trip` does from `now` on, up to `tellings` tellings, when every message is taken at once."""
    if trip.alarm is not None:
        return Foreseen(tellings=_climb(trip.alarm.view, trip.ladder, trip.people, trip.alarm.told, now, tellings))
    if trip.watch is None or trip.plan is None:
        return Foreseen()
    reminders, opens_at, missed = _wait(trip.watch, trip.plan, trip.has_words, now)
    if opens_at is None:
        return Foreseen(reminders)
    alarm = open_alarm(AlarmKind.MISSED, opens_at, missed)
    return Foreseen(reminders, opens_at, _climb(alarm, trip.ladder, trip.people, frozenset(), opens_at, tellings))


def foresee_missed(plan: Plan, ladder: Ladder, people: tuple[Person, ...], deadline: datetime) -> Foreseen:
    """What follows when `deadline` stays unanswered, by the plan alone: nothing that happens meanwhile shows in it."""
    armed_at = min(plan.starts_at, deadline - plan.remind_before)
    watch = WatchView(armed_at, deadline, previous=previous_deadline(plan, deadline))
    start = deadline - plan.remind_before
    reminders, opens_at, missed = _wait(watch, plan, False, start)
    if opens_at is None:
        return Foreseen(reminders)
    alarm = open_alarm(AlarmKind.MISSED, opens_at, missed)
    return Foreseen(reminders, opens_at, _climb(alarm, ladder, people, frozenset(), opens_at, 3))


def foresee_order(ladder: Ladder, people: tuple[Person, ...], opens_at: datetime, tellings: int) -> tuple[Telling, ...]:
    """Whom an alarm that opens at `opens_at` tells while nobody answers, when every message is taken at once."""
    alarm = open_alarm(AlarmKind.MISSED, opens_at, (opens_at,))
    return _climb(alarm, ladder, people, frozenset(), opens_at, tellings)


def _wait(
    watch: WatchView, plan: Plan, has_words: bool, now: datetime
) -> tuple[tuple[datetime, ...], datetime | None, tuple[datetime, ...]]:
    reminders: list[datetime] = []
    moment = now
    for _ in range(MOST_STEPS):
        decision = step_watch(watch, plan, WatchFacts(has_words=has_words), moment)
        if decision.missed:
            return tuple(reminders), moment, decision.missed
        reminders.extend(moment for _ in decision.reminders)
        watch = decision.watch
        if decision.look_again_at is None:
            break
        moment = decision.look_again_at
    return tuple(reminders), None, ()


def _climb(
    alarm: AlarmView, ladder: Ladder, people: tuple[Person, ...], told: frozenset[str], now: datetime, wanted: int
) -> tuple[Telling, ...]:
    found: list[Telling] = []
    moment = now
    for _ in range(MOST_STEPS):
        decision = step_alarm(alarm, ladder, AlarmFacts(people, told), moment)
        those = tuple(tell.person for tell in decision.tells if tell.notice is Notice.ALERT)
        alarm = decision.alarm
        if those:
            found.append(Telling(moment, those))
            told |= frozenset(those)
        if decision.look_again_at is None or len(found) == wanted:
            break
        moment = decision.look_again_at
    return tuple(found)
