"""A clock that is set. Set back it leaves instants ahead: what waits for them would wait until it has caught up. Set
forward it ends waits that have not been waited.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, and_, case, or_, select, update

from service.core.watch import STAGES
from service.core.wording import PageReason
from service.db import tables
from service.db.routing import EngineState, Inbox
from service.db.state import get_state, get_state_at, put_state
from service.db.stored import table_of
from service.edges import Act
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.proof import Watermark, sources, watermark, watermark_value
from service.usecases.work import Work

WATCHES, ALARMS = table_of(tables.Watch), table_of(tables.Alarm)
REHEARSALS, OUTBOX = table_of(tables.Rehearsal), table_of(tables.Outbox)
INBOX, STATE = table_of(Inbox), table_of(EngineState)

TOLERATED = timedelta(minutes=1)
"""Clocks of several machines differ; so much delays nobody."""
LOOKS_SOON = timedelta(minutes=10)
"""What a watch waits for counts from a sweep (the proof, the brake, a mend), it does so for less than this."""
LIST_AGAIN = timedelta(hours=26)

log = structlog.get_logger()


def mind_the_clock(service: Service) -> None:
    """Notice that the clock was set, and keep what waits from waiting for ever or not at all.

    *Forward*, by the clock that nobody sets: who was asked a moment ago has the rest of her time from now on.

    *Back*: 1. This process has seen a later time, or it has just begun: ask when the last sweep was. Ahead by more than
    a minute: the clock was ahead then, or is behind now; which of the two nobody can tell.  2. Look now at every alarm,
    and at every watch whose next look counted from that clock; the core takes what happened "later" as just happened.
    Deadlines stay what they are, so that a clock that goes wrong and right again satisfies and misses none by it.
    3. Send, ask about and read what would have waited.  4. List again what the sources received since yesterday.
    5. Page the operator.

    Killed here: nothing is written, and the next process begins by asking.
    """
    wake, now = service.wake, service.clock()
    seconds = service.monotonic() if service.monotonic is not None else 0.0
    seen, seen_seconds = wake.seen_at, wake.seen_at_seconds
    if seen is None or now < seen - TOLERATED:
        _mind_set_back(service, now)
    elif service.monotonic is not None and now - seen - timedelta(seconds=seconds - seen_seconds) > TOLERATED:
        log.error("clock_set_forward", seconds=round((now - seen).total_seconds()))
        service.run(lambda conn: _give_time(conn, seen, now), Act.CLOCK)
    # Only now: a database that was away must be asked again.
    wake.seen_at, wake.seen_at_seconds = now, seconds


def _give_time(conn: Connection, seen: datetime, now: datetime) -> None:
    """Let the last question of those whose time would have ended in between count from now."""
    last_asked = and_(WATCHES.c.reminders == STAGES, WATCHES.c.look_at > seen, WATCHES.c.look_at <= now)
    values = {"reminded_at": now, "version": WATCHES.c.version + 1}
    conn.execute(update(WATCHES).where(last_asked).values(**values))


def _mind_set_back(service: Service, now: datetime) -> None:
    ahead = service.read(lambda conn: get_state_at(conn, "sweep"))
    if ahead is None or ahead <= now + TOLERATED:
        return
    log.error("clock_set_back", seconds=round((ahead - now).total_seconds()))
    service.run(lambda conn: _bring_back(service, conn, ahead, now), Act.CLOCK)
    for event in (service.wake.inbox, service.wake.outbox):
        event.set()


def _bring_back(service: Service, conn: Connection, ahead: datetime, now: datetime) -> None:
    counted = and_(WATCHES.c.look_at > now, WATCHES.c.look_at <= ahead + LOOKS_SOON)
    asked = and_(WATCHES.c.look_at.is_not(None), WATCHES.c.reminded_at > now)
    for table, waits in (
        (WATCHES, or_(counted, asked)),
        (ALARMS, and_(ALARMS.c.closed_at.is_(None), ALARMS.c.look_at > now)),
        (REHEARSALS, REHEARSALS.c.look_at > now),
    ):
        conn.execute(update(table).where(waits).values(look_at=now, version=table.c.version + 1))
    _bring_messages_back(service, conn, now)
    for name in sources(service):
        _list_again(conn, watermark(conn, name), now)
    _let_go_of_the_brake(conn, now)
    work = Work(service, conn, now)
    span = round((ahead - now).total_seconds() / 60)
    telling.page_operator(work, PageReason.CLOCK_SET_BACK, f"{ahead.isoformat()}", number=str(span))
    work.flush()
    put_state(conn, "sweep", get_state(conn, "sweep"), now)


def _bring_messages_back(service: Service, conn: Connection, now: datetime) -> None:
    """Texts that were written or tried again by the clock that was ahead; what is meant for a later day stays there."""
    late = and_(OUTBOX.c.available_at > now, or_(OUTBOX.c.attempts > 0, OUTBOX.c.created_at > now))
    conn.execute(update(OUTBOX).where(OUTBOX.c.state == "pending", late).values(available_at=now))
    open_alarms = select(ALARMS.c.alarm_id).where(ALARMS.c.closed_at.is_(None))
    told = and_(OUTBOX.c.alarm_id.in_(open_alarms), OUTBOX.c.state == "sent", OUTBOX.c.settled_at > now)
    # The ladder counts from when a provider took a rung's first message.
    conn.execute(update(OUTBOX).where(told).values(settled_at=now))
    lease = now + service.limits.lease
    held = and_(OUTBOX.c.state == "sending", OUTBOX.c.lease_until > lease)
    conn.execute(update(OUTBOX).where(held).values(lease_until=lease))
    unread = and_(INBOX.c.handled_at.is_(None), INBOX.c.received_at > now)
    occurred = case((INBOX.c.occurred_at > now, now), else_=INBOX.c.occurred_at)
    conn.execute(update(INBOX).where(unread).values(received_at=now, occurred_at=occurred))


def _list_again(conn: Connection, mark: Watermark, now: datetime) -> None:
    read_until, failing_since = mark.read_until, mark.failing_since
    if read_until is not None and read_until > now:
        # While the clock was ahead the lists were asked for what had not been written yet.
        read_until = now - LIST_AGAIN
    if failing_since is not None:
        failing_since = min(failing_since, now)
    put_state(conn, f"watermark:{mark.source}", watermark_value(Watermark(mark.source, read_until, failing_since)), now)


def _let_go_of_the_brake(conn: Connection, now: datetime) -> None:
    """A brake that ends hard must not begin its five minutes tomorrow."""
    at = conn.execute(select(STATE.c.at).where(STATE.c.name == "storm_brake")).scalar_one_or_none()
    if at is not None and at > now:
        nothing: Mapping[str, object] = {}
        put_state(conn, "storm_brake", nothing, now)
