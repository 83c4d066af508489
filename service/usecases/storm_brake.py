"""The storm brake: when far more alarms would open at once than people oversleep, it is likelier that we broke."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from service.core.watch import WatchFacts
from service.core.wording import PageReason
from service.db.state import get_state, lock_state, put_state
from service.db.stored import table_of
from service.db.tables import Watch
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.work import Work

WATCHES = table_of(Watch)
BRAKE_FOR = timedelta(minutes=5)
BRAKE_WINDOW = timedelta(minutes=1)
BRAKE_NOT_AGAIN_FOR = timedelta(hours=1)
BRAKE_AT_LEAST = 20
BRAKE_SHARE = 0.05


class StormBrake:
    """Holds new missed alarms for 5 min when far more of them would open within a minute than people oversleep.

    It ends hard: what waits opens, and it does not hold again for an hour.
    """

    def __init__(self, conn: Connection, service: Service, now: datetime) -> None:
        self._conn = conn
        self._now = now
        self._on = service.limits.storm_brake
        self._changed = False
        self._engaged = False
        self._active: int | None = None
        self._read(get_state(conn, "storm_brake") if self._on else None)

    def _read(self, kept: Any) -> None:
        state: Mapping[str, Any] = kept or {}
        self._since = _instant(state.get("since"))
        self._count = int(state.get("count", 0))
        until = _instant(state.get("until"))
        self._last = until
        self.until = until if until is not None and self._now < until else None
        if self._since is None or self._now >= self._since + BRAKE_WINDOW:
            self._since, self._count = self._now, 0

    def holds(self, facts: WatchFacts) -> bool:
        """Count one more alarm that would open, and say whether it has to wait."""
        if not self._on or facts.brake_until is not None:
            return self.until is not None
        if not self._changed:
            # From here to the commit nobody else counts: two workers that count alone would each see half a storm.
            self._read(lock_state(self._conn, "storm_brake", self._now))
            self._changed = True
        self._count += 1
        if self.until is not None:
            return True
        if self._last is not None and self._now < self._last + BRAKE_NOT_AGAIN_FOR:
            return False
        if self._count > BRAKE_AT_LEAST and self._count > self._threshold():
            self.until = self._last = self._now + BRAKE_FOR
            self._engaged = True
        return self.until is not None

    def save(self, work: Work) -> None:
        """Keep the count, and page the operator when the brake took hold."""
        if not self._changed:
            return
        value = {"since": _text(self._since), "count": self._count, "until": _text(self._last)}
        put_state(self._conn, "storm_brake", value, self._now)
        if self._engaged:
            telling.page_operator(work, PageReason.STORM_BRAKE, _text(self._last) or "", number=str(self._count))

    def _threshold(self) -> float:
        if self._active is None:
            # Once a batch: it counts all of them.
            query = select(func.count()).select_from(WATCHES).where(WATCHES.c.look_at.is_not(None))
            self._active = self._conn.execute(query).scalar_one()
        return max(BRAKE_AT_LEAST, BRAKE_SHARE * self._active)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
