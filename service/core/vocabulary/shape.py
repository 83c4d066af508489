"""The shape of a message: which parts it is made of, when every part of it is on a closed list."""

import re
from enum import StrEnum

from service.core.vocabulary import (
    COMMANDS,
    DISTRESS,
    LONGEST,
    NEGATION,
    PHRASES,
    STATES,
    WITHHELD,
    Phrase,
    elsewhere,
    known,
)
from service.core.vocabulary.kinds import Kind

LONGEST_MESSAGE = 16  # words: nobody says that all is well in more
_SEPARATOR = ","
_UNKNOWN = "\0"
_SIGNS = "".join(phrase[0] for phrase in PHRASES if len(phrase) == 1 and not phrase[0].isalnum())
_TOKEN = re.compile(
    rf"(?P<smile>[:;=8][-^]?[)\]d*p3]+(?!\w)|\(:|\^_*\^|<3+|\)+)|(?P<plus>\++)|(?P<sign>[{re.escape(_SIGNS)}])"
    rf"|(?P<word>[^\W_]+)|(?P<pause>[,.!;…。、،～~\n]+|[{re.escape(elsewhere.FRIENDLY)}]+)|(?P<blank>\s+)|(?P<other>.)",
    re.DOTALL,
)
_HYPHEN = re.compile(r"(?<=[^\W\d_])\s*-+\s*(?=[^\W\d_])")

_STATE = "(?:(?:[ed],?){0,2}F(?:,?[ed]){0,2}|[OFCDHh])"
# A name that stands first is who is spoken to when a comma, a greeting or a whole statement says so, else
# perhaps who is spoken of: "мама жива" is news of the mother.
_LEAD = r"(?:[GP],?|[KT],?(?=[GPVFed])|V(?:,|(?=[GVPFHYZe])|(?<=GV)(?=O)|(?<=G,V)(?=O)))*"
_BEFORE = r"(?:Y,?(?=[FCHZed]))?(?:Z,?(?=[FCDHed]))?"
_CALLED = r"(?:,?P|,V|(?<=[OFDHe])V),?(?=[Fe])"
_BODY = rf"(?:{_STATE}(?:[,&]?(?=[OFCDHhed])|{_CALLED}|(?![OFCDHhed])))+"
_AFTER = r"(?:,?[PKTZ]|,V|(?<=[OFDHKTZVPe])V|(?<=V)&V|,)*"
_MESSAGE = re.compile(_LEAD + _BEFORE + _BODY + _AFTER)
_THANKS_FOR_NOTHING = re.compile(r"[^FCDHh]*[TZ][^FCDHh]*")
# "дома все хорошо" tells how things are at home.
_AT_HOME = re.compile(r"h[^,]*[OFCDV]|[OFCDV]h|[OFCD]&h")
_ORDER = re.compile(r"(?:[GVPW],?)*(?P<call>!)(?:,?[!WVPT])*,?|(?:W,?)*(?P<order>[XB?])(?:,?(?:[WT]|(?P=order)))*,?")
_CALLING = frozenset({Kind.GREETING, Kind.VOCATIVE, Kind.PURE_VOCATIVE, Kind.PLEASE})


class Shape(StrEnum):
    """What a message made of listed phrases says."""

    WELL = "well"
    HOME = "home"
    SOS = "sos"
    STOP = "stop"
    START = "start"
    STATUS = "status"


_ORDERS = {"X": Shape.STOP, "B": Shape.START, "?": Shape.STATUS, "!": Shape.SOS}


def tokens(text: str) -> list[str]:
    """The words of a folded text as the lists know them; "," for every break, "\\0" for what no list holds."""
    found: list[str] = []
    for token in _TOKEN.finditer(_HYPHEN.sub(" ", text.replace("&", " and "))):
        match token.lastgroup:
            case "word":
                found.append(known(token[0]))
            case "sign":
                found.append(token[0])
            case "plus":
                found.append("+")
            case "smile" | "pause":
                found.append(_SEPARATOR)
            case "other":
                found.append(_UNKNOWN)
            case _:
                pass
    return found


