"""What is said in a call, made of what would be written: dates as they are spoken, and which keys answer it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from service.core import wording_voice as voice
from service.core.wording_voice import for_the_ear
from service.voice.sentences import primary, translator_aloud

_DATE = re.compile(r"\b(\d{1,2})\.(\d{2}) (\d{1,2}:\d{2})")
_SECONDS = re.compile(r"\b(\d{1,2}:\d{2}):\d{2}\b")
_LEAP_YEAR = 2028
SPARE = "ru"
"""The language of whatever cannot be said otherwise: most who speak a recorded one understand it."""


_OF_CALLS_ALONE = {"all_clear": ("4",), "still_yours": ("1",)}


def keys_of(kind: str, answers: Sequence[str]) -> tuple[str, ...]:
    """What may be answered in a call of this `kind` (the outbox row's): what a text of it asks for in its words."""
    return tuple(answers) or _OF_CALLS_ALONE.get(kind, ())


def aloud(body: str, language: str, kind: str, answers: Sequence[str]) -> str:
    """`body` as it is said in `language`; where it does not yet say so itself, how to answer it."""
    _ = translator_aloud(language)
    text = for_the_ear(_said(body, language))
    if answers and _(voice.HOW_TO_ANSWER) not in text:
        text = f"{text} {voice.how_to_answer(answers, kind, _)}".strip()
    return text


def _said(text: str, language: str) -> str:
    """Dates with the month in words, times without seconds."""
    return _SECONDS.sub(r"\1", _DATE.sub(lambda found: _day(found, language), text))


def _day(found: re.Match[str], language: str) -> str:
    try:
        day = date(_LEAP_YEAR, int(found[2]), int(found[1]))
        said = format_date(day, "d MMMM", locale=Locale.parse(primary(language)))
    except (ValueError, UnknownLocaleError):
        return found[0]
    return f"{said}, {found[3]}"
