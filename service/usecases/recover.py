"""RECOVER: rows whose sender died or got no answer. The provider is asked first; nothing is sent again blindly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import Connection, select

from notifiers.base import FindResult, Found, Searchable, Unavailable
from service.db.claims import FATE_OPEN, expired_leases
from service.db.settle import Settlement, ask_later, settle_many
from service.db.stored import table_of
from service.db.tables import Outbox
from service.edges import ASKED, Act, reach
from service.usecases import counters
from service.usecases.claimed import Claimed, ids_of, open_rows
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.settle import ASK_BEFORE_AGAIN, AT_MOST_ONCE, NO_ANSWER, knows_repeats

OUTBOX = table_of(Outbox)

BATCH = 8
"""As many as can be asked about within one lease when the provider keeps silent."""
SEARCH_BEFORE = timedelta(minutes=2)
GIVE_UP_ASKING_AFTER = timedelta(minutes=10)
NOT_LISTED = "not_listed"
LIST_UNREACHABLE = "list_unreachable"
ANOTHERS = "anothers"
ASK_ANEW_AFTER = timedelta(seconds=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _AskLater:
    """The fate stays open until it is asked about again `after` this span."""

    why: str
    after: timedelta


def recover(service: Service, pool: Executor | None = None) -> int:
    """Find out what became of rows whose lease has run out; returns how many were taken over.

    1. Take a few over under a new fencing token: whoever had them can settle them no more.
    2. Ask the provider for each, on `pool` when it is given: by its code, which no other message has; without one by
    its address, text and time.
    3. Found: sent. Not on the list, or there as failed: pending again; but after a time-out only when a whole lease
    has passed, because a list may lag. List unreachable: asked again when the new lease has run out, for 10 min since
    that was first so; then it is sent again, because a repeated alert is a nuisance and a lost one is the product
    failing.
    4. A reply goes at most once: its fate is settled as unknown.
    5. A provider that knows a repeat by its name is not asked: it is given the message again.

    Killed here: the new lease runs out too.
    """
    total = 0
    while not service.wake.stopping.is_set():
        rows = service.run(lambda conn: _take_over(service, conn), Act.TAKE_OVER)
        if not rows:
            break
        total += len(rows)
        ask = partial(_ask, service)
        answers: Iterable[Settlement | _AskLater] = pool.map(ask, rows) if pool else map(ask, rows)
        for row, answer in zip(rows, answers, strict=True):
            try:
                _write(service, row, answer)
            except StorageUnavailable:
                raise
            except Exception:
                # It is asked about again when its new lease has run out; the others must not wait for that.
                log.exception("recover_failed", **ids_of(row))
        service.wake.outbox.set()
        service.wake.sweep.set()
    return total


def _take_over(service: Service, conn: Connection) -> Sequence[Claimed]:
    now = service.clock()
    rows = expired_leases(conn, now, BATCH, uuid4(), lease=service.limits.lease)
    return open_rows(service, conn, rows, now)


def _write(service: Service, row: Claimed, answer: Settlement | _AskLater) -> None:
    now = service.clock()

    def write(conn: Connection) -> tuple[list[tuple[str, str]], list[float]]:
        known = _AskLater(ANOTHERS, ASK_ANEW_AFTER) if _is_anothers(conn, answer) else answer
        if isinstance(known, _AskLater):
            key = (row.traveler_id, row.outbox_id, row.token)
            ask_later(conn, [key], now + known.after, known.why, since=now)
            return [], []
        ours = settle_many(conn, now, [known])
        return [(row.channel, known.state)] * len(ours), counters.first_told(conn, now, ours)

    counters.count(*service.run(write, Act.RECOVER))


def _others(row: Claimed, since: datetime, conn: Connection) -> frozenset[str]:
    """The provider's names of the other messages of her: of two that read the same each is to be found once."""
    named = select(OUTBOX.c.provider_id).where(
        OUTBOX.c.traveler_id == row.traveler_id,
        OUTBOX.c.created_at >= since,
        OUTBOX.c.outbox_id != row.outbox_id,
        OUTBOX.c.provider_id.is_not(None),
    )
    return frozenset(conn.execute(named).scalars())


def _is_anothers(conn: Connection, found: Settlement | _AskLater) -> bool:
    """Whether one that was asked about at the same moment has been found to be this."""
    if isinstance(found, _AskLater) or found.provider_id is None:
        return False
    named = select(OUTBOX.c.outbox_id).where(OUTBOX.c.provider_id == found.provider_id)
    return not set(conn.execute(named).scalars()) <= {found.outbox_id}


def _ask(service: Service, row: Claimed) -> Settlement | _AskLater:
    notifier: object = service.notifiers.get(row.channel)
    common: dict[str, Any] = {
        "traveler_id": row.traveler_id,
        "outbox_id": row.outbox_id,
        "token": row.token,
        "alarm_id": row.alarm_id,
    }
    now = service.clock()
    again = Settlement(state="pending", available_at=now, error=FATE_OPEN, **common)
    if row.message is not None and knows_repeats(notifier):
        return again
    if row.kind in AT_MOST_ONCE or row.message is None:
        return Settlement(state="unknown", error=FATE_OPEN, **common)
    if not isinstance(notifier, Searchable):
        return again
    since = _since(row, now, service.limits.lease)
    others = service.read(partial(_others, row, since)) if row.message.ref_code is None else frozenset()
    found = _find(notifier, replace(row, message=replace(row.message, others=others)), since)
    log.info("recovered", **ids_of(row), kind=row.kind, found=type(found).__name__)
    match found:
        case Found(_, state) if state.is_bad:
            return replace(again, error=state.value)
        case Found(provider_id, state):
            return Settlement(
                state="sent",
                provider=found.provider or service.notifiers[row.channel].name,
                provider_id=provider_id,
                delivery=state.value,
                **common,
            )
        case Unavailable() if _may_ask_again(row, now):
            return _AskLater(LIST_UNREACHABLE, service.limits.lease)
        case Unavailable():
            return again
        case _ if row.error == NO_ANSWER and service.limits.lease > ASK_BEFORE_AGAIN:
            return _AskLater(NOT_LISTED, service.limits.lease - ASK_BEFORE_AGAIN)
        case _:
            return again


def _since(row: Claimed, now: datetime, lease: timedelta) -> datetime:
    """From when on the provider may have it. One that was written by a clock that was ahead was sent a moment ago."""
    return (row.created_at if row.created_at <= now else now - 2 * lease) - SEARCH_BEFORE


def _find(notifier: Searchable, row: Claimed, since: datetime) -> FindResult:
    if row.message is None:
        raise ValueError("a message whose text is gone cannot be looked for")
    try:
        found = notifier.find_sent(row.message, since)
        reach(ASKED)
        return found
    except Exception:
        # A notifier must not raise; one that does has told us nothing, and the others must be asked about.
        log.exception("notifier_raised", **ids_of(row), channel=row.channel)
        return Unavailable("the notifier failed", maybe_accepted=True)


def _may_ask_again(row: Claimed, now: datetime) -> bool:
    """Within 10 min of the first time that the list could not be read, however old the message is."""
    return row.error != LIST_UNREACHABLE or now - row.asked_from < GIVE_UP_ASKING_AFTER
