"""What her people wrote down of what they heard, for the others who act in the same alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import AuditLine
from service.db.trips import AlarmState, TripState
from service.usecases.answer import HEARD
from service.usecases.context import Service
from service.usecases.found_out import detail_of

AUDIT = table_of(AuditLine)

ACTIONS = tuple(f"answered:{what}" for what in sorted(HEARD))


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note: when, whose, what she said of the answer (`Heard`), and her own words."""

    at: datetime
    contact_id: UUID
    answer: str
    note: str


def notes_of(service: Service, conn: Connection, trip: TripState, state: AlarmState) -> tuple[HeardNote, ...]:
    """The notes about one alarm, oldest first."""
    query = select(AUDIT.c.at, AUDIT.c.actor, AUDIT.c.action, AUDIT.c.sealed).where(
        AUDIT.c.traveler_id == trip.key.traveler_id,
        AUDIT.c.action.in_(ACTIONS),
        AUDIT.c.at >= state.view.opened_at,
        AUDIT.c.sealed.is_not(None),
    )
    found = []
    for row in conn.execute(query.order_by(AUDIT.c.position)):
        detail = detail_of(service, conn, row.sealed)
        if detail.get("alarm") == str(state.alarm_id):
            found.append(HeardNote(row.at, UUID(row.actor), row.action.partition(":")[2], detail["note"]))
    return tuple(found)
