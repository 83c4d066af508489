"""The closed lists of every language, folded and ready to look up."""

from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from service.core.vocabulary import elsewhere, english, kazakh, kyrgyz, russian, uzbek
from service.core.vocabulary.kinds import Kind, expand
from service.core.vocabulary.letters import fold, only_bounced, squeeze

Phrase = tuple[str, ...]
_LANGUAGES: tuple[ModuleType, ...] = (english, russian, kazakh, kyrgyz, uzbek, elsewhere)
# The same word in the two alphabets: people switch between them within a phrase ("все ok").
_ALIASES = {
    "ок": "ok",
    "о": "o",
    "к": "k",
    "окей": "okey",
    "окай": "okey",
    "okay": "okey",
    "оке": "oke",
    "оки": "oki",
    "норм": "norm",
}
_STATES = frozenset({Kind.OK, Kind.FULL, Kind.BARE, Kind.PLAIN})
_BODIES = _STATES | {Kind.HOME_FULL, Kind.HOME_BARE, Kind.SOS, Kind.STOP}
_COMMANDS = frozenset({Kind.STOP, Kind.START, Kind.STATUS, Kind.PAUSE, Kind.LATE})


# Of some 20,000 phrases most share their words, and all a handful of sets of kinds: each is kept once.
_SAID: dict[str, str] = {}


def _one(word: str) -> str:
    return _SAID.setdefault(word, word)


def _phrases(templates: str) -> Iterable[Phrase]:
    for template in _templates(fold(templates)):
        for phrase in expand(template):
            if phrase:
                yield tuple([_one(_ALIASES.get(word, word)) for word in phrase.split()])


def _templates(lines: str) -> Iterator[str]:
    """One template a line; an open bracket goes on in the next."""
    template = ""
    for line in lines.splitlines():
        template = f"{template} {line}"
        if sum(map(template.count, "([")) == sum(map(template.count, ")]")):
            yield template
            template = ""


def _everything(name: str) -> frozenset[Phrase]:
    return frozenset(phrase for language in _LANGUAGES for phrase in _phrases(getattr(language, name)))


def _by_kind() -> dict[Phrase, frozenset[Kind]]:
    found: dict[Phrase, frozenset[Kind]] = {}
    kinds: dict[frozenset[Kind], frozenset[Kind]] = {}
    for language in _LANGUAGES:
        for kind, templates in language.PHRASES.items():
            for phrase in _phrases(templates):
                both = found.get(phrase, frozenset()) | {kind}
                found[phrase] = kinds.setdefault(both, both)
    return found


PHRASES: Mapping[Phrase, frozenset[Kind]] = _by_kind()
LONGEST = max(map(len, PHRASES))
DISTRESS = _everything("DISTRESS") | {phrase for phrase, kinds in PHRASES.items() if Kind.SOS in kinds}
NEGATION = _everything("NEGATION")
WITHHELD = _everything("WITHHELD")
# What a word of distress must not stand with, to be taken at its word.
COMMANDS = frozenset(phrase for phrase, kinds in PHRASES.items() if kinds & _COMMANDS)
STATES = frozenset(phrase for phrase, kinds in PHRASES.items() if kinds & _STATES)

_WORDS = frozenset(word for phrase in (*PHRASES, *DISTRESS, *NEGATION) for word in phrase)
_BODY_WORDS = frozenset(word for phrase, kinds in PHRASES.items() if kinds & _BODIES for word in phrase)
_BY_SQUEEZED: dict[str, list[str]] = {}
for _word in sorted(_WORDS | _ALIASES.keys()):
    _BY_SQUEEZED.setdefault(squeeze(_word), []).append(_word)


def known(word: str) -> str:
    """The listed word that was meant: alphabet, zero for O, and keys that bounced; else the word itself.

    Two letters for one are taken for a bounce only where a state, SOS or STOP is said: "soon" is not "son".
    """
    if "0" in word and word.strip("0") and not any(char in "123456789" for char in word):
        word = word.replace("0", "o" if any("a" <= char <= "z" for char in word) else "о")
    word = _ALIASES.get(word, word)
    if word in _WORDS:
        return word
    held = any(char * 3 in word for char in set(word))
    meant = [
        other
        for other in _BY_SQUEEZED.get(squeeze(word), ())
        if (held or _ALIASES.get(other, other) in _BODY_WORDS) and only_bounced(word, other)
    ]
    best = max(meant, key=len, default=word)
    return _ALIASES.get(best, best)
