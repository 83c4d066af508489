"""CLAIM, SEND, SETTLE: what waits in the outbox goes out, each row once, and what became of it is written down."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection

from notifiers.base import Accepted, Cause, Message, Notifier, Rejected, SendResult, Unavailable
from service.db.claims import claim_outbox
from service.db.errors import KeyErased
from service.db.sealed import key_of
from service.db.settle import Settlement, settle_many, shorten_leases
from service.usecases.context import Service
from service.usecases.failover import Failure, fail_over

BATCH = 100
SETTLE_EVERY = 50
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
ASK_BEFORE_AGAIN = timedelta(seconds=30)
"""After a time-out the provider is asked whether it has the message, once its list has had time to show it."""
AT_MOST_ONCE = frozenset({"reply", "sign_up"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours to send until its lease runs out."""

    traveler_id: UUID
    outbox_id: UUID
    trip_id: UUID | None
    alarm_id: UUID | None
    contact_id: UUID | None
    kind: str
    channel: str
    channel_index: int
    token: UUID
    attempts: int
    created_at: datetime
    message: Message | None


def dispatch(service: Service, pool: Executor) -> int:
    """Send everything that is pending and due; returns how many rows were claimed.

    1. CLAIM up to 100 rows in one statement, with a lease and a fencing token.
    2. SEND each outside of any transaction, many at a time; a provider's trouble is a value, never an exception.
    3. SETTLE in batches as answers come: sent; failed, and the person's next address instead; pending again after a
    jittered pause; or, when a time-out leaves the fate open, left to RECOVER, which asks the provider first.

    Killed here: after the claim the lease runs out and RECOVER takes over; a sent row not settled is found in the
    provider's list and not sent again.
    """
    total = 0
    while claimed := service.run(lambda conn: claim(service, conn)):
        total += len(claimed)
        _send_all(service, pool, claimed)
        if len(claimed) < BATCH:
            break
    return total


def claim(service: Service, conn: Connection) -> list[Claimed]:
    """Claim a batch and open its texts."""
    now, token = service.clock(), uuid4()
    rows = claim_outbox(conn, now, BATCH, token, list(service.notifiers), lease=service.limits.lease)
    service.keys.prefetch(conn, [key_of(row.sealed) for row in rows])
    return [open_row(service, conn, row, now) for row in rows]


def open_row(service: Service, conn: Connection, row: Any, now: datetime) -> Claimed:
    """The row with its message; without one when its key has been erased."""
    try:
        secret = json.loads(service.keys.open(conn, b"outbox", row.sealed))
    except KeyErased:
        secret = None
    message = _message(service, row, secret, now) if secret is not None else None
    return Claimed(
        row.traveler_id,
        row.outbox_id,
        row.trip_id,
        row.alarm_id,
        row.contact_id,
        row.kind,
        row.channel,
        row.channel_index,
        row.claim_token,
        row.attempts,
        row.created_at,
        message,
    )


def settle_results(service: Service, results: Sequence[tuple[Claimed, SendResult]]) -> None:
    """Write down what became of some sent rows, and send by another address what failed for good."""
    if not results:
        return
    now = service.clock()

    def write(conn: Connection) -> None:
        settlements = [_settlement(service, row, result, now) for row, result in results]
        ours = settle_many(conn, now, [s for s in settlements if s is not None])
        unsure = [row for (row, _), settlement in zip(results, settlements, strict=True) if settlement is None]
        shorten_leases(conn, [(row.traveler_id, row.outbox_id, row.token) for row in unsure], now + ASK_BEFORE_AGAIN)
        failures = [
            Failure(row.traveler_id, row.trip_id, row.contact_id, row.outbox_id, row.channel_index, result)
            for row, result in results
            if row.outbox_id in ours and isinstance(result, Rejected)
        ]
        fail_over(service, conn, now, failures)

    service.run(write)
    if any(row.alarm_id for row, _ in results):
        service.wake.sweep.set()


def pause_after(attempts: int) -> timedelta:
    """How long to wait before trying again: doubling, jittered, 10 min at most."""
    longest: timedelta = min(FIRST_PAUSE * 2 ** min(attempts, 10), LONGEST_PAUSE)
    return longest * (0.5 + secrets.randbelow(500) / 1000)


def _send_all(service: Service, pool: Executor, claimed: Sequence[Claimed]) -> None:
    futures = {pool.submit(_send, service.notifiers, row): row for row in claimed}
    waiting: list[tuple[Claimed, SendResult]] = []
    for future in as_completed(futures):
        waiting.append((futures[future], future.result()))
        if len(waiting) >= SETTLE_EVERY:
            settle_results(service, waiting)
            waiting = []
    settle_results(service, waiting)


def _send(notifiers: Any, row: Claimed) -> SendResult:
    notifier: Notifier | None = notifiers.get(row.channel)
    if row.message is None or notifier is None:
        return Rejected(Cause.PERMANENT, "erased", "the text is gone or nobody serves its channel")
    try:
        result = notifier.send(row.message)
    except Exception:
        # A notifier must not raise; one that does has left the fate of its message open.
        log.exception("notifier_raised", outbox_id=str(row.outbox_id), channel=row.channel)
        result = Unavailable("the notifier failed", maybe_accepted=True)
    log.info("sent", outbox_id=str(row.outbox_id), kind=row.kind, channel=row.channel, result=type(result).__name__)
    return result


def _message(service: Service, row: Any, secret: dict[str, Any], now: datetime) -> Message:
    return Message(
        outbox_id=str(row.outbox_id),
        to=secret["to"],
        body=secret["body"],
        kind=row.kind,
        ref_code=row.ref_code,
        callback_url=f"{service.public_url}/hooks/twilio/status/{row.outbox_id}",
        valid_for=row.valid_until - now if row.valid_until else None,
        subject=secret.get("subject"),
    )


def _settlement(service: Service, row: Claimed, result: SendResult, now: datetime) -> Settlement | None:
    """None leaves the row claimed: its fate is open, and RECOVER asks the provider when the lease has run out."""
    provider = service.notifiers[row.channel].name if row.channel in service.notifiers else row.channel
    common: dict[str, Any] = {
        "traveler_id": row.traveler_id,
        "outbox_id": row.outbox_id,
        "token": row.token,
        "alarm_id": row.alarm_id,
        "provider": provider,
    }
    match result:
        case Accepted(provider_id, state):
            return Settlement(state="sent", provider_id=provider_id, delivery=state.value, **common)
        case Rejected(Cause.PERMANENT, code, _, _):
            return Settlement(state="failed", error=code, **common)
        case Rejected(_, code, _, retry_after):
            pause = retry_after or pause_after(row.attempts)
            return Settlement(state="pending", available_at=now + pause, error=code, **common)
        case Unavailable(_, False):
            return Settlement(
                state="pending", available_at=now + pause_after(row.attempts), error="unavailable", **common
            )
        case _:
            if row.kind in AT_MOST_ONCE:
                return Settlement(state="unknown", error="unavailable", **common)
            return None
