"""Lists in forms that grow and shrink by buttons: the page comes back with a row more or less, and all that was typed.

A button is called `row`; its value is `add:NAME` or `drop:NAME[INDEX]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from service.web.forms import Typed

BUTTON = "row"
_ADD = re.compile(r"add:(\w+)")
_DROP = re.compile(r"drop:(\w+)\[(\d{1,3})\]")


def changed_rows(typed: Typed, blanks: Mapping[str, Sequence[tuple[str, str]]], most: int) -> str | None:
    """Add or take away the row that a button asks for; the list's name, or None when no such button was pressed.

    Args:
        blanks: for each list that may change, the fields of an empty row, as names within the row and values.
        most: rows of one list.
    """
    asked = typed.text(BUTTON)
    if (added := _ADD.fullmatch(asked)) and added.group(1) in blanks:
        name = added.group(1)
        if len(typed.indexes(name)) < most:
            add_row(typed, name, blanks[name])
        return name
    if (dropped := _DROP.fullmatch(asked)) and dropped.group(1) in blanks:
        start = f"{dropped.group(1)}[{dropped.group(2)}]"
        typed.pairs = [pair for pair in typed.pairs if pair[0] != start and not pair[0].startswith(start + ".")]
        return dropped.group(1)
    return None


def add_row(typed: Typed, name: str, blank: Sequence[tuple[str, str]]) -> None:
    """Put an empty row behind the others."""
    number = max(typed.indexes(name), default=-1) + 1
    typed.pairs.extend((f"{name}[{number}].{field}", value) for field, value in blank)
