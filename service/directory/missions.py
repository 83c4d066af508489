"""Embassies and consulates: those of a country abroad, and those of others within it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from service.directory.dated import AsOf, Phone, as_of, phones
from service.directory.tables import Row, country_in, has_table, read_or, read_rows, sourced

COLUMNS = (
    *("host", "kind", "city", "address", "phone", "email", "website"),
    *("source", "checked", "confidence", "covers", "note"),
)
SENDING = ("KZ", "KG", "UZ", "TJ", "TM", "RU", "UA", "MD")
"""The countries of whose missions we know."""


class Kind(StrEnum):
    """What a mission is. `NONE`: it is known that there is none."""

    EMBASSY = "embassy"
    OFFICE = "de_facto_embassy"
    CONSULATE_GENERAL = "consulate_general"
    CONSULATE = "consulate"
    CONSULAR_OFFICE = "consular_office"
    HONORARY = "honorary_consulate"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mission:
    """An embassy or a consulate.

    Attributes:
        sending: whose it is (ISO 3166-1 alpha-2).
        host: in which country it stands.
        city, address, email, website: as the source has them; "" where unknown.
        covers: other countries that it is responsible for.
        checked: when the source was read, or None; it is the date of its numbers too.
        confidence: high, medium or low.
        note: for whoever keeps the table; no page shows it.
    """

    sending: str
    host: str
    kind: Kind
    city: str
    address: str
    phones: tuple[Phone, ...]
    email: str
    website: str
    source: str
    checked: AsOf | None
    confidence: str
    covers: frozenset[str]
    note: str

    @property
    def phone(self) -> Phone | None:
        """The first number that may be called."""
        return next((phone for phone in self.phones if phone.callable), None)


def missions_of(sending: str) -> tuple[Mission, ...]:
    """All missions of a country abroad; none where we know nothing of that country's."""
    return _missions(sending) if sending in SENDING else ()


@lru_cache(maxsize=len(SENDING))
def _missions(sending: str) -> tuple[Mission, ...]:
    return read_or((), f"missions/{sending}.csv", lambda lines: read_missions(lines, sending=sending))


@lru_cache(maxsize=len(SENDING))
def embassies_in(host: str) -> tuple[Mission, ...]:
    """The missions of all other countries in one of those that we serve; none for another."""
    name = f"embassies/{host}.csv"
    if host not in SENDING or not has_table(name):
        return ()
    return read_or((), name, lambda lines: read_missions(lines, within=host))


def read_missions(lines: Iterable[str], *, sending: str = "", within: str = "") -> tuple[Mission, ...]:
    """The rows of a table of one country's missions abroad, or of the missions of others within one country.

    Args:
        sending: whose missions they are; the column `host` says where each stands.
        within: where they stand; the column `host` then says whose each is.

    Raises:
        ValueError: a row that must not be shown: no source, a number without a date or one that cannot be dialed,
            no such kind, the same mission twice.
    """

    def entry(row: Row) -> Mission:
        sourced(row)
        named = country_in(row, "host")
        host, checked = within or named, as_of(row["checked"])
        return Mission(
            sending=sending or named,
            host=host,
            kind=Kind(row["kind"]),
            city=row["city"],
            address=row["address"],
            phones=phones(row["phone"], host, row["source"], checked),
            email=row["email"],
            website=row["website"],
            source=row["source"],
            checked=checked,
            confidence=row["confidence"],
            covers=frozenset(row["covers"].split()),
            note=row["note"],
        )

    return read_rows(lines, COLUMNS, entry, lambda one: (one.sending, one.host, one.kind, one.city))
