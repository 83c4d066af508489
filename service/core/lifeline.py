"""What contacts may hear and ask while nothing is wrong: a word once a week, a question out of worry, a number proven.

A lifeline, not a leash: none of it tells when she answered, and none of it opens or closes anything.
Instants are UTC. Pure.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from service.core.plan import WEEK, Plan, after_quiet, zone_at
from service.core.watch import WatchView
from service.core.zones import instant_of, local_date

TURN_DAY = 6
"""Sunday (0 is Monday)."""
TURN_AT = time(12)
TURN_LASTS = timedelta(hours=6)
"""A weekly word that could not be written for so long is left out: in the evening it would look like news."""
WORRIES_APART = timedelta(hours=24)
PROVE_EVERY = timedelta(days=30)
PROVE_WITHIN = timedelta(days=7)
"""How long she has to say that her number is still hers, before the traveler is shown that she has not."""
DAY_BEGINS, DAY_ENDS = time(10), time(20)
CALLS_BEGIN, CALLS_END = time(8), time(22)


def next_turn(zone: str, after: datetime) -> datetime:
    """The first Sunday noon in `zone` strictly after `after`. Raises ZoneInfoNotFoundError for an unknown zone."""
    day = local_date(zone, after)
    day += timedelta(days=(TURN_DAY - day.weekday()) % 7)
    turn = instant_of(zone, day, TURN_AT)
    return turn if turn > after else instant_of(zone, day + WEEK, TURN_AT)


def is_turn(zone: str, since: datetime, now: datetime) -> bool:
    """Whether a Sunday noon in `zone` lies between `since` and `now`, and not long ago."""
    turn = next_turn(zone, max(since, now - TURN_LASTS) - timedelta(microseconds=1))
    return turn <= now


def is_day(zone: str, now: datetime) -> bool:
    """Whether a question may be put to somebody who lives by the clock of `zone`."""
    day = local_date(zone, now)
    return instant_of(zone, day, DAY_BEGINS) <= now < instant_of(zone, day, DAY_ENDS)


def may_ask_at(plan: Plan, instant: datetime) -> datetime:
    """When the traveler may be asked what can wait: from `instant` on, by day where she is by plan, and in no quiet
    time or pause."""
    while (later := _by_day(zone_at(plan, instant), after_quiet(plan, instant))) != instant:
        instant = later
    return instant


def _by_day(zone: str, instant: datetime) -> datetime:
    day = local_date(zone, instant)
    if instant >= instant_of(zone, day, DAY_ENDS):
        day += timedelta(days=1)
    return max(instant, instant_of(zone, day, DAY_BEGINS))


def may_ring_at(zone: str, now: datetime) -> datetime:
    """When somebody who lives by the clock of `zone` may be called about what can wait: now, or in the morning."""
    day = local_date(zone, now)
    if now >= instant_of(zone, day, CALLS_END):
        day += timedelta(days=1)
    return max(now, instant_of(zone, day, CALLS_BEGIN))


def all_was_well(watch: WatchView, plan: Plan, alarm_at: datetime | None, now: datetime) -> bool:
    """Whether the week that ends now had an answer, no alarm and no deadline missed.

    A deadline whose grace still runs is no matter: waiting for it would tell when she answers.

    Args:
        alarm_at: when an alarm of the trip was last open; `now` when one is, None when there never was one.
    """
    begins = now - WEEK
    if alarm_at is not None and alarm_at > begins:
        return False
    if watch.missed or (watch.deadline is not None and watch.deadline + plan.grace <= now):
        return False
    return watch.last_check_in_at is not None and watch.last_check_in_at > begins


def may_worry(worried_at: datetime | None, now: datetime) -> bool:
    """Whether the traveler may be asked because of a worry; `worried_at`: when she last was, on any contact's."""
    # A clock that was set back must not leave a worry unheard for longer than a day.
    return worried_at is None or not timedelta(0) <= now - worried_at < WORRIES_APART


def is_to_be_proven(
    accepted_at: datetime, proven_at: datetime | None, asked_at: datetime | None, now: datetime
) -> bool:
    """Whether it is time to ask a contact if her number is still hers."""
    last = max(moment for moment in (accepted_at, proven_at, asked_at) if moment is not None)
    return now - last >= PROVE_EVERY


def proof_is_open(accepted_at: datetime | None, proven_at: datetime | None, asked_at: datetime | None) -> bool:
    """Whether that question is open."""
    answered = [moment for moment in (accepted_at, proven_at) if moment is not None]
    return asked_at is not None and all(moment < asked_at for moment in answered)


def is_unproven(accepted_at: datetime | None, proven_at: datetime | None, now: datetime) -> bool:
    """Whether she has let a month and a week go by without a word that the number is hers.

    When she was asked makes no difference: nobody is while an alarm is open, and her traveler's page must not tell.
    """
    proven = [moment for moment in (accepted_at, proven_at) if moment is not None]
    return bool(proven) and now - max(proven) >= PROVE_EVERY + PROVE_WITHIN
