"""The numbers that she had better know by heart, and how well she knows them: the drill.

The days on which she knew a number lie sealed among the trip's details, by the number: another one is learned anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from service.core.checklist import CHECKLIST, Point
from service.core.drill import due_on, is_learned
from service.core.wording_text import N_
from service.core.zones import local_date
from service.db.trips import TripState
from service.directory import emergency
from service.directory.dated import AsOf
from service.usecases.consulate import consulate_for
from service.usecases.numbers import zone_of_number

ROUNDS = "rounds"
PRESENT = ("accepted", "invited")


class Whose(StrEnum):
    """Whose number it is."""

    HOME = "home"
    CONSULATE = "consulate"
    EMERGENCY = "emergency"
    POLICE = "police"
    """Where one number for all is not known."""


WHOSE: Mapping[Whose, str] = {
    Whose.HOME: N_("{name}, at home"),
    Whose.CONSULATE: N_("Your consulate"),
    Whose.EMERGENCY: N_("The emergency number there"),
    Whose.POLICE: N_("The police there"),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number to learn: E.164, or as it is dialed within the country. `name`: of the person, or "". `of`: when our
    list had it from its source; None for what she wrote."""

    whose: Whose
    number: str
    name: str = ""
    of: AsOf | None = None


@dataclass(frozen=True, slots=True)
class Practised:
    """A number and the days (of her own clock) on which she knew it. `due`: from when on it is asked for again; None
    when she knows it."""

    number: Number
    rounds: tuple[date, ...]
    due: date | None

    def is_due(self, today: date) -> bool:
        return self.due is not None and self.due <= today


@dataclass(frozen=True, slots=True)
class Drill:
    """Her numbers and how well she knows them; `today` by the clock of her own number."""

    numbers: tuple[Practised, ...]
    today: date

    @property
    def next(self) -> Practised | None:
        """The one to be asked for now."""
        return next((one for one in self.numbers if one.is_due(self.today)), None)


def drill_of(trip: TripState, now: datetime) -> Drill:
    """The drill of a trip that has been read."""
    today, rounds = local_date(zone_of_number(trip.traveler.phone), now), rounds_of(trip.details)
    practised = (
        Practised(one, known, due_on(known, today))
        for one in numbers_of(trip)
        for known in [tuple(rounds.get(one.number) or ())]
    )
    return Drill(tuple(practised), today)


def numbers_of(trip: TripState) -> tuple[Number, ...]:
    """Somebody at home, her consulate, and the emergency number of the country that she goes to: those that are known,
    with a source and a date or from herself."""
    return tuple(_numbers(trip))


def rounds_of(details: Mapping[str, Any]) -> dict[str, tuple[date, ...]]:
    """The days on which each number was known, by the number."""
    kept = ((details.get(CHECKLIST) or {}).get(Point.NUMBERS.value) or {}).get(ROUNDS) or {}
    return {number: tuple(date.fromisoformat(day) for day in days) for number, days in kept.items()}


def learned(numbers: Sequence[Number], rounds: Mapping[str, Sequence[date]], until: datetime | None = None) -> bool:
    """Whether all of them are known by heart; `until`: as far as they were by then. Without any there is nothing to
    know, and that is not enough."""
    known = {number: [day for day in days if until is None or day <= until.date()] for number, days in rounds.items()}
    return bool(numbers) and all(is_learned(known.get(one.number, ())) for one in numbers)


def _numbers(trip: TripState) -> Iterator[Number]:
    people = sorted((one for one in trip.contacts if one.status in PRESENT), key=lambda one: not one.accepted)
    at_home = ((one, address) for one in people for address in one.addresses if address.address.startswith("+"))
    if (found := next(at_home, None)) is not None:
        yield Number(Whose.HOME, found[1].address, found[0].name)
    where = trip.details["destination"]
    place, citizen = where["country"], trip.traveler.citizenship
    consulate = consulate_for(trip.details, citizen, place, where.get("city") or "", trip.traveler.language)
    if consulate.phone:
        yield Number(Whose.CONSULATE, consulate.phone, of=consulate.mission.checked if consulate.mission else None)
    there = emergency(place)
    if there is not None and (dialed := there.general or there.police):
        yield Number(Whose.EMERGENCY if there.general else Whose.POLICE, dialed, of=there.as_of)
