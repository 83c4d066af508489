"""Telephone numbers as people type them into forms, and what a form says back.

A number is never guessed: one that could be read in two ways is refused like one that cannot be read at all.
The JSON API takes E.164 and nothing else: see `service.usecases.numbers.parse_number`.
"""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from service.usecases.numbers import NotANumber as NotANumber
from service.usecases.numbers import is_country, parse_number
from service.usecases.problems import HAS_EXTENSION, LANDLINE, NO_SMS_HERE, NOT_A_NUMBER, WHICH_COUNTRY

# Longer than any number with all its noise; what is longer is a text.
_LONGEST_TEXT = 80
# Two digits of a trunk or dialing prefix more than the 15 of E.164, and the 3 of Kazakhstan's 8-10.
_DIGITS = range(3, 19)
_PLUS = frozenset("+\uff0b\ufe62\u2795")
# Unicode's dashes come by category; these are used as such and are none: minus, katakana's long vowel, middle dots.
_SEPARATORS = frozenset("\t.·․‧・。．/⁄∕／()（）[]［］~⁓∼～\u2212\u30fc\uff70")
_SCHEME = re.compile(r"\s*tel:(?://)?", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?:;\s*ext\s*=|[;,#x×]|\bext(?:ensi?on?)?\b\.?|\bдоб(?:авочный|авочн)?\b\.?|\bвн\b\.?|\bішкі\b)[\s:#.№]*\d{1,7}#?[\s)]*$",
    re.IGNORECASE,
)
_NO_SMS = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)


class WhichCountry(NotANumber):
    """It is written as within a country, and nobody said which: ask for the country, never take the host's."""


class HasExtension(NotANumber):
    """An extension follows it, which no channel can dial."""


def read_number(text: str, country: str | None, *, invented: bool = False) -> str:
    """The number in E.164 that a person typed.

    Understood: + or 00 before the country code; digits of any script; spaces, dashes, dots, slashes and brackets;
    invisible marks; `tel:`. Without + or 00 it is read as it is dialed within `country`, also with that country's
    trunk prefix (8 701 …), its own code (7 701 …) or its prefix for calls abroad (8 10 48 …).

    Args:
        country: ISO 3166-1 alpha-2 of the country in which a number without + or 00 is dialed; None when unknown.
        invented: take a number of the right length that no operator has, as demonstrations use them.

    Raises:
        WhichCountry: it has neither + nor 00, and `country` is unknown.
        HasExtension: it is followed by an extension.
        NotANumber: there is no such number, or more than one that it could be.
    """
    digits, international = _bare(text)
    if international:
        readings = [_parsed(f"+{digits}", None)]
    elif digits.startswith("00"):
        readings = [_parsed(f"+{digits[2:]}", None), *_within(digits, country)]
    elif country is None or not is_country(country):
        raise WhichCountry("neither a country code nor a country")
    else:
        readings = _within(digits, country)
    return _the_one([reading for reading in readings if reading], invented=invented)


def problem_of(error: NotANumber) -> str:
    """The sentence (English, to be translated) for a field whose number could not be read."""
    if isinstance(error, WhichCountry):
        return WHICH_COUNTRY
    return HAS_EXTENSION if isinstance(error, HasExtension) else NOT_A_NUMBER


def why_no_sms(e164: str) -> str | None:
    """The sentence (English, to be translated) for a field whose number must take an SMS and cannot; else None."""
    if not cannot_take_sms(e164):
        return None
    return LANDLINE if is_landline(e164) else NO_SMS_HERE


def is_landline(e164: str) -> bool:
    """Whether a number in E.164 is known to be a landline; False when it may be a mobile number as well."""
    return _type_of(e164) == PhoneNumberType.FIXED_LINE


def cannot_take_sms(e164: str) -> bool:
    """Whether a number in E.164 is of a kind that no SMS reaches: a landline, toll-free, shared-cost, premium-rate."""
    return _type_of(e164) in _NO_SMS


def shown_number(e164: str) -> str:
    """A number in E.164 as people read it: +7 701 123 4567. What is no number is shown as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return e164


def _bare(text: str) -> tuple[str, bool]:
    """Its digits 0 to 9, and whether a + stands before them. Raises `NotANumber` for anything that is neither noise."""
    if len(text) > _LONGEST_TEXT:
        raise NotANumber("a text, not a number")
    text = _SCHEME.sub("", "".join(c for c in text if unicodedata.category(c) != "Cf"), count=1).strip()
    found = _EXTENSION.search(text)
    if found and sum(c.isdecimal() for c in text[: found.start()]) in _DIGITS:
        raise HasExtension("an extension follows it")
    digits, international = [], False
    for sign in text:
        if sign.isdecimal():
            digits.append(str(unicodedata.decimal(sign)))
        elif sign in _PLUS and not digits and not international:
            international = True
        elif sign not in _SEPARATORS and unicodedata.category(sign) not in ("Zs", "Pd"):
            raise NotANumber("neither digits nor signs between them")
    if len(digits) not in _DIGITS:
        raise NotANumber("too few digits or too many")
    return "".join(digits), international


def _within(digits: str, country: str | None) -> list[PhoneNumber | None]:
    """What digits may mean that are typed without + in a country: as dialed there, or its code and the number."""
    if country is None:
        return []
    code = phonenumbers.country_code_for_region(country)
    with_code = _parsed(f"+{digits}", None) if code and digits.startswith(str(code)) else None
    return [_parsed(digits, country), with_code]


def _parsed(text: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _the_one(readings: list[PhoneNumber], *, invented: bool) -> str:
    """The only number that exists; in a demonstration, failing that, the only one of the right length."""
    found = {_e164(one) for one in readings if phonenumbers.is_valid_number(one)}
    if invented and not found:
        possible = phonenumbers.is_possible_number_with_reason
        found = {_e164(one) for one in readings if possible(one) == ValidationResult.IS_POSSIBLE}
    if len(found) != 1:
        raise NotANumber("it could be several numbers" if found else "no such number can exist")
    return parse_number(found.pop(), invented=invented)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _type_of(e164: str) -> int:
    number = _parsed(e164, None)
    return PhoneNumberType.UNKNOWN if number is None else phonenumbers.number_type(number)
