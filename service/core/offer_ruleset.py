"""The rules by which an offer is read. They stand in `offer_rules/*.json`, where a person can read and correct them.

A rule says of what an offer speaks together, in patterns such as these:

- `escort`: the concept is spoken of, and not denied.
- `passport hold /6`: both within six words. `passport > hold /6`: in this order. `not:experience`: it is denied.
  `any:contract`: denied or not.
- `... unless own_hands`: not when one of these concepts stands close by; `any:fine`: denied or not. `unless/8 exam`:
  not within eight words.
- `... with online_work`: only when the offer speaks of it anywhere. `... without work_visa`: only when it does not.
- `... @abroad`, `@home`, `@elsewhere`: only for work abroad, at home, or not at home.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from service.core.offer_text import Word
from service.core.offer_words import Hit, Lexicon

Texts = Mapping[str, str]
"""A sentence by language: en, ru, kk."""

DEFAULT_WINDOW = 5
NEARBY = 3
"""How many words before and after a match still belong to it, for `unless`."""
MOST_TRIED = 40
PLACES = frozenset({"@abroad", "@home", "@elsewhere"})
LANGUAGES = ("en", "ru", "kk")
_FOLDER = "offer_rules"


@dataclass(frozen=True, slots=True)
class Term:
    """A concept that a pattern asks for; whether it must be denied (None: either)."""

    concept: str
    denied: bool | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """What must be said together. See the module."""

    terms: tuple[Term, ...]
    window: int
    ordered: bool
    unless: tuple[tuple[Term, int], ...]
    having: tuple[str, ...]
    lacking: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A sign to look at.

    Attributes:
        group: of the rules of one group only the heaviest counts.
        weight: how much it adds, 1 to 7.
        stop: what no honest offer asks for; two of them are enough for "high".
        soft: an offer at home, or one that tells much of itself, has less to fear of it.
        claim: the opposite of a sign: something said that can be verified.
        why: why to look at it.
        ask: the question to ask back.
    """

    id: str
    group: str
    weight: int
    stop: bool
    soft: bool
    claim: bool
    when: tuple[Pattern, ...]
    why: Texts
    ask: Texts


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules, the words that they are made of, and the figures that pay is compared with."""

    rules: tuple[Rule, ...]
    lexicon: Lexicon
    pay: Mapping[str, Mapping[str, float]]
    facts: Mapping[str, Texts]


@lru_cache(maxsize=1)
def ruleset() -> Ruleset:
    """The rules as they stand in the files, read once."""
    rules: list[Rule] = []
    concepts: dict[str, Mapping[str, str]] = {}
    other: dict[str, dict[str, Mapping[str, str]]] = {}
    doing: set[str] = set()
    for entry in sorted(files("service.core").joinpath(_FOLDER).iterdir(), key=lambda one: one.name):
        if not entry.name.endswith(".json"):
            continue
        content = json.loads(entry.read_text(encoding="utf-8"))
        if entry.name.startswith("words_"):
            concepts |= _new(content["concepts"], concepts)
            doing |= set(content.get("doing", ()))
        elif entry.name.startswith("rules_"):
            rules += [_rule(content["group"], one) for one in content["rules"]]
        else:
            other[entry.name.removesuffix(".json")] = content
    lexicon = Lexicon.read(concepts, other["denials"], doing)  # type: ignore[arg-type]
    pay: Mapping[str, Mapping[str, float]] = MappingProxyType(other["pay"])  # type: ignore[arg-type]
    return Ruleset(tuple(rules), lexicon, pay, MappingProxyType(other["facts"]))


def pattern(text: str) -> Pattern:
    """A pattern as it is written in a file.

    Raises:
        ValueError: it asks for nothing, or a part of it is not understood.
    """
    terms: list[Term] = []
    unless: list[tuple[Term, int]] = []
    lists: dict[str, list[str]] = {"with": [], "without": []}
    window, near, ordered, place, into = DEFAULT_WINDOW, NEARBY, False, "", ""
    for part in text.split():
        if part in lists:
            into = part
        elif part.partition("/")[0] == "unless":
            into, near = "unless", int(part.partition("/")[2] or NEARBY)
        elif part.startswith("/"):
            window = int(part[1:])
        elif part == ">":
            ordered = True
        elif part in PLACES:
            place = part
        elif into == "unless":
            unless.append((_term(part), near))
        elif into:
            lists[into].append(part)
        else:
            terms.append(_term(part))
    if not terms:
        raise ValueError(f"a pattern that asks for nothing: {text}")
    return Pattern(tuple(terms), window, ordered, tuple(unless), tuple(lists["with"]), tuple(lists["without"]), place)


def _term(text: str) -> Term:
    kind, _, concept = text.rpartition(":")
    return Term(concept, {"": False, "not": True, "any": None}[kind])


def matches(
    one: Pattern, words: Sequence[Word], hits: Mapping[str, Sequence[Hit]], place: str
) -> tuple[int, int] | None:
    """The first and the last word of what a pattern asks for, where it is said in the fewest; None when it is not.

    Args:
        one: the pattern.
        words: the words of the offer.
        hits: where each concept is spoken of.
        place: "abroad", "home", or "" when the offer does not say.
    """
    if not _fits_place(one.place, place):
        return None
    if any(not _affirmed(hits, concept) for concept in one.having) or any(_affirmed(hits, one) for one in one.lacking):
        return None
    spared = [(hit, near) for term, near in one.unless for hit in _of(term, hits)]
    ways = [
        (last - first, first, last, found)
        for found in _together(one, words, [_of(term, hits) for term in one.terms])
        for first, last in [(min(hit.first for hit in found), max(hit.last for hit in found))]
        if not any(_is_near(words, hit, first, last, near) for hit, near in spared)
    ]
    if not ways:
        return None
    # The closest together are the likeliest to be about each other, and the shortest to quote.
    _apart, _first, _last, found = min(ways, key=lambda way: way[:2])
    whole = [hit.whole or (hit.first, hit.last) for hit in found]
    return min(start for start, _end in whole), max(end for _start, end in whole)


def _fits_place(wanted: str, place: str) -> bool:
    return not wanted or wanted == f"@{place}" or (wanted == "@elsewhere" and place != "home")


def _affirmed(hits: Mapping[str, Sequence[Hit]], concept: str) -> bool:
    return any(not hit.denied for hit in hits.get(concept, ()))


def _of(term: Term, hits: Mapping[str, Sequence[Hit]]) -> list[Hit]:
    found = [hit for hit in hits.get(term.concept, ()) if term.denied is None or hit.denied == term.denied]
    return found[:MOST_TRIED]


def _together(one: Pattern, words: Sequence[Word], places: Sequence[Sequence[Hit]]) -> Iterator[tuple[Hit, ...]]:
    """Each way to take one hit for each term, all of them within the window, none twice."""
    ways: list[tuple[Hit, ...]] = [(hit,) for hit in places[0]]
    for candidates in places[1:]:
        ways = [
            (*way, hit)
            for way in ways
            for hit in candidates
            if _is_apart(hit, way, one.ordered) and _span(words, (*way, hit)) <= one.window
        ][: MOST_TRIED * MOST_TRIED]
    yield from ways


def _is_apart(hit: Hit, way: Sequence[Hit], ordered: bool) -> bool:
    if ordered:
        return hit.first > way[-1].last
    return all(hit.first > other.last or hit.last < other.first for other in way)


def _span(words: Sequence[Word], way: Sequence[Hit]) -> int:
    """How far apart the hits are: from the end of the first to the beginning of the last."""
    by_place = sorted(way, key=lambda hit: hit.first)
    return words[by_place[-1].first].at - words[by_place[0].last].at


def _is_near(words: Sequence[Word], hit: Hit, first: int, last: int, near: int) -> bool:
    return words[hit.last].at >= words[first].at - near and words[hit.first].at <= words[last].at + near


def _new(concepts: Mapping[str, Mapping[str, str]], known: Mapping[str, object]) -> Mapping[str, Mapping[str, str]]:
    if twice := known.keys() & concepts.keys():
        raise ValueError(f"concepts that stand in two files: {sorted(twice)}")
    return concepts


def _rule(group: str, one: Mapping[str, object]) -> Rule:
    when, why, ask = one["when"], one["why"], one["ask"]
    if not isinstance(when, list) or not isinstance(why, dict) or not isinstance(ask, dict):
        raise ValueError(f"a rule that is not complete: {one['id']}")
    return Rule(
        id=str(one["id"]),
        group=str(one.get("group", group)),
        weight=int(str(one["weight"])),
        stop=bool(one.get("stop", False)),
        soft=bool(one.get("soft", False)),
        claim=bool(one.get("claim", False)),
        when=tuple(pattern(text) for text in when),
        why=MappingProxyType(why),
        ask=MappingProxyType(ask),
    )
