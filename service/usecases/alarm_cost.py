"""What an alarm costs: the texts of an invented one, written and counted by what writes the real ones, by country."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from sqlalchemy import Connection, func, select

from service.core import wording
from service.core.alarm import AlarmKind
from service.core.carriage import Carriage
from service.core.ladder import EXHAUSTED_AFTER, Person, Role, default_ladder
from service.core.wording import AlertFacts
from service.core.wording_text import N_
from service.db.stored import table_of
from service.db.tables import Contact, Trip
from service.directory.sms_profiles import countries
from service.texts import LANGUAGES, translator
from service.usecases.carriage import SMS, carriage_to
from service.usecases.context import Service
from service.usecases.foresee import foresee_order
from service.usecases.links import ALARM_TOKEN_LETTERS
from service.usecases.work import VOICE

CONTACTS = table_of(Contact)
TRIPS = table_of(Trip)

CODES = ("K7M2", "R4PT")
USUAL_PEOPLE = 3
"""Where nobody is on the way yet: two of a family, and an organization."""
MOST_PEOPLE = 20
LOOKED_AT = 1000
"""Trips of which the people are counted."""
MOST_TELLINGS = 30
_DAY_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
"""Any day: only spans count."""

PLACE = N_("Istanbul, Turkey")
EMPLOYER = N_("Example Hotel")
CONSULATE = N_("Consulate General, Istanbul")


@dataclass(frozen=True, slots=True)
class CountryCost:
    """What telling one person once costs, by the language in which she is written to: segments of SMS. `country`:
    ISO 3166-1 alpha-2, "" for all others, of which nothing is known."""

    country: str
    segments: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AlarmCost:
    """`people`: of how many trusted people a trip has; `told`: how often one of them is told within 24 hours when
    nobody answers. A call is one for each telling, where calls are made."""

    countries: tuple[CountryCost, ...]
    people: int
    told: int
    calls: bool


def alarm_cost(service: Service) -> AlarmCost:
    """The costs of this installation's own texts."""
    people = service.read(_people_of_a_trip)
    return AlarmCost(_by_country(service), people, tellings_of_a_day(people), VOICE in service.notifiers)


def tellings_of_a_day(people: int) -> int:
    """How often somebody of `people`, the last of them an organization, is told on the first day of an alarm that
    nobody answers, by the usual order."""
    last = people - 1
    those = tuple(Person(str(i), Role.CASEWORKER if i and i == last else Role.FULL) for i in range(people))
    told = foresee_order(default_ladder(those), those, _DAY_BEGINS, MOST_TELLINGS)
    return sum(len(one.people) for one in told if one.at < _DAY_BEGINS + EXHAUSTED_AFTER)


def _by_country(service: Service) -> tuple[CountryCost, ...]:
    counted: dict[tuple[Carriage, str], int] = {}
    found = []
    for country in (*countries(), "") if SMS in service.notifiers else ():
        carriage = carriage_to(service, SMS, example_number(country or _unlisted()))
        for language in LANGUAGES:
            if (carriage, language) not in counted:
                counted[carriage, language] = _segments(service, carriage, language)
        found.append(CountryCost(country, {language: counted[carriage, language] for language in LANGUAGES}))
    return tuple(found)


def example_number(country: str) -> str:
    """A mobile number of the form that the country (ISO 3166-1 alpha-2) gives out, E.164; nobody's."""
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    return phonenumbers.format_number(example, PhoneNumberFormat.E164) if example is not None else ""


def _unlisted() -> str:
    return next(one for one in sorted(phonenumbers.SUPPORTED_REGIONS) if one not in countries() and example_number(one))


def _segments(service: Service, carriage: Carriage, language: str) -> int:
    _ = translator(language)
    facts = AlertFacts(
        name=_("Aruzhan"),
        kind=AlarmKind.MISSED,
        since="22:00",
        ref_code=CODES[0],
        place=_(PLACE),
        employer=_(EMPLOYER),
        employer_phone="+90 212 000 00 00",
        consulate=_(CONSULATE),
        consulate_phone="+90 212 000 00 01",
        link=f"{service.public_url}/a/{'x' * ALARM_TOKEN_LETTERS}",
        carriage=carriage,
    )
    texts = wording.alert(facts, full=True, _=_, count=service.segments, second_code=CODES[1])
    return sum(service.segments(wording.carried(text, carriage)) for text in texts)


def _people_of_a_trip(conn: Connection) -> int:
    """Rounded, of up to a thousand trips that are under way; by counts alone."""
    key = (TRIPS.c.traveler_id, TRIPS.c.trip_id)
    some = select(*key).where(TRIPS.c.status == "armed").limit(LOOKED_AT).subquery()
    trips = conn.execute(select(func.count()).select_from(some)).scalar_one()
    of_them = (CONTACTS.c.traveler_id == some.c.traveler_id) & (CONTACTS.c.trip_id == some.c.trip_id)
    query = select(func.count()).select_from(some.join(CONTACTS, of_them)).where(CONTACTS.c.status == "accepted")
    people = conn.execute(query).scalar_one()
    return min(max(1, round(people / trips)), MOST_PEOPLE) if trips else USUAL_PEOPLE
