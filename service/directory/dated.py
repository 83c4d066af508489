"""How old a fact is, and whether a number may be offered for dialing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

TWELVE_MONTHS = timedelta(days=366)
_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_DIALED = re.compile(r"\+?[0-9][0-9 ()./-]*[0-9]")


@dataclass(frozen=True, slots=True)
class AsOf:
    """When a fact was last read at its source: a day, or only a month or a year as the source tells.

    Attributes:
        text: as it stands in the table: 2026-01-19, 2026-01 or 2026.
        day: the earliest day that it can mean, by which its age is told.
    """

    text: str
    day: date

    def is_old(self, today: date) -> bool:
        """Whether it is older than twelve months."""
        return today - self.day > TWELVE_MONTHS


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number as somebody gave it.

    Attributes:
        printed: as it is read: "+90 312 491 91 00", or "157" for one that exists only within its country.
        e164: for dialing from any country; "" where it can be dialed only within its own.
        country: in which it rings (ISO 3166-1 alpha-2).
        source: who says so.
        checked: when; None makes the number unfit to be called.
    """

    printed: str
    e164: str
    country: str
    source: str
    checked: AsOf | None

    @property
    def callable(self) -> bool:
        """Whether it may be shown as one to call. An old one may be, with a word that it is old."""
        return self.checked is not None and bool(self.source)

    @property
    def dial(self) -> str:
        """What a telephone is given: E.164, or the digits of a number that exists only within its country."""
        return self.e164 or re.sub(r"[^0-9]", "", self.printed)

    @property
    def from_abroad(self) -> bool:
        """Whether it can be dialed from another country. Short codes and free numbers cannot."""
        return bool(self.e164)


def as_of(text: str) -> AsOf | None:
    """The date of a fact from its table; None for an empty field.

    Raises:
        ValueError: it is neither a day, a month nor a year.
    """
    if not text:
        return None
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no date")
    year, month, day = found.groups()
    return AsOf(text, date(int(year), int(month or 1), int(day or 1)))


def phones(text: str, country: str, source: str, checked: AsOf | None) -> tuple[Phone, ...]:
    """The numbers of a field, several with a semicolon between them.

    Raises:
        ValueError: something that cannot be dialed.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        if not _DIALED.fullmatch(part) and not part.isdecimal():
            raise ValueError(f"{part!r} cannot be dialed")
        e164 = "+" + re.sub(r"[^0-9]", "", part) if part.startswith("+") else ""
        found.append(Phone(part, e164, country, source, checked))
    return tuple(found)
