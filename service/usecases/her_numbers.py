"""The numbers of a traveler on a running trip, the newest first, and her chats: shown, and taken off.

A number that has been taken off is shown no more, also while an alarm still keeps it as hers and what comes from it
counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from service.core.wording_text import N_
from service.db.routing import NIL, PhoneOwner
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.tables import Change as ChangeRow
from service.db.tables import Traveler
from service.db.trips import Address, TripKey, TripState, phones_of
from service.usecases.ask_later import ask_for_the_rest
from service.usecases.changes import RemoveNumber, from_json
from service.usecases.chat_links import TELEGRAM
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.problems import Invalid, NotFound
from service.usecases.unknown_facts import open_fields
from service.usecases.waiting import numbers_gone
from service.usecases.work import Work

OWNERS = table_of(PhoneOwner)
TRAVELERS = table_of(Traveler)
CHANGES = table_of(ChangeRow)

NOT_HERS = N_("This number is not on your list.")
LAST_NUMBER = N_("This is your only number. Add the new one first.")


@dataclass(frozen=True, slots=True)
class HerNumber:
    """A number in E.164. `goes_at`: when it leaves the list, as was asked for."""

    phone: str
    goes_at: datetime | None = None


def her_numbers(service: Service, key: TripKey) -> tuple[HerNumber, ...]:
    """The numbers of an armed trip's traveler, the newest first. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()

    def read(conn: Connection) -> tuple[HerNumber, ...]:
        trip = service.planned_trip(conn, key, now)
        if trip is None:
            raise NotFound
        asked = _asked_to_go(conn, service.keys, key)
        return tuple(HerNumber(phone, asked.get(phone)) for phone in shown_numbers(service, conn, trip, now))

    return service.read(read)


def check_removable(work: Work, trip: TripState, phone: str) -> None:
    """Raise `Invalid` unless this is one of her numbers and not the only one, or one of her chats."""
    if phone in shown_chats(work.service, work.conn, trip, work.now):
        return
    shown = shown_numbers(work.service, work.conn, trip, work.now)
    if phone not in shown:
        raise Invalid.of("remove_number", NOT_HERS)
    asked = _asked_to_go(work.conn, work.service.keys, trip.key)
    if not [other for other in shown if other != phone and other not in asked]:
        raise Invalid.of("remove_number", LAST_NUMBER)


def drop_number_in(work: Work, trip: TripState, phone: str) -> TripState:
    """Take a number or a chat off, within a transaction: nothing goes to it, and what comes from it is a stranger's."""
    if phone in {one.address for one in _chats(trip)}:
        return _drop_chat(work, trip, phone)
    left = tuple(one for one in trip.traveler.phones if one != phone)
    if not left or left == trip.traveler.phones:
        return trip
    mine = (OWNERS.c.traveler_id == trip.key.traveler_id) & (OWNERS.c.contact_id == NIL)
    work.conn.execute(delete(OWNERS).where(mine, OWNERS.c.phone_hash == work.service.keys.phone_hash(phone)))
    write_phones(work, trip.key.traveler_id, left)
    addresses = tuple(address for address in trip.traveler.addresses if address.address != phone)
    trip = replace(trip, traveler=replace(trip.traveler, phones=left, addresses=addresses))
    ask_for_the_rest(work, trip, open_fields(trip.details))
    ask_before_leaving(work, trip)
    return trip


def _chats(trip: TripState) -> list[Address]:
    return [one for one in trip.traveler.addresses if one.channel == TELEGRAM]


def _drop_chat(work: Work, trip: TripState, address: str) -> TripState:
    traveler_id = trip.key.traveler_id
    key_id, before = _sealed(work, traveler_id)
    left = [entry for entry in before.get("channels") or () if entry["address"] != address]
    value = json.dumps({**before, "channels": left}, ensure_ascii=False).encode()
    sealed = work.service.keys.seal(work.conn, key_id, b"traveler", value)
    work.conn.execute(update(TRAVELERS).where(TRAVELERS.c.traveler_id == traveler_id).values(sealed=sealed))
    mine = (OWNERS.c.traveler_id == traveler_id) & (OWNERS.c.contact_id == NIL)
    work.conn.execute(delete(OWNERS).where(mine, OWNERS.c.phone_hash == work.service.keys.phone_hash(address)))
    addresses = tuple(one for one in trip.traveler.addresses if one.address != address)
    return replace(trip, traveler=replace(trip.traveler, addresses=addresses))


def shown_chats(service: Service, conn: Connection, trip: TripState, now: datetime) -> tuple[str, ...]:
    """The addresses of her chats as far as she is shown."""
    gone = numbers_gone(conn, service.keys, trip.key, now)
    return tuple(one.address for one in _chats(trip) if one.address not in gone)


def shown_numbers(service: Service, conn: Connection, trip: TripState, now: datetime) -> tuple[str, ...]:
    """Her numbers as far as she is shown."""
    gone = numbers_gone(conn, service.keys, trip.key, now)
    return tuple(phone for phone in trip.traveler.phones if phone not in gone)


def stored_phones(work: Work, traveler_id: UUID) -> tuple[str, ...]:
    """Her numbers as they are stored, her row locked until the transaction ends."""
    return phones_of(_sealed(work, traveler_id)[1])


def _sealed(work: Work, traveler_id: UUID) -> tuple[UUID, dict[str, Any]]:
    of_her = TRAVELERS.c.traveler_id == traveler_id
    row = work.conn.execute(select(TRAVELERS.c.key_id, TRAVELERS.c.sealed).where(of_her).with_for_update()).one()
    return row.key_id, json.loads(work.service.keys.open(work.conn, b"traveler", row.sealed))


def write_phones(work: Work, traveler_id: UUID, phones: Sequence[str]) -> None:
    """Write down her numbers, the newest first."""
    key_id, before = _sealed(work, traveler_id)
    value = json.dumps({**before, "phones": list(phones)}, ensure_ascii=False).encode()
    sealed = work.service.keys.seal(work.conn, key_id, b"traveler", value)
    of_her = TRAVELERS.c.traveler_id == traveler_id
    digest = work.service.keys.phone_hash(phones[0])
    work.conn.execute(update(TRAVELERS).where(of_her).values(sealed=sealed, phone_hash=digest))


def let_stay(work: Work, key: TripKey, phone: str) -> None:
    """A number that was to leave the list and is added again stays."""
    for row, waiting in _removals(work.conn, work.service.keys, key):
        if waiting.phone == phone:
            this = (CHANGES.c.traveler_id == key.traveler_id) & (CHANGES.c.change_id == row["change_id"])
            work.conn.execute(update(CHANGES).where(this).values(state="cancelled"))


def _asked_to_go(conn: Connection, keys: Keyring, key: TripKey) -> Mapping[str, datetime]:
    return {waiting.phone: row["effective_at"] for row, waiting in reversed(_removals(conn, keys, key))}


def _removals(conn: Connection, keys: Keyring, key: TripKey) -> list[tuple[Mapping[str, Any], RemoveNumber]]:
    query = select(CHANGES).where(
        CHANGES.c.traveler_id == key.traveler_id,
        CHANGES.c.trip_id == key.trip_id,
        CHANGES.c.kind == "remove_number",
        CHANGES.c.state == "pending",
    )
    found: list[tuple[Mapping[str, Any], RemoveNumber]] = []
    for row in conn.execute(query.order_by(CHANGES.c.effective_at)).mappings():
        waiting = from_json(row["kind"], json.loads(keys.open(conn, b"change", row["sealed"])))
        if isinstance(waiting, RemoveNumber):
            found.append((dict(row), waiting))
    return found
