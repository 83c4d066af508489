"""A trip as the traveler describes it: where she goes, by whose offer, and what may be told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select

from service.core.wording_text import N_
from service.core.zones import is_known_zone
from service.db.stored import table_of
from service.db.tables import Traveler, Trip
from service.db.trips import TripKey
from service.usecases import numbers
from service.usecases.answer_once import answer_once
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.other_side import FREE_TEXTS as FREE_TEXTS
from service.usecases.other_side import is_other_side as is_other_side
from service.usecases.other_side import other_sides as other_sides
from service.usecases.problems import (
    IN_THE_PAST,
    NOT_A_NUMBER,
    NOT_AN_EMAIL,
    UNKNOWN_COUNTRY,
    UNKNOWN_ZONE,
    NotFound,
    Problems,
)
from service.usecases.unknown_facts import check_later, with_later
from service.usecases.work import Work

TRIPS = table_of(Trip)
TRAVELERS = table_of(Traveler)

LONGEST_TRIP = timedelta(days=5 * 366)
ENDS_TOO_EARLY = N_("The trip must end after it starts.")
LASTS_TOO_LONG = N_("A trip may last 5 years at most.")
LEG_TOO_EARLY = N_("Each part of the trip must begin after the one before it.")


@dataclass(frozen=True, slots=True)
class LegForm:
    """A further part of the trip: from `starts_at` she is in `country` and lives by `zone`."""

    starts_at: datetime
    country: str
    city: str
    zone: str


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the trip leads first."""

    country: str
    city: str
    address: str
    zone: str


@dataclass(frozen=True, slots=True)
class TripForm:
    """`facts` are the optional sections by their names in the API: employer, agency, consulate, companions, …, and
    `later`: the fields that she does not know yet."""

    starts_at: datetime
    ends_at: datetime
    wording: str
    destination: Destination
    legs: tuple[LegForm, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def plan_trip(service: Service, traveler_id: UUID, form: TripForm, *, once: str | None = None) -> UUID:
    """Store a draft; its id. `once`: the request's idempotency key.

    Raises:
        Invalid: fields that cannot be used.
    """
    now = service.clock()
    details = _checked(service, form, now)

    def keep(conn: Connection) -> str:
        if conn.execute(select(TRAVELERS.c.traveler_id).where(TRAVELERS.c.traveler_id == traveler_id)).first() is None:
            raise NotFound
        key_id = service.keys.new_key(conn, "trip", now)
        trip_id = uuid4()
        row = {
            "traveler_id": traveler_id,
            "trip_id": trip_id,
            "status": "draft",
            "wording": form.wording,
            "starts_at": form.starts_at,
            "ends_at": form.ends_at,
            "sealed": service.keys.seal(conn, key_id, b"trip", json.dumps(details, ensure_ascii=False).encode()),
            "key_id": key_id,
            "has_words": False,
            "cooling_off_seconds": int(service.limits.cooling_off.total_seconds()),
            "created_at": now,
        }
        conn.execute(insert(TRIPS), row)
        work = Work(service, conn, now)
        work.audit.add(traveler_id, "traveler", "trip_planned")
        if form.starts_at > now and (trip := service.planned_trip(conn, TripKey(traveler_id, trip_id), now)):
            ask_before_leaving(work, trip)
        work.flush()
        return str(trip_id)

    return UUID(service.run(lambda conn: answer_once(conn, traveler_id, "trips", once, now, lambda: keep(conn))))


def check_place(problems: Problems, path: str, country: str, zone: str) -> None:
    """Whether a part of the trip names a country and a zone; `path` leads to its fields."""
    if not numbers.is_country(country):
        problems.add(f"{path}country", UNKNOWN_COUNTRY)
    if not is_known_zone(zone):
        problems.add(f"{path}zone", UNKNOWN_ZONE)


def check_days(problems: Problems, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Whether a trip lasts as long as one may."""
    if ends_at <= starts_at:
        problems.add("ends_at", ENDS_TOO_EARLY)
    elif ends_at - starts_at > LONGEST_TRIP:
        problems.add("ends_at", LASTS_TOO_LONG)
    elif ends_at <= now:
        problems.add("ends_at", IN_THE_PAST)


def check_journey(problems: Problems, form: TripForm, now: datetime) -> dict[str, Any]:
    """Where a trip leads, as it is stored; `problems` says what of it cannot be used."""
    check_days(problems, form.starts_at, form.ends_at, now)
    check_place(problems, "destination.", form.destination.country, form.destination.zone)
    before = form.starts_at
    for index, leg in enumerate(form.legs):
        check_place(problems, f"legs[{index}].", leg.country, leg.zone)
        if leg.starts_at <= before:
            problems.add(f"legs[{index}].from", LEG_TOO_EARLY)
        before = leg.starts_at
    place = form.destination
    return {
        "destination": {"country": place.country, "city": place.city, "address": place.address, "zone": place.zone},
        "legs": [
            {"from": leg.starts_at.isoformat(), "country": leg.country, "city": leg.city, "zone": leg.zone}
            for leg in form.legs
        ],
    }


def check_facts(service: Service, problems: Problems, given: Mapping[str, Any]) -> dict[str, Any]:
    """Sections of a trip as they are stored, their numbers in E.164; `problems` says what of them cannot be used."""
    facts: dict[str, Any] = json.loads(json.dumps(dict(given)))
    for path, fact in people_of(facts):
        _check_reach(service, problems, path, fact)
    check_later(problems, facts)
    return facts


def people_of(facts: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Whoever in these sections may have a number or an address, each with the path to it."""
    for section in ("employer", "agency", "consulate", "insurance"):
        if facts.get(section):
            yield section, facts[section]
    for index, companion in enumerate(facts.get("companions") or ()):
        yield f"companions[{index}]", companion


def _checked(service: Service, form: TripForm, now: datetime) -> dict[str, Any]:
    """The details as they are stored."""
    problems = Problems()
    journey = check_journey(problems, form, now)
    facts = check_facts(service, problems, form.facts)
    problems.refuse()
    details = {**journey, **facts}
    return with_later(details, (), ()) if "later" in facts else details


def _check_reach(service: Service, problems: Problems, path: str, fact: dict[str, Any]) -> None:
    if fact.get("phone"):
        try:
            fact["phone"] = numbers.parse_number(fact["phone"], invented=service.demo)
        except numbers.NotANumber:
            problems.add(f"{path}.phone", NOT_A_NUMBER)
    if fact.get("email") and not numbers.is_email(fact["email"]):
        problems.add(f"{path}.email", NOT_AN_EMAIL)
