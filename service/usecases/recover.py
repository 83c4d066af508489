"""RECOVER: rows whose sender died or got no answer. The provider is asked first; nothing is sent again blindly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from notifiers.base import Found, Searchable, Unavailable
from service.db.claims import expired_leases
from service.db.sealed import key_of
from service.db.settle import Settlement, settle_many
from service.usecases.context import Service
from service.usecases.dispatch import AT_MOST_ONCE, Claimed, open_row

BATCH = 100
SEARCH_BEFORE = timedelta(minutes=2)
GIVE_UP_ASKING_AFTER = timedelta(minutes=10)

log = structlog.get_logger()


def recover(service: Service) -> int:
    """Find out what became of rows whose lease has run out; returns how many were taken over.

    1. Take each over under a new fencing token: whoever had it can settle it no more.
    2. Ask the provider for it: by its code, which no other message has; without one by its address, text and time.
    3. Found: sent. Not on the list: pending again. List unreachable: asked again when the new lease has run out, for
    10 min; then it is sent again, because a repeated alert is a nuisance and a lost one is the product failing.
    4. A reply goes at most once: its fate is settled as unknown.

    Killed here: the new lease runs out too.
    """
    total = 0
    while True:
        rows = service.run(lambda conn: _take_over(service, conn))
        if not rows:
            return total
        total += len(rows)
        settlements = [settlement for row in rows if (settlement := _ask(service, row)) is not None]
        service.run(partial(_settle, service.clock(), settlements))
        service.wake.outbox.set()
        service.wake.sweep.set()


def _take_over(service: Service, conn: Connection) -> Sequence[Claimed]:
    now = service.clock()
    rows = expired_leases(conn, now, BATCH, uuid4(), lease=service.limits.lease)
    service.keys.prefetch(conn, [key_of(row.sealed) for row in rows])
    return [open_row(service, conn, row, now) for row in rows]


def _settle(now: datetime, settlements: Sequence[Settlement], conn: Connection) -> None:
    settle_many(conn, now, settlements)


def _ask(service: Service, row: Claimed) -> Settlement | None:
    notifier: object = service.notifiers.get(row.channel)
    common: dict[str, Any] = {
        "traveler_id": row.traveler_id,
        "outbox_id": row.outbox_id,
        "token": row.token,
        "alarm_id": row.alarm_id,
    }
    if row.kind in AT_MOST_ONCE or row.message is None:
        return Settlement(state="unknown", error="lease_expired", **common)
    now = service.clock()
    again = Settlement(state="pending", available_at=now, error="lease_expired", **common)
    if not isinstance(notifier, Searchable):
        return again
    found = notifier.find_sent(row.message, row.created_at - SEARCH_BEFORE)
    log.info("recovered", outbox_id=str(row.outbox_id), kind=row.kind, found=type(found).__name__)
    match found:
        case Found(provider_id, state):
            return Settlement(
                state="sent",
                provider=service.senders[row.channel],
                provider_id=provider_id,
                delivery=state.value,
                **common,
            )
        case Unavailable() if now - row.created_at < GIVE_UP_ASKING_AFTER:
            return None
        case _:
            return again
