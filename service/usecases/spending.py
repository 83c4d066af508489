"""Counts what is sent a day, by the installation and by each trip, and pages the operator at a limit.

Nothing is held back for a limit: a lost alarm is worse than a bill. A day is one of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from service.core.wording import PageReason
from service.db.claims import OUTBOX
from service.db.state import get_state, lock_state, put_state
from service.db.trips import TripKey
from service.edges import Act
from service.usecases import telling
from service.usecases.channel_notes import LastNews, write_news
from service.usecases.context import Service
from service.usecases.work import Work

STATE = "sends"
NEAR = 80
REACHED = 100
"""The shares of a limit, in percent, at which the operator is paged; each once a day."""


@dataclass(frozen=True, slots=True)
class SentToday:
    """What the installation has sent since midnight, and how many of its trips are over their limit."""

    messages: int
    trips_over: int


def note_sends(service: Service) -> None:
    """Add what this process has sent since the last call to the day's count, and page at 80 % and 100 % of a limit;
    beside it, now and then, the last news of each provider.

    Killed here: the last seconds' count is lost; the outbox still has every message.

    Raises:
        StorageUnavailable: the database is away; the count is kept for the next call.
    """
    counted, trips = service.tally.take()
    news = service.notes.take_due(service.clock())
    if not counted and not news:
        return
    try:
        service.run(lambda conn: _write(service, conn, counted, trips, news), Act.COUNT)
    except BaseException:
        service.tally.give_back(counted, trips)
        service.notes.give_back(news)
        raise


def sent_today(conn: Connection, now: datetime) -> SentToday:
    """The day's count, a few seconds old."""
    state: Mapping[str, Any] = get_state(conn, STATE) or {}
    if state.get("day") != _day(now):
        return SentToday(0, 0)
    return SentToday(int(state["count"]), sum(1 for level in state["trips"].values() if level >= REACHED))


def _write(
    service: Service, conn: Connection, counted: int, trips: Iterable[TripKey], news: Mapping[str, LastNews]
) -> None:
    if counted:
        _note(service, conn, counted, trips)
    if news:
        write_news(conn, news, service.clock())


def _note(service: Service, conn: Connection, counted: int, trips: Iterable[TripKey]) -> None:
    now = service.clock()
    state = lock_state(conn, STATE, now)
    if state.get("day") != _day(now):
        state = {"day": _day(now), "count": 0, "level": 0, "trips": {}}
    work, count = Work(service, conn, now), int(state["count"]) + counted
    level = _level(count, service.limits.sends_a_day)
    if level > state["level"]:
        reason = PageReason.SEND_LIMIT if level >= REACHED else PageReason.SEND_LIMIT_NEAR
        telling.page_operator(work, reason, _day(now), number=str(count))
    levels = _page_trips(work, dict(state["trips"]), trips)
    value = {"day": _day(now), "count": count, "level": max(level, state["level"]), "trips": levels}
    put_state(conn, STATE, value, now)
    work.flush()


def _page_trips(work: Work, levels: dict[str, int], trips: Iterable[TripKey]) -> dict[str, int]:
    """The share of its limit at which each trip was paged for, as it is after this."""
    limit = work.service.limits.sends_a_day_per_trip
    for key in trips:
        count = _sent_of(work.conn, key, work.now)
        before, level = levels.get(str(key.trip_id), 0), _level(count, limit)
        trip = work.service.trip(work.conn, key, work.now) if level > before else None
        if trip is not None:
            reason = PageReason.TRIP_LIMIT if level >= REACHED else PageReason.TRIP_LIMIT_NEAR
            telling.page_operator(work, reason, f"{key.trip_id}:{_day(work.now)}", trip=trip, number=str(count))
            levels[str(key.trip_id)] = level
    return levels


def _sent_of(conn: Connection, key: TripKey, now: datetime) -> int:
    """How many messages of a trip have left today; found by the traveler, so that nothing else is looked through."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    query = select(func.count()).where(
        OUTBOX.c.traveler_id == key.traveler_id,
        OUTBOX.c.trip_id == key.trip_id,
        OUTBOX.c.settled_at >= midnight,
        OUTBOX.c.state.in_(("sent", "unknown")),
    )
    return conn.execute(query).scalar_one()


def _level(count: int, limit: int) -> int:
    return next((level for level in (REACHED, NEAR) if count * 100 >= limit * level), 0)


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"
