"""Cyrillic letters in Latin ones: for a phone or a carrier that has no others, and for who finds them easier to read.

Russian and Kazakh as people there type them when they have no other keys. One way only: what is written for the police
or a consulate is never spelled so.
"""

from __future__ import annotations

_BOTH = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "з": "z", "к": "k", "л": "l", "м": "m",
    "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "ц": "ts", "ч": "ch", "ш": "sh",
    "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    # Neighbors' letters, as they come in names.
    "і": "i", "ї": "yi", "є": "ye", "ґ": "g", "ў": "o'", "ҳ": "h", "ӣ": "i", "ӯ": "u", "ҷ": "j", "ђ": "dj", "ј": "j",
    "љ": "lj", "њ": "nj", "ћ": "c", "џ": "dz", "ѓ": "gj", "ќ": "kj", "ѕ": "dz", "ә": "ä", "ғ": "gh", "қ": "q",
    "ң": "ñ", "ө": "ö", "ұ": "u", "ү": "ü", "һ": "h",
}  # fmt: skip
_RUSSIAN = {**_BOTH, "ж": "zh", "и": "i", "й": "y", "х": "kh", "щ": "shch"}
_KAZAKH = {**_BOTH, "ж": "j", "и": "i", "й": "i", "х": "h", "щ": "sh"}
"""ä, ñ, ö and ü stand in the alphabet of SMS, and cost no more than a and o."""
_KAZAKH_ONLY = frozenset("әғқңөұүһӘҒҚҢӨҰҮҺ")


def in_latin(text: str) -> str:
    """`text` with its Cyrillic letters in Latin ones; one that holds a Kazakh letter is spelled as Kazakh. What is not
    Cyrillic stays as it is, so that doing it twice changes nothing."""
    letters = _KAZAKH if _KAZAKH_ONLY.intersection(text) else _RUSSIAN
    return "".join(_spelled(text, place, letters) for place in range(len(text)))


def is_cyrillic(char: str) -> bool:
    """Whether a character is a Cyrillic letter that we can spell."""
    return char.lower() in _RUSSIAN


def _spelled(text: str, place: int, letters: dict[str, str]) -> str:
    char = text[place]
    latin = letters.get(char.lower())
    if latin is None:
        return char
    if char.islower():
        return latin
    # A capital among capitals: "ЖОҚ" is JOQ, "Жоқ" is Joq, and "Щ" alone is Shch.
    following = text[place + 1 : place + 2]
    before = text[place - 1 : place] if place else ""
    shouted = following.isupper() or (not following.isalpha() and before.isupper())
    return latin.upper() if shouted else latin.capitalize()
