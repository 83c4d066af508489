"""One alarm of a trip by its id: the open one, the one closed last, or an older one whose links still live."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from service.db import codec
from service.db.stored import table_of
from service.db.tables import Alarm
from service.db.trips import AlarmState, TripState

ALARMS = table_of(Alarm)


def alarm_of(conn: Connection, trip: TripState, alarm_id: UUID) -> AlarmState | None:
    """The alarm as the transaction has it. Of an older one, who was told is not looked up."""
    for state in (trip.alarm, trip.recent):
        if state is not None and state.alarm_id == alarm_id:
            return state
    query = select(ALARMS.c.view, ALARMS.c.version).where(
        ALARMS.c.traveler_id == trip.key.traveler_id, ALARMS.c.alarm_id == alarm_id, ALARMS.c.closed_at.is_not(None)
    )
    row = conn.execute(query).first()
    return None if row is None else AlarmState(alarm_id, codec.alarm_from_json(row.view, None), row.version)
