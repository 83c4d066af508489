"""What a provider reports later about a message: delivered, undelivered, failed; repeated, and in any order."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, case, or_, select, update

from notifiers.base import NO_KEY, Cause, DeliveryState, Rejected
from service.db.claims import MAY_HAVE_HEARD
from service.db.errors import KeyErased, SealBroken
from service.db.stored import table_of
from service.db.tables import Alarm, Outbox
from service.db.trips import TripKey, lock_trips
from service.edges import Act
from service.usecases import counters
from service.usecases.answered import has_answered
from service.usecases.context import Service
from service.usecases.failover import Failure, fail_over
from service.usecases.settle import AT_MOST_ONCE

OUTBOX = table_of(Outbox)
ALARMS = table_of(Alarm)

AGAIN_AFTER = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
"""When a message that did not arrive goes again: a phone may be off, or roaming."""


ASKS_FOR_A_KEY = frozenset({"alert", "invitation", "rehearsal"})
"""The kinds of rows that a call explains keys for: without one nobody knows whether a person has heard it."""


@dataclass(frozen=True, slots=True)
class Report:
    """A provider's word about one of our messages; `rejected` says why when it failed, `provider` who says it. Without
    a `provider_id` it is about the try that this provider took last."""

    outbox_id: UUID
    provider_id: str
    state: DeliveryState
    rejected: Rejected | None = None
    provider: str | None = None


def report_delivery(service: Service, told: Report) -> bool:
    """Note a report; false when we have no such message. A state never goes back.

    A report proves that the provider took the message, also when its answer to us was lost: a row that is still being
    sent is settled by it. When it was not delivered the person's next address is used, and unless the fault is for
    good it is tried three times more. Bad news of an earlier try says nothing about the one that followed it.
    """
    now = service.clock()

    def note(conn: Connection) -> tuple[bool, list[tuple[str, str]], list[float]]:
        query = select(OUTBOX).where(OUTBOX.c.outbox_id == told.outbox_id)
        found = conn.execute(query).first()
        report = _as_asked(service, conn, found, told)
        if found is None or found.state == "cancelled" or _is_past(found, report):
            return found is not None, [], []
        if found.trip_id is not None and report.state.is_bad:
            # Before the row itself: locks are taken in the order watch, alarm, outbox. Good news, which is all that
            # most reports bring, lets a ladder wait longer at most.
            lock_trips(conn, [TripKey(found.traveler_id, found.trip_id)], now)
        if found.alarm_id is not None and report.state.is_bad:
            conn.execute(
                update(ALARMS)
                .where(ALARMS.c.traveler_id == found.traveler_id, ALARMS.c.alarm_id == found.alarm_id)
                .values(look_at=now, version=ALARMS.c.version + 1, rung_accepted_at=_accepted_at(found))
            )
        row = conn.execute(query.with_for_update()).one()
        if row.state == "cancelled" or _is_past(row, report):
            # Another worker's news of it came first.
            return True, [], []
        values = _news(row, report, now, knows=report.state.is_bad and has_answered(conn, row))
        if not values:
            return True, [], []
        conn.execute(
            update(OUTBOX)
            .where(OUTBOX.c.traveler_id == row.traveler_id, OUTBOX.c.outbox_id == row.outbox_id)
            .values(**values)
        )
        state = str(values["state"])
        if state != "sent":
            fail_over(service, conn, now, [_failure(row, report)])
        changed = [(row.channel, state)] if state != row.state else []
        return True, changed, counters.first_told(conn, now, [row.outbox_id] if row.state != "sent" else [])

    known, sends, lateness = service.run(note, Act.REPORT)
    counters.count(sends, lateness)
    if known:
        service.notes.reported(told.provider, told.state, told.rejected, now)
    if sends:
        # What waited for this row may go.
        service.wake.outbox.set()
    if told.state.is_bad:
        service.wake.sweep.set()
    return known


def _as_asked(service: Service, conn: Connection, row: Any, report: Report) -> Report:
    """A call in which no key was pressed has been heard after all when it asked for none."""
    if row is not None and not report.provider_id:
        named = row.provider_id if row.provider == report.provider else None
        report = replace(report, provider_id=named or str(row.outbox_id))
    no_key = report.rejected is not None and report.rejected.code == NO_KEY
    if row is None or not no_key or row.kind in ASKS_FOR_A_KEY or _asks_if_it_is_over(service, conn, row):
        return report
    return replace(report, state=DeliveryState.DELIVERED, rejected=None)


def _asks_if_it_is_over(service: Service, conn: Connection, row: Any) -> bool:
    """Whether it is the question if she is home: unanswered, it leaves a trip open which she takes for ended."""
    if row.kind != "notice":
        return False
    try:
        return bool(json.loads(service.keys.open(conn, b"outbox", row.sealed)).get("answers"))
    except (KeyErased, SealBroken):
        return False


def _accepted_at(row: Any) -> Any:
    """When a provider first took a message of the rung, which this row will forget when it goes again."""
    known = ALARMS.c.rung_accepted_at
    if row.kind != "alert" or row.state != "sent":
        return known
    return case((or_(known.is_(None), known < row.created_at), row.settled_at), else_=known)


def _is_past(row: Any, report: Report) -> bool:
    """Whether this is bad news of a try that a provider's taking of another has followed."""
    return report.state.is_bad and row.state == "sent" and row.provider_id not in (None, report.provider_id)


