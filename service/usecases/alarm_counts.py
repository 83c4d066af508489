"""How many alarms there were, by cause and by end, and in how many weeks on the way: numbers with nobody in them.

The alarms themselves are erased after a while. What is counted here stays, so that whoever runs this can see whether
people are alarmed too often to go on believing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from service.core.alarm import CLOSING, AlarmKind
from service.core.watch import WatchState
from service.db.state import get_state, lock_state, put_state
from service.db.stored import table_of
from service.db.tables import Alarm, Watch
from service.edges import Act
from service.usecases.context import Service

ALARMS = table_of(Alarm)
WATCHES = table_of(Watch)

STATE = "alarm_counts"
EVERY = timedelta(hours=1)
SETTLED = timedelta(minutes=10)
"""What lies longer back than this is committed, whichever worker wrote it."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """`opened` by kind, `ended` by outcome, and for how many weeks travelers were watched, added up."""

    opened: Mapping[str, float]
    ended: Mapping[str, float]
    traveler_weeks: float


def count_alarms(service: Service) -> None:
    """Add what has happened since the last count; once an hour, whoever asks.

    An alarm counts with the kind that it has a few minutes after it opened; one that reopened ends twice.
    Killed here: nothing is counted, and the next call counts it.
    """
    service.run(lambda conn: _count(conn, service.clock()), Act.HOUSE)


def alarm_counts(conn: Connection) -> AlarmCounts:
    """What was counted so far, an hour old at most; every kind and every outcome, so that none shows as missing."""
    kept: Mapping[str, Any] = get_state(conn, STATE) or {}
    return AlarmCounts(
        opened={kind.value: 0.0 for kind in AlarmKind} | kept.get("opened", {}),
        ended={outcome.value: 0.0 for outcome in sorted(CLOSING)} | kept.get("ended", {}),
        traveler_weeks=kept.get("weeks", 0.0),
    )


def _count(conn: Connection, now: datetime) -> None:
    kept = lock_state(conn, STATE, now)
    since = datetime.fromisoformat(kept["until"]) if "until" in kept else None
    until = now - SETTLED
    if since is not None and until < since + EVERY:
        # Or the clock was set back: then it is waited for until it has caught up.
        return
    opened = _numbers(conn, ALARMS.c.kind, _between(ALARMS.c.opened_at, since, until))
    ended = _numbers(conn, ALARMS.c.outcome, _between(ALARMS.c.closed_at, since, until))
    watched = conn.execute(select(func.count()).where(WATCHES.c.state == WatchState.ARMED.value)).scalar_one()
    value = {
        "until": until.isoformat(),
        "opened": _added(kept.get("opened", {}), opened),
        "ended": _added(kept.get("ended", {}), ended),
        "weeks": kept.get("weeks", 0.0) + (watched * ((until - since) / WEEK) if since is not None else 0.0),
    }
    put_state(conn, STATE, value, now)


def _numbers(conn: Connection, by: ColumnElement[Any], which: ColumnElement[bool]) -> dict[str, float]:
    """How many alarms of each."""
    found = conn.execute(select(by, func.count()).where(which, by.is_not(None)).group_by(by))
    return {str(row[0]): float(row[1]) for row in found}


def _between(column: ColumnElement[Any], since: datetime | None, until: datetime) -> ColumnElement[bool]:
    return column <= until if since is None else and_(column > since, column <= until)


def _added(kept: Mapping[str, float], found: Mapping[str, float]) -> dict[str, float]:
    return {name: kept.get(name, 0.0) + found.get(name, 0.0) for name in sorted({*kept, *found})}
