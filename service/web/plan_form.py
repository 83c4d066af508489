"""The form of a plan: its fields by the paths of the JSON API, with dates and times on her own clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from service.core.plan import Leg, Plan, zone_at
from service.core.wall_clock import instant_on_trip
from service.core.wording_text import N_
from service.usecases.problems import NEEDED, FieldProblem, Invalid, Problems
from service.usecases.set_plan import PlanForm
from service.web.form_rows import changed_rows
from service.web.forms import Typed, collect
from service.web.local_times import clock_of, clock_said, date_of, local
from service.web.schemas import PlanIn, Weekday

DAILY, EVERY, ONLY_ONCE = "daily", "every", "once"
"""What `rhythm` may say."""
OWN = "own"
USUAL_TIME = "20:00"
MOST_ROWS = 28
PRESET_HOURS = ("12", "24", "36", "48", "72")

NOT_A_TIME = N_("Write a time of the day, for example 20:00.")
NOT_A_DATE = N_("Write a date, for example 2026-12-03 or 03.12.2026.")
NOT_A_NUMBER_OF_HOURS = N_("Write a number of hours, for example 24.")

_DAYS = [("weekdays", day.value) for day in Weekday]
BLANKS = {
    "daily": [("time", ""), *_DAYS],
    "once": [("date", ""), ("time", "")],
    "quiet": [("from_date", ""), ("from_time", ""), ("to_date", ""), ("to_time", "")],
}
_HOURS = re.compile(r"\d{1,4}(?:[.,]\d{1,6})?")
_ROW = re.compile(r"(daily|once|quiet)\[(\d+)\]")
_DAY = re.compile(r"(weekdays)\[\d+\]")


def typed_plan(plan: Plan | None, legs: Sequence[Leg]) -> Typed:
    """What is stored, or the usual plan, as if it had been typed."""
    if plan is None:
        return Typed.of(
            {"rhythm": DAILY, "daily": [{"time": USUAL_TIME, "weekdays": list(Weekday)}], **_numbers(PlanForm())}
        )
    ground = Plan(plan.starts_at, tuple(legs))
    values: dict[str, Any] = {"rhythm": EVERY if plan.every else DAILY if plan.daily else ONLY_ONCE}
    values["daily"] = [
        {"time": clock_said(due.at), "weekdays": [day.value for day in Weekday if day.number in due.weekdays]}
        for due in plan.daily or ()
    ] or [{"time": USUAL_TIME, "weekdays": list(Weekday)}]
    if plan.every:
        hours = f"{plan.every / timedelta(hours=1):.6f}".rstrip("0").rstrip(".")
        values |= {"every": hours if hours in PRESET_HOURS else OWN, "every_hours": hours}
    values["once"] = [_split(ground, "", once) for once in plan.once]
    values["quiet"] = [
        {**_split(ground, "from_", span.starts_at), **_split(ground, "to_", span.ends_at)} for span in plan.quiet
    ]
    return Typed.of({**values, **_numbers(plan)})


def plan_of(typed: Typed, legs: Sequence[Leg]) -> PlanForm:
    """The plan that was typed; empty rows are none.

    Raises:
        Invalid: with the field of each mistake.
    """
    problems = Problems()
    reading = _Reading(typed, legs, problems)
    values = reading.values()
    try:
        form = collect(problems, PlanIn, values)
        problems.refuse()
    except Invalid as refused:
        raise Invalid(reading.placed(refused.problems)) from None
    if form is None:
        raise Invalid(())
    return form.form()


def placed(typed: Typed, legs: Sequence[Leg], problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """What a use case says of a plan's paths, beside the rows in which they were typed."""
    reading = _Reading(typed, legs, Problems())
    reading.values()
    return reading.placed(problems)


def rows_asked(typed: Typed) -> str | None:
    """Add or take away the row that a button asks for; the list's name, or None when no such button was pressed."""
    return changed_rows(typed, BLANKS, MOST_ROWS)


