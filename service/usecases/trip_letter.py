"""A draft read out whole before it begins: where, when, who is told, in which order, and what each may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.core.plan import Leg, Plan, leg_at
from service.db.trips import TripKey
from service.usecases.agreed import without_agreed
from service.usecases.as_begun import as_begun, foresee_first, quiet_people
from service.usecases.context import Service
from service.usecases.foresee import Telling
from service.usecases.numbers import zone_of_number
from service.usecases.problems import NotFound
from service.usecases.set_plan import legs_of


@dataclass(frozen=True, slots=True)
class LetterPerson:
    """A person who is told: `full_text` whether her text says the facts or only brings the link; `quiet_sign` whether
    she hears of a secret sign; `accepted` whether she has said yes."""

    id: str
    name: str
    relation: str
    accepted: bool
    full_text: bool
    quiet_sign: bool


@dataclass(frozen=True, slots=True)
class TripLetter:
    """Everything that the trip says of itself. Instants are in UTC; zones are IANA names.

    `details` as in `WholeTrip`. `deadline` is the first check-in had it begun now, None without a plan; `reminders` and
    `tellings` are what follows when it does not come and everybody asked has accepted.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    legs: tuple[Leg, ...]
    home_zone: str
    details: Mapping[str, Any]
    wording: str
    has_words: bool
    plan: Plan | None
    deadline: datetime | None
    zone: str
    reminders: tuple[datetime, ...]
    tellings: tuple[Telling, ...]
    people: tuple[LetterPerson, ...]


def show_letter(service: Service, key: TripKey) -> TripLetter:
    """A draft, whole. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    trip = service.read(lambda conn: service.planned_trip(conn, key, now))
    if trip is None:
        raise NotFound
    begun = as_begun(trip, now)
    foreseen = foresee_first(begun, now)
    accepted = {contact.id for contact in trip.contacts if contact.accepted}
    quiet = quiet_people(begun)
    deadline = begun.watch.deadline if begun.watch is not None else None
    return TripLetter(
        name=trip.traveler.name,
        starts_at=trip.starts_at,
        ends_at=trip.ends_at,
        legs=legs_of(trip),
        home_zone=zone_of_number(trip.traveler.phone),
        details=without_agreed(trip.details),
        wording=trip.wording,
        has_words=trip.has_words,
        plan=trip.plan,
        deadline=deadline,
        zone=leg_at(trip.plan, deadline or now).zone if trip.plan is not None else "UTC",
        reminders=foreseen.reminders,
        tellings=foreseen.tellings,
        people=tuple(
            LetterPerson(
                contact.id,
                contact.name,
                contact.relation,
                accepted=contact.id in accepted,
                full_text=contact.disclosure == "full",
                quiet_sign=contact.id in quiet,
            )
            for contact in begun.contacts
        ),
    )
