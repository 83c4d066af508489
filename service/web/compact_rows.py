"""Lists in forms as they are stored: what was left empty does not count, and the rest is numbered from 0."""

from __future__ import annotations

import re

from service.web.forms import COUNTRY, Typed


def compacted(typed: Typed, name: str) -> Typed:
    """The same form without the rows of a list that hold nothing, the others numbered without gaps.

    So a row is left out by emptying it, and a mistake in a row is found under the number that the page shows.
    """
    start = re.compile(rf"{re.escape(name)}\[(\d{{1,3}})\]", re.ASCII)
    rows: dict[int, int] = {}
    for key, value in typed.pairs:
        # A country chosen for a number that is not there tells nothing.
        if (found := start.match(key)) and value.strip() and not key.endswith(COUNTRY):
            rows.setdefault(int(found.group(1)), 0)
    places = {index: place for place, index in enumerate(sorted(rows))}
    pairs = []
    for key, value in typed.pairs:
        found = start.match(key)
        if found is None:
            pairs.append((key, value))
        elif int(found.group(1)) in places:
            pairs.append((f"{name}[{places[int(found.group(1))]}]{key[found.end() :]}", value))
    return Typed(pairs)


def row_count(typed: Typed, name: str) -> int:
    """How many rows a list has whose rows are numbered without gaps."""
    return 1 + max(typed.indexes(name), default=-1)
