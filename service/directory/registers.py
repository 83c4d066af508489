"""Which authority of a country licenses those who arrange work abroad, and where its register is looked up.

Which rule holds is changing in more than one country, so it is data: a page names the authority and says as of when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from service.directory.tables import Row, country_in, lines_of, read_rows, sourced

COLUMNS = ("country", "en", "ru", "kk", "website", "source", "checked", "confidence")


@dataclass(frozen=True, slots=True)
class Register:
    """An authority of a country (ISO 3166-1 alpha-2). `names` by the languages of our pages; `website`: where the
    register is looked up, "" where unknown; `confidence`: high, medium or low."""

    country: str
    names: Mapping[str, str]
    website: str
    source: str
    checked: date
    confidence: str


def register_in(country: str) -> Register | None:
    """The authority of a country; None when nobody has told us with a source and a date."""
    return _all().get(country)


def read_registers(lines: Iterable[str]) -> Mapping[str, Register]:
    """The rows of `registers.csv` by country.

    Raises:
        ValueError: a row without a name, a source or a date, or a country twice.
    """
    found = read_rows(lines, COLUMNS, _entry, lambda one: one.country)
    return MappingProxyType({one.country: one for one in found})


def _entry(row: Row) -> Register:
    sourced(row)
    names = {language: row[language] for language in ("en", "ru", "kk")}
    if not all(names.values()):
        raise ValueError(f"{row['country']}: no name in one of the languages")
    checked = date.fromisoformat(row["checked"])
    return Register(country_in(row, "country"), names, row["website"], row["source"], checked, row["confidence"])


@lru_cache(maxsize=1)
def _all() -> Mapping[str, Register]:
    return read_registers(lines_of("registers.csv"))
