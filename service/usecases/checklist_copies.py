"""The second set of copies of her papers: who keeps it says so on her own page, and learns nothing more by it.

It lies sealed with the contact: when she was asked, and when she said that she has them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from service.core.wording_checklist import have_you_copies, have_you_copies_letter
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import ContactState, TripState
from service.texts import translator
from service.usecases.alarm_facts import first_usable, in_turn
from service.usecases.carriage import EMAIL, carriage_for
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.contact_way import ASKED, COPIES, HAS, Opened, change_way, copies_asked, is_her, reseal
from service.usecases.context import Service
from service.usecases.links import invitation_link
from service.usecases.quiet_texts import write_to
from service.usecases.work import A_DAY, Work

CONTACTS = table_of(Contact)

KIND = "notice"


def choose_holder(work: Work, trip: TripState, before: str, chosen: str) -> None:
    """Whoever kept a set keeps it no more, and the one who is chosen now is asked; both are ids, or "".

    Once a day at most, also when the choice goes back and forth. Who has not accepted finds the question on her page
    when she has.
    """
    if before and before != chosen and (old := trip.contact(before)) is not None:
        _seal(work, trip, old, None)
    contact = trip.contact(chosen) if chosen else None
    if contact is not None and before != chosen:
        _seal(work, trip, contact, {ASKED: work.now.isoformat()})
        if contact.accepted and trip.alarm is None:
            _ask(work, trip, contact)


def have_copies(service: Service, token: str) -> bool:
    """The owner of this page says that she has them; whether the link lives. Said again, it changes nothing."""

    def keep(work: Work, opened: Opened) -> None:
        if opened.state != "accepted" or not copies_asked(opened.sealed):
            return
        reseal(work, opened, copies={**opened.sealed[COPIES], HAS: work.now.isoformat()})
        work.audit.add(opened.trip.key.traveler_id, opened.contact.id, "copies_held")
        if not opened.is_over:
            ask_before_leaving(work, opened.trip.with_contact(replace(opened.contact, copies_at=work.now)))

    return change_way(service, token, keep)


def _seal(work: Work, trip: TripState, contact: ContactState, kept: dict[str, str] | None) -> None:
    keys, her = work.service.keys, is_her(trip, contact)
    row = work.conn.execute(select(CONTACTS.c.sealed).where(her).with_for_update()).scalar_one()
    value: dict[str, Any] = json.loads(keys.open(work.conn, b"contact", row))
    value.pop(COPIES, None)
    if kept is not None:
        value[COPIES] = kept
    sealed = keys.seal(work.conn, trip.key_id, b"contact", json.dumps(value, ensure_ascii=False).encode())
    work.conn.execute(update(CONTACTS).where(her).values(sealed=sealed))


def _ask(work: Work, trip: TripState, contact: ContactState) -> None:
    address = first_usable(in_turn(KIND, trip, contact.addresses))
    if address is None:
        return
    _, name = translator(contact.language), trip.traveler.name
    if address.channel == EMAIL:
        body = have_you_copies_letter(contact.name, name, _, link=invitation_link(work, trip, contact))
    else:
        links = carriage_for(work.service, address.channel, address.address, contact.tag).links
        body = have_you_copies(contact.name, name, _, link=invitation_link(work, trip, contact) if links else "")
    key = f"copies:{contact.id}:{work.now:%Y-%m-%d}"
    write_to(work, trip, contact, address, kind=KIND, body=body, key=key, valid_for=A_DAY)
