"""What a traveler with a passport needs to know of a country, from all tables together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from service.directory.defaults import distance, languages_in, zones_in
from service.directory.emergency_numbers import Emergency, emergency
from service.directory.hotlines import Helper, Sort, helpers_in
from service.directory.missions import SENDING, Kind, Mission, embassies_in, missions_of

CLOSED_TO: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("DZ", "IQ", "IR", "KW", "LB", "LY", "SD", "SY", "YE"), frozenset({"IL"})),
    **{"AM": frozenset({"AZ", "TR"}), "AZ": frozenset({"AM"}), "TR": frozenset({"AM"})},
    **{"KP": frozenset({"KR"}), "RU": frozenset({"UA"}), "BY": frozenset({"UA"}), "UA": frozenset({"RU", "BY"})},
}
"""Where nobody gets to from a country, though it is near: a mission there is not named as the nearest."""


class Reach(StrEnum):
    """Where the missions of a `Country` stand."""

    HERE = "here"
    ACCREDITED = "accredited"
    NEAREST = "nearest"
    NONE = "none"


class Part(StrEnum):
    """What may be unknown of a country."""

    EMERGENCY = "emergency"
    MISSION = "mission"
    MISSION_PHONE = "mission_phone"
    HOTLINE = "hotline"
    IOM = "iom"


@dataclass(frozen=True, slots=True)
class Country:
    """A country as a traveler with the passport `citizen` finds it. All codes are ISO 3166-1 alpha-2.

    Attributes:
        emergency: the numbers of police, ambulance and fire service; None where no source with a date names one.
        missions: those of her own country, the embassy first. By `reach`: in the country itself; where we know of none
            there, those elsewhere that are responsible for it; where we know of none of these either, the nearest one.
        closed: it is known that her country has no mission there.
        hotlines: help lines and organizations in the country.
        iom: offices of the International Organization for Migration in it.
        home: who helps at home, legally and otherwise, and can be called or asked from there.
        asked: the missions of this country in her own: whom to ask before she leaves.
        languages: BCP 47, the most known first. zones: IANA.
        unknown: what we do not know.
    """

    code: str
    citizen: str
    emergency: Emergency | None
    missions: tuple[Mission, ...]
    reach: Reach
    closed: bool
    hotlines: tuple[Helper, ...]
    iom: tuple[Helper, ...]
    home: tuple[Helper, ...]
    asked: tuple[Mission, ...]
    languages: tuple[str, ...]
    zones: tuple[str, ...]
    unknown: frozenset[Part]

    @property
    def mission(self) -> Mission | None:
        """The one to name where there is place for one: with a number before those without, else the embassy."""
        return next((one for one in self.missions if one.phone), next(iter(self.missions), None))


@lru_cache(maxsize=4096)
def country(code: str, citizen: str = "KZ") -> Country:
    """Everything we know of a country for somebody with a passport of `citizen` ("" for an unknown one).

    It is total: of a country or a passport that we know nothing of, all is unknown.
    """
    missions, reach = _missions(code, citizen)
    helpers = helpers_in(code)
    iom = tuple(one for one in helpers if one.sort is Sort.IOM)
    lines = tuple(one for one in helpers if one.sort is not Sort.IOM)
    numbers = emergency(code)
    unknown = {
        Part.EMERGENCY: numbers is not None,
        Part.MISSION: reach is Reach.HERE or code == citizen,
        Part.MISSION_PHONE: any(one.phone for one in missions) or code == citizen,
        Part.HOTLINE: any(one.phone for one in lines),
        Part.IOM: bool(iom),
    }
    return Country(
        code=code,
        citizen=citizen,
        emergency=numbers,
        missions=missions,
        reach=reach,
        closed=any(one.host == code and one.kind is Kind.NONE for one in missions_of(citizen)),
        hotlines=lines,
        iom=iom,
        home=helpers_in(citizen) if citizen != code else (),
        asked=tuple(one for one in embassies_in(citizen) if one.sending == code),
        languages=languages_in(code),
        zones=zones_in(code),
        unknown=frozenset(part for part, known in unknown.items() if not known),
    )


def _missions(code: str, citizen: str) -> tuple[tuple[Mission, ...], Reach]:
    open_ones = [one for one in missions_of(citizen) if one.kind is not Kind.NONE] if citizen in SENDING else []
    if code == citizen or not open_ones:
        return (), Reach.NONE
    here = _ordered(one for one in open_ones if one.host == code)
    if here:
        return here, Reach.HERE
    accredited = _ordered(one for one in open_ones if code in one.covers)
    if accredited:
        return accredited, Reach.ACCREDITED
    far = {one.host: distance(code, one.host) for one in open_ones if one.host not in CLOSED_TO.get(code, ())}
    nearest = min(far, key=lambda host: (far[host], host), default="")
    if far.get(nearest, math.inf) == math.inf:
        return (), Reach.NONE
    return _ordered(one for one in open_ones if one.host == nearest), Reach.NEAREST


def _ordered(missions: Iterable[Mission]) -> tuple[Mission, ...]:
    order = list(Kind)
    return tuple(sorted(missions, key=lambda one: (order.index(one.kind), one.city)))
