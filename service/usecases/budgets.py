"""How much a slow provider may be handed: one budget for all processes together, and what exceeds it waits its turn.

A provider that is handed more than it carries puts it into a queue of its own, where an alarm waits behind a thousand
reminders. So it waits with us, where the most urgent goes first. Nothing is dropped for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from service.db.claims import OUTBOX, PENDING
from service.db.state import lock_state, put_state

AT_ONCE = 15
"""After a pause so many go at once: an alarm is told to a family of five in two texts each."""
SAVED_FOR = timedelta(minutes=15)
"""A slower provider saves up what comes to it in this time."""
JITTER = timedelta(seconds=2)
"""A faster one saves up as much, because a worker looks every second or so."""
AHEAD_AT_MOST = timedelta(minutes=1)
"""Workers' clocks differ by seconds; a budget that was noted later than this was noted by a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a channel may be handed now: `left` messages, as of `at`."""

    left: float
    at: datetime

    def refilled(self, per_second: float, now: datetime) -> Budget:
        """What has come to it by `now`; nothing comes while a clock is behind the one that noted it."""
        if self.at > now + AHEAD_AT_MOST:
            return Budget(self.left, now)
        seconds = max(0.0, (now - self.at).total_seconds())
        return Budget(min(most_at_once(per_second), self.left + seconds * per_second), max(self.at, now))


def most_at_once(per_second: float) -> float:
    """How many a provider that is handed so many a second is handed at once after a pause; one at least."""
    saved = min(float(AT_ONCE), per_second * SAVED_FOR.total_seconds())
    return max(1.0, saved, per_second * JITTER.total_seconds())


def left_of(conn: Connection, channel: str, per_second: float, now: datetime) -> Budget | None:
    """What the channel may be handed, if anything waits on it; until the transaction ends nobody else asks.

    Without anything that waits no lock is taken, and nothing is written.
    """
    waits = select(OUTBOX.c.outbox_id).where(PENDING, OUTBOX.c.channel == channel, OUTBOX.c.available_at <= now)
    if conn.execute(waits.limit(1)).first() is None:
        return None
    return _kept(conn, channel, per_second, now)


def shares(
    conn: Connection, channel: str, paces: Sequence[tuple[str, float | None]], count: int, now: datetime
) -> list[frozenset[str]]:
    """Of each of `count` messages, the most urgent first, which of a channel's providers, in their order and with
    their paces, have had their share; what is theirs is taken from it. Until the transaction ends nobody else asks."""
    over: list[frozenset[str]] = []
    passed: frozenset[str] = frozenset()
    for name, pace in paces:
        left = count - len(over)
        if not left:
            break
        if pace is not None:
            budget = _kept(conn, f"{channel}:{name}", pace, now)
            left = min(left, max(0, int(budget.left)))
            spend(conn, f"{channel}:{name}", budget, left, now)
        over += [passed] * left
        passed |= {name}
    return over + [passed] * (count - len(over))


def _kept(conn: Connection, name: str, per_second: float, now: datetime) -> Budget:
    kept: Mapping[str, Any] = lock_state(conn, _name(name), now)
    if not kept:
        return Budget(most_at_once(per_second), now)
    return Budget(float(kept["left"]), datetime.fromisoformat(kept["at"])).refilled(per_second, now)


def spend(conn: Connection, channel: str, budget: Budget, count: int, now: datetime) -> None:
    """Keep what is left of a budget after `count` messages."""
    if count:
        left = {"left": budget.left - count, "at": budget.at.isoformat()}
        put_state(conn, _name(channel), left, now)


def _name(channel: str) -> str:
    return f"budget:{channel}"
