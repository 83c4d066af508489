"""The people and facts of the tests of what people read, and what no text may say."""

import re
from dataclasses import replace

import pytest

from notifiers.segments import measure
from service.core.alarm import AlarmKind
from service.core.wording import (
    AlertFacts,
    Companion,
    alert,
)
from service.texts import LANGUAGES, translator

LINK = "https://aman.example/a/7fQ2kXw9LbR"
LONG_NAME = "Айгерім-Нұрсұлтанқызы " * 3
NAMES = {"en": "Aizhan", "ru": "Айжан", "kk": "Айжан"}
AIZHAN = AlertFacts(
    name="Айжан",
    kind=AlarmKind.MISSED,
    since="22:00",
    missed=1,
    place="Анталья, Турция",
    address="Lotus Garden Hotel",
    employer="Lotus Garden",
    employer_phone="+90 242 000 00 02",
    consulate="Анталья",
    consulate_phone="+90 242 000 00 03",
    traveler_phone="+7 700 000 00 01",
    ref_code="K7Q4",
    link=LINK,
)
EVERYTHING = replace(
    AIZHAN,
    missed=7,
    companions=(Companion("Дана", "+7 700 000 00 21"), Companion("Алия", "+7 700 000 00 22")),
    last_sign="22 ноя 07:15",
    blind_since="20:41",
    unreadable=True,
    stopped=True,
    untold=("Сауле", "Данияр"),
    who_has_it="Гульнар",
)

in_every_language = pytest.mark.parametrize("language", LANGUAGES)
of_every_kind = pytest.mark.parametrize("kind", AlarmKind)

# What no text about a duress alarm may contain once its own "do not call" is taken out.
FORBIDDEN_IN_DURESS = {
    "en": r"\bcalls?\b|\bcalling\b|\bring\b|\bphone (?:her|him)\b|\bsafe\b|\ball is well\b",
    "ru": r"звон|безопас|вс[её] хорошо|в порядке",
    "kk": r"қоңырау|хабарлас|\bаман\b|\bжақсы\b",
}
DO_NOT_CALL = {
    "en": r"do not call or text",
    "ru": r"не звоните и не пишите",
    "kk": r"қоңырау шалмаңыз, жазбаңыз",
}
NEVER_SAID = r"victim|traffick|slave|жертв|торговл|рабств|құрбан|құл\b|adam sat"


def segments(text: str) -> int:
    return measure(text).segments


def write(facts: AlertFacts, language: str, *, full: bool = True, budget: int = 4) -> tuple[str, ...]:
    return alert(facts, full=full, _=translator(language), count=segments, budget=budget, second_code="M3XP")


def harmful(text: str, language: str) -> list[str]:
    without = re.sub(DO_NOT_CALL[language], "", text, flags=re.IGNORECASE)
    return re.findall(FORBIDDEN_IN_DURESS[language], without, flags=re.IGNORECASE)
