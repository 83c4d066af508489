"""What a traveler may want on a card in her pocket: when she calls, whom, and who helps in each country on her way.

It reads no alarm and no word of hers. Nothing of the card is stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.core.plan import Plan
from service.db.stored import table_of
from service.db.tables import Traveler
from service.db.trips import TripKey
from service.usecases.context import Service
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
    """`zone`: the clock of the plan, "" without one. `places`: each country on the way (ISO 3166-1 alpha-2) with the
    city there. `citizen`: her passport's country, "" when she has not told. `details`: the sections of her trip."""

    plan: Plan | None
    zone: str
    people: tuple[CardPerson, ...]
    places: tuple[tuple[str, str], ...]
    citizen: str
    details: Mapping[str, Any]
    has_words: bool
    today: date


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
    told = json.loads(service.keys.open(conn, b"traveler", sealed))
    plan = plan_shown(conn, service.keys, key, now, whole.plan) if whole.plan else None
    where = whole.details.get("destination") or {}
    stops = [where, *(whole.details.get("legs") or ())]
    # Of a country that she comes to twice the first city counts.
    cities = {stop["country"]: str(stop.get("city") or "") for stop in reversed(stops) if stop.get("country")}
    order = dict.fromkeys(stop["country"] for stop in stops if stop.get("country"))
    return CardFacts(
        plan=plan,
        zone=str(where.get("zone") or ""),
        people=tuple(_people(whole)),
        places=tuple((country, cities[country]) for country in order),
        citizen=str(told.get("citizenship") or ""),
        details=whole.details,
        has_words=whole.has_words,
        today=now.date(),
    )


def _people(whole: WholeTrip) -> Iterator[CardPerson]:
    for one in whole.contacts:
        numbers = [way["address"] for way in one.channels if way["address"].startswith("+")]
        if numbers and one.status in LISTENS:
            yield CardPerson(one.contact_id, one.name, numbers[0], one.status == "accepted")
