"""Days in forms: as browsers send them, and as people write them where a browser knows no calendar."""

from __future__ import annotations

import re
from datetime import date

from service.core.wording_text import N_
from service.usecases.problems import Problems
from service.web.forms import Typed

NOT_A_DAY = N_("Write the day, month and year, for example 03.12.2026.")
YEARS = range(1900, 2200)

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_WRITTEN = re.compile(r"(\d{1,2})[./\s](\d{1,2})[./\s](\d{4})", re.ASCII)


def day_of(typed: Typed, name: str, problems: Problems) -> date | None:
    """The day under a name; None when there is none, or none that exists: then `problems` says why."""
    text = typed.text(name)
    if not text:
        return None
    if found := _ISO.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _WRITTEN.fullmatch(text):
        day, month, year = map(int, found.groups())
    else:
        problems.add(name, NOT_A_DAY)
        return None
    try:
        read = date(year, month, day)
    except ValueError:
        read = None
    if read is None or read.year not in YEARS:
        problems.add(name, NOT_A_DAY)
        return None
    return read
