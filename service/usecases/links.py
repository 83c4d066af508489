"""Links that open one thing for one person. A token is never stored, only its keyed hash."""

from __future__ import annotations

import string

from service.db.routing import Link
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.db.trips import AlarmState, ContactState, TripState
from service.usecases.work import Work

LINKS = table_of(Link)
ALPHABET = string.digits + string.ascii_letters
ALARM_TOKEN_LETTERS = 11
"""About 65 bits; a longer one costs a part of an SMS."""


def alarm_link(work: Work, trip: TripState, alarm: AlarmState, contact: ContactState) -> str:
    """The address of this contact's page of this alarm: the same in every text about it."""
    keys = work.service.keys
    token = base62(keys.token_hash(f"alarm:{alarm.alarm_id}:{contact.id}"), ALARM_TOKEN_LETTERS)
    row = {
        "token_hash": keys.token_hash(token),
        "kind": "alarm",
        "traveler_id": trip.key.traveler_id,
        "trip_id": trip.key.trip_id,
        "contact_id": contact.contact_id,
        "alarm_id": alarm.alarm_id,
        "created_at": work.now,
        "used": 0,
    }
    insert_ignore(work.conn, LINKS, [row])
    return f"{work.service.public_url}/a/{token}"


def base62(digest: bytes, length: int) -> str:
    """The last `length` base-62 digits of a number given as bytes."""
    number, letters = int.from_bytes(digest), ""
    while len(letters) < length:
        number, digit = divmod(number, len(ALPHABET))
        letters += ALPHABET[digit]
    return letters
