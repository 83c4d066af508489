"""What can be asked by a text: whom to call, what an offer's words say, and which words there are.

Asked of a text only that means nothing else (`reply.read`): no keyword ever takes the place of a check-in, of a word of
hers or of a cry for help. As there, nothing is guessed: all of a request is on the lists, but for the country that it
names and for the ad behind the word for one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.core.keywords_lists import (
    AD,
    AD_SET_APART,
    FILLERS,
    HERSELF,
    KINDS_OF_NUMBERS,
    MENU,
    NUMBERS,
    ONE_NUMBER,
    PLACE,
    UNMISTAKABLE,
)
from service.core.reply import Meaning, normalize_message, read
from service.core.vocabulary import DISTRESS, PHRASES, Phrase, shape
from service.core.vocabulary.kinds import Kind, expand
from service.core.vocabulary.letters import fold, latin_as_cyrillic, other_layouts

LONGEST_REQUEST = 80
"""Characters of the longest text that asks for numbers or for the menu."""
LONGEST_READ = 1600
"""Characters of an ad, from its beginning and from its end, in which a cry for help is looked for."""
MOST_WORDS_OF_A_COUNTRY = 3
SHORTEST_WITH_A_SLIP = 6
"""Letters of the shortest listed word in which one wrong letter is overlooked."""

FindCountry = Callable[[str], str]
"""The ISO 3166-1 alpha-2 code of a country as a person writes it; "" for what is none."""


class Keyword(StrEnum):
    """What is asked."""

    NUMBERS = "numbers"
    OFFER = "offer"
    MENU = "menu"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, understood.

    Attributes:
        country: that of NUMBERS, ISO 3166-1 alpha-2; "" for where she is, or when `names` is no country we know.
        names: what stood where a country would.
        ad: what stood behind OFFER, as it was written.
        is_cry: the ad is a cry for help and nothing else: "OFFER SOS".
    """

    keyword: Keyword
    country: str = ""
    names: str = ""
    ad: str = ""
    is_cry: bool = False


def asked(text: str, find_country: FindCountry) -> Asked | None:
    """What a text asks that has no other meaning; None for one that asks nothing. Total, and raises nothing."""
    if (ad := _ad(text)) is not None:
        return _offer(ad)
    if len(text) > LONGEST_REQUEST:
        return None
    for written in _spellings(text):
        words = _words(written)
        if " ".join(_without(words, FILLERS)) in _MENU:
            return Asked(Keyword.MENU)
        if (found := _numbers(words, find_country)) is not None:
            return found
    return None


def _offer(ad: str) -> Asked | None:
    """An ad, and not what she says of herself behind the word for one.

    What an ad holds is not hers: a nurse's hospital and a guard's police are no cry for help. But what nobody writes
    into an ad is hers, wherever it stands: then the text is as unclear as any other, and kept.
    """
    if _is_wholly_a_cry(ad[:LONGEST_REQUEST]) and len(ad) <= LONGEST_REQUEST:
        return Asked(Keyword.OFFER, is_cry=True)
    # No cry is a word without an end, and to look for one in it would take long.
    ends = [_ENDLESS.sub(" ", part) for part in (ad[:LONGEST_READ], ad[LONGEST_READ:][-LONGEST_READ:])]
    return None if any(map(_holds_a_cry, ends)) else Asked(Keyword.OFFER, ad=ad)


def _is_wholly_a_cry(said: str) -> bool:
    return shape.Shape.SOS in shape.shapes(shape.tokens(normalize_message(said)))


def _holds_a_cry(ad: str) -> bool:
    """Whether she cries for help in it: at its beginning, in a sentence of its own, or by what no ad says."""
    said = re.sub(r"^\W*help(?: |-)wanted\b", "", normalize_message(ad))
    if read(said).meaning is Meaning.SOS or any(map(_is_wholly_a_cry, re.split(r"[.!\n;]+", said))):
        return True
    words = [word for word in shape.tokens(said) if word != ","]
    return any(
        tuple(words[start:end]) in _CRIES
        for start in range(len(words))
        for end in range(start + 1, min(len(words), start + _LONGEST_CRY) + 1)
    )


def _ad(text: str) -> str | None:
    """What stands behind the word for an ad; "" for the word alone, None when the text does not begin with one."""
    found = [match for _, match in zip(range(_LONGEST_AD_WORD), _WORD.finditer(text), strict=False)]
    for count in range(len(found), 0, -1):
        if text[: found[0].start()].strip(_OPENING):
            return None
        head = " ".join(fold(match[0][:LONGEST_REQUEST]) for match in found[:count])
        written, behind = text[: found[count - 1].end()], text[found[count - 1].end() :]
        is_meant = _is_one_of(head, _AD) and not _tells_of_her(behind)
        if is_meant or (head in _AD | _AD_SET_APART and _is_set_apart(written, behind)):
            return behind.lstrip(_BETWEEN)
    return None


