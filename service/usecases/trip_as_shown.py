"""A trip's people, their order and her numbers as she is shown them: as if no change that is due still waited.

What she may still ask for is checked against this too: a refusal would tell that something holds a change back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from service.db.sealed import Keyring
from service.db.trips import TripState
from service.usecases.changes import RemoveContact, RemoveNumber, TakeOver
from service.usecases.hand_over import may_take_over, with_new_one
from service.usecases.set_ladder import LadderForm
from service.usecases.waiting import answered_after_end, due


def trip_as_shown(conn: Connection, keys: Keyring, trip: TripState, now: datetime) -> TripState:
    """The trip without the people and numbers that have left her lists by now, and in their order. Changes nothing."""
    for _, waiting in due(conn, keys, trip.key, now):
        if isinstance(waiting, RemoveContact):
            leaving = trip.contact(waiting.contact_id)
            trip = trip.with_contact(replace(leaving, status="removed")) if leaving else trip
        elif isinstance(waiting, TakeOver) and may_take_over(trip, waiting):
            trip = with_new_one(trip, waiting)
        elif isinstance(waiting, RemoveNumber):
            left = tuple(phone for phone in trip.traveler.phones if phone != waiting.phone)
            ways = tuple(one for one in trip.traveler.addresses if one.address != waiting.phone)
            trip = replace(trip, traveler=replace(trip.traveler, phones=left, addresses=ways))
        elif isinstance(waiting, LadderForm):
            trip = replace(trip, ladder_rungs=waiting.told, repeat=None if waiting.is_usual else waiting.repeat)
    is_too_late = answered_after_end(conn, trip.key, now)
    for contact in trip.contacts:
        if contact.accepted and is_too_late(contact.accepted_at):
            trip = trip.with_contact(replace(contact, status="invited", accepted_at=None))
    return trip
