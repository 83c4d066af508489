"""What a business text to a country's numbers may carry, and whether it can be answered, country by country.

What is not known is empty in the table, and read with care: an answer is taken not to come back, so that the number to
write to is printed, which harms nobody. A link and a telephone number are taken to be allowed: they are forbidden only
where a source says so, because a text without them says less to who must act.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

COLUMNS = (
    "country",
    "two_way",
    "url_allowed",
    "numbers_allowed",
    "charset",
    "sender",
    "source",
    "date",
    "confidence",
)
SENDERS = ("", "number", "any name", "registered name")
CONFIDENCES = ("high", "medium", "low")
_CHARSETS = {"": "", "euc-kr": "euc_kr"}
_YES_NO = {"yes": True, "no": False, "": None}
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class SmsProfile:
    """A country's rules for texts from abroad; None and "" where no source says.

    Attributes:
        country: ISO 3166-1 alpha-2; "" for a country of which nothing is known.
        two_way: whether an answer to the sender comes back to it.
        url_allowed: whether a link may stand in a text.
        numbers_allowed: whether a telephone number may.
        charset: Python's name of the codec that its networks carry; "" for any text.
        sender: what a text may come from: a number, any name, or a name registered there.
        source: who says so.
        checked: the day on which the source was last read.
        confidence: high (the provider's own page), medium (somebody else's), low.
    """

    country: str = ""
    two_way: bool | None = None
    url_allowed: bool | None = None
    numbers_allowed: bool | None = None
    charset: str = ""
    sender: str = ""
    source: str = ""
    checked: date | None = None
    confidence: str = ""


UNKNOWN = SmsProfile()


def sms_profile(country: str) -> SmsProfile:
    """The profile of a country (ISO 3166-1 alpha-2); `UNKNOWN` for one that is not in the table."""
    return _all().get(country, UNKNOWN)


def countries() -> tuple[str, ...]:
    """Those (ISO 3166-1 alpha-2) of which something is known."""
    return tuple(sorted(_all()))


def read_profiles(lines: Iterable[str]) -> Mapping[str, SmsProfile]:
    """The rows of `sms_profiles.csv` by country.

    Raises:
        ValueError: a row without a source or date, a country twice, or a word that is not of its column.
    """
    found: dict[str, SmsProfile] = {}
    table = csv.DictReader(lines, strict=True)
    if tuple(table.fieldnames or ()) != COLUMNS:
        raise ValueError(f"other columns than {', '.join(COLUMNS)}")
    try:
        for row in table:
            entry = _entry(row)
            if entry.country in found:
                raise ValueError(f"{entry.country} stands there twice")
            found[entry.country] = entry
    except csv.Error as error:
        raise ValueError(f"line {table.line_num}: {error}") from error
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def _all() -> Mapping[str, SmsProfile]:
    table = files("service.directory").joinpath("sms_profiles.csv").read_text("utf-8")
    return read_profiles(table.splitlines())


def _entry(row: Mapping[str, str | None]) -> SmsProfile:
    if set(row) != set(COLUMNS) or None in row.values():
        raise ValueError(f"not a row of the table: {row}")
    country, two_way, url, numbers, charset, sender, source, checked, confidence = (row[n] or "" for n in COLUMNS)
    if not _COUNTRY.fullmatch(country):
        raise ValueError(f"{country!r} is no country")
    if not source.strip():
        raise ValueError(f"{country}: no source")
    try:
        entry = SmsProfile(
            country,
            _YES_NO[two_way],
            _YES_NO[url],
            _YES_NO[numbers],
            _CHARSETS[charset],
            sender,
            source,
            date.fromisoformat(checked),
            confidence,
        )
    except KeyError as error:
        raise ValueError(f"{country}: {error} is not a word of the table") from error
    except ValueError as error:
        raise ValueError(f"{country}: {checked!r} is no date") from error
    if sender not in SENDERS or confidence not in CONFIDENCES:
        raise ValueError(f"{country}: {sender!r}, {confidence!r}: not words of the table")
    return entry
