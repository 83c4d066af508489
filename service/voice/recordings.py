"""Recordings of what is always said the same, in languages that no provider's voice speaks.

A sentence is recorded in the pieces between its variable parts; numbers in ones and tens, as these languages say them;
months by their names. `clips.json` beside this file says the words of every recording, `kk/lead_missed-0.wav` is one.
An organization's own recordings of the same names take their place. Made by `python -m service.voice.make`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter

from babel.dates import get_month_names

from service.core.wording_voice import SENTENCES
from service.voice.sentences import FOLDER, primary, translator_aloud
from service.voice.sound import samples_of

RECORDED = ("kk", "ky", "uz")
"""The languages that are recorded."""
NAME = re.compile(r"[a-z0-9_]{1,40}(?:-\d)?")
_ONES = {
    "kk": "нөл бір екі үш төрт бес алты жеті сегіз тоғыз",
    "ky": "нөл бир эки үч төрт беш алты жети сегиз тогуз",
    "uz": "nol bir ikki uch toʻrt besh olti yetti sakkiz toʻqqiz",
}
_TENS = {
    "kk": "он жиырма отыз қырық елу",
    "ky": "он жыйырма отуз кырк элүү",
    "uz": "oʻn yigirma oʻttiz qirq ellik",
}
_EDGES = " \t.,:;!?—–-"
_WORDS = re.compile(r"\d{1,2}:\d{2}|\d+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of what is said: the recordings of it by their names, or none for a variable part."""

    text: str
    clips: tuple[str, ...] = ()


@cache
def words_of(language: str) -> Mapping[str, str]:
    """What each recording of a language says, by its name, as the sentences are today."""
    found: dict[str, str] = {}
    _ = translator_aloud(language)
    for name, sentence in SENTENCES.items():
        fixed = [text.strip(_EDGES) for text, *_rest in Formatter().parse(_(sentence))]
        for number, words in enumerate(text for text in fixed if text):
            found[f"{name}-{number}"] = words
    for number, word in enumerate(_ONES[language].split()):
        found[f"n{number}"] = word
    for number, word in enumerate(_TENS[language].split(), start=1):
        found[f"n{number}0"] = word
    for number, word in get_month_names("wide", locale=language).items():
        found[f"month{number}"] = word
    return found


def is_recorded(language: str) -> bool:
    """Whether calls in this language (BCP 47) are made of recordings."""
    return primary(language) in RECORDED


def pieces(text: str, language: str) -> tuple[Piece, ...]:
    """`text` taken apart into what is recorded and what is not; nothing recorded makes one piece."""
    found: list[Piece] = []
    for piece in _cut(text, language):
        if piece.clips and found and found[-1].clips:
            found[-1] = Piece(f"{found[-1].text} {piece.text}", found[-1].clips + piece.clips)
        elif piece.clips or piece.text.strip(_EDGES):
            found.append(piece if piece.clips else Piece(piece.text.strip(_EDGES)))
    return tuple(found)


def recorded(name: str, language: str, own: str = "") -> bytes | None:
    """The mu-law samples of a recording: the organization's own from the folder `own`, else ours."""
    if language not in RECORDED or NAME.fullmatch(name) is None:
        return None
    for folder in (own, str(FOLDER)):
        path = Path(folder) / language / f"{name}.wav"
        if folder and path.is_file():
            try:
                return _read(path, path.stat().st_mtime_ns)
            except (OSError, ValueError):
                continue
    return None


def _cut(text: str, language: str) -> Iterator[Piece]:
    known, pattern = _index(language)
    place = 0
    for match in pattern.finditer(text):
        if between := text[place : match.start()].strip():
            yield Piece(between)
        said = match[0]
        yield Piece(said, _number(said) if said[0].isdigit() else (known[said],))
        place = match.end()
    if rest := text[place:].strip():
        yield Piece(rest)


@cache
def _index(language: str) -> tuple[Mapping[str, str], re.Pattern[str]]:
    known = {words: name for name, words in reversed(list(words_of(language).items()))}
    longest_first = sorted(known, key=len, reverse=True)
    fixed = "|".join(map(re.escape, longest_first))
    return known, re.compile(rf"(?<!\w)(?:{fixed})(?!\w)|(?<![\w:]){_WORDS.pattern}(?![\w:])")


def _number(said: str) -> tuple[str, ...]:
    """A time by its hours and minutes, a number below 60 as one, any other digit by digit."""
    hours, _, minutes = said.partition(":")
    if minutes:
        # "22:05" is twenty-two, nought five.
        late = ("n0", f"n{int(minutes)}") if minutes[0] == "0" and minutes != "00" else _below_sixty(int(minutes))
        return _below_sixty(int(hours)) + (("n0", "n0") if minutes == "00" else late)
    if len(said) <= 2 and int(said) < 60 and (said == "0" or said[0] != "0"):
        return _below_sixty(int(said))
    return tuple(f"n{digit}" for digit in said)


def _below_sixty(number: int) -> tuple[str, ...]:
    if number >= 60:
        return tuple(f"n{digit}" for digit in str(number))
    parts = [part for part in (number // 10 * 10, number % 10) if part]
    return tuple(f"n{part}" for part in parts or [0])


@lru_cache(maxsize=512)
def _read(path: Path, changed_at: int) -> bytes:
    del changed_at
    return samples_of(path.read_bytes())


def manifest() -> dict[str, dict[str, str]]:
    """What our own recordings say, by language and name, as they were made."""
    said: dict[str, dict[str, str]] = json.loads((FOLDER / "clips.json").read_text(encoding="utf-8"))
    return said
