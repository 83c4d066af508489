"""Safe and duress words: what makes a good one, and telling in constant time whether a text is one.

A word is kept only as a keyed hash. It is innocent, is nothing that a text means anyway, and a slip of the
thumb never makes a duress word of a safe one.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.core.reply import Meaning, normalize_message, peeled, read
from service.core.vocabulary.letters import skeleton

SHORTEST = 3  # letters; digits may be two
LONGEST = 40  # letters and digits: with a number after it, still one text in Cyrillic


class Reason(StrEnum):
    """Why a word is refused."""

    EMPTY = "empty"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    EQUAL = "equal"
    ONE_EDIT_APART = "one_edit_apart"
    OBVIOUS = "obvious"
    RESERVED = "reserved"
    ONE_DIGIT = "one_digit"
    MEANS_SOMETHING = "means_something"


@dataclass(frozen=True, slots=True)
class WordProblem:
    """One refused word: `field` is "safe[0]" or "duress[1]", or "safe" or "duress" when the list is empty."""

    field: str
    reason: Reason


def _words(listed: str) -> frozenset[str]:
    return frozenset(map(skeleton, listed.split()))


# Carriers act on these themselves, whatever we think of them.
_RESERVED = _words("""
    stop stopall unsubscribe cancel end quit revoke optout start yes unstop help info
    no да нет иә жоқ стоп старт тоқта
""")
# What somebody who holds her phone would try first, or would understand at once.
_OBVIOUS = _words("""
    sos сос help duress danger alarm password secret word safeword codeword code police hostage forced amanba аманба
    passport kidnapped trafficking
    принуждение опасность тревога пароль секрет код слово кодовоеслово полиция помоги помогите помощь заложник паспорт
    көмек көмектес мәжбүрлік қауіп құпия құпиясөз дабыл жәрдем жардам yordam төлқұжат
    112 911 999 101 102 103 110 123 1234 12345 123456 000 0000 111 1111
""")

PROPOSALS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "it rained a little this morning",
        "I bought apples at the market",
        "watching a film before bed",
        "the bus was full again",
        "my shoes are still wet",
        "cooking soup for dinner",
        "the neighbour has a new cat",
        "washing my blue sweater",
    ),
    "ru": (
        "утром был небольшой дождь",
        "яблоки сегодня дешевле",
        "смотрю фильм перед сном",
        "автобус опять переполнен",
        "кроссовки еще мокрые",
        "варю суп на ужин",
        "у соседей новый кот",
        "стираю синий свитер",
    ),
    "kk": (
        "таңертең жаңбыр жауды",
        "базардан алма алдым",
        "ұйықтар алдында кино көрем",
        "автобус тағы лық толы",
        "аяқ киімім әлі кеппеді",
        "кешке сорпа пісірем",
        "көршінің жаңа мысығы бар",
        "көк жемпірімді жуып жатырмын",
    ),
}


def normalize(text: str) -> str:
    """The text for comparing words: small letters of one alphabet and digits, and nothing else of it.

    Case, blanks, punctuation, signs, invisible characters, ё, қ, ә and the other Kazakh letters typed on a
    Russian keyboard, and letters that look alike in Latin and Cyrillic make no difference.
    """
    return skeleton(text)


def candidates(text: str) -> tuple[str, ...]:
    """The texts in which to look for a word: the whole one; and without a map link or 4-digit number behind it."""
    message = normalize_message(text)
    body, _ = peeled(message)
    return (message,) if body == message else (message, body)


def check_words(safe: Sequence[str], duress: Sequence[str]) -> list[WordProblem]:
    """Everything that is wrong with the words, the first reason of each; empty when they may be used."""
    problems = [WordProblem(field, Reason.EMPTY) for field, words in (("safe", safe), ("duress", duress)) if not words]
    seen: list[str] = []
    safe_words = [normalize(word) for word in safe]
    for field, words in (("safe", safe), ("duress", duress)):
        for place, word in enumerate(words):
            reason = _alone(word) or _beside(word, seen, safe_words if field == "duress" else [])
            if reason:
                problems.append(WordProblem(f"{field}[{place}]", reason))
            seen += [normalize(candidate) for candidate in candidates(word)]
    return problems


def fingerprint(key: bytes, word: str) -> bytes:
    """HMAC-SHA-256 of the normalized word: 32 bytes, all that is ever stored of it."""
    return hmac.digest(key, normalize(word).encode("utf-8", "surrogatepass"), hashlib.sha256)


def match(key: bytes, text: str, fingerprints: Sequence[bytes]) -> int | None:
    """Which of the fingerprints the text is, whole or without a trailing link or number; None for none.

    Every fingerprint is compared, in constant time, whether or not one was found.
    """
    found: int | None = None
    for candidate in reversed(candidates(text)):
        typed = fingerprint(key, candidate)
        for place in reversed(range(len(fingerprints))):
            same = hmac.compare_digest(typed, fingerprints[place])
            found = place if same else found
    return found


def _alone(word: str) -> Reason | None:
    """What is wrong with a word by itself."""
    letters = normalize(word)
    if not letters:
        return Reason.EMPTY
    if letters.isdigit() and len(letters) == 1:
        return Reason.ONE_DIGIT
    if len(letters) < SHORTEST and not letters.isdigit():
        return Reason.RESERVED if letters in _RESERVED else Reason.TOO_SHORT
    if len(letters) > LONGEST:
        return Reason.TOO_LONG
    if any(normalize(candidate) in _OBVIOUS for candidate in candidates(word)):
        return Reason.OBVIOUS
    if letters in _RESERVED:
        return Reason.RESERVED
    # Punctuation is no part of a word, so "жива?" would be the word "жива".
    for written in (word, re.sub(r"[^\w\s]", " ", word)):
        reading = read(written)
        if reading.meaning is Meaning.SOS or reading.distress:
            return Reason.OBVIOUS
        if reading.meaning is not Meaning.AMBIGUOUS or reading.code:
            return Reason.MEANS_SOMETHING
    return None


def _beside(word: str, seen: list[str], safe: list[str]) -> Reason | None:
    """What is wrong with a word beside those before it, and beside the safe words when it is a duress word."""
    if any(normalize(candidate) in seen for candidate in candidates(word)):
        return Reason.EQUAL
    if any(_one_edit_apart(normalize(word), other) for other in safe):
        return Reason.ONE_EDIT_APART
    return None


def _one_edit_apart(one: str, other: str) -> bool:
    """Whether one letter put in, left out, changed, or swapped with its neighbor makes one of the other."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = next((place for place, char in enumerate(one) if char != other[place]), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    rest, other_rest = one[start:], other[start:]
    swapped = len(rest) > 1 and rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:]
    return bool(rest) and (rest[1:] == other_rest[1:] or swapped)