def _tells_of_her(behind: str) -> bool:
    """Whether it is news of hers: "offer was a lie, they moved us"."""
    return not HERSELF.isdisjoint(re.split(r"\W+", fold(_ENDLESS.sub(" ", behind[:LONGEST_READ]))))


def _is_set_apart(head: str, behind: str) -> bool:
    """Whether a word that news may begin with is meant as a keyword: by what stands behind it, or by its capitals."""
    if not behind.strip(_BETWEEN):
        return True
    letters = [char for char in behind if char.isalpha()]
    is_loud = head.strip(_OPENING).isupper() and sum(char.isupper() for char in letters) * 2 < len(letters)
    is_news = _tells_of_her(behind)
    return (is_loud and not is_news) or re.match(r"\s*(?:[:\n]|[-–—]\s)", behind) is not None


def _numbers(words: Sequence[str], find_country: FindCountry) -> Asked | None:
    """ "numbers", "номера в Турции", "Түркия нөмірлері", "police number please"."""
    at = next(
        (
            (start, end)
            for start in range(len(words))
            for end in range(min(len(words), start + _LONGEST_HEAD), start, -1)
            if _is_one_of(" ".join(words[start:end]), _NUMBERS)
        ),
        None,
    )
    if at is None:
        return None
    head, behind = " ".join(words[slice(*at)]), words[at[1] :]
    if len(behind) == 1 and (country := find_country(behind[0])):
        # "NUMBERS US" names a country, though "us" names none elsewhere.
        return Asked(Keyword.NUMBERS, country=country)
    before, behind = _without(words[: at[0]], FILLERS), _without(behind, FILLERS)
    rest = [word for word in (*before, *behind) if word not in KINDS_OF_NUMBERS]
    named = [word for word in rest if word not in PLACE] or rest
    said = " ".join(named)
    if not named:
        return Asked(Keyword.NUMBERS)
    if country := find_country(said):
        return Asked(Keyword.NUMBERS, country=country)
    # A country that nobody knows stands behind the word; anything else is no request.
    is_like_one = not before and head not in ONE_NUMBER and len(named) <= MOST_WORDS_OF_A_COUNTRY
    is_like_one = is_like_one and all(word.isalpha() for word in named)
    return Asked(Keyword.NUMBERS, names=said) if is_like_one and len(said) > 1 else None


def _spellings(text: str) -> Iterable[str]:
    """The message as written, as its Latin capitals look in Cyrillic, and as the other layout's keys write it."""
    message = normalize_message(text)
    raw = unicodedata.normalize("NFKC", text).casefold().strip()
    return dict.fromkeys((message, latin_as_cyrillic(message), *(fold(one) for one in other_layouts(raw))))


def _words(message: str) -> list[str]:
    return [word for raw in re.split(r"[\s,:;]+", message) if (word := raw.strip(".!?()-/\"'«»"))]


def _without(words: Sequence[str], listed: frozenset[str]) -> list[str]:
    return [word for word in words if word not in listed]


def _is_one_of(said: str, listed: frozenset[str]) -> bool:
    """Whether it is on a list, or a long word of it with one slip of the thumb."""
    if said in listed:
        return True
    long_enough = (one for one in listed if len(one) >= SHORTEST_WITH_A_SLIP and abs(len(one) - len(said)) <= 1)
    return len(said) >= SHORTEST_WITH_A_SLIP - 1 and any(is_one_slip(said, one) for one in long_enough)


def is_one_slip(said: str, meant: str) -> bool:
    """Whether one letter wrong, missing or too many, or two neighbors swapped, make `said` of `meant`."""
    if said == meant:
        return True
    start = next((i for i, (a, b) in enumerate(zip(said, meant, strict=False)) if a != b), min(len(said), len(meant)))
    rest, wanted = said[start:], meant[start:]
    swapped = rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:] and len(wanted) >= 2
    return swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]


def _listed(templates: str) -> frozenset[str]:
    lines = (line.strip() for line in fold(templates).splitlines())
    return frozenset(phrase for line in lines if line for phrase in expand(line))


def _long_cries() -> frozenset[Phrase]:
    """What no ad says: phrases of distress of two words or more, but for those for anybody's help, and a few words."""
    long = {phrase for phrase in DISTRESS if len(phrase) > 1}
    long |= {phrase for phrase, kinds in PHRASES.items() if Kind.SOS in kinds and len(phrase) > 1}
    return frozenset(long | {tuple(word.split()) for word in _listed(UNMISTAKABLE)})


_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
_ENDLESS = re.compile(r"\S{60,}")
_OPENING = " \t\r\n\"'«“”„*_#/>-–—.("
_BETWEEN = " \t\r\n:;,.-–—!?»”\"'*_)/"
_MENU, _NUMBERS, _AD, _AD_SET_APART = map(_listed, (MENU, NUMBERS, AD, AD_SET_APART))
_LONGEST_HEAD = max(len(one.split()) for one in _NUMBERS)
_LONGEST_AD_WORD = max(len(one.split()) for one in _AD | _AD_SET_APART)
_CRIES = _long_cries()
_LONGEST_CRY = max(map(len, _CRIES))
