"""Whether a passport gives the right to work in another country, as far as a source with a date says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from service.directory.tables import Row, country_in, lines_of, read_rows

COLUMNS = ("citizen", "host", "rule", "source", "checked")


class Rule(StrEnum):
    """What a citizen needs in order to work there."""

    FREE = "free"
    """No permit: a contract is enough, and what everybody has to register."""
    PERMIT = "permit"
    """A work visa or a permit, whatever lets her enter."""


@dataclass(frozen=True, slots=True)
class WorkVisa:
    """The rule for a passport and a country (both ISO 3166-1 alpha-2), who says so, and when that was last read."""

    citizen: str
    host: str
    rule: Rule
    source: str
    checked: date


def work_visa(citizen: str, host: str) -> WorkVisa | None:
    """What a citizen needs in order to work in a country; None when nobody has told us with a source and a date."""
    return _all().get((citizen, host))


def read_rules(lines: Iterable[str]) -> Mapping[tuple[str, str], WorkVisa]:
    """The rows of `work_visa.csv` by passport and country.

    Raises:
        ValueError: a row without a source or a date, with something that is no rule, or a pair twice.
    """
    rules = read_rows(lines, COLUMNS, _entry, lambda one: (one.citizen, one.host))
    return MappingProxyType({(one.citizen, one.host): one for one in rules})


def _entry(row: Row) -> WorkVisa:
    citizen, host = country_in(row, "citizen"), country_in(row, "host")
    if citizen == host or not row["source"]:
        raise ValueError(f"{citizen} in {host}: no source, or her own country")
    return WorkVisa(citizen, host, Rule(row["rule"]), row["source"], date.fromisoformat(row["checked"]))


@lru_cache(maxsize=1)
def _all() -> Mapping[tuple[str, str], WorkVisa]:
    return read_rules(lines_of("work_visa.csv"))
