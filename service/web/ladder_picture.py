"""Draw what follows without an answer: a column of dots for each moment, as many as are asked or told then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, TOP, DOT, STACK = 328.0, 14.0, 8.0, 21.0
MOST_DOTS = 4
"""A column as high as the screen says no more than one of four dots and a number."""


@dataclass(frozen=True, slots=True)
class Column:
    """A moment: its time, who is asked or told as a short word, how many, and how many of them help from outside.

    `asked`: the traveler herself, drawn hollow.
    """

    time: str
    who: str
    count: int
    helpers: int = 0
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    kind: str


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    time: str
    who: str


@dataclass(frozen=True, slots=True)
class LadderPicture:
    """What the template draws; `due_x` is where the deadline stands, 0 for nowhere."""

    width: float
    height: float
    base: float
    r: float
    due_x: float
    dots: tuple[Dot, ...]
    labels: tuple[Label, ...]


def draw_ladder(columns: Sequence[Column], due: int = -1) -> LadderPicture:
    """The picture of these columns; `due` is the place of the one at the deadline."""
    highest = max((min(column.count, MOST_DOTS) for column in columns), default=1)
    # The word at the deadline stands above the dots.
    base = TOP + (26 if due >= 0 else 0) + highest * STACK
    step = WIDTH / max(1, len(columns))
    dots: list[Dot] = []
    labels: list[Label] = []
    for place, column in enumerate(columns):
        x = round(step * (place + 0.5), 1)
        shown = min(column.count, MOST_DOTS)
        for row in range(shown):
            helps = row >= shown - min(column.helpers, shown)
            kind = "asked" if column.asked else "now" if helps else "done"
            dots.append(Dot(x, round(base - DOT - 6 - row * STACK, 1), kind))
        labels.append(Label(x, column.time, column.who))
    due_x = labels[due].x if 0 <= due < len(labels) else 0.0
    return LadderPicture(WIDTH, base + 44, base, DOT, due_x, tuple(dots), tuple(labels))
