"""The boxes of the order in which people are told, as a draft and a running trip show them and as they are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from service.texts import translator
from service.usecases.context import Service
from service.usecases.problems import FieldProblem, Invalid, Problems
from service.usecases.set_ladder import LadderForm
from service.usecases.show_people import People, usual_rungs, whole_ladder
from service.web.durations import choices_of
from service.web.form_rows import changed_rows
from service.web.forms import Typed, collect
from service.web.order_view import OrderView, view_order
from service.web.schemas import LadderIn

USUAL = "usual"
"""The button that leads back to the usual order."""
MOST_RUNGS = 19
"""One more holds everybody."""
WAITS = (300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
REPEATS = (1800, 3600, 7200, 14400)
DEMO = (10, 30, 60)
USUAL_WAIT, USUAL_REPEAT = "1800", "3600"

_CONTACT = re.compile(r"(rungs\[\d+\]\.contacts)\[\d+\]")
_RUNG = re.compile(r"rungs\[(\d+)\]")


def order_boxes(service: Service, people: People, typed: Typed, language: str) -> dict[str, Any]:
    """What `_order_fields.html` needs besides the form and the rows that a button has changed."""
    waits = (*DEMO, *WAITS) if service.demo else WAITS
    repeats = (*DEMO, *REPEATS) if service.demo else REPEATS
    waiting = {number: typed.text(f"rungs[{number}].wait_seconds") for number in typed.indexes("rungs")}
    return {
        "waits": {number: choices_of(waits, chosen, language) for number, chosen in waiting.items()},
        "repeats": choices_of(repeats, typed.text("repeat_seconds"), language),
        "people": people.present,
        "is_usual": people.is_usual,
        "order": None if typed.problems else order_typed(people, typed, language),
    }


def order_typed(people: People, typed: Typed, language: str) -> OrderView | None:
    """What the form means as it stands; None while it cannot be stored."""
    try:
        return view_order(people, order_of(people, typed), language, translator(language))
    except Invalid:
        return None


def rungs_asked(typed: Typed) -> str | None:
    """Add or take away the step that a button asks for; "rungs", or None when no such button was pressed."""
    return changed_rows(typed, {"rungs": [("wait_seconds", USUAL_WAIT)]}, MOST_RUNGS)


def follows_acceptances(people: People, typed: Typed, form: LadderForm) -> bool:
    """Whether this is the usual order, which goes on following who has accepted."""
    usual = whole_ladder(people, usual_rungs(people), form.repeat)
    return form == usual and typed.text("repeat_seconds") == USUAL_REPEAT


def typed_order(people: People) -> Typed:
    """The order that counts, as if it had been typed."""
    rungs = [{"contacts": list(rung.contacts), "wait_seconds": int(rung.wait.total_seconds())} for rung in people.rungs]
    return Typed.of({"rungs": rungs, "repeat_seconds": int(people.repeat.total_seconds())})


def order_of(people: People, typed: Typed) -> LadderForm:
    """The order that was typed, and behind it everybody.

    Raises:
        Invalid: a box or a time that cannot be used; by its path in the JSON API.
    """
    problems = Problems()
    values = {
        "rungs": [
            {
                "contacts": typed.texts(f"rungs[{number}].contacts"),
                "wait_seconds": _whole(typed.text(f"rungs[{number}].wait_seconds")),
            }
            for number in typed.indexes("rungs")
        ],
        "repeat_seconds": _whole(typed.text("repeat_seconds", USUAL_REPEAT)),
    }
    form = collect(problems, LadderIn, values)
    problems.refuse()
    if form is None:
        raise Invalid(())
    return whole_ladder(people, form.form().rungs, form.form().repeat)


def _whole(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


def order_placed(typed: Typed, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """What is said of a rung's paths, beside the row in which it stands."""
    numbers = typed.indexes("rungs")
    found = []
    for one in problems:
        field = _CONTACT.sub(r"\1", one.field)
        if match := _RUNG.match(field):
            place = int(match.group(1))
            # The last one, which holds everybody, has no boxes of its own.
            field = f"rungs[{numbers[place]}]{field[match.end() :]}" if place < len(numbers) else "rungs"
        found.append(FieldProblem(field, one.message, one.values))
    return found
