"""Reads each source's own list of what it received, so that an alarm never opens over an OK that we missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from notifiers.base import HandsOver, HandsOverAgain, InboundMessage, ListsInbound, SourceUnreadable, TellsHowFar
from service.core.wording import PageReason
from service.db.state import get_state_at, put_state
from service.edges import LISTED, Act, reach
from service.usecases import telling
from service.usecases.accept import Inbound, accept_all
from service.usecases.caught_up import is_to_be_asked, take_word
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.proof import FAIL_OPEN_AFTER, Watermark, sources, watermark, watermark_value
from service.usecases.work import Work

BATCH = 200
FIRST_LOOK_BACK = timedelta(hours=26)
OVERLAP = timedelta(minutes=10)
LIST_LAG = timedelta(seconds=5)
"""A list may lag its provider: what was received in the last moments does not count as read."""

log = structlog.get_logger()


def reconcile_inbound(service: Service) -> int:
    """List what every source received since its watermark and put what we have not seen into the inbox.

    1. Note that the source is being read: it counts as silent from here until it has been read whole, so that one
    which never ends its answer holds no alarm for ever.
    2. Read all pages; each message goes the way of a webhook's (the same inbox, the same key, so it counts once). A
    queue lets go of a page once it is committed.
    3. Only then move the watermark, to the moment before the reading began.
    4. A source that cannot be read keeps its watermark; since when it is silent is noted once, and after 15 min
    the operator is paged and alarms go without it. The other sources are read. Of one
    without a list its own word is the watermark.

    Killed here: what was listed is in the inbox, the watermark has not moved, and it is listed again.
    Returns how many messages were new.
    """
    return sum(_reconcile(service, name, source) for name, source in sources(service).items())


def _reconcile(service: Service, name: str, source: ListsInbound | TellsHowFar) -> int:
    began = service.clock()
    mark = service.run(lambda conn: _begin(conn, name, began), Act.RECONCILE)
    if not isinstance(source, ListsInbound):
        _ask_again(service, name, source, mark, began)
        # To be asked may have taken a while, in which it has said more.
        now = service.clock()
        told = service.run(lambda conn: _take_word(conn, source, mark, now), Act.WATERMARK)
        _page_if_open(service, told, now)
        return 0
    # A watermark that lies ahead was set by a clock that was wrong.
    since = min(mark.read_until or began - FIRST_LOOK_BACK, began) - OVERLAP
    new = 0
    try:
        if isinstance(source, HandsOver):
            new = source.hand_over(lambda page: keep_inbound(service, name, page))
        else:
            batch: list[InboundMessage] = []
            for message in source.list_inbound(since, began):
                batch.append(message)
                reach(LISTED)
                if len(batch) == BATCH:
                    new += keep_inbound(service, name, batch)
                    batch = []
            new += keep_inbound(service, name, batch)
    except SourceUnreadable as error:
        log.warning("source_unreadable", source=name, reason=str(error))
        _page_if_open(service, mark, began)
        if error.lost:
            service.run(lambda conn: _page_lost(Work(service, conn, began), name), Act.PAGE)
        return new
    except StorageUnavailable:
        raise
    except Exception:
        # Whatever it answered, we could not make messages of it.
        log.exception("source_unreadable", source=name)
        _page_if_open(service, mark, began)
        return new
    _save(service, Watermark(name, began - LIST_LAG, None), began)
    if new:
        log.info("reconciled", source=name, new=new)
    return new


def _ask_again(service: Service, name: str, source: object, mark: Watermark, now: datetime) -> None:
    """What it finds comes by its hook: that it was asked proves nothing."""
    if isinstance(source, HandsOverAgain) and service.run(lambda conn: is_to_be_asked(conn, name, now), Act.RECONCILE):
        earliest = now - FIRST_LOOK_BACK
        since = max(mark.read_until or earliest, earliest) - OVERLAP
        try:
            source.hand_over_again(since, now)
        except SourceUnreadable as error:
            log.warning("source_not_asked", source=name, reason=str(error))


def _take_word(conn: Connection, source: TellsHowFar, mark: Watermark, now: datetime) -> Watermark:
    told = take_word(conn, source, mark, now)
    put_state(conn, f"watermark:{mark.source}", watermark_value(told), now)
    return told


def inbound_of(service: Service, source: str, message: InboundMessage) -> Inbound:
    """What a source received, as it goes into the inbox."""
    return Inbound(
        source=source,
        provider_id=message.provider_id,
        sender=service.keys.phone_hash(message.sender),
        text=message.body,
        occurred_at=message.occurred_at,
        address=message.sender,
        media=message.media,
        opt_out=message.opt_out,
        missed_call=message.missed_call,
        undated=message.earliest is not None,
        language=message.language,
    )


def dated(service: Service, source: str, messages: Sequence[InboundMessage]) -> list[InboundMessage]:
    """The messages, each with a time. What bears none counts from the earliest at which it can have been sent: when all
    that was there had been read, or later. As of now an OK would satisfy what was due since; so it costs a question at
    most, where we were away for long.

    Raises:
        StorageUnavailable: the database is away.
    """
    if all(message.earliest is None for message in messages):
        return list(messages)
    read_until = service.read(lambda conn: watermark(conn, source)).read_until
    return [replace(one, occurred_at=_at_least(one, read_until)) for one in messages]


def _at_least(message: InboundMessage, read_until: datetime | None) -> datetime:
    if message.earliest is None:
        return message.occurred_at
    return min(message.occurred_at, max(message.earliest, read_until or message.earliest))


def keep_inbound(service: Service, source: str, batch: list[InboundMessage]) -> int:
    """Keep what a source received; how many messages were new. When this returns they are committed.

    Raises:
        StorageUnavailable: nothing was kept.
    """
    rows = [inbound_of(service, source, message) for message in dated(service, source, batch)]
    return sum(1 for accepted in accept_all(service, rows) if accepted.new) if rows else 0


def _begin(conn: Connection, name: str, now: datetime) -> Watermark:
    mark = watermark(conn, name)
    tried_at = get_state_at(conn, f"watermark:{name}")
    was_down = tried_at is None or now - tried_at > FAIL_OPEN_AFTER
    # While nobody asked it nobody knows whether it was silent: that was our own silence.
    since = now if was_down else mark.failing_since or now
    begun = replace(mark, failing_since=since)
    put_state(conn, f"watermark:{name}", watermark_value(begun), now)
    return begun


def _page_if_open(service: Service, mark: Watermark, now: datetime) -> None:
    if mark.is_open(now):
        service.run(lambda conn: _page(Work(service, conn, now), mark), Act.PAGE)


def _page(work: Work, mark: Watermark) -> None:
    silent_since = mark.failing_since or work.now
    said = silent_since.strftime("%Y-%m-%d %H:%M UTC")
    telling.page_operator(
        work, PageReason.SOURCE_SILENT, f"{mark.source}:{silent_since.isoformat()}", source=mark.source, at=said
    )
    work.flush()


def _page_lost(work: Work, name: str) -> None:
    telling.page_operator(work, PageReason.SOURCE_LOST, f"{name}:{work.now:%Y-%m-%dT%H}", source=name)
    work.flush()


def _save(service: Service, mark: Watermark, now: datetime) -> None:
    service.run(lambda conn: put_state(conn, f"watermark:{mark.source}", watermark_value(mark), now), Act.WATERMARK)
