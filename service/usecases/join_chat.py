"""A chat becomes a person's by the link that she opened it with: one more way to write to her, and to answer from.

Whoever holds her phone could open it too. So a chat is only ever added, never put in another's place; her people and
her other phones hear of one that can answer for her, and in a trip with words it takes one to be given a link. Where
every text of hers gets one answer, the chat says the same whatever became of the link.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import delete, exists, select, update

from service.core import wording
from service.core.wording import ContactNotice, Reply
from service.core.wording_chat import another_chat, chat_is_a_contacts, chat_is_hers, greeting
from service.db.routing import NIL, PhoneOwner
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.db.tables import Contact, Traveler, Trip
from service.db.trips import Address, ContactState, TripKey, TripState
from service.texts import translator
from service.usecases import telling
from service.usecases.chat_links import TELEGRAM, ChatLink, use_up
from service.usecases.contact_addresses import addresses_of_contacts, sealed_of
from service.usecases.reachability import after_return
from service.usecases.reminding import usable_now
from service.usecases.stop import start_number
from service.usecases.waiting import looks_ended
from service.usecases.work import Draft, Priority, Work

OWNERS = table_of(PhoneOwner)
CONTACTS = table_of(Contact)
TRAVELERS = table_of(Traveler)
TRIPS = table_of(Trip)

MOST_CHATS = 3
"""Chats of one traveler: a phone of hers that is gone keeps its own."""
STAYS_GOOD = timedelta(minutes=30)
TOLD_WITHIN = timedelta(days=1)


class Message(Protocol):
    """What is needed of an inbox row."""

    @property
    def inbox_id(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def sender(self) -> bytes: ...
    @property
    def address(self) -> str | None: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def language(self) -> str: ...


def join_chat(work: Work, trips: dict[TripKey, TripState], link: ChatLink | None, message: Message) -> str:
    """Act on a text that brings a link; the inbox row's result.

    A link that joins nothing is answered like anybody who opens the chat: it tells nothing of anybody.
    """
    trip = trips.get(link.key) if link is not None else None
    if link is None or trip is None or message.address is None or not use_up(work.conn, link, work.now):
        greet(work, message)
        return "link_unknown"
    # Whoever opens it wants to be written to, also after a STOP.
    start_number(work, message.sender, message.source)
    contact = trip.contact(link.contact_id) if link.contact_id is not None else None
    if contact is not None:
        trips[link.key] = _join_contact(work, trip, contact, message, own=link.own)
    elif link.contact_id is None:
        trips[link.key] = _join_traveler(work, trip, message, duress=link.duress)
    return "chat_joined"


def greet(work: Work, message: Message) -> None:
    """One answer a day to a chat that is nobody's: that it is one, and nothing else. When it leaves depends on nothing
    but the arrival, as what it says."""
    if message.address is None:
        return
    day = f"{work.now:%Y-%m-%d}"
    # In her language as the messenger knows it: we know nothing of her.
    text = greeting(translator(message.language or work.service.language))
    due = message.received_at + work.service.limits.answer_after
    _say(work, message, text, f"greeting:{message.sender.hex()[:32]}:{day}", not_before=due)


def _join_contact(work: Work, trip: TripState, contact: ContactState, message: Message, *, own: bool) -> TripState:
    """One more of her ways; who has not answered yet is asked there at once. Who has accepted joins a chat by a link
    that she asked for herself: her alarms would go to whoever was given the other. Who was taken off the list reads the
    same as others who had accepted, and nothing is sent there ever."""
    sealed = sealed_of(work.service, work.conn, trip.key, contact.contact_id, lock=True)
    was_removed = contact.status == "removed" and contact.accepted_at is not None
    this = {"channel": TELEGRAM, "address": message.address or ""}
    is_new = this not in sealed["channels"]
    has_accepted = was_removed or contact.status == "accepted"
    may_join = contact.status == "invited" or (has_accepted and (own or not is_new))
    if not may_join or (is_new and _is_other_ones(work, trip, message)):
        greet(work, message)
        return trip
    if is_new:
        sealed = _with_chat(sealed, this)
        _keep_contact(work, trip, contact, sealed, sealed["channels"].index(this))
        work.audit.add(trip.key.traveler_id, contact.id, "chat_joined", trip.key_id, {"contact": contact.id})
    way = Address(sealed["channels"].index(this), TELEGRAM, this["address"], message.sender)
    if not was_removed:
        _own(work, trip, contact.contact_id, message.sender, armed=False)
        # An open alarm takes her for one who may be told.
        contact = replace(contact, addresses=_in_order(contact, way, sealed))
        trip = after_return(work, trip, contact, message.sender)
    if contact.status == "invited":
        telling.invite_by(work, trip, contact, way)
    else:
        text = chat_is_a_contacts(trip.traveler.name, translator(contact.language))
        _say(work, message, text, f"reply:{message.inbox_id}", language=contact.language)
    return trip


def _with_chat(sealed: Mapping[str, Any], this: Mapping[str, str]) -> dict[str, Any]:
    """What is sealed of her with this chat: in the place that was kept for it, else behind her other ways. Messages on
    their way name the others by their places."""
    ways = [dict(entry) for entry in sealed["channels"]]
    kept = next((i for i, entry in enumerate(ways) if entry == {"channel": TELEGRAM, "address": ""}), len(ways))
    return {**sealed, "channels": [*ways[:kept], dict(this), *ways[kept + 1 :]]}


def _in_order(contact: ContactState, way: Address, sealed: Mapping[str, Any]) -> tuple[Address, ...]:
    """Her addresses in the order in which they are tried, as they will be read from now on."""
    places = {index: place for place, index in enumerate(sealed.get("order") or ())}
    ways = (*(one for one in contact.addresses if one.index != way.index), way)
    return tuple(sorted(ways, key=lambda one: (places.get(one.index, len(places)), one.index)))


def _keep_contact(work: Work, trip: TripState, contact: ContactState, value: Mapping[str, Any], revived: int) -> None:
    her = (CONTACTS.c.traveler_id == trip.key.traveler_id) & (CONTACTS.c.contact_id == contact.contact_id)
    sealed = work.service.keys.seal(
        work.conn, trip.key_id, b"contact", json.dumps(dict(value), ensure_ascii=False).encode()
    )
    dead = [one.index for one in contact.addresses if one.dead and one.index != revived]
    work.conn.execute(update(CONTACTS).where(her).values(sealed=sealed, dead_channels=dead))


def _join_traveler(work: Work, trip: TripState, message: Message, *, duress: bool) -> TripState:
    """One more way of hers to answer. In a running trip her people and her other phones hear of it, as of a number."""
    is_armed = trip.status == "armed" and not looks_ended(work.conn, trip, work.now)
    is_quiet = trip.status == "armed" and trip.one_reply
    address, hers = message.address or "", {one.address for one in trip.traveler.addresses}
    joined = trip
    if address not in hers and trip.status in ("draft", "armed"):
        is_taken = _is_other_ones(work, trip, message) or _is_another_travelers(work, trip, message)
        added = None if is_taken else _make_hers(work, trip, message, is_armed=is_armed)
        if added is None:
            greet(work, message)
            return trip
        joined = added
        if is_armed:
            _tell_other_phones(work, trip)
            if not duress:
                telling.tell_others(work, trip, ContactNotice.CHAT_ADDED)
    if is_quiet:
        # What is told because of it must not delay the answer, nor be measured by it.
        work.answer_first(trip.key)
        greet(work, message)
    else:
        text = chat_is_hers(translator(trip.traveler.language))
        _say(work, message, text, f"reply:{message.inbox_id}", language=trip.traveler.language)
    return joined


def _make_hers(work: Work, trip: TripState, message: Message, *, is_armed: bool) -> TripState | None:
    """Keep the chat among her ways and route to her trip what comes from it; None when she has too many."""
    address, of_her = message.address or "", TRAVELERS.c.traveler_id == trip.key.traveler_id
    row = work.conn.execute(select(TRAVELERS.c.key_id, TRAVELERS.c.sealed).where(of_her).with_for_update()).one()
    before = json.loads(work.service.keys.open(work.conn, b"traveler", row.sealed))
    chats = [*(before.get("channels") or ())]
    if len(chats) >= MOST_CHATS:
        return None
    value = {**before, "channels": [*chats, {"channel": TELEGRAM, "address": address}]}
    sealed = work.service.keys.seal(work.conn, row.key_id, b"traveler", json.dumps(value, ensure_ascii=False).encode())
    work.conn.execute(update(TRAVELERS).where(of_her).values(sealed=sealed))
    _leave_others(work, trip, message)
    _own(work, trip, NIL, message.sender, armed=is_armed)
    work.audit.add(trip.key.traveler_id, "traveler", "chat_joined", trip.traveler.key_id, {"address": address})
    place = len(trip.traveler.phones) + len(chats)
    way = Address(place, TELEGRAM, address, message.sender)
    ways = trip.traveler.addresses
    moved = tuple(replace(one, index=one.index + 1) if one.index >= place else one for one in ways)
    ordered = sorted((*moved, way), key=lambda one: one.index)
    return replace(trip, traveler=replace(trip.traveler, addresses=tuple(ordered)))


def _leave_others(work: Work, trip: TripState, message: Message) -> None:
    """Take the chat off the list of another traveler whose trip is over: on her next one she would be asked there."""
    others = select(OWNERS.c.traveler_id).where(
        OWNERS.c.phone_hash == message.sender, OWNERS.c.contact_id == NIL, OWNERS.c.traveler_id != trip.key.traveler_id
    )
    for traveler_id in sorted(work.conn.execute(others).scalars().all()):
        _leave_some(work, traveler_id, {message.address or ""})


def _own(work: Work, trip: TripState, contact_id: UUID, digest: bytes, *, armed: bool) -> None:
    trip_id = trip.key.trip_id if armed or contact_id != NIL else None
    row = {"phone_hash": digest, "traveler_id": trip.key.traveler_id, "contact_id": contact_id}
    insert_ignore(work.conn, OWNERS, [{**row, "trip_id": None, "armed": False}])
    this = (OWNERS.c.phone_hash == digest) & (OWNERS.c.traveler_id == trip.key.traveler_id)
    whose = this & (OWNERS.c.contact_id == contact_id)
    work.conn.execute(update(OWNERS).where(whose).values(trip_id=trip_id, armed=armed))


def ask_first(work: Work, traveler_id: UUID, channel: str) -> None:
    """Ask her by this channel before all others; "" for the usual order, her numbers first."""
    of_her = TRAVELERS.c.traveler_id == traveler_id
    row = work.conn.execute(select(TRAVELERS.c.key_id, TRAVELERS.c.sealed).where(of_her).with_for_update()).one()
    before = json.loads(work.service.keys.open(work.conn, b"traveler", row.sealed))
    if (before.get("first") or "") != channel:
        value = json.dumps({**before, "first": channel}, ensure_ascii=False).encode()
        sealed = work.service.keys.seal(work.conn, row.key_id, b"traveler", value)
        work.conn.execute(update(TRAVELERS).where(of_her).values(sealed=sealed))
        work.audit.add(traveler_id, "traveler", "ways_ordered")


def leave_chats(work: Work, traveler_id: UUID) -> None:
    """Take all chats of a traveler off, before she has left: nothing is sent there, and what comes is a stranger's."""
    _leave_some(work, traveler_id, None)


