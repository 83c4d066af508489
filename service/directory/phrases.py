"""Twenty sentences for whoever is near, in the languages of the countries where people go to work.

No sentence has been read by a native speaker until `phrases.csv` names who did. A language that is not there falls back
to English: whoever reads it may know somebody who can.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from babel.core import get_global

FALLBACK = "en"
COLUMNS = ("language", "key", "text", "latin", "checked", "reviewer")
NOT_YET = "not yet"
"""In the column `reviewer`: nobody whose first language it is has read the sentence."""

WIDELY_SPOKEN = 30
"""Percent of a country's people."""

KEYS = (
    "help",
    "police",
    "doctor",
    "consulate",
    "find_consulate",
    "passport_mine",
    "passport_taken",
    "passport_back",
    "held",
    "forced",
    "threatened",
    "hurt",
    "unpaid",
    "leave",
    "home",
    "phone",
    "address",
    "interpreter",
    "no_sign",
    "no_employer",
)
"""What is said, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence in a language.

    Attributes:
        text: in the language's own letters, to be shown.
        latin: how it sounds, in Latin letters; "" where these are the language's own.
        checked: the day on which it was last looked at.
        reviewer: who has read it in her or his first language; "" as long as nobody has.
    """

    key: str
    language: str
    text: str
    latin: str
    checked: date
    reviewer: str

    @property
    def said(self) -> str:
        """What one reads out."""
        return self.latin or self.text


def phrase(key: str, language: str) -> str:
    """The sentence in a language (BCP 47), in its own letters; in English where the language is not known.

    Raises:
        KeyError: no such sentence (see `KEYS`).
    """
    return _entry(key, language).text


def phrases(language: str) -> tuple[Phrase, ...]:
    """All sentences in a language (BCP 47), in their order; in English where the language is not known."""
    return tuple(_entry(key, language) for key in KEYS)


def languages() -> tuple[str, ...]:
    """The languages (ISO 639-1) that are there, in the order of the table."""
    return tuple(_all())


def spoken_in(country: str) -> tuple[str, ...]:
    """Those of our languages that are official or widely spoken in a country (ISO 3166-1 alpha-2; CLDR), the most
    spoken first. English alone where we have none of them."""
    spoken = get_global("territory_languages").get(country, {})
    by_share = sorted(spoken.items(), key=lambda one: -one[1]["population_percent"])
    tags = dict.fromkeys(tag.split("_")[0] for tag, facts in by_share if _counts(facts))
    return tuple(tag for tag in tags if tag in _all()) or (FALLBACK,)


def _counts(facts: Mapping[str, Any]) -> bool:
    is_official = facts.get("official_status") in ("official", "de_facto_official")
    return is_official or facts["population_percent"] >= WIDELY_SPOKEN


def read_phrases(lines: Iterable[str]) -> Mapping[str, Mapping[str, Phrase]]:
    """The rows of `phrases.csv` by language and key.

    Raises:
        ValueError: a sentence that is empty, stands there twice, is missing in a language, or has no date or reviewer.
    """
    found: dict[str, dict[str, Phrase]] = {}
    table = csv.DictReader(lines, strict=True)
    if tuple(table.fieldnames or ()) != COLUMNS:
        raise ValueError(f"other columns than {', '.join(COLUMNS)}")
    for row in table:
        entry = _read(row)
        of_language = found.setdefault(entry.language, {})
        if entry.key in of_language:
            raise ValueError(f"{entry.language}, {entry.key}: stands there twice")
        of_language[entry.key] = entry
    for language, of_language in found.items():
        if missing := [key for key in KEYS if key not in of_language]:
            raise ValueError(f"{language}: {', '.join(missing)} missing")
    return MappingProxyType(found)


def _read(row: Mapping[str, str | None]) -> Phrase:
    language, key, text, latin, checked, reviewer = (row[name] or "" for name in COLUMNS)
    if key not in KEYS or not language or not text.strip() or not reviewer.strip():
        raise ValueError(f"{language}, {key}: no sentence that can be shown")
    try:
        day = date.fromisoformat(checked)
    except ValueError as error:
        raise ValueError(f"{language}, {key}: {checked!r} is no date") from error
    return Phrase(key, language, text, latin, day, "" if reviewer == NOT_YET else reviewer)


@lru_cache(maxsize=1)
def _all() -> Mapping[str, Mapping[str, Phrase]]:
    return read_phrases(files("service.directory").joinpath("phrases.csv").read_text("utf-8").splitlines())


def _entry(key: str, language: str) -> Phrase:
    known = _all()
    return known.get(language.split("-")[0].lower(), known[FALLBACK])[key]
