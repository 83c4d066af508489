"""Countries, cities and zones as forms offer them and pages name them, in the reader's language (CLDR)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

from babel import Locale, UnknownLocaleError
from babel.dates import get_timezone_location

from service.core.zones import is_known_zone, offset_at

Choice = tuple[str, str]
"""What a form sends, and what a person reads."""

NEAR = ("KZ", "KG", "UZ", "TJ", "TM", "RU", "TR", "KR", "AE", "DE", "PL", "TH")
"""Where most of those who use this come from and go to; offered first."""

# CLDR's territories that are no countries: unions, pseudo-locales and parts that ISO 3166-1 only reserves.
_NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
# Zones that most people of a country, or of one of its clocks, live in where the tz database lists another one first.
_POPULOUS = (
    *("Europe/Moscow", "Europe/Samara", "Asia/Yakutsk", "Europe/Kyiv", "Asia/Tashkent", "Asia/Almaty"),
    *("Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "America/Toronto", "America/Winnipeg"),
    *("America/Edmonton", "America/Vancouver", "America/Sao_Paulo", "America/Manaus", "Asia/Kuala_Lumpur"),
    *("Pacific/Auckland", "Pacific/Port_Moresby", "America/Santiago", "America/Guayaquil", "Africa/Kinshasa"),
)
_CYRILLIC = {
    "kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
}
# CLDR keeps a zone's first name for ever; these have a newer one in the tz database.
_NAMED_BEFORE = {
    "Africa/Asmara": "Africa/Asmera",
    "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
    "America/Argentina/Catamarca": "America/Catamarca",
    "America/Argentina/Cordoba": "America/Cordoba",
    "America/Argentina/Jujuy": "America/Jujuy",
    "America/Argentina/Mendoza": "America/Mendoza",
    "America/Atikokan": "America/Coral_Harbour",
    "America/Indiana/Indianapolis": "America/Indianapolis",
    "America/Kentucky/Louisville": "America/Louisville",
    "America/Nuuk": "America/Godthab",
    "Asia/Ho_Chi_Minh": "Asia/Saigon",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Asia/Yangon": "Asia/Rangoon",
    "Atlantic/Faroe": "Atlantic/Faeroe",
    "Europe/Kyiv": "Europe/Kiev",
    "Pacific/Chuuk": "Pacific/Truk",
    "Pacific/Pohnpei": "Pacific/Ponape",
}
# What the people of a country call it, where CLDR's name in their language is another.
_CALLED = {("KG", "ru"): "Кыргызстан"}
_FORESEEN = timedelta(days=2 * 366)
_WEEK = timedelta(days=7)


def countries(language: str) -> list[Choice]:
    """All countries (ISO 3166-1 alpha-2 and Kosovo's XK) with their names, in the order of the language's alphabet."""
    return list(_countries_in(language))


def near_first(choices: Iterable[Choice], near: Iterable[str] = NEAR) -> tuple[list[Choice], list[Choice]]:
    """The usual countries in their order, and all others in the order in which they come."""
    names = dict(choices)
    usual = [code for code in dict.fromkeys(near) if code in names]
    return [(code, names[code]) for code in usual], [(code, names[code]) for code in names if code not in usual]


def country_name(code: str, language: str) -> str:
    """A country's name in a language (BCP 47); English where the language is unknown, the code where the country is."""
    locale = _locale(language)
    name = locale.territories.get(code) if is_country(code) else None
    return _CALLED.get((code, locale.language)) or str(name or code)


def is_country(code: str) -> bool:
    """Whether `code` is an ISO 3166-1 alpha-2 country, or Kosovo's XK."""
    return code in _codes()


def zones_of(country: str, language: str, now: datetime) -> list[Choice]:
    """One IANA zone for each clock that people of a country live by, with its city and its present offset from UTC.

    Zones that show the same time from now on for two years are one clock. The one where most people live comes first,
    the others follow from west to east. Empty for a country without people, and for what is no country.
    """
    labels = [(zone, offset_at(zone, now)) for zone in _clocks(country, now.year)]
    ordered = labels[:1] + sorted(labels[1:], key=lambda choice: choice[1])
    return [(zone, f"{zone_label(zone, language)} ({_utc(offset)})") for zone, offset in ordered]


def main_zone(country: str) -> str:
    """The IANA zone in which most people of a country live; "" when there is none."""
    zones = _zones(country)
    return zones[0] if zones else ""


def zone_label(zone: str, language: str) -> str:
    """The city that an IANA zone is named for, as in "20:00 in Istanbul"; UTC and the offset for zones at sea.

    What is no zone is said as it is.
    """
    if not is_known_zone(zone):
        return zone
    if zone.startswith("Etc/"):
        # Etc/GMT+5 lies west of Greenwich, and is UTC−5 to everybody else.
        offset = offset_at(zone, datetime(1970, 1, 1, tzinfo=UTC))
        return _utc(offset) if offset else "UTC"
    return _city(zone, language)


@lru_cache(maxsize=2048)
def _city(zone: str, language: str) -> str:
    locale = _locale(language)
    named = locale.time_zones.get(_NAMED_BEFORE.get(zone, zone), {})
    city = named.get("city") or get_timezone_location(zone, locale=locale, return_city=True)
    # Without a name of its own in the language: "Argentina/Buenos Aires".
    return str(city).rsplit("/", 1)[-1]


def _utc(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "\u2212" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale("en")


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    names = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in names if len(code) == 2 and code.isalpha()) - _NO_COUNTRY


@lru_cache(maxsize=64)
def _countries_in(language: str) -> tuple[Choice, ...]:
    named = [(code, country_name(code, language)) for code in _codes()]
    return tuple(sorted(named, key=lambda choice: (_spelled(choice[1], _locale(language).language), choice[0])))


def _spelled(name: str, language: str) -> list[tuple[int, str]]:
    """A key that sorts by the alphabet: code points put Қ after я, and É after z."""
    letters = _CYRILLIC.get(language, "")
    key = []
    for letter in name.casefold():
        place = letters.find(letter)
        if place >= 0:
            key.append((1 + place, ""))
        elif letter.isalpha():
            key.append((100, unicodedata.normalize("NFKD", letter)[0]))
        elif letter.isspace():
            key.append((0, letter))
    return key


@lru_cache(maxsize=512)
def _zones(country: str) -> tuple[str, ...]:
    """The tz database's zones of a country, the most populous first."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line.startswith(f"{country}\t"))
    found = [row[2] for row in rows if is_known_zone(row[2])]
    return tuple(sorted(found, key=lambda zone: _POPULOUS.index(zone) if zone in _POPULOUS else len(_POPULOUS)))


@lru_cache(maxsize=512)
def _clocks(country: str, year: int) -> tuple[str, ...]:
    """The first zone of each group that shows the same time from the beginning of a year for two years."""
    begin = datetime(year, 1, 1, tzinfo=UTC)
    instants = [begin + week * _WEEK for week in range(_FORESEEN // _WEEK)]
    clocks: dict[tuple[timedelta, ...], str] = {}
    for zone in _zones(country):
        clocks.setdefault(tuple(offset_at(zone, instant) for instant in instants), zone)
    return tuple(clocks.values())
