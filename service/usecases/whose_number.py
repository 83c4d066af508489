"""Whether a number that is stored as a traveler's is still hers as far as anybody is shown.

An alarm holds back that a number leaves her list, or that she has everything erased. Whoever then signs in or begins a
trip with that number must not learn of it: for them it is as free as it would be on any day.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.routing import NIL, PhoneOwner
from service.db.stored import table_of
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.erase_traveler import has_left
from service.usecases.waiting import numbers_gone

OWNERS = table_of(PhoneOwner)


def is_no_longer_hers(service: Service, conn: Connection, traveler_id: UUID, digest: bytes, now: datetime) -> bool:
    """Whether only an alarm still keeps this number (its keyed hash) as this traveler's. Changes nothing."""
    if has_left(conn, traveler_id, now):
        return True
    query = select(OWNERS.c.trip_id).where(
        OWNERS.c.phone_hash == digest, OWNERS.c.traveler_id == traveler_id, OWNERS.c.contact_id == NIL, OWNERS.c.armed
    )
    trip_id = conn.execute(query).scalar()
    if trip_id is None:
        return False
    gone = numbers_gone(conn, service.keys, TripKey(traveler_id, trip_id), now)
    return any(service.keys.phone_hash(phone) == digest for phone in gone)
