"""A country as a traveler finds it, in the reader's language: whom to call, who helps, and of when that is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_date

from service.core.wording import Translate
from service.core.wording_countries import HELPS, helper_name, source_said
from service.core.wording_countries import mission_name as named
from service.directory import AsOf, Country, Helper, Mission, Part, Phone, country
from service.directory.missions import SENDING
from service.texts import translator
from service.usecases.context import Service
from service.usecases.places import country_name, is_country
from service.usecases.problems import NotFound
from service.usecases.times import whole_day

DEFAULT_CITIZEN = "KZ"
MOST_LANGUAGES = 3
_URL = re.compile(r"https?://(?:www\.)?([^/\s;]+)[^\s;]*")


@dataclass(frozen=True, slots=True)
class NumberShown:
    """A number to call. `only_within`: the country's name, for one that cannot be dialed from another; else ""."""

    printed: str
    dial: str
    only_within: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody to turn to, as a page says it.

    Attributes:
        helps: what with, in the reader's language; "" for a mission.
        languages: which are spoken there, in the reader's language; "" where no source says.
        source: who says so; of an address on the web its host.
        of: when the source was read, in words; "" when nobody knows. A number of it is then not shown.
        old: more than twelve months ago.
    """

    name: str
    address: str
    numbers: tuple[NumberShown, ...]
    email: str
    website: str
    helps: str
    hours: str
    languages: str
    free: bool
    confidential: bool
    source: str
    of: str
    old: bool


@dataclass(frozen=True, slots=True)
class CountryShown:
    """A country for a reader. `facts` is what it is made of; the tuples follow its own."""

    facts: Country
    name: str
    citizen_name: str
    missions: tuple[Shown, ...]
    missions_in: str
    hotlines: tuple[Shown, ...]
    iom: tuple[Shown, ...]
    home: tuple[Shown, ...]
    asked: tuple[Shown, ...]
    languages: str
    emergency_of: str
    emergency_source: str
    emergency_old: bool

    def lacks(self, part: str) -> bool:
        """Whether this part (see `Part`) is unknown."""
        return Part(part) in self.facts.unknown


def show_country(service: Service, code: str, citizen: str, language: str) -> CountryShown:
    """What we know of a country for a passport.

    Raises:
        NotFound: there is no such country.
    """
    if not is_country(code):
        raise NotFound
    facts, today = country(code, citizen), service.clock().date()
    _ = translator(language)
    hosts = dict.fromkeys(one.host for one in facts.missions)
    return CountryShown(
        facts=facts,
        name=country_name(code, language),
        citizen_name=country_name(citizen, language) if citizen else "",
        missions=tuple(_mission(one, today, language, _) for one in facts.missions),
        missions_in=", ".join(country_name(host, language) for host in hosts),
        hotlines=tuple(_helper(one, today, language, _) for one in facts.hotlines),
        iom=tuple(_helper(one, today, language, _) for one in facts.iom),
        home=tuple(_helper(one, today, language, _) for one in facts.home),
        asked=tuple(_mission(one, today, language, _) for one in facts.asked),
        languages=", ".join(language_names(facts.languages[:MOST_LANGUAGES], language)),
        emergency_of=whole_day(facts.emergency.checked, language) if facts.emergency else "",
        emergency_source=said_source(facts.emergency.source, _) if facts.emergency else "",
        emergency_old=facts.emergency is not None and facts.emergency.as_of.is_old(today),
    )


def citizens(language: str) -> list[tuple[str, str]]:
    """The passports of whose missions we know something, with their countries' names."""
    return [(code, country_name(code, language)) for code in SENDING]


def mission_name(mission: Mission, language: str) -> str:
    """What a mission is called in a language; its city as its source has it."""
    return named(mission.kind, mission.sending, mission.city, translator(language))


def date_said(of: AsOf | None, language: str) -> str:
    """ "19 January 2026", "January 2026" or "2026", as exactly as the source tells; "" for none."""
    if of is None:
        return ""
    match len(of.text):
        case 4:
            return of.text
        case 7:
            return str(format_date(of.day, "LLLL y", locale=language))
        case _:
            return whole_day(of.day, language)


def language_names(tags: tuple[str, ...], language: str) -> Iterator[str]:
    """The names of languages (BCP 47) in another; a tag that nobody has named is left out."""
    names: Mapping[str, str] = Locale.parse(language).languages
    for tag in tags:
        name = names.get(tag.replace("-", "_")) or names.get(tag.split("-")[0])
        if name:
            yield str(name)


def _mission(one: Mission, today: date, language: str, translate: Translate) -> Shown:
    return Shown(
        name=named(one.kind, one.sending, one.city, translate),
        address=one.address,
        numbers=_numbers(one.phones, language),
        email=one.email,
        website=_bare(one.website),
        helps="",
        hours="",
        languages="",
        free=False,
        confidential=False,
        source=said_source(one.source, translate),
        of=date_said(one.checked, language),
        old=one.checked is not None and one.checked.is_old(today),
    )


def _helper(one: Helper, today: date, language: str, translate: Translate) -> Shown:
    return Shown(
        name=helper_name(one.name, translate),
        address="",
        numbers=_numbers(one.phones, language),
        email="",
        website=_bare(one.website),
        helps=", ".join(translate(HELPS[help]) for help in one.helps),
        hours=one.hours,
        languages=", ".join(language_names(one.languages, language)),
        free=one.free,
        confidential=one.confidential,
        source=said_source(one.source, translate),
        of=date_said(one.checked, language),
        old=one.checked is not None and one.checked.is_old(today),
    )


def said_source(source: str, translate: Translate) -> str:
    """A source as it is read: an address on the web is said by its host, the table has the whole of it."""
    return source_said(_URL.sub(lambda found: found.group(1), source), translate)


def _bare(website: str) -> str:
    return website.removeprefix("https://").removeprefix("http://").rstrip("/")


def _numbers(found: tuple[Phone, ...], language: str) -> tuple[NumberShown, ...]:
    return tuple(
        NumberShown(one.printed, one.dial, "" if one.from_abroad else country_name(one.country, language))
        for one in found
        if one.callable
    )
