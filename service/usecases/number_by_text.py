"""A phone that is nobody's here names one of a traveler's numbers and says one of her words.

Her phone was lost or taken, and she has another SIM, or writes from somebody's phone: "+7 701 123 45 67 green apples".
The number says whose text it may be, the word that it is hers. No answer goes to a phone that is not hers yet, whatever
it wrote: nobody learns from us that there is such a traveler. A safe word makes the phone hers from then on; one of
duress raises its alarm, and all that anybody can see is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, select

from service.core.alarm import Strength
from service.core.named_number import named_numbers
from service.db.routing import NIL, PhoneOwner
from service.db.stored import table_of
from service.db.trips import TripKey, TripState
from service.usecases.contact_addresses import addresses_of_contacts
from service.usecases.context import Service
from service.usecases.her_numbers import shown_numbers
from service.usecases.limits import Limit, count, spent
from service.usecases.new_number import MOST_NUMBERS, make_hers
from service.usecases.numbers import NotANumber, parse_number
from service.usecases.own_trip import apply_check_in, raise_duress
from service.usecases.plan_trip import is_other_side
from service.usecases.said_words import said_in
from service.usecases.typed_numbers import why_no_sms
from service.usecases.waiting import looks_ended
from service.usecases.work import Work

OWNERS = table_of(PhoneOwner)

BY_A_PHONE = Limit("named_by", 3, timedelta(days=1))
"""Wrong words from one phone, with whatever numbers."""
FOR_A_TRIP = Limit("named_for", 10, timedelta(days=1))
"""Wrong words for one trip, from whatever phones: a sender's number is easily forged."""


class Text(Protocol):
    """What is needed of an inbox row. `address` is the number that it came from."""

    @property
    def inbox_id(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def sender(self) -> bytes: ...
    @property
    def text(self) -> str: ...
    @property
    def address(self) -> str | None: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def received_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Named:
    """An armed trip, one of whose traveler's numbers a text names, and what the text says besides."""

    key: TripKey
    said: str


def trips_named(service: Service, conn: Connection, texts: Iterable[Text]) -> Mapping[int, Sequence[Named]]:
    """Whose numbers these texts name, by inbox id. Nearly no text names any, and then nothing is looked up."""
    readings = {
        one.inbox_id: [(service.keys.phone_hash(number), said) for number, said in named_numbers(one.text)]
        for one in texts
        if one.address is not None
    }
    digests = {digest for found in readings.values() for digest, _ in found}
    if not digests:
        return {}
    query = select(OWNERS.c.phone_hash, OWNERS.c.traveler_id, OWNERS.c.trip_id).where(
        OWNERS.c.phone_hash.in_(digests), OWNERS.c.contact_id == NIL, OWNERS.c.armed, OWNERS.c.trip_id.is_not(None)
    )
    owners = {row.phone_hash: TripKey(row.traveler_id, row.trip_id) for row in conn.execute(query)}
    return {
        inbox_id: tuple(Named(owners[digest], said) for digest, said in found if digest in owners)
        for inbox_id, found in readings.items()
    }


def take_named(work: Work, trips: dict[TripKey, TripState], text: Text, named: Sequence[Named]) -> TripKey | None:
    """Act on a text that names a number; the trip whose traveler has proven that it is hers.

    1. A word of duress counts always.  2. A safe one counts until too many wrong ones came; it is a weak check-in, so
    that whoever has learned one word gains a day by it.  3. The phone becomes hers, unless it is somebody's already.
    4. A wrong one is counted, and nothing else.
    """
    strange = [(one, trip) for one in named if (trip := trips.get(one.key)) and _is_strange(trip, text)]
    for one, trip in strange:
        said = said_in(work.conn, work.service.keys, trip, one.said, work.now)
        if said.is_duress or (said.is_word and not _is_spent(work, one.key, text)):
            trips[one.key] = _take(work, trip, text, duress=said.is_duress)
            return one.key
    for key in dict.fromkeys(one.key for one, _ in strange):
        # Who tries for long from one phone must not use up what she may mistype.
        if count(work.service, work.conn, work.now, BY_A_PHONE.by(text.sender.hex())) <= BY_A_PHONE.most:
            count(work.service, work.conn, work.now, FOR_A_TRIP.by(str(key.trip_id)))
    return None


def _is_strange(trip: TripState, text: Text) -> bool:
    """Whether it comes from another phone than hers, in an armed trip that has words."""
    hers = {address.hash for address in trip.traveler.addresses}
    return trip.status == "armed" and trip.has_words and text.sender not in hers


def _is_spent(work: Work, key: TripKey, text: Text) -> bool:
    limits = (BY_A_PHONE.by(text.sender.hex()), FOR_A_TRIP.by(str(key.trip_id)))
    return any(spent(work.service, work.conn, work.now, one) is not None for one in limits)


def _take(work: Work, trip: TripState, text: Text, *, duress: bool) -> TripState:
    before = trip
    if duress:
        # Raised first, so that the check-in finds a duress alarm and closes nothing.
        trip = raise_duress(work, trip)
    trip, _ = apply_check_in(
        work,
        trip,
        text.occurred_at,
        Strength.WEAK,
        source=text.source,
        inbox_id=text.inbox_id,
        received_at=text.received_at,
    )
    phone = _free_number(work, before, text)
    if phone is None or looks_ended(work.conn, trip, work.now):
        return trip
    return make_hers(work, trip, phone, duress=duress) or trip


def _free_number(work: Work, trip: TripState, text: Text) -> str | None:
    """The number that it came from (E.164), if it can be hers: no contact's, not the employer's side's."""
    try:
        phone = parse_number(text.address or "", invented=work.service.demo)
    except NotANumber:
        return None
    taken = phone in addresses_of_contacts(work.service, work.conn, trip) or is_other_side(trip.details, phone)
    too_many = len(shown_numbers(work.service, work.conn, trip, work.now)) >= MOST_NUMBERS
    return None if taken or too_many or why_no_sms(phone) else phone
