"""Which copies of a sheet were handed out, by whom and for whom: part of what was done in its alarm."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import AuditLine
from service.db.trips import AlarmState, TripState
from service.usecases.alarm_history import MOST_EVENTS, Event, Happened
from service.usecases.context import Service

AUDIT = table_of(AuditLine)

HANDED_OUT = "sheet_handed_out"


def copies_made(service: Service, conn: Connection, trip: TripState, state: AlarmState) -> tuple[Event, ...]:
    """The copies of one alarm's sheet, oldest first; `answer` of an event is for whom."""
    query = select(AUDIT.c.at, AUDIT.c.actor, AUDIT.c.sealed).where(
        AUDIT.c.traveler_id == trip.key.traveler_id,
        AUDIT.c.action == HANDED_OUT,
        AUDIT.c.at >= state.view.opened_at,
        AUDIT.c.sealed.is_not(None),
    )
    found = []
    for row in conn.execute(query.order_by(AUDIT.c.position.desc()).limit(MOST_EVENTS)):
        detail = json.loads(service.keys.open(conn, b"audit", row.sealed))
        if detail["alarm"] == str(state.alarm_id):
            found.append(Event(row.at, Happened.HANDED_OUT, UUID(row.actor), answer=detail["copy"]))
    return tuple(reversed(found))
