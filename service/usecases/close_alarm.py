"""The operator as one of the two people that it takes to end a duress alarm."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from service.core.alarm import OPERATOR, AlarmKind, close_by
from service.core.ladder import audience
from service.db.routing import AckCode
from service.db.stored import table_of
from service.db.tables import Alarm
from service.db.trips import TripKey
from service.usecases.alarms import put_alarm
from service.usecases.context import Service
from service.usecases.work import Work

CODES = table_of(AckCode)
ALARMS = table_of(Alarm)


class Closing(StrEnum):
    """What became of it."""

    ENDED = "ended"
    WAITS = "waits"
    NONE = "none"


def close_by_operator(service: Service, code: str) -> Closing:
    """Say for the operator that the duress alarm of a text's code has ended; a second, different person must say so."""
    now = service.clock()
    closing = service.run(lambda conn: _close(service, conn, code.strip().lstrip("#").upper(), now))
    service.wake.outbox.set()
    return closing


def _close(service: Service, conn: Connection, code: str, now: datetime) -> Closing:
    query = select(ALARMS.c.traveler_id, ALARMS.c.trip_id, ALARMS.c.alarm_id).join(
        CODES, (CODES.c.traveler_id == ALARMS.c.traveler_id) & (CODES.c.alarm_id == ALARMS.c.alarm_id)
    )
    row = conn.execute(query.where(CODES.c.code == code)).first()
    trip = service.trip(conn, TripKey(row.traveler_id, row.trip_id), now, lock=True) if row else None
    state = trip.alarm if trip else None
    if row is None or trip is None or state is None or state.alarm_id != row.alarm_id:
        return Closing.NONE
    if state.view.kind is not AlarmKind.DURESS:
        return Closing.NONE
    work = Work(service, conn, now)
    view = close_by(state.view, OPERATOR, audience(AlarmKind.DURESS, trip.people), now)
    work.audit.add(trip.key.traveler_id, OPERATOR, "answered:close")
    put_alarm(work, trip, view)
    work.flush()
    return Closing.WAITS if view.is_open else Closing.ENDED
