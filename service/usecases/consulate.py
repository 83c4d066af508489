"""Which consulate helps her where she is: what she wrote wins, and where she wrote nothing our list steps in.

It is worked out anew whenever it is shown. So a trip that leads on to another country names that country's consulate
from the first moment there, and a correction of the list reaches a trip that is under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.core.plan import leg_at
from service.core.wording import Translate
from service.core.wording_countries import AS_CONFIRMED, AS_OF, AS_TYPED, FROM_DIRECTORY
from service.core.wording_text import N_
from service.db.trips import TripState
from service.directory import Country, Kind, Mission, Reach, country, emergency
from service.directory.missions import missions_of
from service.texts import LANGUAGES
from service.usecases.countries import date_said, mission_name
from service.usecases.numbers import country_of_number
from service.usecases.places import country_name
from service.usecases.times import whole_day


class Origin(StrEnum):
    """Where it comes from: she wrote it, she left what the list offered, or the list alone says so."""

    TYPED = "typed"
    CONFIRMED = "confirmed"
    LISTED = "listed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Consulate:
    """A consulate or embassy, its parts "" where they are not known.

    Attributes:
        phone: E.164.
        of: the date of our list's entry, as exactly as it is known ("2025"); "" for what she wrote.
        mission: the entry of our list.
        hers: what she wrote for another country of her trip, when `name` is not it.
    """

    origin: Origin
    name: str = ""
    phone: str = ""
    address: str = ""
    email: str = ""
    of: str = ""
    mission: Mission | None = None
    hers: str = ""


def consulate_for(details: Mapping[str, Any], citizen: str, code: str, city: str, language: str) -> Consulate:
    """The consulate to name while she is in a country.

    1. What she wrote: for the country of her destination and for the one whose number it has; and what she took over
       from our list for the countries for which the list has it.
    2. Elsewhere the one of our list that stands there, or is responsible; what she wrote comes along.
    3. What she wrote, where the list knows none; and where she wrote nothing, the nearest that the list knows.

    Args:
        details: the sections of her trip. citizen: her passport's country; "" when she has not told.
        code, city: where she is (ISO 3166-1 alpha-2, and as she typed it).
    """
    written = details.get("consulate") or {}
    known = country(code, citizen)
    offered = offered_mission(known, city)
    listed = listed_as(written, citizen)
    hers = listed in known.missions if listed else code in _meant_for(details, written)
    if written and (hers or offered is None or (known.reach is Reach.NEAREST and listed is None)):
        return _hers(written, listed)
    if offered is None:
        return Consulate(Origin.UNKNOWN)
    phone = offered.phone
    return Consulate(
        Origin.LISTED,
        mission_name(offered, language),
        phone.e164 if phone else "",
        offered.address,
        offered.email,
        of=offered.checked.text if offered.checked else "",
        mission=offered,
        hers=" ".join(str(written[part]) for part in ("name", "phone") if written.get(part)),
    )


def offered_mission(known: Country, city: str = "") -> Mission | None:
    """The entry of our list to offer: the one in her city, else the one to name where there is place for one.

    One without a date is not named as hers: pages show it, and say so.
    """
    here = city.strip().casefold()
    near = (one for one in known.missions if here and one.city.casefold() == here)
    found = next(near, known.mission)
    return found if found is not None and found.checked is not None else None


def origin_said(found: Consulate, language: str, translate: Translate) -> str:
    """Where it comes from, for somebody who reads of her; "" where nothing is known."""
    if found.origin is Origin.UNKNOWN:
        return ""
    if found.origin is Origin.TYPED:
        return translate(AS_TYPED)
    of = found.mission.checked if found.mission else None
    text = AS_CONFIRMED if found.origin is Origin.CONFIRMED else FROM_DIRECTORY
    return translate(text).format(date=date_said(of, language))


def numbers_there(trip: TripState, now: datetime, language: str, translate: Translate) -> str:
    """The emergency numbers of the country where she is by plan, with their date: "police 110, …"; "" where unknown."""
    where = trip.details.get("destination") or {}
    code = leg_at(trip.plan, now).country if trip.plan is not None else str(where.get("country") or "")
    numbers = emergency(code)
    if numbers is None:
        return ""
    kinds = ((N_("police"), numbers.police), (N_("ambulance"), numbers.ambulance), (N_("fire service"), numbers.fire))
    others = (f"{translate(kind)} {number}" for kind, number in kinds if number and number != numbers.general)
    of = translate(AS_OF).format(date=whole_day(numbers.checked, language))
    return ", ".join(filter(None, (numbers.general, *others))) + f" ({country_name(code, language)}; {of})"


def _meant_for(details: Mapping[str, Any], written: Mapping[str, Any]) -> set[str]:
    where = details.get("destination") or {}
    number = country_of_number(str(written.get("phone") or ""))
    return {code for code in (str(where.get("country") or ""), number) if code}


def _hers(written: Mapping[str, Any], listed: Mission | None) -> Consulate:
    return Consulate(
        Origin.CONFIRMED if listed else Origin.TYPED,
        str(written.get("name") or ""),
        str(written.get("phone") or ""),
        str(written.get("address") or ""),
        str(written.get("email") or ""),
        of=listed.checked.text if listed and listed.checked else "",
        mission=listed,
    )


def listed_as(written: Mapping[str, Any], citizen: str) -> Mission | None:
    """The entry of our list that she took over: with its number, or by its name where it has none. None when she
    wrote something of her own."""
    phone, name = written.get("phone"), written.get("name")
    for one in missions_of(citizen):
        if phone and phone in {number.e164 for number in one.phones}:
            return one
        if name and not phone and one.phone is None and name in _names(one):
            return one
    return None


def _names(one: Mission) -> set[str]:
    return {mission_name(one, language) for language in LANGUAGES} if one.kind is not Kind.NONE else set()
