"""A contact hands over: somebody else is asked, and takes her place once she has accepted and the time has come.

Until then the old one stays, and stays when the new one refuses or does not answer for 7 days. The old one is not told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select, update

from service.core.ladder import Rung
from service.core.wording_text import N_
from service.db.routing import NIL
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.tables import Change as ChangeRow
from service.db.tables import Contact
from service.db.tables import Rung as RungRow
from service.db.trips import ContactState, TripKey, TripState
from service.usecases.changes import HAND_OVER, HandOver, RemoveContact, TakeOver, to_json
from service.usecases.contacts import GONE, add_in, retire_in
from service.usecases.problems import UNKNOWN_CONTACT, Invalid
from service.usecases.waiting import ends_by_now, people_gone
from service.usecases.work import Work

CHANGES = table_of(ChangeRow)
CONTACTS = table_of(Contact)
RUNGS = table_of(RungRow)

ALREADY_ASKED = N_("Somebody has been asked already to take this place. Wait for the answer.")
LIVE = ("invited", "pending")


def ask_in(work: Work, trip: TripState, change: HandOver) -> TakeOver:
    """Invite the new person, within a transaction; what then waits for her.

    Args:
        trip: as its traveler is shown it.

    Raises:
        Invalid: no such contact, one whose place is being taken already, or the new one's fields.
    """
    old = trip.contact(change.contact_id)
    if old is None or old.status in GONE:
        raise Invalid.of("hand_over.contact_id", UNKNOWN_CONTACT)
    asked = trip.contact(standing_hand_overs(work.conn, work.service.keys, trip.key).get(change.contact_id, NIL))
    if asked is not None and asked.status not in GONE:
        raise Invalid.of("hand_over.contact_id", ALREADY_ASKED)
    return TakeOver(old.contact_id, add_in(work, trip, change.contact, "hand_over.contact."))


def standing_hand_overs(conn: Connection, keys: Keyring, key: TripKey) -> Mapping[UUID, UUID]:
    """Who is to take whose place: from the old contact's id to the new one's."""
    return {UUID(value["contact"]): UUID(value["to"]) for _, value in _standing(conn, keys, key, LIVE)}


def settle_hand_over(work: Work, trip: TripState, contact: ContactState, *, accepts: bool) -> None:
    """She who was asked to take a place has accepted or will not: the change waits for its time, or is off.

    It is off too when she was taken off before, and only an alarm holds that back: both would leave. When she has the
    place already, and only an alarm holds that back, and then leaves it, the old one does not come back by it. A yes
    after an end moves nobody, also when only an alarm holds the end back.
    """
    if accepts and ends_by_now(work.conn, trip.key, work.now):
        return
    is_gone = contact.contact_id in people_gone(work.conn, work.service.keys, trip.key, work.now)
    if not accepts and not is_gone:
        _leave_taken_places(work, trip, contact)
    takes = accepts and not is_gone
    for row, value in _standing(work.conn, work.service.keys, trip.key, ("invited",)):
        if value["to"] != contact.id:
            continue
        this = (CHANGES.c.traveler_id == trip.key.traveler_id) & (CHANGES.c.change_id == row["change_id"])
        work.conn.execute(update(CHANGES).where(this).values(state="pending" if takes else "cancelled"))
        if not takes:
            work.audit.add(trip.key.traveler_id, "engine", "change_cancelled")


def _leave_taken_places(work: Work, trip: TripState, contact: ContactState) -> None:
    """Of each place that she is shown to have, it still waits that the old one leaves."""
    for row, value in _standing(work.conn, work.service.keys, trip.key, ("pending",)):
        if value["to"] != contact.id or row["effective_at"] > work.now:
            continue
        kind, left = to_json(RemoveContact(UUID(value["contact"])))
        sealed = work.service.keys.seal(work.conn, trip.key_id, b"change", json.dumps(left).encode())
        this = (CHANGES.c.traveler_id == trip.key.traveler_id) & (CHANGES.c.change_id == row["change_id"])
        work.conn.execute(update(CHANGES).where(this).values(kind=kind, sealed=sealed))


def may_take_over(trip: TripState, waiting: TakeOver) -> bool:
    """Whether she who accepted is still there to take the place."""
    new = trip.contact(waiting.to)
    return new is not None and new.accepted


def with_new_one(trip: TripState, waiting: TakeOver) -> TripState:
    """The trip as it is once the place is taken. Pure; without the people it stays as it is."""
    old, new = trip.contact(waiting.contact_id), trip.contact(waiting.to)
    if old is None or new is None:
        return trip
    taken = trip.with_contact(replace(new, position=old.position)).with_contact(replace(old, status="removed"))
    rungs = tuple(Rung(_replaced(rung.people, old.id, new.id), rung.wait) for rung in trip.ladder_rungs)
    in_order = tuple(sorted(taken.contacts, key=lambda contact: contact.position))
    return replace(taken, contacts=in_order, ladder_rungs=rungs)


def take_over_in(work: Work, trip: TripState, waiting: TakeOver) -> TripState:
    """The new one takes the old one's place in order and ladder; the old one leaves. Nobody is told."""
    old = trip.contact(waiting.contact_id)
    if old is None:
        return trip
    taken = with_new_one(trip, waiting)
    of_trip = (RUNGS.c.traveler_id == trip.key.traveler_id) & (RUNGS.c.trip_id == trip.key.trip_id)
    for rung in work.conn.execute(select(RUNGS).where(of_trip)).mappings().all():
        people = list(_replaced(tuple(rung["contact_ids"]), old.id, str(waiting.to)))
        if people != rung["contact_ids"]:
            this = of_trip & (RUNGS.c.position == rung["position"])
            work.conn.execute(update(RUNGS).where(this).values(contact_ids=people))
    new = (CONTACTS.c.traveler_id == trip.key.traveler_id) & (CONTACTS.c.contact_id == waiting.to)
    work.conn.execute(update(CONTACTS).where(new).values(position=old.position))
    if old.status not in GONE:
        retire_in(work, trip, old.contact_id)
    return taken


def _replaced(people: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(new if person == old else person for person in people))


def _standing(
    conn: Connection, keys: Keyring, key: TripKey, states: tuple[str, ...]
) -> list[tuple[RowMapping, dict[str, Any]]]:
    query = select(CHANGES).where(
        CHANGES.c.traveler_id == key.traveler_id,
        CHANGES.c.trip_id == key.trip_id,
        CHANGES.c.kind == HAND_OVER,
        CHANGES.c.state.in_(states),
    )
    rows = conn.execute(query.order_by(CHANGES.c.requested_at)).mappings().all()
    return [(row, json.loads(keys.open(conn, b"change", row["sealed"]))) for row in rows]