def _news(row: Any, report: Report, now: datetime, *, knows: bool) -> dict[str, Any]:
    """What the report changes in the row; nothing when it is old news. `knows`: the person has answered meanwhile."""
    before = _known(row, report)
    state = before.advance(report.state)
    if state.is_bad:
        return {} if before.is_bad else _bad_news(row, report, state, now, knows=knows)
    if row.delivery == state.value and row.state == "sent":
        return {}
    return {
        "state": "sent",
        "delivery": state.value,
        "provider_id": (row.state == "sent" and row.provider_id) or report.provider_id,
        "provider": (row.state == "sent" and row.provider) or report.provider or row.provider,
        "lease_until": None,
        "settled_at": row.settled_at or now,
    }


def _known(row: Any, report: Report) -> DeliveryState:
    """How far we knew the try that is reported; a row that is to be sent again still has the failed one's state."""
    is_same = row.state == "sent" or row.provider_id in (None, report.provider_id)
    return DeliveryState(row.delivery) if row.delivery and is_same else DeliveryState.QUEUED


def _bad_news(row: Any, report: Report, state: DeliveryState, now: datetime, *, knows: bool) -> dict[str, Any]:
    rejected = _reason(report)
    values = {
        "delivery": state.value,
        # Kept while it waits for its next try: by it a repeat of this report is known.
        "provider_id": report.provider_id,
        "error": row.error if row.error in MAY_HAVE_HEARD else rejected.code,
        "lease_until": None,
        "failures": row.failures + 1,
    }
    if knows and not rejected.cause.is_final:
        # She is not told again of what she has answered; by whichever way it came, she must hear the end.
        return {**values, "state": "unknown", "settled_at": now}
    if rejected.cause.is_final or _is_worn_out(row, rejected) or row.kind in AT_MOST_ONCE:
        return {**values, "state": "failed", "settled_at": now}
    pause = _schedule(rejected)[_alike(row, rejected)]
    return {**values, "state": "pending", "settled_at": None, "available_at": now + pause, "polls": 0}


def _schedule(rejected: Rejected) -> tuple[timedelta, ...]:
    return AGAIN_AFTER if rejected.again_after is None else rejected.again_after


def _alike(row: Any, rejected: Rejected) -> int:
    """How many failures count against this cause. What has retries of its own counts from its first: a phone that was
    off is no proof that its number is not in use."""
    return int(row.failures) if rejected.again_after is None or row.error == rejected.code else 0


def _is_worn_out(row: Any, rejected: Rejected) -> bool:
    """Whether it has failed as often as that is worth. A try that reached no provider is none: an outage of the
    provider's says nothing of a phone."""
    return bool(row.failures >= len(AGAIN_AFTER) or _alike(row, rejected) >= len(_schedule(rejected)))


def _reason(report: Report) -> Rejected:
    return report.rejected or Rejected(Cause.TEMPORARY, "undelivered", "the provider could not deliver it")


def _failure(row: Any, report: Report) -> Failure:
    rejected = _reason(report)
    if rejected.at_last is not None and row.error == rejected.code and _is_worn_out(row, rejected):
        rejected = replace(rejected, cause=rejected.at_last)
    return Failure(row.traveler_id, row.trip_id, row.contact_id, row.outbox_id, row.channel_index, rejected)
