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
from service.db.errors import KeyErased, SealBroken
from service.db.sealed import key_of
from service.db.settle import Settlement, ask_later, settle_many
from service.edges import ACCEPTED, SENDING, Act, reach
from service.usecases import counters
from service.usecases.context import Service
from service.usecases.failover import Failure, fail_over
from service.usecases.problems import StorageUnavailable

BATCH = 100
SETTLE_EVERY = 50
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
URGENT = frozenset({"alert", "all_clear", "operator"})
LONGEST_URGENT_PAUSE = timedelta(minutes=2)
ASK_BEFORE_AGAIN = timedelta(seconds=30)
"""After a time-out the provider is asked whether it has the message, once its list has had time to show it."""
NO_ANSWER = "no_answer"
"""The error of a row whose provider kept silent; what RECOVER goes by."""
AT_MOST_ONCE = frozenset({"reply", "sign_up", "page_code"})

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
    asked_from: datetime
    error: str | None
    begin_by: datetime
    message: Message | None


@dataclass(frozen=True, slots=True)
class NotBegun:
    """It was not handed to the provider: the process ends, or the lease might end before the answer."""


Outcome = SendResult | NotBegun


def dispatch(service: Service, pool: Executor) -> int:
    """Send everything that is pending and due; returns how many rows were claimed.

    1. CLAIM up to 100 rows in one statement, with a lease and a fencing token.
    2. SEND each outside of any transaction, many at a time; a provider's trouble is a value, never an exception. What
    could not begin in the first half of its lease is put back: by its end another worker may be sending it.
    3. SETTLE in batches as answers come: sent; failed, and the person's next address instead; pending again after a
    jittered pause; or, when a time-out leaves the fate open, left to RECOVER, which asks the provider first.

    Killed here: after the claim the lease runs out and RECOVER takes over; a sent row not settled is found in the
    provider's list and not sent again.
    """
    total = 0
    while not service.wake.stopping.is_set():
        claimed = service.run(lambda conn: claim(service, conn), Act.CLAIM)
        total += len(claimed)
        _send_all(service, pool, claimed)
        if len(claimed) < BATCH:
            break
    return total


def claim(service: Service, conn: Connection) -> list[Claimed]:
    """Claim a batch and open its texts."""
    now, token = service.clock(), uuid4()
    rows = claim_outbox(conn, now, BATCH, token, list(service.notifiers), lease=service.limits.lease)
    return open_rows(service, conn, rows, now)


def open_rows(service: Service, conn: Connection, rows: Sequence[Any], now: datetime) -> list[Claimed]:
    """Rows with their messages; one whose key was erased, or whose text cannot be opened, has none."""
    service.keys.prefetch(conn, [row_key for row in rows if (row_key := _key_of(row.sealed)) is not None])
    return [_open_row(service, conn, row, now) for row in rows]


def _key_of(sealed: bytes) -> UUID | None:
    try:
        return key_of(sealed)
    except SealBroken:
        return None


def _open_row(service: Service, conn: Connection, row: Any, now: datetime) -> Claimed:
    try:
        secret = json.loads(service.keys.open(conn, b"outbox", row.sealed))
    except (KeyErased, SealBroken):
        # One such row must not keep all others from being sent.
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
        row.available_at,
        row.error,
        now + service.limits.lease / 2,
        message,
    )


def settle_results(service: Service, results: Sequence[tuple[Claimed, Outcome]]) -> None:
    """Write down what became of some sent rows, and send by another address what failed.

    When acting on a failure fails itself, each row is settled alone, so that one trip cannot keep the others open.
    """
    if not results:
        return
    try:
        _settle_together(service, results, act=True)
    except StorageUnavailable:
        raise
    except Exception:
        log.exception("settle_failed", rows=len(results))
        if len(results) == 1:
            _settle_together(service, results, act=False)
        else:
            for result in results:
                settle_results(service, [result])
    if any(row.alarm_id for row, _ in results):
        service.wake.sweep.set()


