"""Draw what a switch waits for. The arch is time, a dot is a person.

An arch spans from the last sign of life to the deadline; the apricot dot on it is now. After it stand columns, evenly,
each a moment with as many dots as people are told. Filled: it happened. Hollow: asked, or still to come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from service.core.wording import Translate
from service.usecases.foresee import Telling
from service.usecases.show_switch import Stage, Switch
from service.web.narration import Clock, people_said
from service.web.pages import arch_point

MOST_TELLINGS = 4
AT_ONCE = timedelta(seconds=1)
WIDEST_NAMES = 15


@dataclass(frozen=True, slots=True)
class Layout:
    """Measures of a picture, in its own units."""

    width: float
    height: float
    base: float
    start: float
    due: float
    rise: float
    columns: float
    step: float
    dot: float
    stack: float
    wide: bool


WIDE = Layout(800, 160, 120, 44, 244, 98, 350, 103, 9, 23, wide=True)
NEAR = Layout(340, 116, 88, 16, 112, 58, 156, 42, 6, 15, wide=False)


@dataclass(frozen=True, slots=True)
class Dot:
    """`kind`: done, asked, ahead or now."""

    x: float
    y: float
    r: float
    kind: str


@dataclass(frozen=True, slots=True)
class Label:
    """`lines`: the first one is a time, the others say what."""

    x: float
    anchor: str
    lines: tuple[str, ...]
    past: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws. `gone` is the end of the part of the arch that has gone by, None when missed."""

    layout: Layout
    gone: tuple[float, float] | None
    now: float | None
    dots: tuple[Dot, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    at: datetime
    dots: int
    past: bool
    what: str
    asked: bool = False


def draw(switch: Switch, names: Mapping[str, str], _: Translate, layout: Layout) -> Picture | None:
    """The picture of a switch that waits for something, or None."""
    start, due = switch.began_at, switch.deadline or switch.opened_at
    if start is None or due is None or switch.stage in (Stage.DRAFT, Stage.ENDED):
        return None
    clock = Clock(switch.zone, precise=due - start < timedelta(hours=1))
    asked = sorted([*switch.asked_at, *(moment for moment in switch.ahead.reminders)])
    columns = _columns(switch, names, _, [moment for moment in asked if moment >= due - AT_ONCE][1:])
    share = (switch.now - start) / (due - start) if due > start else 1.0
    missed = switch.now >= due
    on_arch = _on_arch(layout, share)
    dots = [Dot(layout.start, layout.base, layout.dot, "done")]
    labels = [Label(layout.start, "start" if not layout.wide else "middle", (clock.at(start), _("sign of life")), True)]
    for moment in asked:
        if moment < due - AT_ONCE and due > start:
            x, y = _on_arch(layout, (moment - start) / (due - start))
            dots.append(Dot(x, y, layout.dot, "asked" if moment <= switch.now else "ahead"))
            if layout.wide:
                labels.append(Label(x, "on_arch", (clock.at(moment), _("we ask")), moment <= switch.now))
    what = _("OK is due") if switch.deadline else _("help asked for")
    dots.append(Dot(layout.due, layout.base, layout.dot, "asked" if missed else "ahead"))
    labels.append(Label(layout.due, "middle", (clock.at(due), what), missed))
    for number, column in enumerate(columns):
        x = layout.columns + number * layout.step
        dots.extend(_stack(layout, x, column))
        if layout.wide or number % 2 == 1:
            labels.append(Label(x, "middle", (clock.at(column.at), column.what), column.past))
    now = _now(layout, switch.now, due, columns) if missed else None
    dots.append(Dot(*(on_arch if now is None else (now, layout.base)), layout.dot * 1.25, "now"))
    return Picture(layout, None if missed else on_arch, now, tuple(dots), tuple(labels))


def _columns(switch: Switch, names: Mapping[str, str], _: Translate, asked: list[datetime]) -> list[_Column]:
    columns = [
        _Column(moment, 1, moment <= switch.now, _("we ask again"), asked=True)
        for moment in asked[:1]
        if switch.opened_at is None or switch.stage is Stage.CLEAR or moment <= switch.opened_at
    ]
    told = [(telling, True) for telling in switch.told] + [(telling, False) for telling in switch.ahead.tellings]
    # The newest that were told stay in view, and at least one that is still to come.
    first = max(0, min(len(switch.told) - MOST_TELLINGS + 1, len(told) - MOST_TELLINGS))
    for telling, past in told[first : first + MOST_TELLINGS]:
        columns.append(_Column(telling.at, len(telling.people), past, _who(telling, names, _)))
    return columns


def _who(telling: Telling, names: Mapping[str, str], _: Translate) -> str:
    said = people_said(telling.people, names)
    return said if len(said) <= WIDEST_NAMES else _("people: {count}").format(count=len(telling.people))


def _stack(layout: Layout, x: float, column: _Column) -> list[Dot]:
    kind = "ahead" if not column.past else "asked" if column.asked else "done"
    lift = layout.base - layout.dot * 2.25 - 2
    return [Dot(x, lift - i * layout.stack, layout.dot, kind) for i in range(min(column.dots, 4))]


def _on_arch(layout: Layout, share: float) -> tuple[float, float]:
    middle, radius = (layout.start + layout.due) / 2, (layout.due - layout.start) / 2
    return arch_point(share, middle, layout.base, radius, layout.rise)


def _now(layout: Layout, now: datetime, due: datetime, columns: list[_Column]) -> float:
    """Between the moments that now lies between; a little after the last one when all have passed."""
    moments = [(due, layout.due)]
    moments += [(column.at, layout.columns + i * layout.step) for i, column in enumerate(columns)]
    for (before, left), (after, right) in pairwise(moments):
        if now < after:
            share = (now - before) / (after - before) if after > before else 1.0
            return round(left + (right - left) * max(0.0, share), 1)
    return round(min(moments[-1][1] + layout.step * 0.4, layout.width - layout.dot * 2), 1)
