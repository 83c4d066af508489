"""Days in forms: as browsers send them, and as people write them where a browser knows no calendar."""

from __future__ import annotations

from datetime import date

from service.core.wording_text import N_
from service.usecases.problems import Problems
from service.web.forms import Typed
from service.web.local_times import date_of

NOT_A_DAY = N_("Write the day, month and year, for example 03.12.2026.")
YEARS = range(1900, 2200)


def day_of(typed: Typed, name: str, problems: Problems) -> date | None:
    """The day under a name; None when there is none, or none that exists: then `problems` says why."""
    text = typed.text(name)
    read = date_of(text, YEARS) if text else None
    if text and read is None:
        problems.add(name, NOT_A_DAY)
    return read