def _leave_some(work: Work, traveler_id: UUID, addresses: Collection[str] | None) -> None:
    """Take these chats of a traveler off, or all of them."""
    of_her = TRAVELERS.c.traveler_id == traveler_id
    row = work.conn.execute(select(TRAVELERS.c.key_id, TRAVELERS.c.sealed).where(of_her).with_for_update()).one()
    before = json.loads(work.service.keys.open(work.conn, b"traveler", row.sealed))
    chats = [entry["address"] for entry in before.get("channels") or ()]
    left = [one for one in chats if addresses is not None and one not in addresses]
    value = {**before, "channels": [{"channel": TELEGRAM, "address": one} for one in left]}
    sealed = work.service.keys.seal(work.conn, row.key_id, b"traveler", json.dumps(value, ensure_ascii=False).encode())
    work.conn.execute(update(TRAVELERS).where(of_her).values(sealed=sealed))
    gone = [work.service.keys.phone_hash(one) for one in chats if one not in left]
    hers = (OWNERS.c.traveler_id == traveler_id) & (OWNERS.c.contact_id == NIL) & OWNERS.c.phone_hash.in_(gone)
    work.conn.execute(delete(OWNERS).where(hers))
    work.audit.add(traveler_id, "traveler", "chats_left")


def _is_other_ones(work: Work, trip: TripState, message: Message) -> bool:
    """Whether this chat is another person's of this trip: what one is told would come to the other."""
    address = (message.address or "").casefold()
    hers = {one.address.casefold() for one in trip.traveler.addresses}
    return address in hers or address in addresses_of_contacts(work.service, work.conn, trip)


