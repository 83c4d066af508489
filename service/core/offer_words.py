"""What the words of an offer speak of: passports, debts, borders. The words stand in `offer_rules/words_*.json`.

A concept is a list of words in three languages. `паспорт*` is every word that begins so, `girl` that very word,
`no_word another` words in a row, `(a|b) c` both `a c` and `b c`. What a word is compared by is its fold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from service.core.offer_text import Word, fold

SHORTEST_STEM = 2
FARTHEST_DENIAL = 9
MOST_HITS = 60
"""Of one concept: more say nothing new, and a hostile text must cost no more than another."""

_WITHOUT = re.compile(r"(?:лар|лер|дар|дер|тар|тер|и|си|ак[иы])?сиз(?:ик|дик|де|бен|ак)?")
"""A Kazakh noun's ending: "without"."""
_NOT_DOING = re.compile(
    r"[а-я]*[мбп][ае](?:и(?:ди|миз|миз|сиз|син|тин|м|ак|ек)[а-я]*|низ(?:дар|дер)?|ган|ген|стан|стен|с|и)"
)
"""A Kazakh verb's ending: that it is not done."""
_SOFTENED = {"к": "г", "п": "б"}
_NOT_DOING_ALONE = re.compile(r"[а-я]{3,}[мбп][ае]и(?:ди|миз|сиз|син|тин)[а-я]*")


@dataclass(frozen=True, slots=True)
class Hit:
    """Words that speak of a concept: from the first to the last, both as indexes.

    Attributes:
        denied: whether it is denied.
        whole: the same with the words that deny it, for a quote.
    """

    first: int
    last: int
    denied: bool = False
    whole: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    concept: str
    stem: str
    is_stem: bool
    rest: tuple[tuple[str, bool], ...]


@dataclass(slots=True)
class Lexicon:
    """The concepts by the first words of what stands for them.

    Attributes:
        doing: concepts that are verbs; a Kazakh ending of theirs means another thing.
        before, after: words that deny what follows, or what went before.
        clear: words that a denial reaches across.
        joins: words by which a denial goes on to the next.
        not_denials: words after which a denial is none ("not only").
    """

    doing: frozenset[str]
    before: frozenset[str]
    after: frozenset[str]
    clear: frozenset[str]
    joins: frozenset[str]
    not_denials: frozenset[str]
    whole: dict[str, list[_Entry]] = field(default_factory=dict)
    stems: dict[str, list[_Entry]] = field(default_factory=dict)
    lengths: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def read(cls, concepts: Mapping[str, Mapping[str, str]], signs: Mapping[str, str], doing: Iterable[str]) -> Lexicon:
        """A lexicon of concepts: their words by language, with commas between them.

        Args:
            concepts: the words of each concept.
            signs: the words that deny, by the names of the attributes.
            doing: which concepts are verbs.
        """
        said = {name: frozenset(fold(word.strip()) for word in words.split(",")) for name, words in signs.items()}
        found = cls(frozenset(doing), said["before"], said["after"], said["clear"], said["joins"], said["not_denials"])
        for concept, languages in concepts.items():
            for listed in languages.values():
                for entry in _entries(concept, listed):
                    found._add(entry)
        return found

    def find(self, words: Sequence[Word]) -> dict[str, list[Hit]]:
        """Where each concept is spoken of, in the order of the text."""
        found: dict[str, list[Hit]] = {}
        for index, word in enumerate(words):
            for entry, form in self._beginning(word):
                last = _goes_on(entry, words, index)
                hits = found.setdefault(entry.concept, [])
                if (
                    last is None
                    or len(hits) >= MOST_HITS
                    or any(one.first == index and one.last == last for one in hits)
                ):
                    continue
                ending = form[len(entry.stem) :] if last == index and entry.is_stem else ""
                before, after = self._denied_before(words, index), self._denied_after(words, last)
                denied = before is not None or after is not None or self._denies_itself(entry.concept, ending)
                whole = (index if before is None else before, last if after is None else after)
                hits.append(Hit(index, last, denied, whole))
        return {concept: hits for concept, hits in found.items() if hits}

    def _add(self, entry: _Entry) -> None:
        (self.stems if entry.is_stem else self.whole).setdefault(entry.stem, []).append(entry)
        if entry.is_stem:
            self.lengths.setdefault(entry.stem[:SHORTEST_STEM], set()).add(len(entry.stem))

    def _beginning(self, word: Word) -> Iterator[tuple[_Entry, str]]:
        for form in word.forms:
            for entry in self.whole.get(form, ()):
                yield entry, form
            for length in self.lengths.get(form[:SHORTEST_STEM], ()):
                if length <= len(form):
                    for entry in self.stems.get(form[:length], ()):
                        yield entry, form

    def _denies_itself(self, concept: str, ending: str) -> bool:
        if concept in self.doing:
            return _NOT_DOING.fullmatch(ending) is not None
        return _WITHOUT.fullmatch(ending) is not None

    def _denied_before(self, words: Sequence[Word], first: int) -> int | None:
        """The word before that denies; a denial reaches two words far, across `clear` ones, and on with `joins`."""
        left = 2
        for index in range(first - 1, max(-1, first - FARTHEST_DENIAL), -1):
            word = words[index]
            if word.clause != words[first].clause or left == 0:
                return None
            if not self.before.isdisjoint(word.forms):
                return None if not self.not_denials.isdisjoint(words[index + 1].forms) else index
            if not self.joins.isdisjoint(word.forms):
                left += 1
            elif self.clear.isdisjoint(word.forms):
                left -= 1
        return None

    def _denied_after(self, words: Sequence[Word], last: int) -> int | None:
        """The word after that denies, as Kazakh does it."""
        for index in range(last + 1, min(len(words), last + 4)):
            word = words[index]
            if word.clause != words[last].clause:
                return None
            if not self.after.isdisjoint(word.forms) or any(_NOT_DOING_ALONE.fullmatch(form) for form in word.forms):
                return index
        return None


def _entries(concept: str, said: str) -> Iterator[_Entry]:
    for one in said.split(","):
        for words in product(*(_choices(word) for word in one.split())):
            if words:
                stem, is_stem = words[0]
                yield _Entry(concept, stem, is_stem, words[1:])


def _choices(word: str) -> list[tuple[str, bool]]:
    """`(a|b*)` as its choices: each a fold, and whether a word may go on after it.

    A Kazakh stem's last letter softens before a vowel: `бүйрек*` is `бүйрегін` too.
    """
    found = [(fold(one.rstrip("*")), one.endswith("*")) for one in word.strip("()").split("|")]
    softened = [(stem[:-1] + _SOFTENED[stem[-1]], True) for stem, is_stem in found if is_stem and stem[-1] in _SOFTENED]
    return found + softened


def _goes_on(entry: _Entry, words: Sequence[Word], index: int) -> int | None:
    """The index of the last word, when the entry's other words follow."""
    for wanted, is_stem in entry.rest:
        index += 1
        if index >= len(words):
            return None
        for form in words[index].forms:
            if form == wanted or (is_stem and form.startswith(wanted)):
                break
        else:
            return None
    return index
