"""Telephone numbers, and what a number, a country code or a language tag says about where a person is."""

from __future__ import annotations

import re

import phonenumbers
from babel import Locale, UnknownLocaleError
from phonenumbers import PhoneNumber, PhoneNumberFormat

from service.core.zones import is_known_zone
from service.usecases.places import is_country as is_country
from service.usecases.places import main_zone

_ONE_BLOCK = len("+77011234")
_MOST_BLOCKS = 4096
_zones: dict[str, str] = {}

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\.]+(\.[^@\s<>,;:\"()\[\]\\.]+)+")


class NotANumber(ValueError):
    """It is not a number in E.164 that exists."""


def parse_number(text: str, *, invented: bool = False) -> str:
    """A number in E.164 (ITU-T), as it is stored and looked up.

    Args:
        invented: take a number of the right length that no operator has, as demonstrations use them.

    Raises:
        NotANumber: it does not begin with + and a country code, or no such number can exist.
    """
    if not _E164.fullmatch(text):
        raise NotANumber("not in E.164")
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException as error:
        raise NotANumber(str(error)) from error
    if not phonenumbers.is_possible_number(number) or not (invented or phonenumbers.is_valid_number(number)):
        raise NotANumber("no such number can exist")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def country_of_number(e164: str) -> str:
    """The country (ISO 3166-1 alpha-2) that a number in E.164 belongs to; empty when none does."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return ""
    return _country_of(number)


def _country_of(number: PhoneNumber) -> str:
    region = phonenumbers.region_code_for_number(number)
    region = region or phonenumbers.region_code_for_country_code(number.country_code or 0)
    return region if is_country(region) else ""


def zone_of_number(e164: str) -> str:
    """The IANA zone in whose clock a person with this number is told a time.

    A mobile number names a country at best: of its zones the one where most people live. UTC when nothing is known.
    Numbers that begin alike lie in the same zone; to look each up is a sixth of telling an alarm.
    """
    block = e164[:_ONE_BLOCK]
    zone = _zones.get(block)
    if zone is None:
        if len(_zones) >= _MOST_BLOCKS:
            _zones.clear()
        zone = _zones[block] = _zone_of(e164)
    return zone


def _zone_of(e164: str) -> str:
    # The zones of all prefixes take 2 MiB; a process that tells nobody does without.
    from phonenumbers.timezone import time_zones_for_number

    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return "UTC"
    known = [zone for zone in time_zones_for_number(number) if is_known_zone(zone)]
    if len(known) == 1:
        return str(known[0])
    return main_zone(_country_of(number)) or (str(known[0]) if known else "UTC")


def parse_language(tag: str) -> str | None:
    """The language of a BCP 47 tag (`kk` of `kk-KZ`), as it is stored; None when there is no such language."""
    try:
        return Locale.parse(tag, sep="-").language
    except (UnknownLocaleError, ValueError, TypeError):
        return None


def is_email(text: str) -> bool:
    """Whether it has the shape of an address; only mail that is answered proves it."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None
