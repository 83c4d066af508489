"""A trip that whoever runs this keeps longer than the table of retention says, for a reason that is written down.

A hold ends by itself: it is good for 90 days at most and has to be renewed, and the operator is paged a week before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, update

from service.db.routing import AckCode
from service.db.stored import table_of
from service.db.tables import Alarm, Trip
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.page_holds import key_of, trips_held
from service.usecases.problems import NotFound
from service.usecases.retention import is_kept
from service.usecases.work import Work

ALARMS = table_of(Alarm)
CODES = table_of(AckCode)
TRIPS = table_of(Trip)

LONGEST = timedelta(days=90)
OPERATOR = "operator"
PURPOSE = b"kept"

_Row = Row[Any]


@dataclass(frozen=True, slots=True)
class Hold:
    """A trip that is kept: until when (UTC), and why."""

    key: TripKey
    until: datetime
    because: str


def keep_trip(service: Service, which: str, because: str, span: timedelta = LONGEST) -> list[Hold]:
    """Keep a trip and its cases for `span` from now on, 90 days at most; called again it renews. What is kept then.

    Args:
        which: the code of a text about an alarm of the trip, or the trip's id.

    Raises:
        NotFound: no such trip.
        ValueError: no reason, or no such span.
    """
    if not because.strip():
        raise ValueError("a reason is needed")
    if not timedelta(0) < span <= LONGEST:
        raise ValueError(f"a trip is kept for 1 to {LONGEST.days} days at a time")
    until, why = service.clock() + span, because.strip()
    return service.run(lambda conn: [_keep(service, conn, row, why, until) for row in _found(conn, which)])


def let_go(service: Service, which: str) -> list[TripKey]:
    """End a hold: from now on the table of retention counts again. Which trips were kept.

    Raises:
        NotFound: no such trip is kept.
    """
    now = service.clock()

    def end(conn: Connection) -> list[TripKey]:
        held = [row for row in _found(conn, which) if row.kept_until is not None and row.kept_until > now]
        if not held:
            raise NotFound
        work = Work(service, conn, now)
        for row in held:
            conn.execute(update(TRIPS).where(*_is(row)).values(kept_until=None, kept_because=None))
            work.audit.add(row.traveler_id, OPERATOR, "let_go", row.key_id, {"trip": str(row.trip_id)})
        work.flush()
        return [key_of(row) for row in held]

    return service.run(end)


def list_holds(service: Service) -> list[Hold]:
    """What is kept just now, the first to end first."""
    now = service.clock()

    def read(conn: Connection) -> list[Hold]:
        rows = conn.execute(trips_held().where(is_kept(now)).order_by(TRIPS.c.kept_until)).all()
        return [Hold(key_of(row), row.kept_until, _because(service, conn, row)) for row in rows]

    return service.read(read)


def _found(conn: Connection, which: str) -> list[_Row]:
    """The trip that a code or an id names. An id alone may name trips of several travelers: then all of them."""
    try:
        query = trips_held().where(TRIPS.c.trip_id == UUID(which))
    except ValueError:
        of_case = (ALARMS.c.traveler_id == TRIPS.c.traveler_id) & (ALARMS.c.trip_id == TRIPS.c.trip_id)
        of_code = (CODES.c.traveler_id == ALARMS.c.traveler_id) & (CODES.c.alarm_id == ALARMS.c.alarm_id)
        query = trips_held().join(ALARMS, of_case).join(CODES, of_code)
        query = query.where(CODES.c.code == which.strip().lstrip("#").upper())
    # Locked against the housekeeping, which may be about to erase it.
    found = list(conn.execute(query.with_for_update(of=TRIPS)).all())
    if not found:
        raise NotFound
    return found


def _keep(
    service: Service,
    conn: Connection,
    row: _Row,
    because: str,
    until: datetime,
) -> Hold:
    sealed = service.keys.seal(conn, row.key_id, PURPOSE, because.encode())
    conn.execute(update(TRIPS).where(*_is(row)).values(kept_until=until, kept_because=sealed))
    work = Work(service, conn, service.clock())
    detail = {"trip": str(row.trip_id), "until": until.isoformat(), "because": because}
    work.audit.add(row.traveler_id, OPERATOR, "kept", row.key_id, detail)
    work.flush()
    return Hold(key_of(row), until, because)


def _because(service: Service, conn: Connection, row: _Row) -> str:
    return service.keys.open(conn, PURPOSE, row.kept_because).decode() if row.kept_because else ""


def _is(row: _Row) -> tuple[ColumnElement[bool], ...]:
    return TRIPS.c.traveler_id == row.traveler_id, TRIPS.c.trip_id == row.trip_id
