"""How many SMS a text costs, and how to spell it so that it costs fewer.

An SMS is 140 octets. A text whose every character is in the GSM-7 alphabet (3GPP TS 23.038) is counted
in septets: 160 in one message, 153 in each part of a longer one; `^ { } [ ] ~ \\ | €` and the form feed
take two. One character from outside makes all of it UCS-2: 70 code units, 67 in each part; an emoji
takes two. Neither pair is ever cut in half, so a part may end one unit early. This is how Twilio counts
(sms-segments-calculator, smart encoding off).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")

_GSM = _GSM_BASIC | _GSM_EXTENDED

# Only punctuation and spaces: a letter changed is a name misspelt.
_FOLDED = str.maketrans(
    {
        **dict.fromkeys("«»“”„‟″", '"'),
        **dict.fromkeys("‘’‚‛ʻʼʽ′`´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
        "…": "...",
        "•": "*",
        "№": "No.",
    }
)
# A search ends at the first character that is not of the alphabet: in Cyrillic that is the first letter.
_NOT_GSM = re.compile(f"[^{re.escape(''.join(sorted(_GSM)))}]")
_EXTENDED = re.compile(f"[{re.escape(''.join(sorted(_GSM_EXTENDED)))}]")
_NOT_SPELLABLE = re.compile(f"[^{re.escape(''.join(sorted(_GSM.union(map(chr, _FOLDED)))))}]")


class Encoding(StrEnum):
    """How a text travels."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What a text costs: `units` in all (septets or UTF-16 code units) and `segments`, the messages
    paid for.
    """

    encoding: Encoding
    units: int
    segments: int


def measure(text: str) -> Segmentation:
    """Count the units and segments of `text`. An empty text is one segment of no units."""
    encoding = Encoding.GSM7 if is_gsm7(text) else Encoding.UCS2
    single, part = (160, 153) if encoding is Encoding.GSM7 else (70, 67)
    if not _has_wide(text, encoding):
        # Hundreds of texts are measured in a second when alarms open together: no pair, nothing to be cut early.
        return Segmentation(encoding, len(text), 1 if len(text) <= single else -(-len(text) // part))
    widths = [_width(char, encoding) for char in text]
    units = sum(widths)
    return Segmentation(encoding, units, 1 if units <= single else _parts(widths, part))


def is_gsm7(text: str) -> bool:
    """Whether every character of `text` is in the GSM-7 alphabet or its extension table."""
    return _NOT_GSM.search(text) is None


def fold_punctuation(text: str) -> str:
    """Spell punctuation and spaces in the GSM-7 alphabet; letters and digits stay as they are."""
    return text.translate(_FOLDED)


def spell_cheaply(text: str) -> str:
    """`text` with its punctuation folded when that makes it GSM-7, else `text` unchanged.

    A Russian or Kazakh text is UCS-2 anyway and keeps its own quotation marks.
    """
    return fold_punctuation(text) if not is_gsm7(text) and _NOT_SPELLABLE.search(text) is None else text


def fit(text: str, most: int, code: str | None = None) -> str:
    """`text` in at most `most` UTF-16 code units. What is too long is cut between two words, or two letters of a word
    that has no end, and goes on with two dots and the word that holds `code`, by which the person answers.
    """
    if _units(text) <= most:
        return text
    word = next((word for word in reversed(text.split()) if code and code in word), "")
    ending = f"{_CUT} {word}" if word else _CUT
    room = max(0, most - _units(ending))
    at = min(len(text), room)
    while _units(text[:at]) > room:
        at -= 1
    kept = text[: _last_end(text, at)].rstrip(" .,;:-\n")
    return f"{kept}{_CUT}" if word in kept.split() else f"{kept}{ending}"


_CUT = ".."
_LONGEST_WORD = 40


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _last_end(text: str, at: int) -> int:
    """The last place up to this one where a word ends, or, when the word is endless, where it may be parted."""
    near = [place for place in range(at, max(0, at - _LONGEST_WORD), -1) if _may_end(text, place)]
    ends = [place for place in near if not text[place].isalnum()]
    return next(iter(ends or near), None) or next((place for place in range(at, 0, -1) if _may_end(text, place)), 0)


def _may_end(text: str, at: int) -> bool:
    """Whether a cut before the character at this place parts no mark from its letter and no emoji from its color."""
    before, after = text[at - 1], text[at]
    return (before.isalnum() or before.isascii()) and (after.isalnum() or after.isspace())


def _has_wide(text: str, encoding: Encoding) -> bool:
    if encoding is Encoding.GSM7:
        return _EXTENDED.search(text) is not None
    return len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)


def _width(char: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return 2 if char in _GSM_EXTENDED else 1
    return 2 if ord(char) > 0xFFFF else 1


def _parts(widths: Iterable[int], size: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > size:
            parts, used = parts + 1, 0
        used += width
    return parts
