"""What all wordings share: marking a text for translation, cleaning what people typed, cutting it to size."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

Translate = Callable[[str], str]
Count = Callable[[str], int]
Piece = Callable[[int], str]

# One part of a long SMS in Cyrillic holds 67 code units, and may be all that a person sees at first.
FIRST_PART = 67
# Two dots: a sentence's own dot makes them three, and no alphabet of SMS lacks them.
CUT_MARK = ".."
_JOINER = "\u200d"
_KEPT_FORMATS = frozenset({_JOINER, "\u200c"})


def N_(msgid: str) -> str:
    """Mark a text for extraction where it is defined; it is translated where it is used."""
    return msgid


# Whoever acts without being one of her contacts: the operator, a caseworker's office.
SOMEBODY = N_("A helper")


def tidy(text: str) -> str:
    """What a person typed as one line: composed, without control or direction characters, single spaces."""
    kept = (c for c in unicodedata.normalize("NFC", text) if not _is_invisible(c))
    return " ".join("".join(kept).split())


def graphemes(text: str) -> Iterator[str]:
    """The characters as a reader counts them (a simplified UAX #29).

    Combining marks, variation selectors, skin tones, tags and what follows a zero-width joiner stay with the
    character before them; regional indicators go in pairs.
    """
    cluster = ""
    for char in text:
        if cluster and not _continues(cluster, char):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


@lru_cache(maxsize=4096)
def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` graphemes; a shortened one ends with two dots, a whole one with none."""
    whole = list(graphemes(tidy(text)))
    if len(whole) <= limit:
        return "".join(whole).rstrip(".")
    return "".join(whole[: max(1, limit - len(CUT_MARK))]).rstrip(" .,;:-") + CUT_MARK


@lru_cache(maxsize=4096)
def cut_name(text: str, limit: int) -> str:
    """A name in at most `limit` graphemes: as many of its words as fit, for nobody is called by half a surname."""
    words = tidy(text).split(" ")
    while len(words) > 1 and len(list(graphemes(" ".join(words)))) > limit:
        words.pop()
    return cut(" ".join(words), limit)


def units(text: str) -> int:
    """Length in UTF-16 code units, as an SMS in Cyrillic counts it."""
    return len(text.encode("utf-16-le")) // 2


def as_it_is(text: str) -> Piece:
    """A piece that no limit shortens."""
    return lambda _limit: text


def cut_to_fit(write: Piece, widest: int, narrowest: int, room: int) -> str:
    """`write(limit)` with the largest limit that keeps it within `room` code units, else with the smallest."""
    for limit in range(widest, narrowest, -1):
        if units(written := write(limit)) <= room:
            return written
    return write(narrowest)


def join(sentences: Sequence[str]) -> str:
    """Sentences with a space between them; empty ones leave no gap."""
    return " ".join(s for s in sentences if s)


def mark(text: str, rehearsal: bool, _: Translate) -> str:
    """The text, marked at its very beginning when it belongs to a rehearsal."""
    return join((_("REHEARSAL."), text)) if rehearsal else text


def _continues(cluster: str, char: str) -> bool:
    if cluster[-1] == _JOINER or char in _KEPT_FORMATS or unicodedata.category(char) in ("Mn", "Me", "Mc"):
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f":
        return True
    return _is_regional(char) and len(cluster) == 1 and _is_regional(cluster)


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_invisible(char: str) -> bool:
    if char.isspace() or char in _KEPT_FORMATS or "\U000e0020" <= char <= "\U000e007f":
        return False
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")