class _Reading:
    """Reads the rows that were filled in, and remembers which they were."""

    def __init__(self, typed: Typed, legs: Sequence[Leg], problems: Problems) -> None:
        self._typed = typed
        self._legs = legs
        self._problems = problems
        self._rows: dict[str, list[int]] = {"daily": [], "once": [], "quiet": []}

    def values(self) -> dict[str, Any]:
        """The plan as the JSON API takes it."""
        typed, rhythm = self._typed, self._typed.text("rhythm", DAILY)
        found: dict[str, Any] = {}
        if rhythm == DAILY:
            found["daily"] = [self._daily(number) for number in self._filled("daily")]
        elif rhythm == EVERY:
            found["every_hours"] = self._hours()
        found["once"] = [self._instant(f"once[{number}]", f"once[{number}].") for number in self._filled("once")]
        found["quiet"] = [
            {
                "from": self._instant(f"quiet[{number}].from", f"quiet[{number}].from_"),
                "to": self._instant(f"quiet[{number}].to", f"quiet[{number}].to_"),
            }
            for number in self._filled("quiet")
        ]
        # What could not be read is said already; it is left out so that the rest is looked at as well.
        found["once"] = [once for once in found["once"] if once]
        found["quiet"] = [span for span in found["quiet"] if span["from"] and span["to"]]
        for name in ("grace_seconds", "remind_before_seconds", "max_weak"):
            if text := typed.text(name):
                found[name] = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text
        return {name: value for name, value in found.items() if value is not None}

    def placed(self, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
        return [FieldProblem(self._place(one.field), one.message, one.values) for one in problems]

    def _place(self, field: str) -> str:
        field = _DAY.sub(r"\1", field)
        if found := _ROW.match(field):
            name, number = found.group(1), int(found.group(2))
            rows = self._rows[name]
            row = rows[number] if number < len(rows) else number
            return f"{name}[{row}]{field[found.end() :]}"
        return "rhythm" if field == "daily" and self._typed.text("rhythm", DAILY) != DAILY else field

    def _filled(self, name: str) -> list[int]:
        fields = [field for field, value in BLANKS[name] if not value]
        numbers = self._typed.indexes(name)
        self._rows[name] = [n for n in numbers if any(self._typed.text(f"{name}[{n}].{field}") for field in fields)]
        return list(self._rows[name])

    def _daily(self, number: int) -> dict[str, Any]:
        text = self._typed.text(f"daily[{number}].time")
        at = clock_of(text)
        return {"time": at.isoformat() if at else text, "weekdays": self._typed.texts(f"daily[{number}].weekdays")}

    def _hours(self) -> float | None:
        chosen = self._typed.text("every", PRESET_HOURS[1])
        text = self._typed.text("every_hours") if chosen == OWN else chosen
        if _HOURS.fullmatch(text) and (hours := float(text.replace(",", "."))):
            return hours
        self._problems.add("every_hours", NOT_A_NUMBER_OF_HOURS if text else NEEDED)
        return None

    def _instant(self, whole: str, start: str) -> str | None:
        """The instant of a date and a time on the clock of the leg that holds it; `start` begins their names."""
        day_text, clock_text = self._typed.text(f"{start}date"), self._typed.text(f"{start}time")
        day, at = date_of(day_text), clock_of(clock_text)
        if day is None:
            self._problems.add(whole, NOT_A_DATE)
        elif at is None:
            self._problems.add(whole, NOT_A_TIME)
        else:
            return instant_on_trip(self._legs, day, at).isoformat()
        return None


def _split(ground: Plan, start: str, instant: datetime) -> dict[str, str]:
    there = local(instant, zone_at(ground, instant))
    return {f"{start}date": there.date().isoformat(), f"{start}time": clock_said(there)}


def _numbers(plan: Plan | PlanForm) -> dict[str, int]:
    return {
        "grace_seconds": int(plan.grace.total_seconds()),
        "remind_before_seconds": int(plan.remind_before.total_seconds()),
        "max_weak": plan.max_weak,
    }
