"""Telephone numbers as providers write them."""

from __future__ import annotations

import re

import phonenumbers

E164 = re.compile(r"\+[1-9]\d{6,14}")
_DIALED = re.compile(r"\+?[0-9 ().-]+")
"""Anybody may send as a name: `8701ABC4567` must not be the number that its letters stand for on a keypad."""


def as_e164(written: str, ours: str) -> str:
    """The number in E.164, read as a phone with the number `ours` (E.164) would: with or without `+`, or as one dials
    it in that country. What is no number (a bank's name, a short code) stays as it is."""
    text = written.strip()
    if not _DIALED.fullmatch(text):
        return text
    try:
        country = phonenumbers.region_code_for_number(phonenumbers.parse(ours))
        found = phonenumbers.parse(text, country)
        if not text.startswith("+") and not phonenumbers.is_valid_number(found) and text.isdecimal():
            found = phonenumbers.parse(f"+{text}")
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_valid_number(found):
        return text
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
