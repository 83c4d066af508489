"""What the tables tell of the engine, in numbers for those who watch it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, or_, select

from service.core.alarm import AlarmKind
from service.db.routing import Inbox
from service.db.state import get_state_at
from service.db.stored import table_of
from service.db.tables import Alarm, Outbox
from service.usecases.alarm_counts import alarm_counts
from service.usecases.context import Service
from service.usecases.proof import sources, watermark
from service.usecases.spending import sent_today

INBOX = table_of(Inbox)
OUTBOX = table_of(Outbox)
ALARMS = table_of(Alarm)


@dataclass(frozen=True, slots=True)
class Observed:
    """Numbers by their metric's name: (name, help, value), and (name, help, label, value by label)."""

    plain: tuple[tuple[str, str, float], ...]
    labelled: tuple[tuple[str, str, str, Mapping[str, float]], ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has not left: how many messages, and since when the oldest could have (UTC)."""

    depth: int = 0
    oldest: datetime | None = None


def waiting_by_channel(conn: Connection, now: datetime) -> Mapping[str, Waiting]:
    """What waits for a budget or a provider, by channel; nothing of those where nothing waits."""
    query = (
        select(OUTBOX.c.channel, func.count().label("depth"), func.min(OUTBOX.c.available_at).label("oldest"))
        .where(
            OUTBOX.c.state == literal_column("'pending'"),
            # A text that is written for a later day is no backlog; one that is tried again is.
            or_(OUTBOX.c.available_at <= now, OUTBOX.c.attempts > 0),
        )
        .group_by(OUTBOX.c.channel)
    )
    return {row.channel: Waiting(row.depth, row.oldest) for row in conn.execute(query)}


def observe(service: Service) -> Observed:
    """The numbers that say whether anybody waits too long."""
    now = service.clock()
    return service.read(lambda conn: _observe(service, conn, now))


def _observe(service: Service, conn: Connection, now: datetime) -> Observed:
    inbox_depth, inbox_oldest = conn.execute(
        select(func.count(), func.min(INBOX.c.received_at)).where(INBOX.c.handled_at.is_(None))
    ).one()
    waiting = waiting_by_channel(conn, now)
    outbox_depth = sum(one.depth for one in waiting.values())
    outbox_oldest = min((one.oldest for one in waiting.values() if one.oldest is not None), default=None)
    swept = get_state_at(conn, "sweep")
    open_alarms = conn.execute(
        select(ALARMS.c.kind, func.count()).where(ALARMS.c.closed_at.is_(None)).group_by(ALARMS.c.kind)
    )
    # Of each kind, so that none shows as missing.
    counts = {kind.value: 0.0 for kind in AlarmKind} | {str(kind): float(count) for kind, count in open_alarms}
    marks = {name: watermark(conn, name).read_until for name in sources(service)}
    sent, so_far = sent_today(conn, now), alarm_counts(conn)
    limits = service.limits
    plain = (
        ("amanba_sweep_age_seconds", "Since the last completed sweep", _age(swept, now)),
        ("amanba_inbox_depth", "Messages not read yet", float(inbox_depth)),
        ("amanba_inbox_oldest_seconds", "Age of the oldest of them", _age(inbox_oldest, now) if inbox_depth else 0.0),
        ("amanba_outbox_depth", "Messages not sent yet", float(outbox_depth)),
        (
            "amanba_outbox_oldest_seconds",
            "Age of the oldest of them",
            _age(outbox_oldest, now) if outbox_depth else 0.0,
        ),
        ("amanba_sends_today", "Messages sent since midnight UTC, by all processes", float(sent.messages)),
        ("amanba_sends_a_day_limit", "At so many a day the operator is paged", float(limits.sends_a_day)),
        ("amanba_trips_over_limit", "Trips over their own limit today", float(sent.trips_over)),
        ("amanba_traveler_weeks", "Weeks on the way so far, of all travelers together", so_far.traveler_weeks),
    )
    labelled = (
        ("amanba_alarms_open", "Open alarms", "kind", counts),
        ("amanba_alarms_opened", "Alarms that have opened so far", "kind", so_far.opened),
        ("amanba_alarms_ended", "Alarms that have ended so far", "outcome", so_far.ended),
        (
            "amanba_watermark_age_seconds",
            "Since each source was read whole",
            "source",
            {name: _age(at, now) for name, at in marks.items()},
        ),
        (
            "amanba_outbox_waiting",
            "Messages not sent yet, by channel: what waits for a budget or a provider",
            "channel",
            dict.fromkeys(service.notifiers, 0.0) | {channel: float(one.depth) for channel, one in waiting.items()},
        ),
    )
    return Observed(plain, labelled)


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at is not None else float("inf")
