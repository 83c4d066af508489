"""Whom to call in an emergency, country by country."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from service.directory.dated import AsOf
from service.directory.tables import read_or

COLUMNS = ("country", "general", "police", "ambulance", "fire", "source", "checked")
_COUNTRY = re.compile(r"[A-Z]{2}")
_NUMBER = re.compile(r"[0-9]{2,5}")


@dataclass(frozen=True, slots=True)
class Emergency:
    """The numbers to dial within a country, as digits; "" where no source with a date gives one, or sources disagree.

    Attributes:
        country: ISO 3166-1 alpha-2, or Kosovo's XK.
        general: one number for police, ambulance and fire.
        source: who says so, and of which of the numbers; also on which the sources differ.
        checked: the day on which the source was last read.
    """

    country: str
    general: str
    police: str
    ambulance: str
    fire: str
    source: str
    checked: date

    @property
    def as_of(self) -> AsOf:
        """Its date, as other facts have theirs."""
        return AsOf(self.checked.isoformat(), self.checked)


def emergency(country: str) -> Emergency | None:
    """The emergency numbers of a country (ISO 3166-1 alpha-2); None when nothing is known."""
    return _all().get(country)


def read_table(lines: Iterable[str]) -> Mapping[str, Emergency]:
    """The rows of `emergency.csv` by country.

    Raises:
        ValueError: a row that must not be shown: no number, source or date, something that is no number, a country
            twice.
    """
    found: dict[str, Emergency] = {}
    table = csv.DictReader(lines, strict=True)
    if tuple(table.fieldnames or ()) != COLUMNS:
        raise ValueError(f"other columns than {', '.join(COLUMNS)}")
    for row in _rows(table):
        entry = _entry(row)
        if entry.country in found:
            raise ValueError(f"{entry.country} stands there twice")
        found[entry.country] = entry
    return MappingProxyType(found)


def _rows(table: csv.DictReader[str]) -> Iterator[Mapping[str, str | None]]:
    try:
        yield from table
    except csv.Error as error:
        raise ValueError(f"line {table.line_num}: {error}") from error


@lru_cache(maxsize=1)
def _all() -> Mapping[str, Emergency]:
    return read_or({}, "emergency.csv", read_table)


def _entry(row: Mapping[str, str | None]) -> Emergency:
    country, general, police, ambulance, fire, source, checked = (row[name] or "" for name in COLUMNS)
    numbers = [number for number in (general, police, ambulance, fire) if number]
    if set(row) != set(COLUMNS) or not _COUNTRY.fullmatch(country):
        raise ValueError(f"not a row of the table: {row}")
    if not numbers or not all(_NUMBER.fullmatch(number) for number in numbers):
        raise ValueError(f"{country}: no number, or something else in its place")
    if not source.strip():
        raise ValueError(f"{country}: no source")
    try:
        return Emergency(country, general, police, ambulance, fire, source, date.fromisoformat(checked))
    except ValueError as error:
        raise ValueError(f"{country}: {checked!r} is no date") from error
