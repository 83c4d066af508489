"""What a country's missions give to whoever must go home without a passport, and what they ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from service.directory.dated import AsOf, as_of
from service.directory.tables import Row, country_in, lines_of, read_rows, sourced

COLUMNS = ("citizen", "name", "source", "checked", "confidence")


@dataclass(frozen=True, slots=True)
class ReturnPaper:
    """The paper for the way home. `name`: as the missions of that country call it, in its own languages."""

    citizen: str
    name: str
    source: str
    checked: AsOf | None


def return_paper(citizen: str) -> ReturnPaper | None:
    """That of a country (ISO 3166-1 alpha-2); None where no source tells us its name."""
    return next((one for one in _all() if one.citizen == citizen), None)


def read_return_papers(lines: Iterable[str]) -> tuple[ReturnPaper, ...]:
    """The rows of `return_papers.csv`.

    Raises:
        ValueError: no source, no name, or a country twice.
    """
    return read_rows(lines, COLUMNS, _entry, lambda one: (one.citizen,))


@lru_cache(maxsize=1)
def _all() -> tuple[ReturnPaper, ...]:
    return read_return_papers(lines_of("return_papers.csv"))


def _entry(row: Row) -> ReturnPaper:
    sourced(row)
    citizen = country_in(row, "citizen")
    if not row["name"]:
        raise ValueError(f"{citizen}: a paper without a name")
    return ReturnPaper(citizen, row["name"], row["source"], as_of(row["checked"]))
