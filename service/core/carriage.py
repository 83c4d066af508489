"""What a text to one address may carry: a link, a telephone number, which letters; and where its reader can answer.

Carriers drop a text that breaks a rule of theirs, and nobody is told. So a text is written for where it goes, and what
was typed on a form is taken through the same gate at the end.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from service.core.latin import in_latin, is_cyrillic
from service.core.wording_text import CUT_MARK, N_, Translate

EUC_KR = "euc_kr"
"""The letters of Korean networks: Latin, Hangul, Russian and Greek ones, none of Kazakh."""

_LINK = re.compile(r"(?:https?://|www\.)[^\s,;]+|(?:[\w-]+\.)+[^\W\d_]{2,}(?:[/?#][^\s,;]*)?", re.IGNORECASE)
_HOST = re.compile(r"^(?:https?://)?(?:www\.)?([^/?#:]*)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w#])(?!\d{4}-\d\d-\d\d)\+?\(?\d(?:[\s().-]{0,2}\d){6,}")
_FOLDED = str.maketrans(
    {
        **dict.fromkeys("«»„‟″", '"'),
        **dict.fromkeys("‚‛ʻʼʽ′`´", "'"),
        **dict.fromkeys("‐‑‒–—−", "-"),
        **dict.fromkeys("əƏ", "e"),
    }
)


@dataclass(frozen=True, slots=True)
class Carriage:
    """What a text may carry to one address.

    Attributes:
        links: whether a URL may stand in it.
        numbers: whether a telephone number may.
        charset: the codec of the letters that arrive, "" for all.
        latin: whether its reader has chosen Latin letters.
        replies: whether an answer to its sender reaches us.
        write_to: the number (E.164) that people text, "" for none.
    """

    links: bool = True
    numbers: bool = True
    charset: str = ""
    latin: bool = False
    replies: bool = True
    write_to: str = ""

    @property
    def number(self) -> str:
        """The number to print, where an answer to the sender goes nowhere and one may be printed; else ""."""
        return self.write_to if self.numbers and not self.replies else ""


ANYTHING = Carriage()
"""What a messenger carries, and an own SIM: everything, and answers come back."""
ANSWER_THERE = N_("Send your answer to {number}.")


def carried(text: str, carriage: Carriage) -> str:
    """`text` as it may go: doing it twice changes nothing.

    1. Where no link may stand, its host is written in words.  2. Where no telephone number may, its last two digits
    are left.  3. A letter that would arrive as a question mark is spelled in Latin; one that no Latin letter stands
    for leaves two dots, as a cut does.
    """
    if carriage is ANYTHING:
        return text
    if not carriage.links:
        text = _LINK.sub(_in_words, text)
    if not carriage.numbers:
        text = _NUMBER.sub(lambda found: CUT_MARK + found[0][-2:], text)
    if carriage.latin or (carriage.charset and any(is_cyrillic(c) and not _has(c, carriage.charset) for c in text)):
        # The whole text: half a word in other letters cannot be read.
        text = in_latin(text)
    return _within(text, carriage.charset) if carriage.charset else text


def answer_there(carriage: Carriage, _: Translate) -> str:
    """The sentence for a text that asks for an answer which its sender would not get; "" where it would."""
    return _(ANSWER_THERE).format(number=carriage.number) if carriage.number else ""


def _in_words(found: re.Match[str]) -> str:
    host = _HOST.match(found[0])
    return " ".join((host[1] if host else "").split("."))


def _has(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _within(text: str, charset: str) -> str:
    written = ""
    for char in unicodedata.normalize("NFC", text):
        if _has(char, charset):
            written += char
            continue
        bare = unicodedata.normalize("NFKD", char.translate(_FOLDED))
        kept = "".join(each for each in bare if _has(each, charset))
        if not kept and char.isalpha() and not written.endswith(CUT_MARK):
            kept = CUT_MARK
        written += kept
    return written
