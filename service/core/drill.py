"""Learning numbers by heart: a number is shown, hidden and asked for, three times over a week.

A phone can be taken away; what somebody knows by heart stays with her. Days are those of her own clock. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

ROUNDS = 3
GAPS = (timedelta(0), timedelta(days=2), timedelta(days=4))
"""How long after the round before each of them comes: the third a week after the first, less a day."""
SHORT = 6
"""A number of so many digits or fewer is dialed as it stands."""
FEWEST_OWN = 9
"""So many of a number's last digits are hardly another's."""


def is_learned(rounds: Sequence[date]) -> bool:
    """Whether a number was known often enough; `rounds`: the days on which it was, in order."""
    return len(rounds) >= ROUNDS


def due_on(rounds: Sequence[date], today: date) -> date | None:
    """The day from which on a number is asked for again; None when it is learned."""
    if is_learned(rounds):
        return None
    return rounds[-1] + GAPS[len(rounds)] if rounds else today


def is_due(rounds: Sequence[date], today: date) -> bool:
    """Whether it is to be asked for now."""
    due = due_on(rounds, today)
    return due is not None and due <= today


def after_right(rounds: Sequence[date], today: date) -> tuple[date, ...]:
    """The rounds after a right answer. One that comes too early is good practice and counts for nothing."""
    return (*rounds, today) if is_due(rounds, today) else tuple(rounds)


def is_right(typed: str, number: str) -> bool:
    """Whether what was typed from memory would reach this number.

    Spaces, brackets and dashes mean nothing, nor do + or 00 before the country code. A number may be written as within
    its country (8 701 … for +7 701 …); one to be dialed as it stands, like 112, has to be exactly that.
    """
    said, wanted = _digits(typed), _digits(number)
    if len(wanted) <= SHORT:
        return said == wanted
    whole = said.removeprefix("00")
    if whole == wanted:
        return True
    # Within its country it stands without the country's code, with at most one digit before it.
    return any(len(own) >= FEWEST_OWN and len(own) < len(wanted) and wanted.endswith(own) for own in (said, said[1:]))


def _digits(text: str) -> str:
    return "".join(str(int(char)) for char in text if char.isdecimal())
