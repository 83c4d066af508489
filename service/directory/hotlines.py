"""Who helps people in trouble abroad: help lines, offices of the IOM, organizations, lawyers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from service.directory.dated import AsOf, Phone, as_of, phones
from service.directory.tables import Row, country_in, read_or, read_rows, sourced

COLUMNS = (
    *("country", "name", "kind", "help", "phone", "hours", "languages"),
    *("free", "confidential", "website", "source", "checked", "confidence", "note"),
)


class Sort(StrEnum):
    """What a helper is."""

    HOTLINE = "hotline"
    IOM = "iom"
    NGO = "ngo"
    LEGAL = "legal"


class Help(StrEnum):
    """What a helper helps with."""

    TRAFFICKING = "trafficking"
    LABOUR = "labour"
    MIGRATION = "migration"
    VIOLENCE = "violence"
    LEGAL = "legal"
    PSYCHOLOGICAL = "psychological"


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who helps.

    Attributes:
        country: in which it works (ISO 3166-1 alpha-2).
        name: as it calls itself, or as the source does.
        hours: 24/7, or as the source has it; "" where unknown.
        languages: BCP 47 tags of those that the source names.
        free, confidential: whether the source says that it costs nothing, and that nobody is told.
        checked: when the source was read, or None; it is the date of its numbers too.
        note: for whoever keeps the table; no page shows it.
    """

    country: str
    name: str
    sort: Sort
    helps: tuple[Help, ...]
    phones: tuple[Phone, ...]
    hours: str
    languages: tuple[str, ...]
    free: bool
    confidential: bool
    website: str
    source: str
    checked: AsOf | None
    confidence: str
    note: str

    @property
    def phone(self) -> Phone | None:
        """The first number that may be called."""
        return next((phone for phone in self.phones if phone.callable), None)


def helpers_in(country: str) -> tuple[Helper, ...]:
    """All that we know of in a country (ISO 3166-1 alpha-2)."""
    return tuple(one for one in all_helpers() if one.country == country)


@lru_cache(maxsize=1)
def all_helpers() -> tuple[Helper, ...]:
    """The whole table."""
    return read_or((), "hotlines.csv", read_helpers)


def read_helpers(lines: Iterable[str]) -> tuple[Helper, ...]:
    """The rows of `hotlines.csv`.

    Raises:
        ValueError: a row that must not be shown: no source, a number without a date or one that cannot be dialed, no
            such kind, the same helper twice.
    """
    return read_rows(lines, COLUMNS, _entry, lambda one: (one.country, one.name))


def _entry(row: Row) -> Helper:
    sourced(row)
    country, checked = country_in(row, "country"), as_of(row["checked"])
    if not row["name"]:
        raise ValueError(f"{country}: a helper without a name")
    return Helper(
        country=country,
        name=row["name"],
        sort=Sort(row["kind"]),
        helps=tuple(Help(one) for one in row["help"].split(";")),
        phones=phones(row["phone"], country, row["source"], checked),
        hours=row["hours"],
        languages=tuple(row["languages"].split()),
        free=row["free"] == "yes",
        confidential=row["confidential"] == "yes",
        website=row["website"],
        source=row["source"],
        checked=checked,
        confidence=row["confidence"],
        note=row["note"],
    )
