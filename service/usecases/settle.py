"""SETTLE: what became of messages that were sent is written down, and what failed goes by another address."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection

from notifiers.base import Accepted, Idempotent, Rejected, Unavailable
from service.db.claims import FATE_OPEN, MAY_HAVE_HEARD
from service.db.settle import Settlement, ask_later, settle_many
from service.db.trips import TripKey, lock_trips
from service.edges import Act
from service.usecases import counters
from service.usecases.claimed import Claimed, NotBegun, Outcome
from service.usecases.context import Service
from service.usecases.failover import Failure, fail_over
from service.usecases.problems import StorageUnavailable

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
URGENT = frozenset({"alert", "all_clear", "operator"})
LONGEST_URGENT_PAUSE = timedelta(minutes=2)
ASK_BEFORE_AGAIN = timedelta(seconds=30)
"""After a time-out the provider is asked whether it has the message, once its list has had time to show it."""
UNSERVED = "unserved"
"""The code of a message whose channel has no settings here."""
GIVE_UP_UNSERVED_AFTER = timedelta(days=1)
"""After a day whoever runs this has heard of it often enough: the channel is gone, and not by mistake."""
NO_ANSWER = "no_answer"
"""The error of a row whose provider kept silent; what RECOVER goes by."""
AT_MOST_ONCE = frozenset({"reply", "sign_up", "page_code", "test"})

log = structlog.get_logger()


def settle_results(service: Service, results: Sequence[tuple[Claimed, Outcome]]) -> None:
    """Write down what became of some sent rows, and send by another address what failed.

    When that fails, each row is settled alone, so that one trip cannot keep the others open; one that still cannot be,
    without what its refusal asks for; one that cannot be written at all is left to RECOVER.

    Raises:
        StorageUnavailable: the database is away.
    """
    if not results:
        return
    if not _is_settled(service, results, act=True):
        for result in results:
            if len(results) == 1 or not _is_settled(service, [result], act=True):
                _is_settled(service, [result], act=False)
    service.notes.settled(service.notifiers, results, service.clock())
    _ring(service, results)


def _is_settled(service: Service, results: Sequence[tuple[Claimed, Outcome]], *, act: bool) -> bool:
    try:
        _settle_together(service, results, act=act)
    except StorageUnavailable:
        raise
    except Exception:
        log.exception("settle_failed", rows=[str(row.outbox_id) for row, _ in results])
        return False
    return True


def _ring(service: Service, results: Sequence[tuple[Claimed, Outcome]]) -> None:
    """A refusal may be what a ladder goes on by. What was sent lets the next text to the same person go."""
    of_alarms = [result for row, result in results if row.alarm_id is not None]
    if of_alarms:
        service.wake.outbox.ring_here()
    if any(not isinstance(result, Accepted) for result in of_alarms):
        service.wake.sweep.set()


def _settle_together(service: Service, results: Sequence[tuple[Claimed, Outcome]], *, act: bool) -> None:
    now = service.clock()

    def write(conn: Connection) -> tuple[list[tuple[str, str]], list[float]]:
        pairs = [(row, result, _settlement(service, row, result, now)) for row, result in results]
        settlements = [settlement for _, _, settlement in pairs if settlement is not None]
        lock_trips(conn, [key for row, result in results if (key := _asks_for_more(row, result))], now)
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
        return counted, counters.first_told(conn, now, ours) if act else []

    counters.count(*service.run(write, Act.SETTLE))


def _asks_for_more(row: Claimed, result: Outcome) -> TripKey | None:
    """The trip of which more is written after a refusal: what is told of it by another address, and its alarm. A word
    of duress that is read meanwhile must find that."""
    is_refused = isinstance(result, Rejected) and row.message is not None
    return TripKey(row.traveler_id, row.trip_id) if is_refused and row.trip_id is not None else None


def _failure(row: Claimed, result: Outcome, ours: set[UUID]) -> Failure | None:
    """What there is to act on: a refusal of a message that we could open, if it was still ours to settle. One that
    another provider has taken since needs no other address."""
    if row.outbox_id not in ours or row.message is None:
        return None
    if isinstance(result, Accepted) and result.refused is not None:
        return Failure(row.traveler_id, None, None, row.outbox_id, row.channel_index, result.refused)
    if not isinstance(result, Rejected):
        return None
    return Failure(row.traveler_id, row.trip_id, row.contact_id, row.outbox_id, row.channel_index, result)


def pause_after(attempts: int, kind: str = "") -> timedelta:
    """How long to wait before trying again: doubling, jittered, 10 min at most, and 2 min with what is urgent."""
    most = LONGEST_URGENT_PAUSE if kind in URGENT else LONGEST_PAUSE
    longest: timedelta = min(FIRST_PAUSE * 2 ** min(attempts, 10), most)
    return longest * (0.5 + secrets.randbelow(500) / 1000)


def knows_repeats(notifier: object) -> bool:
    """Whether a message whose fate is open may simply be handed over again."""
    return isinstance(notifier, Idempotent) and notifier.repeats_are_known


def _error(row: Claimed, code: str) -> str:
    """That an earlier try may have left, or have been heard, outlives what became of this one."""
    return row.error if row.error in (FATE_OPEN, *MAY_HAVE_HEARD) else code


def _heard(row: Claimed) -> str | None:
    return row.error if row.error in MAY_HAVE_HEARD else None


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
        case Accepted(provider_id, state, by):
            common["provider"] = by or provider
            return Settlement(state="sent", provider_id=provider_id, delivery=state.value, error=_heard(row), **common)
        case Rejected(cause, code) if cause.is_final:
            return Settlement(state="failed", error=_heard(row) or code, **common)
        case Rejected(_, code, _, _) if code == UNSERVED and now - row.created_at > GIVE_UP_UNSERVED_AFTER:
            return Settlement(state="failed", error=code, **common)
        case Rejected(_, code, _, retry_after):
            # What a provider asks for is a wish: an alarm must not wait a day for it.
            pause = min(retry_after, LONGEST_PAUSE) if retry_after else pause_after(row.attempts, row.kind)
            again_at = now + pause
            # Whoever has no other address cannot be told any more: her rung is passed over now. And whoever has one
            # is told by it, which a word of duress that is read meanwhile must find: the alarm is locked by this.
            wakes = code == UNSERVED or row.kind == "alert"
            return Settlement(state="pending", available_at=again_at, error=_error(row, code), wakes=wakes, **common)
        case Unavailable(_, maybe_accepted) if not maybe_accepted or knows_repeats(service.notifiers.get(row.channel)):
            again_at = now + pause_after(row.attempts, row.kind)
            error = FATE_OPEN if maybe_accepted else _error(row, "unavailable")
            return Settlement(state="pending", available_at=again_at, error=error, **common)
        case _:
            if row.kind in AT_MOST_ONCE:
                return Settlement(state="unknown", error="unavailable", **common)
            return None