def shapes(words: list[str]) -> set[Shape]:
    """Everything that the whole message can mean, every word of it accounted for."""
    found: set[Shape] = set()
    for kinds in _readings(words):
        if order := _ORDER.fullmatch(kinds):
            found.add(_ORDERS[order["call"] or order["order"]])
        if not _MESSAGE.fullmatch(kinds) or _THANKS_FOR_NOTHING.fullmatch(kinds) or _AT_HOME.search(kinds):
            continue
        found.add(Shape.HOME if "h" in kinds or "H" in kinds else Shape.WELL)
    return found


def calls_for_help(words: list[str]) -> bool:
    """Whether the message begins with a word of distress and takes nothing of it back.

    A check-in word, a command or a negation beside it leaves it open; that something is withheld from her
    ("they don't let me go", "не могу говорить") is no negation of it.
    """
    words = [word for word in words if word != _SEPARATOR]
    for start in range(len(words)):
        if any(
            Kind.SOS in PHRASES.get(tuple(words[start:end]), ())
            for end in range(start + 1, min(len(words), start + LONGEST) + 1)
        ):
            break
        if not PHRASES.get((words[start],), frozenset()) & _CALLING:
            return False
    else:
        return False
    withheld = _covered(words, WITHHELD)
    taken_back = _covered(words, NEGATION) - withheld
    return not taken_back and not _holds(words, STATES) and not _holds(words, COMMANDS)


def holds_distress(words: list[str]) -> bool:
    """Whether a word of distress stands anywhere in the message."""
    return _holds([word for word in words if word != _SEPARATOR], DISTRESS)


def _readings(words: list[str]) -> set[str]:
    """Every way to cut the message into listed phrases, as strings of kinds; empty when there is none."""
    if len(words) > 2 * LONGEST_MESSAGE or sum(word != _SEPARATOR for word in words) > LONGEST_MESSAGE:
        return set()
    reached: list[set[str]] = [{""}] + [set() for _ in words]
    for start, word in enumerate(words):
        if not reached[start]:
            continue
        if word == _SEPARATOR:
            reached[start + 1] |= {_join(kinds, _SEPARATOR) for kinds in reached[start]}
        for end, kind in _phrases_at(words, start):
            reached[end] |= {_join(kinds, kind) for kinds in reached[start]}
    return {kinds.strip(_SEPARATOR) for kinds in reached[-1]}


def _phrases_at(words: list[str], start: int) -> list[tuple[int, str]]:
    """Where the phrases that begin here end, and their kinds; a break inside a phrase is no matter."""
    found: list[tuple[int, str]] = []
    phrase: Phrase = ()
    for end in range(start, len(words)):
        if words[end] == _SEPARATOR:
            # "все. ок" is "that is all. OK"; "жива, здорова" and "O.K." are one thing.
            if not phrase or (len(phrase) == 1 and len(phrase[0]) > 1 and Kind.BARE not in PHRASES.get(phrase, ())):
                break
            continue
        phrase = (*phrase, words[end])
        if len(phrase) > LONGEST:
            break
        found += [(end + 1, kind.value) for kind in PHRASES.get(phrase, ())]
    return found


def _join(kinds: str, kind: str) -> str:
    return kinds if kind == _SEPARATOR and kinds.endswith(_SEPARATOR) else kinds + kind


def _covered(words: list[str], phrases: frozenset[Phrase]) -> set[int]:
    """The places of the words that belong to one of the phrases."""
    longest = max(map(len, phrases))
    return {
        place
        for start in range(len(words))
        for end in range(start + 1, min(len(words), start + longest) + 1)
        if tuple(words[start:end]) in phrases
        for place in range(start, end)
    }


def _holds(words: list[str], phrases: frozenset[Phrase]) -> bool:
    return bool(_covered(words, phrases))
