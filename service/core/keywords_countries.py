"""Which country a person means who types its name on a phone: with an ending, in Latin letters, with a slip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from service.core.latin import in_latin
from service.core.vocabulary.letters import fold

_CASES = (
    # Kazakh ones, as folding leaves them.
    *("дагы", "деги", "нын", "нин", "дын", "дин", "тын", "тин", "дан", "ден", "тан", "тен", "нан", "нен"),
    *("да", "де", "та", "те", "га", "ге", "ка", "ке", "на", "не", "ны", "ни", "ды", "ди"),
    # Russian ones.
    *("ией", "иях", "ами", "ого", "ему", "их", "ых", "ия", "ии", "ию", "ие", "ая", "ую", "ое", "ые", "ый", "ий"),
    *("ой", "ей", "ом", "ем", "ам", "ах", "ях", "а", "я", "у", "ю", "е", "и", "ы"),
    # Both in Latin letters.
    *("dagi", "degi", "da", "de", "ta", "te", "nin", "ii", "iu", "aia", "oi", "ei", "ah", "a", "e", "i", "u"),
)
_ENDS_OF_NAMES = ("ия", "ая", "ие", "ые", "ий", "й", "а", "я", "о", "ы", "и", "ia", "aia", "i", "a")
_SHORTEST_STEM = 3
SHORTEST_WITH_A_SLIP = 6
# One sound, spelled in as many ways as there are schools.
_SPELLINGS = ((r"shch|sch", "sh"), (r"ts|tz", "c"), (r"zh", "j"), (r"kh", "h"), (r"y", "i"), (r"ii+", "i"), (r"w", "v"))


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names of countries, ready to be looked up: as they are, and by the stems of their words.

    A name that two countries share is nobody's.
    """

    codes: Mapping[str, str]
    names: Mapping[str, str]
    stems: Mapping[str, str]

    @classmethod
    def of(cls, called: Mapping[str, Iterable[str]]) -> Gazetteer:
        """Of each country's names, by its ISO 3166-1 alpha-2 code."""
        names: dict[str, set[str]] = {}
        stems: dict[str, set[str]] = {}
        for code, written in called.items():
            for name in written:
                for key in {_key(name), _key(in_latin(name))}:
                    names.setdefault(key, set()).add(code)
                    for stem in _without_endings(key, _ENDS_OF_NAMES):
                        stems.setdefault(stem, set()).add(code)
        return cls({code.casefold(): code for code in called}, _of_one(names), _of_one(stems))

    def find(self, said: str) -> str:
        """The code of the country that is meant; "" for none.

        1. A code or a name as it is.  2. Without endings, the longest that is left of it first.  3. A long name with
        one wrong letter, when no other country's is as near.
        """
        key = _key(said)
        if found := self.codes.get(said.casefold()) or self.names.get(key):
            return found
        for stem in _without_endings(key, _CASES):
            if found := self.names.get(stem) or self.stems.get(stem):
                return found
        near = {code for name, code in self.names.items() if _is_a_slip_of(key, name)}
        return near.pop() if len(near) == 1 else ""


def _of_one(found: Mapping[str, set[str]]) -> dict[str, str]:
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def _key(name: str) -> str:
    key = re.sub(r"[^\w]+", " ", fold(name)).strip()
    for pattern, spelled in _SPELLINGS:
        key = re.sub(pattern, spelled, key)
    return key


def _without_endings(name: str, endings: Iterable[str]) -> Iterator[str]:
    """The name without one of the endings on each of its words, or on some; the longest first."""
    choices = [_bare(word, endings) for word in name.split()[:4]]
    stems = {" ".join(words) for words in product(*choices)} - {name}
    yield from sorted(stems, key=lambda stem: (-len(stem), stem))


def _bare(word: str, endings: Iterable[str]) -> set[str]:
    lengths = {len(ending) for ending in endings if word.endswith(ending)}
    return {word} | {word[:-length] for length in lengths if len(word) - length >= _SHORTEST_STEM}


def _is_a_slip_of(said: str, meant: str) -> bool:
    """Whether one letter of a long name is wrong, missing or too many, but not the first."""
    if abs(len(said) - len(meant)) > 1 or len(meant) < SHORTEST_WITH_A_SLIP or said[:1] != meant[:1]:
        return False
    start = next((i for i, (a, b) in enumerate(zip(said, meant, strict=False)) if a != b), min(len(said), len(meant)))
    rest, wanted = said[start:], meant[start:]
    return rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]
