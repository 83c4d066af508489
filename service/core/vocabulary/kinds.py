"""What a phrase does in a text, and the closed lists' way of writing many phrases in one line."""

from collections.abc import Iterator
from enum import StrEnum


class Kind(StrEnum):
    """The part that a phrase plays; one letter each, so that a text's shape is a string of them."""

    OK = "O"  # says OK and nothing else; may also answer something, so it takes no thanks
    FULL = "F"  # says by itself whose state it is: "I'm fine", "все хорошо"
    BARE = "C"  # a state without a subject, which a name before it would give it: "жива", "safe"
    PLAIN = "D"  # a state that a name after it does not turn: "норм", "жақсы"
    HERE = "e"  # "у меня", "here": beside FULL it changes nothing
    DOING = "d"  # "прилетела", "at work": the same, but a name before it makes it news
    HOME_FULL = "H"  # "I am home"
    HOME_BARE = "h"  # "дома": needs a comma beside anything else
    GREETING = "G"
    VOCATIVE = "V"  # "мама": could also be a subject
    PURE_VOCATIVE = "P"  # "мам": can only be a call
    YES = "Y"  # before a statement only
    THANKS = "T"  # after a statement only: "ok thanks" answers something else
    PRAISE = "Z"  # "слава богу"
    CLOSING = "K"
    AND = "&"
    PLEASE = "W"
    SPOKEN = ","  # punctuation that was dictated
    SOS = "!"  # a word of distress with which a message may begin
    STOP = "X"
    START = "B"
    STATUS = "?"
    PAUSE = "p"
    LATE = "l"


def expand(template: str) -> Iterator[str]:
    """Every phrase that a template writes: "(a|b)" is a choice, "[c]" may be left out, both may be nested.

    Raises ValueError for a bracket that is not closed.
    """
    phrases, end = _choice(template, 0, "")
    if end != len(template):
        raise ValueError(f"a bracket too many in {template!r}")
    for phrase in phrases:
        yield " ".join(phrase.split())


def _choice(template: str, at: int, closing: str) -> tuple[list[str], int]:
    """The phrases of one bracket's inside from `at` on, and where it ends."""
    done: list[str] = []
    heads = [""]
    while at < len(template):
        char = template[at]
        if char in ("(", "["):
            inner, at = _choice(template, at + 1, ")" if char == "(" else "]")
            if char == "[":
                inner.append("")
            heads = [head + tail for head in heads for tail in inner]
        elif char == "|":
            done, heads = done + heads, [""]
        elif char in (")", "]"):
            if char != closing:
                raise ValueError(f"a bracket too many in {template!r}")
            return done + heads, at
        else:
            heads = [head + char for head in heads]
        at += 1
    if closing:
        raise ValueError(f"a bracket is not closed in {template!r}")
    return done + heads, at
