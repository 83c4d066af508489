"""Each month a contact is asked whether her number or mailbox is still hers: numbers are given to others, SIMs swapped.

One who does not answer goes on being told of alarms; the traveler sees on her pages that she should ask her.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from service.core.lifeline import PROVE_EVERY, is_day, is_to_be_proven
from service.core.wording_lifeline import still_yours, still_yours_letter
from service.db.state import get_state_at, put_state
from service.db.stored import table_of
from service.db.tables import Contact, Trip
from service.db.trips import Address, ContactState, TripKey, TripState
from service.edges import Act
from service.texts import translator
from service.usecases.alarm_facts import first_usable, in_turn, zone_of_contact
from service.usecases.carriage import carriage_for
from service.usecases.contact_way import Opened, change_way, is_her
from service.usecases.context import Service
from service.usecases.links import invitation_link
from service.usecases.quiet_texts import for_trips, write_to
from service.usecases.work import EMAIL, Work

CONTACTS = table_of(Contact)
TRIPS = table_of(Trip)

KIND = "still_yours"
STATE = "proofs"
LOOK_EVERY = timedelta(minutes=50)
"""The question has no hour; to look for whom it is due means to look at everybody."""
STAYS_GOOD = timedelta(hours=2)
MOST_AT_ONCE = 20_000


def ask_again(service: Service) -> None:
    """Ask the contacts whose numbers have not been proven for 30 days, by day and where no alarm is open.

    1. About once an hour look for them among trips that are planned or under way.  2. Write the question to each, by
    the first of her addresses that carries anything, and note that she was asked.
    A trip whose people were asked whether she is home waits: one 1 must not answer two questions.
    Killed here: some were asked, and the others are due as before.
    """
    now = service.clock()
    last = service.read(lambda conn: get_state_at(conn, STATE))
    if last is not None and timedelta(0) <= now - last < LOOK_EVERY:
        return
    keys = service.read(lambda conn: _due(conn, now))
    for_trips(service, keys, _ask)
    service.run(lambda conn: put_state(conn, STATE, {"trips": len(keys)}, now), Act.HOUSE)


def still_mine(service: Service, token: str) -> bool:
    """The owner of this page says that her addresses are still hers; whether the link lives."""

    def keep(work: Work, opened: Opened) -> None:
        if opened.contact.accepted_at is not None:
            note_proven(work, opened.trip, opened.contact)

    return change_way(service, token, keep)


def note_proven(work: Work, trip: TripState, contact: ContactState) -> None:
    """She has said so, on her page or by a text."""
    work.conn.execute(update(CONTACTS).where(is_her(trip, contact)).values(proven_at=work.now))
    work.audit.add(trip.key.traveler_id, contact.id, "address_proven")


def _due(conn: Connection, now: datetime) -> list[TripKey]:
    before = now - PROVE_EVERY
    runs = or_(TRIPS.c.status == "armed", and_(TRIPS.c.status == "draft", TRIPS.c.ends_at > now))
    same = (TRIPS.c.traveler_id == CONTACTS.c.traveler_id) & (TRIPS.c.trip_id == CONTACTS.c.trip_id)
    query = (
        select(CONTACTS.c.traveler_id, CONTACTS.c.trip_id)
        .join(TRIPS, same)
        .where(CONTACTS.c.status == "accepted", CONTACTS.c.accepted_at <= before, runs)
        .where(_none_since(CONTACTS.c.proven_at, before), _none_since(CONTACTS.c.proof_asked_at, before))
        .distinct()
        .limit(MOST_AT_ONCE)
    )
    return [TripKey(row.traveler_id, row.trip_id) for row in conn.execute(query)]


def _none_since(column: ColumnElement[datetime | None], before: datetime) -> ColumnElement[bool]:
    return or_(column.is_(None), column <= before)


def _ask(service: Service, conn: Connection, keys: Sequence[TripKey]) -> None:
    now = service.clock()
    # Locked, so that of two engines the second finds that she was asked.
    trips = service.trips(conn, list(keys), now, lock=True)
    work = Work(service, conn, now)
    for trip in trips.values():
        if trip.alarm is not None or trip.end_requested_at is not None or trip.status == "ended":
            continue
        for contact in trip.contacts:
            address = first_usable(in_turn(KIND, trip, contact.addresses))
            if address is not None and _is_due(contact, now) and is_day(zone_of_contact(contact, trip), now):
                _question(work, trip, contact, address)
    work.flush()


def _is_due(contact: ContactState, now: datetime) -> bool:
    if not contact.accepted or contact.accepted_at is None:
        return False
    return is_to_be_proven(contact.accepted_at, contact.proven_at, contact.proof_asked_at, now)


def _question(work: Work, trip: TripState, contact: ContactState, address: Address) -> None:
    _, name, code = translator(contact.language), trip.traveler.name, None
    if address.channel == EMAIL:
        body = still_yours_letter(contact.name, name, _, link=invitation_link(work, trip, contact))
    else:
        carriage = carriage_for(work.service, address.channel, address.address, contact.tag)
        # To a number that may be another's by now no link goes, unless she cannot answer otherwise.
        by_text = work.service.number_to_text and (carriage.replies or carriage.number)
        if not by_text and not carriage.links:
            return
        code = work.fresh_code(trip.key.traveler_id, None, contact.contact_id)
        link = "" if by_text else invitation_link(work, trip, contact)
        body = still_yours(contact.name, name, _, ref_code=code, link=link, carriage=carriage)
    key = f"{KIND}:{contact.id}:{work.now:%Y-%m-%d}"
    write_to(work, trip, contact, address, kind=KIND, body=body, key=key, valid_for=STAYS_GOOD, ref_code=code)
    work.conn.execute(update(CONTACTS).where(is_her(trip, contact)).values(proof_asked_at=work.now))
