"""Links that open one thing for one person. A token is never stored, only its keyed hash."""

from __future__ import annotations

import string
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.routing import Link
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.trips import AlarmState, ContactState, TripKey, TripState
from service.usecases.context import Service
from service.usecases.work import Work

LINKS = table_of(Link)
ALPHABET = string.digits + string.ascii_letters
ALARM_TOKEN_LETTERS = 11
"""About 65 bits; a longer one costs a part of an SMS. Invitations and rehearsals have as many."""


def alarm_link(work: Work, trip: TripState, alarm: AlarmState, contact: ContactState) -> str:
    """The address of this contact's page of this alarm: the same in every text about it."""
    keys = work.service.keys
    token = base62(keys.token_hash(f"alarm:{alarm.alarm_id}:{contact.id}"), ALARM_TOKEN_LETTERS)
    _keep(work, trip, contact, token, "alarm", alarm.alarm_id)
    return f"{work.service.public_url}/a/{token}"


def invitation_link(work: Work, trip: TripState, contact: ContactState) -> str:
    """The address of this contact's own page: the same until she is invited anew, by other addresses."""
    token = invitation_token(work.service.keys, contact)
    _keep(work, trip, contact, token, "invitation", None)
    return f"{work.service.public_url}/i/{token}"


def invitation_token(keys: Keyring, contact: ContactState) -> str:
    """What opens her own page. An earlier invitation's is another one."""
    opens = f"invitation:{contact.id}:{contact.invited_at.isoformat()}"
    return base62(keys.token_hash(opens), ALARM_TOKEN_LETTERS)


def check_in_url(service: Service, token: str) -> str:
    """The page on which the holder of `token` says OK."""
    return f"{service.public_url}/c/{token}"


def check_in_link(service: Service, conn: Connection, key: TripKey) -> str | None:
    """The address of the traveler's own page to say OK, once the trip has been armed."""
    query = select(LINKS.c.sealed).where(
        LINKS.c.traveler_id == key.traveler_id, LINKS.c.trip_id == key.trip_id, LINKS.c.kind == "check_in"
    )
    sealed = conn.execute(query.order_by(LINKS.c.created_at.desc()).limit(1)).scalar()
    return None if sealed is None else check_in_url(service, service.keys.open(conn, b"link", sealed).decode())


def _keep(work: Work, trip: TripState, contact: ContactState, token: str, kind: str, alarm_id: UUID | None) -> None:
    row = {
        "token_hash": work.service.keys.token_hash(token),
        "kind": kind,
        "traveler_id": trip.key.traveler_id,
        "trip_id": trip.key.trip_id,
        "contact_id": contact.contact_id,
        "alarm_id": alarm_id,
        "created_at": work.now,
        "used": 0,
    }
    work.keep_link(row)


def base62(digest: bytes, length: int) -> str:
    """The last `length` base-62 digits of a number given as bytes."""
    number, letters = int.from_bytes(digest) % len(ALPHABET) ** length, ""
    while len(letters) < length:
        number, digit = divmod(number, len(ALPHABET))
        letters += ALPHABET[digit]
    return letters
