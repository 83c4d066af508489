"""How far the ways have been read by which a traveler can check in: the proof that no OK was lost before an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from notifiers.base import ListsInbound
from service.db.state import get_state
from service.usecases.context import Service

FAIL_OPEN_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Watermark:
    """One source: `read_until` is how far it has been read whole, `failing_since` when it went silent."""

    source: str
    read_until: datetime | None
    failing_since: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it has been silent so long that alarms go without it."""
        return self.failing_since is not None and now >= self.failing_since + FAIL_OPEN_AFTER


@dataclass(frozen=True, slots=True)
class Proof:
    """`read_until`: every source was read up to here, None when there is none to ask. `blind_since`: since when one
    that was failed open could not be read."""

    read_until: datetime | None
    blind_since: datetime | None


def sources(service: Service) -> dict[str, ListsInbound]:
    """The configured sources that have a list to reconcile from, by name. All others are proven by the database.

    Each of them takes texts from numbers, and every traveler has one and may text to any of ours: so all of them are
    asked before anybody's alarm.
    """
    return {n.name: n for n in service.notifiers.values() if isinstance(n, ListsInbound)}


def watermark(conn: Connection, source: str) -> Watermark:
    """What is known of a source; nothing before it was read for the first time."""
    value: Mapping[str, Any] = get_state(conn, f"watermark:{source}") or {}
    return Watermark(source, _instant(value.get("read_until")), _instant(value.get("failing_since")))


def watermark_value(mark: Watermark) -> dict[str, str | None]:
    """The watermark as it is kept."""
    return {
        "read_until": mark.read_until.isoformat() if mark.read_until else None,
        "failing_since": mark.failing_since.isoformat() if mark.failing_since else None,
    }


def read_proof(conn: Connection, service: Service, now: datetime) -> Proof:
    """The proof over all sources; one that has been silent for 15 min is left out, and said."""
    marks = [watermark(conn, name) for name in sources(service)]
    silent = [mark for mark in marks if mark.is_open(now)]
    asked = [mark.read_until or datetime.min.replace(tzinfo=now.tzinfo) for mark in marks if not mark.is_open(now)]
    since = [mark.read_until or mark.failing_since or now for mark in silent]
    return Proof(min(asked, default=None), min(since, default=None))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
