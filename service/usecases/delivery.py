"""What a provider reports later about a message: delivered, undelivered, failed; repeated, and in any order."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select, update

from notifiers.base import Cause, DeliveryState, Rejected
from service.db.stored import table_of
from service.db.tables import Alarm, Outbox
from service.usecases.context import Service
from service.usecases.failover import Failure, fail_over

OUTBOX = table_of(Outbox)
ALARMS = table_of(Alarm)


@dataclass(frozen=True, slots=True)
class Report:
    """A provider's word about one of our messages; `rejected` says why when it failed."""

    outbox_id: UUID
    provider_id: str
    state: DeliveryState
    rejected: Rejected | None = None


def report_delivery(service: Service, report: Report) -> bool:
    """Note a report; false when we have no such message. A state never goes back.

    A report proves that the provider took the message, also when its answer to us was lost: a row that is still being
    sent is settled by it. An undelivered one counts as failed, and the person's next address is used.
    """
    now = service.clock()

    def note(conn: Connection) -> bool:
        query = select(OUTBOX).where(OUTBOX.c.outbox_id == report.outbox_id)
        found = conn.execute(query).first()
        if found is None or found.state == "cancelled":
            return found is not None
        if found.alarm_id is not None:
            # Before the row itself: locks are taken in the order alarm, outbox.
            conn.execute(
                update(ALARMS)
                .where(ALARMS.c.traveler_id == found.traveler_id, ALARMS.c.alarm_id == found.alarm_id)
                .values(look_at=now, version=ALARMS.c.version + 1)
            )
        row = conn.execute(query.with_for_update()).one()
        before = DeliveryState(row.delivery) if row.delivery else DeliveryState.QUEUED
        state = before.advance(report.state)
        settled = "failed" if state.is_bad else "sent"
        if row.delivery == state.value and row.state == settled:
            return True
        conn.execute(
            update(OUTBOX)
            .where(OUTBOX.c.traveler_id == row.traveler_id, OUTBOX.c.outbox_id == row.outbox_id)
            .values(
                state=settled,
                delivery=state.value,
                provider_id=row.provider_id or report.provider_id,
                lease_until=None,
                error=report.rejected.code if report.rejected and state.is_bad else row.error,
                settled_at=row.settled_at or now,
            )
        )
        if state.is_bad and row.state != "failed":
            reason = report.rejected or Rejected(Cause.TEMPORARY, "undelivered", "the provider could not deliver it")
            failure = Failure(row.traveler_id, row.trip_id, row.contact_id, row.outbox_id, row.channel_index, reason)
            fail_over(service, conn, now, [failure])
        return True

    known = service.run(note)
    service.wake.sweep.set()
    service.wake.outbox.set()
    return known
