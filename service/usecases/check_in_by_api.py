"""A check-in or a call for help by the API: a row in the inbox like any other message of hers."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.accept import Inbound, accept, text_name
from service.usecases.context import Service
from service.usecases.drafts import NOT_ARMED
from service.usecases.problems import Conflict409, NotFound

TRIPS = table_of(Trip)
OK = "OK"
SOS = "SOS"


def check_in_by_api(service: Service, key: TripKey, text: str, *, sender: bytes, once: str | None = None) -> datetime:
    """Keep what she sent; when it was received (a repeat: when it first was). The answer never depends on the text.

    Args:
        sender: the hash of the token that it came with.
        once: the request's idempotency key.

    Raises:
        NotFound: no such trip of hers.
        Conflict409: it was never armed.
    """
    query = select(TRIPS.c.status).where(TRIPS.c.traveler_id == key.traveler_id, TRIPS.c.trip_id == key.trip_id)
    status = service.read(lambda conn: conn.execute(query).scalar())
    if status is None:
        raise NotFound
    if status == "draft":
        raise Conflict409(NOT_ARMED, ("not_armed",))
    # Another text under the same key counts too: it may be a word of duress.
    name = f"{key.trip_id}:{once}:{text_name(service, text)}" if once else f"{key.trip_id}:{uuid4()}"
    inbound = Inbound("api", name, sender, text, traveler_id=key.traveler_id, trip_id=key.trip_id)
    return accept(service, inbound).received_at
