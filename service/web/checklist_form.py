"""The points of the list as forms hold them: read from what was typed, and as they are shown again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.core.checklist import NAMES, Answer, Point
from service.usecases.checklist_told import Told
from service.usecases.context import Service
from service.usecases.drill import ROUNDS
from service.usecases.problems import Problems
from service.web.checklist_schemas import ChecklistIn
from service.web.forms import Typed, collect
from service.web.forms_dates import day_of
from service.web.forms_numbers import number_of

BOXES = frozenset({"have", "handed", "alone", "no_words"})
"""What is ticked, and nothing else."""
NOT_NEEDED = "not_needed"


def point_of(typed: Typed) -> Point | None:
    """The point whose form was sent; None when it is none that has a form."""
    text = typed.text("point")
    return Point(text) if text in list(Point) and text != Point.VISA else None


def told_of(service: Service, typed: Typed, point: Point, problems: Problems) -> dict[Point, Told]:
    """What was told of a point; `problems` says what of it cannot be used."""
    if typed.text("do") == NOT_NEEDED:
        values: dict[str, Any] = {NOT_NEEDED: True}
    else:
        read = ((name, _value(service, typed, f"{point.value}.{name}", problems)) for name in NAMES[point])
        values = {name: value for name, value in read if value}
    taken = collect(problems, ChecklistIn, {point.value: values})
    return taken.told() if taken is not None else {}


def shown_again(told: Mapping[Point, Answer]) -> Typed:
    """What is stored, as if it had been typed."""
    return Typed.of(
        {
            point.value: {name: value for name, value in answer.told.items() if name != ROUNDS}
            for point, answer in told.items()
        }
    )


def _value(service: Service, typed: Typed, path: str, problems: Problems) -> Any:
    match path.partition(".")[2]:
        case name if name in BOXES:
            return typed.says(path)
        case "parts":
            return typed.texts(path)
        case "day":
            day = day_of(typed, path, problems)
            return day.isoformat() if day else None
        case "phone":
            return number_of(service, typed, path, problems)
        case "rounds":
            return None
        case _:
            return typed.text(path)
