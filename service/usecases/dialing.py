"""How a number is dialed: as within its own country, and from another one."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat

from service.usecases.numbers import country_of_number


def within_its_country(e164: str) -> str:
    """A number as it is dialed in its own country: "8 (701) 123 4567"; what is no number as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.NATIONAL)
    except phonenumbers.NumberParseException:
        return e164


def dialed_from(e164: str, country: str) -> str:
    """A number as it is dialed in a country (ISO 3166-1 alpha-2), for a phone without a plus: "00 7 701 123 4567"."""
    if country_of_number(e164) == country:
        return within_its_country(e164)
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    if number.country_code == phonenumbers.country_code_for_region(country):
        # Another country under the same code, as Kazakhstan and Russia are: how one dials there differs by network.
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    said = phonenumbers.format_out_of_country_calling_number(number, country)
    # A tilde stands where one waits for a tone: of old exchanges.
    return re.sub(r"[~\s]+", " ", said)
