"""Sentences in letters that our paper's own fonts lack: Arabic, Thai, Hangul, Chinese. Only the letters of these
sentences are there (`fonts/README.md`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from service.web.paper import FONTS, Font, Paper

PARTS = ("PhrasesArabic", "PhrasesThai", "PhrasesHangul", "PhrasesHan")
"""Fonts by their files, which are their families as well."""
SMALLEST = 0.6


def set_sentence(pdf: Paper, text: str, font: Font, width: float) -> tuple[str, Font] | None:
    """What to draw and in which letters, in one line of at most `width` mm; None when no font has all of its letters,
    or it would be too small to read."""
    drawn = joined(text)
    known = pdf.printable(text) == " ".join(text.split())
    family = font.family if known else next((part for part in PARTS if _has(pdf, part, drawn)), "")
    if not family:
        return None
    chosen = font if known else replace(font, family=family, style="")
    pdf.use(chosen)
    wide = pdf.get_string_width(drawn)
    scale = min(1.0, width / wide) if wide else 1.0
    return (drawn, chosen.sized(scale)) if scale >= SMALLEST else None


def joined(text: str) -> str:
    """A text with its Arabic letters in the forms in which they join, from right to left as they are drawn; any other
    text as it is.

    Forms and their letters are Unicode's own (Arabic Presentation Forms-B). Numbers and other letters do not occur in
    what is set here.
    """
    if not any("\u0600" <= letter <= "\u06ff" for letter in text):
        return text
    forms = _forms()
    letters = _ligated(text)
    shaped = []
    for place, letter in enumerate(letters):
        before = letters[place - 1] if place else ""
        after = letters[place + 1] if place + 1 < len(letters) else ""
        to_right = (before, "initial") in forms and (letter, "final") in forms
        to_left = (letter, "initial") in forms and (after, "final") in forms
        form = "medial" if to_right and to_left else "final" if to_right else "initial" if to_left else "isolated"
        shaped.append(forms.get((letter, form), letter))
    return "".join(reversed(shaped))


def _ligated(text: str) -> list[str]:
    """The letters of a text, lam and the alef after it as one."""
    letters: list[str] = []
    for letter in text:
        if letters and letters[-1] + letter in _ligatures():
            letters[-1] += letter
        else:
            letters.append(letter)
    return letters


@cache
def _forms() -> Mapping[tuple[str, str], str]:
    """The form of a letter (or of a ligature) at a place of a word, by both."""
    found = {}
    for code in range(0xFE70, 0xFEFD):
        place, *letters = unicodedata.decomposition(chr(code)).split() or ("",)
        base = "".join(chr(int(letter, 16)) for letter in letters)
        if base and not base.startswith((" ", "\u0640")):
            found[base, place.strip("<>")] = chr(code)
    return found


@cache
def _ligatures() -> frozenset[str]:
    return frozenset(base for base, _place in _forms() if len(base) > 1)


def _has(pdf: Paper, part: str, text: str) -> bool:
    """Whether the font has every letter; it is added to the document when it is first asked."""
    key = part.lower()
    if key not in pdf.fonts:
        pdf.add_font(part, "", FONTS / f"{part}.ttf")
    letters = pdf.fonts[key].cmap  # type: ignore[union-attr]
    return all(ord(letter) in letters for letter in text)
