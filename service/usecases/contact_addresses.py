"""A person as the traveler names her, and whether her addresses can be hers: all of it before anything is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.core.wording_text import N_
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import ContactState, TripKey, TripState
from service.usecases import numbers
from service.usecases.chat_links import TELEGRAM
from service.usecases.context import Service
from service.usecases.plan_trip import is_other_side
from service.usecases.problems import NEEDED, NOT_A_NUMBER, NOT_AN_EMAIL, UNKNOWN_LANGUAGE, Invalid, Problems
from service.usecases.typed_numbers import is_landline, why_no_sms

CONTACTS = table_of(Contact)

CALLED_BY_NUMBER = frozenset({"sms", "voice", "whatsapp"})
BY_LINK = frozenset({TELEGRAM})
"""Channels on which a person writes to us first: until then she has no address there, and nobody else names it."""
GONE = frozenset({"removed", "refused", "expired"})

OWN_NUMBER = N_("This is your own number.")
OWN_ADDRESS = N_("This is your own address.")
OTHER_SIDE = N_("This belongs to the employer, the agency or a companion. Choose somebody who does not depend on them.")
NOT_NAMED = N_("Leave this empty: we learn it when this person opens the link.")
SAME_PERSON = N_("Another contact of this trip has this already.")
NOTHING_REACHES = N_("Nothing can be sent there from here. Add another way to reach this person.")
ONLY_A_LANDLINE = N_("This is a landline, and no calls are made from here. Add another way to reach this person.")

Channels = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class ContactForm:
    """A person as the traveler names her. `phone` stands for sms, then voice (a landline: voice); `email` for email."""

    name: str
    relation: str
    language: str
    role: str
    disclosure: str
    channels: tuple[tuple[str, str], ...] = ()
    phone: str | None = None
    email: str | None = None


def check_contact(
    service: Service, conn: Connection, trip: TripState, form: ContactForm, path: str = "", *, but: UUID | None
) -> tuple[Channels, str]:
    """Her addresses in order, without repeats, and her language."""
    problems = Problems()
    language = numbers.parse_language(form.language)
    if language is None:
        problems.add(f"{path}language", UNKNOWN_LANGUAGE)
    channels: Channels = []
    joined = {entry["address"] for entry in sealed_of(service, conn, trip.key, but)["channels"]} if but else set()
    taken = addresses_of_contacts(service, conn, trip, but)
    addresses = list(_addresses(form))
    for name, channel, address in addresses:
        clean = _clean(service, problems, path + name, channel, address)
        if channel == "sms" and (no_sms := why_no_sms(clean)):
            if name != "phone":
                problems.add(path + name, no_sms)
            continue
        entry = {"channel": channel, "address": clean}
        if channel in BY_LINK and channel in service.senders and clean and clean not in joined:
            problems.add(path + name, NOT_NAMED)
        if entry not in channels:
            channels.append(entry)
            _check_whose(trip, taken, problems, path + name, clean)
    if not addresses:
        problems.add(f"{path}channels", NEEDED)
    problems.refuse()
    _check_reached(service, path + addresses[0][0], channels)
    return channels, language or form.language


def _addresses(form: ContactForm) -> Iterable[tuple[str, str, str]]:
    """Field, channel and address; what the shorthand means comes first."""
    if form.phone is not None:
        yield "phone", "sms", form.phone
        yield "phone", "voice", form.phone
    if form.email is not None:
        yield "email", "email", form.email
    for index, (channel, address) in enumerate(form.channels):
        yield f"channels[{index}].address", channel, address


def _clean(service: Service, problems: Problems, name: str, channel: str, address: str) -> str:
    if not address and channel not in BY_LINK:
        problems.add(name, NEEDED)
    elif channel in CALLED_BY_NUMBER:
        try:
            return numbers.parse_number(address, invented=service.demo)
        except numbers.NotANumber:
            problems.add(name, NOT_A_NUMBER)
    elif channel == "email" and not numbers.is_email(address):
        problems.add(name, NOT_AN_EMAIL)
    return address


def _check_reached(service: Service, name: str, channels: Channels) -> None:
    """Refuse a person whom nothing sent from here would reach. Whoever has one way in keeps the others as well: a
    richer installation may serve them."""
    if any(entry["channel"] in service.senders for entry in channels):
        return
    landlines = all(entry["channel"] == "voice" and is_landline(entry["address"]) for entry in channels)
    raise Invalid.of(name, ONLY_A_LANDLINE if landlines else NOTHING_REACHES)


def addresses_of_contacts(
    service: Service, conn: Connection, trip: TripState, but: UUID | None = None
) -> frozenset[str]:
    """The numbers and addresses, casefolded, of the people of a trip, without those of one of them."""
    others = [contact.contact_id for contact in present(trip) if contact.contact_id != but]
    channels = (entry for one in others for entry in sealed_of(service, conn, trip.key, one)["channels"])
    return frozenset(entry["address"].casefold() for entry in channels)


def _check_whose(trip: TripState, taken: frozenset[str], problems: Problems, name: str, address: str) -> None:
    folded = address.casefold()
    if not address:
        return
    if address in trip.traveler.phones:
        found = OWN_NUMBER
    elif folded in {own.address.casefold() for own in trip.traveler.addresses}:
        # What her people are told would come to the phone that somebody else holds.
        found = OWN_ADDRESS
    elif is_other_side(trip.details, address):
        found = OTHER_SIDE
    elif folded in taken:
        found = SAME_PERSON
    else:
        return
    problems.add(name, found)


def present(trip: TripState) -> list[ContactState]:
    """Who is on the list of a trip: asked, or has accepted."""
    return [contact for contact in trip.contacts if contact.status not in GONE]


def in_order(sealed: Mapping[str, Any]) -> Channels:
    """Her addresses, of what is sealed of her, in the order in which they are tried; also those that nobody serves."""
    channels: Channels = sealed["channels"]
    chosen = [index for index in dict.fromkeys(sealed.get("order") or ()) if 0 <= index < len(channels)]
    return [channels[index] for index in (*chosen, *(i for i in range(len(channels)) if i not in chosen))]


def sealed_of(
    service: Service, conn: Connection, key: TripKey, contact_id: UUID, *, lock: bool = False
) -> dict[str, Any]:
    """What is sealed of her. She writes it too, on her own page: lock it to write it."""
    query = select(CONTACTS.c.sealed).where(
        CONTACTS.c.traveler_id == key.traveler_id, CONTACTS.c.contact_id == contact_id
    )
    sealed = conn.execute(query.with_for_update() if lock else query).scalar_one()
    value: dict[str, Any] = json.loads(service.keys.open(conn, b"contact", sealed))
    return value
