"""Whom to call in a country, as an answer by text tells it: from the directory, and from what she wrote herself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from service.core.carriage import Carriage
from service.core.wording_keywords import CountryNumbers, Line, Near, Office
from service.db.trips import TripState
from service.directory.countries import Country, country
from service.directory.dated import AsOf, Phone
from service.directory.emergency_numbers import Emergency
from service.directory.hotlines import Help, Helper, Sort
from service.directory.missions import Kind, Mission
from service.texts import known_language
from service.usecases.consulate import Origin, consulate_for
from service.usecases.places import country_name

_EMBASSIES = (Kind.EMBASSY, Kind.OFFICE)
_UNCERTAIN = "low"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what a text to her may carry.

    Attributes:
        language: BCP 47.
        citizen: whose missions help her (ISO 3166-1 alpha-2); "" for unknown.
        is_there: whether she would dial within the country: short codes and free numbers do not work from abroad.
    """

    language: str
    citizen: str
    carriage: Carriage
    is_there: bool


def numbers_of(code: str, asker: Asker, today: date) -> CountryNumbers:
    """Whom to call in the country with this code (ISO 3166-1 alpha-2): only numbers that have a source and a date."""
    found = country(code, asker.citizen)
    emergency = found.emergency
    one_for_all = _one_for_all(emergency)
    facts = CountryNumbers(
        country=country_name(code, known_language(asker.language)),
        general=one_for_all,
        hotline=_hotline(found, asker, today),
        numbers_allowed=asker.carriage.numbers,
    )
    if emergency is not None and emergency.as_of.is_old(today):
        facts = replace(facts, old_of=_month(emergency.as_of))
    if emergency is not None and not one_for_all:
        facts = replace(facts, police=emergency.police, ambulance=emergency.ambulance, fire=emergency.fire)
    return _with_mission(facts, found, asker, today)


def with_hers(facts: CountryNumbers, trip: TripState, code: str, asker: Asker, today: date) -> CountryNumbers:
    """The same with the consulate that she wrote down, or took over from our list, for this country: it goes first."""
    city = str((trip.details.get("destination") or {}).get("city") or "")
    found = consulate_for(trip.details, asker.citizen, code, city, known_language(asker.language))
    if found.origin is Origin.TYPED and found.phone:
        near = Near.HERE if facts.near is Near.NOWHERE else facts.near
        return replace(facts, near=near, office=Office.HERS, mission=Line(found.phone))
    if found.origin is Origin.CONFIRMED and found.mission is not None:
        return _with_office(facts, found.mission, code, asker, today)
    return facts


def _one_for_all(emergency: Emergency | None) -> str:
    if emergency is None:
        return ""
    services = {emergency.police, emergency.ambulance, emergency.fire}
    return emergency.general or (services.pop() if len(services) == 1 else "")


def _with_mission(facts: CountryNumbers, found: Country, asker: Asker, today: date) -> CountryNumbers:
    if found.code == found.citizen:
        return replace(facts, near=Near.AT_HOME)
    if found.mission is None:
        return replace(facts, near=Near.NOWHERE)
    return _with_office(facts, found.mission, found.code, asker, today)


def _with_office(facts: CountryNumbers, mission: Mission, code: str, asker: Asker, today: date) -> CountryNumbers:
    near, city, phone = Near.HERE, mission.city, mission.phone
    if mission.host != code:
        there = country_name(mission.host, known_language(asker.language))
        near, city = Near.ELSEWHERE, f"{city}, {there}" if city else there
    is_embassy = mission.kind in _EMBASSIES or phone is None
    return replace(
        facts,
        near=near,
        office=Office.EMBASSY if is_embassy else Office.CONSULATE,
        city=city or facts.country,
        mission=_line(phone, today) if phone else None,
    )


def _hotline(found: Country, asker: Asker, today: date) -> Line | None:
    """The best that can be dialed by who asks: there, or else at home, the surest and newest first."""
    there = list(_dialed(found.hotlines, within=found.code if asker.is_there else ""))
    home = list(_dialed(found.home, within=asker.citizen if not asker.is_there else ""))
    best = min(there or home, key=lambda one: _order(*one), default=None)
    return _line(best[1], today) if best else None


def _dialed(helpers: Iterable[Helper], *, within: str) -> Iterable[tuple[Helper, Phone]]:
    """Those with a number that may be called, and can be dialed from within this country; "" for from any."""
    for helper in helpers:
        if helper.sort in (Sort.HOTLINE, Sort.NGO):
            for phone in helper.phones:
                if phone.callable and (phone.from_abroad or phone.country == within):
                    yield helper, phone
                    break


def _order(helper: Helper, phone: Phone) -> tuple[bool, bool, int]:
    checked = phone.checked.day.toordinal() if phone.checked else 0
    return helper.confidence == _UNCERTAIN, Help.TRAFFICKING not in helper.helps, -checked


def _line(phone: Phone, today: date) -> Line:
    checked = phone.checked
    return Line(phone.e164 or phone.printed, _month(checked), checked is not None and checked.is_old(today))


def _month(checked: AsOf | None) -> str:
    """ "08.2025", or "2025" where the source tells no more."""
    return ".".join(reversed(checked.text[:7].split("-"))) if checked else ""
