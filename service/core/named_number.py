"""A text from a strange phone that names somebody's number and says something: "+77011234567 green apples".

Nothing here knows whose the number is. What is read from a text is every way in which it could be meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 200  # characters; a number and a word are much less
DIGITS = range(7, 16)  # of a number with its country code (E.164)
_PART = re.compile(r"\+?[(]?\d[\d().\-/\u2010-\u2015]*[,;:.]?")
_MOST_PARTS = 8
_MAY_NAME_ONE = re.compile(r"\d(?:\D{0,4}\d){6}")


def named_numbers(text: str) -> tuple[tuple[str, str], ...]:
    """Each (number in E.164, what is said) that a text could mean; empty for nearly every text.

    The number stands before what is said or behind it, with blanks, brackets and dashes as people write them; with +,
    00 or the bare country code before it, or, as it is dialed within Kazakhstan and Russia, with 8. A word of digits
    may follow a number that is written in parts, so there may be several readings; a number need not exist.
    """
    if len(text) > LONGEST or not _MAY_NAME_ONE.search(text):
        return ()
    plain = "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return tuple(dict.fromkeys(_readings(plain.split())))


def _readings(parts: list[str]) -> Iterator[tuple[str, str]]:
    for count in range(1, min(_run(parts), _MOST_PARTS) + 1):
        if rest := parts[count:]:
            yield from ((number, " ".join(rest)) for number in _numbers("".join(parts[:count])))
    backwards = parts[::-1]
    for count in range(1, min(_run(backwards), _MOST_PARTS) + 1):
        if rest := parts[:-count]:
            yield from ((number, " ".join(rest)) for number in _numbers("".join(parts[-count:])))


def _run(parts: list[str]) -> int:
    """How many of the parts from the first on could be parts of a number."""
    return next((place for place, part in enumerate(parts) if not _PART.fullmatch(part)), len(parts))


def _numbers(written: str) -> Iterator[str]:
    digits = "".join(str(unicodedata.decimal(char)) for char in written if char.isdecimal())
    is_whole = "+" not in written[1:]
    if digits.startswith("00") and not written.startswith("+"):
        digits = digits[2:]
    elif digits.startswith("8") and len(digits) == 11 and not written.startswith("+"):
        yield f"+7{digits[1:]}"
    if is_whole and len(digits) in DIGITS and not digits.startswith("0"):
        yield f"+{digits}"
