"""The list of what had better be done before she leaves, as she is shown it. It reads no alarm."""

from __future__ import annotations

from sqlalchemy import Connection

from service.db.trips import TripKey, TripState
from service.usecases.checklist import Checklist, checklist_of
from service.usecases.context import Service
from service.usecases.drill import Drill, drill_of
from service.usecases.problems import NotFound
from service.usecases.trip_as_shown import trip_as_shown


def show_checklist(service: Service, key: TripKey) -> Checklist:
    """The list of a trip of hers. Who may see it is the caller's to know. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    return checklist_of(_read(service, key), service.clock())


def show_drill(service: Service, key: TripKey) -> Drill:
    """The numbers that she had better know by heart. Who may see them is the caller's to know. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    return drill_of(_read(service, key), service.clock())


def _read(service: Service, key: TripKey) -> TripState:
    now = service.clock()

    def look(conn: Connection) -> TripState:
        trip = service.planned_trip(conn, key, now)
        if trip is None:
            raise NotFound
        return trip if trip.status == "draft" else trip_as_shown(conn, service.keys, trip, now)

    return service.read(look)
