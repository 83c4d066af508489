"""What a traveler may want on a card in her pocket: when she calls, whom, and whom to call where she is.

It reads no alarm and no word of hers. Nothing of the card is stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.core.plan import Plan
from service.db.stored import table_of
from service.db.tables import Traveler
from service.db.trips import TripKey
from service.directory import Emergency, emergency
from service.usecases.context import Service
from service.usecases.numbers import zone_of_number
from service.usecases.show_trip import WholeTrip, read_whole
from service.usecases.waiting import plan_shown

TRAVELERS = table_of(Traveler)
LISTENS = frozenset({"accepted", "invited"})


@dataclass(frozen=True, slots=True)
class CardPerson:
    """One of her people with the number that is called first. `accepted`: has said yes."""

    contact_id: UUID
    name: str
    phone: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class CardFacts:
    """`zone`: the clock of the plan, "" without one. `countries`: each on the way, with what we know of its
    numbers."""

    plan: Plan | None
    zone: str
    home_zone: str
    people: tuple[CardPerson, ...]
    consulate: Mapping[str, str]
    countries: tuple[tuple[str, Emergency | None], ...]
    has_words: bool


def show_card(service: Service, key: TripKey) -> CardFacts:
    """A draft or an armed trip. Who may see it is the caller's to know. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, key, now))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> CardFacts:
    whole = read_whole(service, conn, key, now)
    sealed = conn.execute(select(TRAVELERS.c.sealed).where(TRAVELERS.c.traveler_id == key.traveler_id)).scalar_one()
    phone = json.loads(service.keys.open(conn, b"traveler", sealed))["phone"]
    plan = plan_shown(conn, service.keys, key, now, whole.plan) if whole.plan else None
    where = whole.details.get("destination") or {}
    places = [where, *(whole.details.get("legs") or ())]
    countries = dict.fromkeys(place["country"] for place in places if place.get("country"))
    return CardFacts(
        plan=plan,
        zone=str(where.get("zone") or ""),
        home_zone=zone_of_number(phone),
        people=tuple(_people(whole)),
        consulate=_consulate(whole.details),
        countries=tuple((country, emergency(country)) for country in countries),
        has_words=whole.has_words,
    )


def _people(whole: WholeTrip) -> Iterator[CardPerson]:
    for one in whole.contacts:
        numbers = [way["address"] for way in one.channels if way["address"].startswith("+")]
        if numbers and one.status in LISTENS:
            yield CardPerson(one.contact_id, one.name, numbers[0], one.status == "accepted")


def _consulate(details: Mapping[str, Any]) -> Mapping[str, str]:
    known = details.get("consulate") or {}
    return {name: str(known[name]) for name in ("name", "phone", "address") if known.get(name)}
