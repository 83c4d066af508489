"""The figures of an offer: pay by the month, ages, hours; and what they mean beside the ordinary."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.core.offer_text import Word, fold
from service.core.offer_words import Hit

HOURS_OF_A_MONTH = 200
DAYS_OF_A_MONTH = 24
WEEKS_OF_A_MONTH = 4.3
YOUNG = 30

_CURRENCY = {
    "usd": "[$]|usd|us dollars?|dollars?|bucks|долл?(?:ар[а-я]*)?|у\\.?е\\.?|бакс[а-я]*|доллар[а-яіңғ]*",
    "eur": "€|eur(?:os?)?|евро|еуро",
    "gbp": "£|gbp|pounds?|фунт[а-я]*",
    "kzt": "₸|kzt|тенге|теңге[а-яіңғ]*|тг|tg|tenge",
    "rub": "₽|rub|руб(?:л[а-я]*)?|рубль|р(?=[\\s./]|$)",
    "aed": "aed|dirhams?|dhs?|дирхам[а-я]*",
    "try": "₺|try|tl|лир[а-я]*",
    "pln": "pln|zl|zł|злот[а-я]*",
    "krw": "₩|krw|won|вон[а-я]*",
    "czk": "czk|kč|крон[а-я]*",
    "cny": "cny|rmb|yuan|юан[а-я]*",
    "kgs": "kgs|som|сом[а-я]*",
    "uzs": "uzs|sum|сум(?:ов|а|ы)?|сўм",
    "ils": "ils|nis|shekels?|шекел[а-я]*",
    "nok": "nok|sek",
    "chf": "chf|франк[а-я]*",
}
_UNIT = "|".join(pattern for pattern in _CURRENCY.values())
_NUMBER = r"\d{1,3}(?:[ .,'\u00a0\u202f]\d{3})+(?!\d)|\d{1,7}(?:[.,]\d{1,2})?(?!\d)"
_THOUSANDS = r"(?:\s?(?P<many>k|к|тыс\.?(?:яч[а-я]*)?|мың|thousand|млн\.?|миллион[а-я]*|million|mln|м)(?![^\W\d_]))?"
_BEHIND = re.compile(rf"(?P<sum>{_NUMBER}){_THOUSANDS}\s?(?P<unit>{_UNIT})(?![^\W\d_])", re.IGNORECASE)
_IN_FRONT = re.compile(
    rf"(?<![^\W\d_])(?P<unit>[$€£₸₽₺₩]|usd|eur|gbp|aed|pln)\s?(?P<sum>{_NUMBER}){_THOUSANDS}", re.IGNORECASE
)
_SPOKEN = {
    **{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "семь": 7, "восемь": 8, "девять": 9, "десять": 10},
    **{"екі": 2, "үш": 3, "төрт": 4, "бес": 5, "алты": 6, "жеті": 7, "сегіз": 8, "тоғыз": 9, "он": 10},
}
_IN_WORDS = re.compile(
    rf"(?<![^\W\d_])(?P<sum>{'|'.join(_SPOKEN)})\s(?P<many>thousand|тысяч[аи]?|мың)\s(?P<unit>{_UNIT})(?![^\W\d_])",
    re.IGNORECASE,
)
_KIND = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _CURRENCY.items()}
_PERIODS = (
    (
        "hour",
        re.compile(
            r"\b(?:an?|per|/|every)\s?(?:hour|hr|h)\b|/\s?(?:h|hr|ч|час)\b|hourly|в час|за час|сағатына|сагатына"
        ),
    ),
    ("week", re.compile(r"week|недел|апта")),
    ("year", re.compile(r"per year|a year|per annum|annual|yearly|в год|годов|жылына|жылдық")),
    ("month", re.compile(r"month|мес|айына|айлық|\bай\b")),
    (
        "day",
        re.compile(
            r"per day|a day|/\s?day|daily|each day|per shift|per night|a night|в день|за день|в сутки|/день|за смену"
            r"|за ноч|за вечер|в смену|күніне|куніне|кунине|бір күнде|ауысым"
        ),
    ),
)
_CLAUSE = re.compile(r"[,;.!?\n]")
_TIMES = {"hour": HOURS_OF_A_MONTH, "day": DAYS_OF_A_MONTH, "week": WEEKS_OF_A_MONTH, "month": 1, "year": 1 / 12}
_AGES = re.compile(
    r"(?<![\d.,$€])(1[4-9]|2[0-9])\s?(?:-|–|—|to|and|до|ден|дан|жастан|тен|тан)\s?(1[89]|2\d|3[0-5])(?![\d.,:]*\d)\s?"
    r"(?P<after>[^\W\d_]*)"
)
_AGE_WORD = ("лет", "год", "жас", "year", "yo", "yrs", "age")
_AGE_BEFORE = re.compile(r"(?:age[ds]?|возраст\w*|жас\w*|лет|от|aged between|between)\W{0,3}$")
_MINOR = re.compile(r"(?<![\d.,])1[3-7](?![\d%:.,])")
_OLD_AFTER = re.compile(r"\s?(?:жастан|лет|years old|\+)")
_OLD_BEFORE = re.compile(r"(?<![^\W\d_])(?:от|с|from|age|aged|over)\s?$")
_YEARS_AFTER = re.compile(r"(?:\s?(?:лет|years|жас|yo)(?![^\W\d_]))")
_HOURS = re.compile(
    r"(?<![\d:.])(1[2-9]|2[0-3])(?:\s?(?:-|–|to|до)\s?(\d\d))?\s?-?\s?(?:h\b|hours?|час|ч\b|сағат|сагат)"
)
_WEEKLY = re.compile(r"week|недел|апта|нед")


@dataclass(frozen=True, slots=True)
class Pay:
    """What is offered in US dollars a month, and where it stands in the text."""

    dollars: float
    start: int
    end: int
    by_the_day: bool = False


def pays(text: str, rates: Mapping[str, float]) -> Iterator[Pay]:
    """The sums of money of a text, each by the month; `rates` are US dollars for one of each currency."""
    taken = -1
    found = sorted(
        [*_BEHIND.finditer(text), *_IN_FRONT.finditer(text), *_IN_WORDS.finditer(text)], key=lambda match: match.start()
    )
    for match in found:
        if match.start() < taken:
            continue
        taken = match.end()
        kind = next((name for name, unit in _KIND.items() if unit.fullmatch(match["unit"])), "usd")
        period = _period(
            text[max(0, match.start() - 22) : match.start()].lower(), text[match.end() : match.end() + 18].lower()
        )
        amount = _number(match["sum"]) * _many(match["many"]) * rates[kind]
        yield Pay(amount * _TIMES[period], match.start(), match.end(), period == "day")


def young_only(text: str) -> Iterator[tuple[int, int]]:
    """Where only young people are wanted."""
    for match in _AGES.finditer(text.lower()):
        first, last = int(match[1]), int(match[2])
        said = match["after"].startswith(_AGE_WORD) or _AGE_BEFORE.search(
            text[max(0, match.start() - 14) : match.start()].lower()
        )
        if first < last <= YOUNG and said:
            yield match.span()


def under_age(text: str) -> Iterator[tuple[int, int]]:
    """Where people under 18 are wanted."""
    small = text.lower()
    for match in _MINOR.finditer(small):
        before = _OLD_BEFORE.search(small[max(0, match.start() - 6) : match.start()])
        if _OLD_AFTER.match(small, match.end()) or (before and _YEARS_AFTER.match(small, match.end())):
            yield match.span()


def long_hours(text: str) -> Iterator[tuple[int, int]]:
    """Where a day has twelve hours of work or more."""
    small = text.lower()
    for match in _HOURS.finditer(small):
        around = small[max(0, match.start() - 12) : match.end() + 12]
        if not _WEEKLY.search(around):
            yield match.span()


def covering(words: Sequence[Word], start: int, end: int) -> Hit | None:
    """The words that stand in a part of the text."""
    first = bisect_right(words, start, key=lambda word: word.end)
    last = bisect_left(words, end, key=lambda word: word.start) - 1
    return Hit(first, last) if first <= last else None


def _number(text: str) -> float:
    if spoken := _SPOKEN.get(text.lower()):
        return spoken
    plain = re.sub(r"[ '\u00a0\u202f]", "", text)
    grouped = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", plain)
    return float(grouped.replace(",", "."))


def _many(word: str | None) -> float:
    if not word:
        return 1
    return 1_000_000 if fold(word).startswith(("мл", "ми", "mi", "ml")) or word.lower() == "м" else 1000


def _period(before: str, after: str) -> str:
    """What the sum is for: said after it ("300 a week"), else right before it ("weekly 300")."""
    said_after, said_before = _CLAUSE.split(after)[0], _CLAUSE.split(before)[-1]
    for where, nearest in ((said_after, min), (said_before, max)):
        if found := [(match.start(), name) for name, sign in _PERIODS if (match := sign.search(where))]:
            return nearest(found)[1]
    return "month"
