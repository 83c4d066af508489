"""Show a trip as its simulated phones see it, and what its switch waits for. For the demonstration only.

No page of a real installation may read this: it knows what a traveler's phone must never show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from service.core.alarm import AlarmState as State
from service.core.alarm import Outcome
from service.db import tables
from service.db.routing import Link
from service.db.stored import table_of
from service.db.trips import ContactState, TripKey, TripState
from service.usecases.context import Service
from service.usecases.numbers import zone_of_number
from service.usecases.show_switch import Stage, Switch, city_of, sent_of, switch_of
from service.usecases.simulated import PhoneText, SimulatedPhones

TRIPS = table_of(tables.Trip)
LINKS = table_of(Link)

MOST_TRIPS = 12
LAST_TEXTS = 24


class Standing(StrEnum):
    """Where a person stands in it."""

    TRAVELER = "traveler"
    INVITED = "invited"
    NOT_TOLD = "not_told"
    TOLD = "told"
    HAS_IT = "has_it"
    CANNOT = "cannot"
    HEARD = "heard"
    CLEARED = "cleared"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone and its thread. `at` belongs to `standing`: told at, has it until, cleared at."""

    number: str
    name: str
    relation: str
    zone: str
    language: str
    standing: Standing
    at: datetime | None
    texts: Sequence[PhoneText]
    answers_by_itself: bool = False
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows of one trip, the traveler's phone first; `check_in` is the path of her own page. `asks`:
    whether she may ask by a text, as where each of hers gets an answer of its own."""

    trip_id: UUID
    switch: Switch
    phones: tuple[Phone, ...]
    names: Mapping[str, str]
    check_in: str = ""
    asks: bool = False


@dataclass(frozen=True, slots=True)
class TripChoice:
    """A trip that may be shown."""

    trip_id: UUID
    traveler_id: UUID
    name: str
    city: str


def list_trips(service: Service) -> tuple[TripChoice, ...]:
    """The trips with phones to show, newest first, armed ones before others."""
    now = service.clock()

    def work(conn: Connection) -> tuple[TripChoice, ...]:
        query = select(TRIPS.c.traveler_id, TRIPS.c.trip_id).order_by(
            TRIPS.c.status != "armed", TRIPS.c.created_at.desc()
        )
        keys = [TripKey(row.traveler_id, row.trip_id) for row in conn.execute(query.limit(MOST_TRIPS))]
        trips = service.trips(conn, keys, now)
        return tuple(
            TripChoice(key.trip_id, key.traveler_id, trips[key].traveler.name, city_of(trips[key], now))
            for key in keys
            if key in trips
        )

    return service.read(work)


def show_board(service: Service, phones: SimulatedPhones, choice: TripChoice) -> Board | None:
    """One trip's phones and switch, or None when it is gone."""
    now = service.clock()
    key = TripKey(choice.traveler_id, choice.trip_id)

    def work(conn: Connection) -> tuple[TripState, Sequence[RowMapping], str] | None:
        trip = service.trip(conn, key, now)
        return None if trip is None else (trip, sent_of(conn, trip, now), _check_in_path(service, conn, key))

    found = service.read(work)
    if found is None:
        return None
    trip, sent, check_in = found
    contacts = [(contact, number) for contact in trip.contacts if (number := _number(contact))]
    threads = phones.threads([trip.traveler.phone, *(number for _, number in contacts)], LAST_TEXTS)
    switch = switch_of(trip, sent, now)
    hers = Phone(
        number=trip.traveler.phone,
        name=trip.traveler.name,
        relation="",
        zone=switch.zone,
        language=trip.traveler.language,
        standing=Standing.TRAVELER,
        at=None,
        texts=threads[trip.traveler.phone],
        answers_by_itself=trip.traveler.phone in phones.answering(),
    )
    theirs = (_phone(trip, contact, number, sent, threads[number], switch) for contact, number in contacts)
    names = {contact.id: contact.name for contact in trip.contacts}
    return Board(trip.key.trip_id, switch, (hers, *theirs), names, check_in, asks=not trip.one_reply)


def other_phones(service: Service, phones: SimulatedPhones) -> tuple[Phone, ...]:
    """Phones that have received texts and belong to no trip shown: somebody signing up, the operator."""
    now = service.clock()
    keys = [TripKey(choice.traveler_id, choice.trip_id) for choice in list_trips(service)]
    trips = service.read(lambda conn: service.trips(conn, keys, now)).values()
    known = {trip.traveler.phone for trip in trips}
    known |= {address.address for trip in trips for contact in trip.contacts for address in contact.addresses}
    threads = phones.threads([number for number in phones.numbers() if number not in known], LAST_TEXTS)
    return tuple(
        Phone(number, "", "", zone_of_number(number), "", Standing.NOT_TOLD, None, texts)
        for number, texts in threads.items()
    )


def _check_in_path(service: Service, conn: Connection, key: TripKey) -> str:
    query = select(LINKS.c.sealed).where(
        LINKS.c.traveler_id == key.traveler_id, LINKS.c.trip_id == key.trip_id, LINKS.c.kind == "check_in"
    )
    sealed = conn.execute(query.limit(1)).scalar()
    return f"/c/{service.keys.open(conn, b'link', sealed).decode()}" if sealed else ""


def _number(contact: ContactState) -> str | None:
    return next((address.address for address in contact.addresses if address.channel == "sms"), None)


def _phone(
    trip: TripState,
    contact: ContactState,
    number: str,
    sent: Sequence[RowMapping],
    texts: Sequence[PhoneText],
    switch: Switch,
) -> Phone:
    standing, at = _standing(trip, contact, sent, switch)
    return Phone(
        number=number,
        name=contact.name,
        relation=contact.relation,
        zone=zone_of_number(number),
        language=contact.language,
        standing=standing,
        at=at,
        texts=texts,
        accepted=contact.accepted,
    )


def _standing(
    trip: TripState, contact: ContactState, sent: Sequence[RowMapping], switch: Switch
) -> tuple[Standing, datetime | None]:
    if not contact.accepted:
        return (Standing.INVITED, None) if contact.status == "invited" else (Standing.GONE, None)
    alarm = trip.alarm or (trip.recent if switch.stage is Stage.CLEAR else None)
    if alarm is None:
        return Standing.NOT_TOLD, None
    view = alarm.view
    mine = [row for row in sent if row["contact_id"] == contact.contact_id and row["alarm_id"] == alarm.alarm_id]
    told = min((row["settled_at"] for row in mine if row["kind"] == "alert"), default=None)
    if view.state is State.CLOSED:
        if view.closed_by == contact.id and view.outcome is Outcome.HEARD_SAFE:
            return Standing.HEARD, view.closed_at
        return (Standing.CLEARED, view.closed_at) if told else (Standing.NOT_TOLD, None)
    if view.held_by == contact.id:
        return Standing.HAS_IT, view.hold_until
    if contact.id in view.cannot:
        return Standing.CANNOT, None
    return (Standing.TOLD, told) if told else (Standing.NOT_TOLD, None)
