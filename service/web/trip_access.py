"""Who may open the pages of a running trip."""

from __future__ import annotations

from service.usecases.context import Service
from service.usecases.drafts import TripKey
from service.usecases.my_trip import MyTrip, my_trip
from service.usecases.problems import Elsewhere
from service.usecases.sessions import Session


def open_trip(service: Service, session: Session, *, otherwise: str = "/trip/where") -> MyTrip:
    """Her running trip. In a trip with words its pages lie behind the passphrase.

    Raises:
        Elsewhere: none is running (to `otherwise`), or the private page is closed (to her own page, without a word).
    """
    trip = my_trip(service, session.traveler_id)
    if trip is None or not trip.armed:
        raise Elsewhere(otherwise)
    if trip.secret and not session.sees(trip.key.trip_id):
        raise Elsewhere("/home")
    return trip


def planned_or_open(service: Service, session: Session) -> TripKey:
    """The trip that she plans, or her running one as far as this session may see it.

    Raises:
        Elsewhere: she has none, or the private page is closed.
    """
    trip = my_trip(service, session.traveler_id)
    if trip is not None and not trip.armed:
        return trip.key
    return open_trip(service, session).key
