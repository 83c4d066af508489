"""How well the rules do on ads: those that we look at (`offers.json`, `offers_seen_2.json`), and those of others that
nobody who writes rules has read (`offers_unseen*.json`).

The bar, in each language: of the lures at least 85 in 100 at caution or above, of the honest ads at most 10 in 100 at
high. `pytest -s` prints the table that `tests/README.md` holds.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from service.core.offer import Level
from tests.core.ads import checked

DATA = Path(__file__).parents[1] / "data"
LEAST_FOUND, MOST_FALSE = 0.85, 0.10


SECOND = "offers_unseen_2.json"
"""It is small, and counts with the first. The figures of both were seen while rules were written, their texts were not;
`offers_unseen_3.json` was measured once, when the rules were done."""


def levels(*names: str) -> dict[tuple[str, str], Counter[Level]]:
    """How many ads of each language and kind come to each level."""
    found: dict[tuple[str, str], Counter[Level]] = {}
    for name in names:
        for ad in json.loads((DATA / name).read_text("utf-8")):
            found.setdefault((ad["language"], ad["kind"]), Counter())[checked(ad["text"]).level] += 1
    return found


@pytest.mark.parametrize(
    "names",
    [
        ("offers.json",),
        ("offers_seen_2.json",),
        ("offers_unseen.json",),
        ("offers_unseen.json", SECOND),
        ("offers_unseen_3.json",),
    ],
)
def test_lures_are_found_and_honest_ads_are_left_alone(names: tuple[str, ...]) -> None:
    counts, below = levels(*names), []
    for language in ("en", "ru", "kk"):
        lures, honest = counts[language, "lure"], counts[language, "honest"]
        found = 1 - lures[Level.LOW] / lures.total()
        false = honest[Level.HIGH] / honest.total()
        high, spoken = lures[Level.HIGH] / lures.total(), 1 - honest[Level.LOW] / honest.total()
        print(
            f"| {' + '.join(names)} | {language} | {lures.total()} + {honest.total()} |"
            f" {found:.0%} | {high:.0%} | {false:.0%} | {spoken:.0%} |"
        )
        if found < LEAST_FOUND or false > MOST_FALSE:
            below.append((language, f"{found:.0%} of the lures found, {false:.0%} of the honest ads high"))
    assert below == []
