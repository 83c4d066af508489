"""Somebody who was asked and did not become a trusted person is forgotten: what is kept of her goes."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import Connection, Delete, Table, delete, update

from service.core.wording_text import N_
from service.db.routing import AckCode, Link, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import TripState
from service.texts import translator
from service.usecases.context import Service

CODES = table_of(AckCode)
CONTACTS = table_of(Contact)
LINKS = table_of(Link)
OUTBOX = table_of(Outbox)
OWNERS = table_of(PhoneOwner)

UNNAMED = N_("Somebody you asked")
FORGOTTEN = b""
"""The hash of a number that nobody has any more."""


def forget_person(service: Service, conn: Connection, trip: TripState, contact_id: UUID) -> None:
    """Erase her name, her addresses and what she chose, her page, her codes, and what was sent to her.

    That somebody was asked and what became of it stays for the traveler, under no name, until she takes it off her list
    or the trip is erased.
    """
    of_her = CONTACTS.c.traveler_id == trip.key.traveler_id, CONTACTS.c.contact_id == contact_id
    nobody = {"name": translator(trip.traveler.language)(UNNAMED), "relation": "", "channels": []}
    sealed = service.keys.seal(conn, trip.key_id, b"contact", json.dumps(nobody, ensure_ascii=False).encode())
    conn.execute(update(CONTACTS).where(*of_her).values(sealed=sealed, phone_hash=FORGOTTEN, dead_channels=[]))
    for table in (OWNERS, LINKS, CODES):
        conn.execute(_of_person(table, trip, contact_id))
    # What is being sent at this moment still has to be settled; its text goes with its day's key.
    conn.execute(_of_person(OUTBOX, trip, contact_id).where(OUTBOX.c.state != "sending"))


def _of_person(table: Table, trip: TripState, contact_id: UUID) -> Delete:
    return delete(table).where(table.c.traveler_id == trip.key.traveler_id, table.c.contact_id == contact_id)