def _settle_together(service: Service, results: Sequence[tuple[Claimed, Outcome]], *, act: bool) -> None:
    now = service.clock()

    def write(conn: Connection) -> tuple[list[tuple[str, str]], list[float]]:
        pairs = [(row, result, _settlement(service, row, result, now)) for row, result in results]
        settlements = [settlement for _, _, settlement in pairs if settlement is not None]
        ours = settle_many(conn, now, settlements)
        unsure = [(row.traveler_id, row.outbox_id, row.token) for row, _, settlement in pairs if settlement is None]
        ask_later(conn, unsure, now + min(ASK_BEFORE_AGAIN, service.limits.lease), NO_ANSWER)
        if act:
            fail_over(service, conn, now, [f for row, result, _ in pairs if (f := _failure(row, result, ours))])
        counted = [
            (row.channel, settlement.state)
            for row, _, settlement in pairs
            if settlement is not None and row.outbox_id in ours
        ]
        return counted, counters.first_told(service, conn, now, ours) if act else []

    counters.count(*service.run(write, Act.SETTLE))


def _failure(row: Claimed, result: Outcome, ours: set[UUID]) -> Failure | None:
    """What there is to act on: a refusal of a message that we could open, if it was still ours to settle."""
    if not isinstance(result, Rejected) or row.outbox_id not in ours or row.message is None:
        return None
    return Failure(row.traveler_id, row.trip_id, row.contact_id, row.outbox_id, row.channel_index, result)


def pause_after(attempts: int, kind: str = "") -> timedelta:
    """How long to wait before trying again: doubling, jittered, 10 min at most, and 2 min with what is urgent."""
    most = LONGEST_URGENT_PAUSE if kind in URGENT else LONGEST_PAUSE
    longest: timedelta = min(FIRST_PAUSE * 2 ** min(attempts, 10), most)
    return longest * (0.5 + secrets.randbelow(500) / 1000)


def _send_all(service: Service, pool: Executor, claimed: Sequence[Claimed]) -> None:
    futures = {pool.submit(_send, service, row): row for row in claimed}
    waiting: list[tuple[Claimed, Outcome]] = []
    for future in as_completed(futures):
        waiting.append((futures[future], future.result()))
        if len(waiting) >= SETTLE_EVERY:
            settle_results(service, waiting)
            waiting = []
    settle_results(service, waiting)


def _send(service: Service, row: Claimed) -> Outcome:
    if service.wake.stopping.is_set() or service.clock() > row.begin_by:
        return NotBegun()
    notifier: Notifier | None = service.notifiers.get(row.channel)
    if row.message is None or notifier is None:
        return Rejected(Cause.PERMANENT, "erased", "the text is gone or nobody serves its channel")
    try:
        reach(SENDING)
        result = notifier.send(row.message)
        if isinstance(result, Accepted):
            reach(ACCEPTED)
    except Exception:
        # A notifier must not raise; one that does has left the fate of its message open.
        log.exception("notifier_raised", outbox_id=str(row.outbox_id), channel=row.channel)
        result = Unavailable("the notifier failed", maybe_accepted=True)
    kinds = {"kind": row.kind, "channel": row.channel, "result": type(result).__name__}
    log.info("handed_over", outbox_id=str(row.outbox_id), **kinds)
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


def _settlement(service: Service, row: Claimed, result: Outcome, now: datetime) -> Settlement | None:
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
        case NotBegun():
            return Settlement(state="pending", error=row.error, **common)
        case Accepted(provider_id, state):
            return Settlement(state="sent", provider_id=provider_id, delivery=state.value, **common)
        case Rejected(Cause.PERMANENT, code, _, _):
            return Settlement(state="failed", error=code, **common)
        case Rejected(_, code, _, retry_after):
            # What a provider asks for is a wish: an alarm must not wait a day for it.
            pause = min(retry_after, LONGEST_PAUSE) if retry_after else pause_after(row.attempts, row.kind)
            return Settlement(state="pending", available_at=now + pause, error=code, **common)
        case Unavailable(_, False):
            return Settlement(
                state="pending", available_at=now + pause_after(row.attempts, row.kind), error="unavailable", **common
            )
        case _:
            if row.kind in AT_MOST_ONCE:
                return Settlement(state="unknown", error="unavailable", **common)
            return None
