"""What had better be done before she leaves, as she told it and as her trip says: for her pages, the API and the sheet.

It lies sealed among the trip's details. Nothing here reads an alarm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from service.core.checklist import (
    CHECKLIST,
    Answer,
    Facts,
    Finding,
    Point,
    Purpose,
    State,
    as_of,
    open_points,
    review,
    says_so,
)
from service.db.trips import ContactState, TripState
from service.directory.work_visa import Rule, WorkVisa, work_visa
from service.usecases.agreed import QUESTION
from service.usecases.drill import PRESENT, learned, numbers_of, rounds_of
from service.usecases.other_side import is_other_side
from service.usecases.unknown_facts import is_known

ASKING = "asking"
"""Beside the points: whether she is reminded of them."""
OFF = "off"
TOLD = "told"
NOT_NEEDED = State.NOT_NEEDED.value


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may keep a set of copies. `confirmed_at`: when she said that she has them (UTC)."""

    contact_id: UUID
    name: str
    accepted: bool
    confirmed_at: datetime | None

    @property
    def id(self) -> str:
        return str(self.contact_id)


@dataclass(frozen=True, slots=True)
class Checklist:
    """The list of a trip.

    Attributes:
        told: what she told of each point, by the names of `core.checklist.NAMES`.
        asks: whether she is reminded of what is open.
        armed: whether her trip has been begun; then what is done stays as it is.
        left: whether she is on her way by plan.
        holders: her people, who may keep copies.
        visas: for each country of the trip the rule that we know, or None.
        details: the trip's, for what the page says beside a point.
    """

    findings: tuple[Finding, ...]
    told: Mapping[Point, Answer]
    asks: bool
    armed: bool
    left: bool
    facts: Facts
    holders: tuple[Holder, ...]
    visas: tuple[tuple[str, WorkVisa | None], ...]
    citizenship: str
    details: Mapping[str, Any]

    @property
    def open(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.state is State.OPEN)


def checklist_of(trip: TripState, now: datetime) -> Checklist:
    """The list of a trip that has been read."""
    told, facts = answers_of(trip), facts_of(trip)
    return Checklist(
        findings=review(told, facts),
        told=told,
        asks=is_asked(trip.details),
        armed=trip.status != "draft",
        left=trip.starts_at <= now,
        facts=facts,
        holders=tuple(_holder(contact) for contact in _present(trip)),
        visas=tuple((country, work_visa(trip.traveler.citizenship, country)) for country in countries_of(trip)),
        citizenship=trip.traveler.citizenship,
        details=trip.details,
    )


def is_asked(details: Mapping[str, Any]) -> bool:
    """Whether she has not said that she wants no reminders of it."""
    return ((details.get(CHECKLIST) or {}).get(ASKING) or {}).get("state") != OFF


def still_open(trip: TripState) -> tuple[Finding, ...]:
    """What is open now."""
    return open_points(answers_of(trip), facts_of(trip))


def open_before(trip: TripState) -> tuple[Point, ...] | None:
    """What was open when she left; None when she never looked at the list.

    What was told after that does not count: whoever holds her phone could tell it.
    """
    if not trip.details.get(CHECKLIST):
        return None
    told = as_of(answers_of(trip), trip.starts_at)
    return tuple(one.point for one in open_points(told, facts_of(trip, until=trip.starts_at)))


def answers_of(trip: TripState) -> dict[Point, Answer]:
    """What she told, without copies held by somebody who is none of her people any more."""
    found = dict(_stored(trip.details.get(CHECKLIST) or {}))
    copies = found.get(Point.COPIES)
    if copies is not None and copies.text("holder") not in {contact.id for contact in _present(trip)}:
        kept = {name: value for name, value in copies.told.items() if name not in ("holder", "where", "handed")}
        found[Point.COPIES] = replace(copies, told=kept)
    return found


def facts_of(trip: TripState, *, until: datetime | None = None) -> Facts:
    """What the trip says of the points; `until`: as it was then, as far as that is known."""
    details, citizenship = trip.details, trip.traveler.citizenship
    countries = countries_of(trip)
    confirmed = _confirmed_at(trip)
    insurance = details.get("insurance") or {}
    return Facts(
        purpose=Purpose(details["purpose"]) if details.get("purpose") else None,
        agency=is_known(details, "agency.name") or details.get("offered_by") == "agency",
        own_country=set(countries) == {citizenship},
        visa_kind=str((details.get("visa") or {}).get("kind") or ""),
        free_to_work=all(_is_free(citizenship, country) for country in countries),
        insurer=bool(insurance.get("company")),
        policy=bool(insurance.get("policy")),
        insurer_phone=bool(insurance.get("phone")),
        lawyer_of_theirs=_is_theirs(trip),
        companions=bool(details.get("companions")),
        registered=says_so(str((details.get("person") or {}).get("consular_register") or "")),
        times=trip.plan is not None,
        question=bool(details.get(QUESTION)),
        words=trip.has_words,
        confirmed_at=confirmed if until is None or (confirmed and confirmed <= until) else None,
        learned=learned(numbers_of(trip), rounds_of(details), until),
    )


def countries_of(trip: TripState) -> tuple[str, ...]:
    """The countries that the trip leads to, in their order, each once."""
    places = [trip.details["destination"], *(trip.details.get("legs") or ())]
    return tuple(dict.fromkeys(place["country"] for place in places))


def stored_point(answer: Answer) -> dict[str, Any]:
    """An answer as it is kept."""
    return {"state": NOT_NEEDED if answer.not_needed else TOLD, "on": answer.at.isoformat(), **answer.told}


def _stored(kept: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Point, Answer]]:
    for point in Point:
        if said := kept.get(point.value):
            told = {name: value for name, value in said.items() if name not in ("state", "on")}
            yield point, Answer(datetime.fromisoformat(said["on"]), told, not_needed=said["state"] == NOT_NEEDED)


def _is_free(citizenship: str, country: str) -> bool:
    rule = work_visa(citizenship, country)
    return country == citizenship or (rule is not None and rule.rule is Rule.FREE)


def _is_theirs(trip: TripState) -> bool:
    lawyer = answers_of(trip).get(Point.LAWYER)
    return lawyer is not None and bool(phone := lawyer.text("phone")) and is_other_side(trip.details, phone)


def _present(trip: TripState) -> list[ContactState]:
    return [contact for contact in trip.contacts if contact.status in PRESENT]


def _holder(contact: ContactState) -> Holder:
    return Holder(contact.contact_id, contact.name, contact.accepted, contact.copies_at)


def _confirmed_at(trip: TripState) -> datetime | None:
    copies = answers_of(trip).get(Point.COPIES)
    holder = trip.contact(copies.text("holder")) if copies is not None and copies.text("holder") else None
    return holder.copies_at if holder is not None else None
