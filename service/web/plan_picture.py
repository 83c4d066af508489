"""Draw the next answers of a plan: an arch for each stretch of time, a dot where it ends in an OK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

WIDTH, HEIGHT, BASE, START, END, DOT = 328.0, 112.0, 62.0, 10.0, 300.0, 6.5
NARROWEST = 46.0
"""An arch must be as wide as the two lines of words under its end."""
HIGHEST = 46.0


@dataclass(frozen=True, slots=True)
class Arch:
    """From `x` to `to`, `rx` and `ry` its radii; under its end stand a day and a time."""

    x: float
    to: float
    rx: float
    ry: float
    day: str
    time: str


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """What the template draws."""

    width: float
    height: float
    base: float
    start: float
    dot: float
    arches: tuple[Arch, ...]


def draw_plan(start: datetime, ends: Sequence[tuple[datetime, str, str]]) -> PlanPicture:
    """Arches from `start` to each of these instants, as wide as their time where the words leave room.

    Args:
        ends: instant, short day and time of each.
    """
    gaps = [max(1.0, (after - before).total_seconds()) for before, after in pairwise([start, *(at for at, *_ in ends)])]
    spare = max(0.0, END - START - NARROWEST * len(gaps))
    x, arches = START, []
    for gap, (_at, day, time) in zip(gaps, ends, strict=True):
        width = min(NARROWEST, (END - START) / len(gaps)) + spare * gap / sum(gaps)
        radius = width / 2
        arches.append(
            Arch(round(x, 1), round(x + width, 1), round(radius, 1), min(HIGHEST, round(radius, 1)), day, time)
        )
        x += width
    return PlanPicture(WIDTH, HEIGHT, BASE, START, DOT, tuple(arches))