def _is_another_travelers(work: Work, trip: TripState, message: Message) -> bool:
    """Whether it is the chat of another traveler who is on a trip or plans one: an OK from there would be the other's,
    whomever we asked."""
    others = select(OWNERS.c.traveler_id).where(
        OWNERS.c.phone_hash == message.sender, OWNERS.c.contact_id == NIL, OWNERS.c.traveler_id != trip.key.traveler_id
    )
    going = (TRIPS.c.traveler_id == OWNERS.c.traveler_id) & TRIPS.c.status.in_(("draft", "armed"))
    return work.conn.execute(others.where(exists().where(going))).first() is not None


def _tell_other_phones(work: Work, trip: TripState) -> None:
    _ = translator(trip.traveler.language)
    body = wording.reply(Reply.CONSTANT, _, constant=True) if trip.one_reply else another_chat(_)
    for address in usable_now(work, trip):
        if address.channel != "email":
            key = f"chat:{trip.key.trip_id}:{work.now.isoformat()}:{address.index}"
            telling.to_traveler(work, trip, "traveler_notice", address, body, key, Priority.REPLY, TOLD_WITHIN)


def _say(
    work: Work, message: Message, body: str, key: str, *, language: str = "en", not_before: datetime | None = None
) -> None:
    """Answer in the chat; what cannot be sent there goes nowhere else."""
    work.send(
        Draft(
            kind="reply",
            to=message.address or "",
            channel=TELEGRAM,
            body=body,
            dedupe_key=key,
            priority=Priority.REPLY,
            valid_for=STAYS_GOOD,
            language=language,
            available_at=not_before,
        )
    )
