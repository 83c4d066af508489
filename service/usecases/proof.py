"""How far the ways have been read by which a traveler can check in: the proof that no OK was lost before an alarm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from notifiers.base import ListsInbound, TakesCalls, TellsHowFar, WrittenToFirst
from service.db.state import get_state
from service.db.trips import TripKey, TripState, load_trips
from service.usecases.context import MISSED_CALLS, Service

FAIL_OPEN_AFTER = timedelta(minutes=15)
VOICE = "voice"


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


@dataclass(frozen=True, slots=True)
class Proofs:
    """How far each source has been read at `now`, with the channel that a traveler must have chosen to check in by it,
    "" for one by which everybody can."""

    marks: tuple[tuple[str, Watermark], ...]
    now: datetime

    def over(self, ways: frozenset[str] | None = None) -> Proof:
        """The proof for one who has chosen these channels, or over all sources; one that has been silent for 15 min is
        left out, and said."""
        marks = [mark for channel, mark in self.marks if not channel or ways is None or channel in ways]
        silent = [mark for mark in marks if mark.is_open(self.now)]
        never = datetime.min.replace(tzinfo=self.now.tzinfo)
        asked = [mark.read_until or never for mark in marks if not mark.is_open(self.now)]
        since = [mark.read_until or mark.failing_since or self.now for mark in silent]
        return Proof(min(asked, default=None), min(since, default=None))


def is_chosen(source: object) -> bool:
    """Whether only those can check in by a source who have turned it on: a chat that must have been joined, calls that
    must have been allowed. By all others everybody can: each traveler has a number and may text to any of ours."""
    return isinstance(source, WrittenToFirst | TakesCalls)


def sources(service: Service) -> dict[str, ListsInbound | TellsHowFar]:
    """The configured sources that have a list to reconcile from, or say how far they are, by name. All others are
    proven by the database."""
    return {n.name: n for n in service.providers if isinstance(n, ListsInbound | TellsHowFar)}


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


def read_proofs(conn: Connection, service: Service, now: datetime) -> Proofs:
    """How far all sources have been read."""
    channels = {one.name: one.channel if is_chosen(one) else "" for one in service.providers}
    return Proofs(tuple((channels[name], watermark(conn, name)) for name in sources(service)), now)


def read_proof(conn: Connection, service: Service, now: datetime) -> Proof:
    """The proof over all sources."""
    return read_proofs(conn, service, now).over()


def ways_of(trip: TripState) -> frozenset[str]:
    """The channels by which the traveler can check in: those of her addresses, and calls where she has allowed them."""
    ways = {address.channel for address in trip.traveler.addresses} - {VOICE}
    return frozenset({*ways, VOICE} if trip.details.get(MISSED_CALLS) else ways)


def own_proofs(conn: Connection, service: Service, proofs: Proofs, keys: Sequence[TripKey]) -> dict[TripKey, Proof]:
    """The proof for each of these trips' travelers, by the ways that are hers."""
    trips = load_trips(conn, service.keys, keys, proofs.now, senders=service.senders, live=False)
    return {key: proofs.over(ways_of(trip)) for key, trip in trips.items()}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
