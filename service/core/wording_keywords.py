"""What we answer to who asks by a text: whom to call in a country, what an offer's words say, which words there are.

An answer has two segments at most and says the most needed first: what does not fit is left out, never cut in half.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from service.core.wording_text import N_, Count, Translate, cut, join

MOST_SEGMENTS = 2
MOST_SEGMENTS_OF_AN_OFFER = 3
COUNTRY_LIMIT = 24
CITY_LIMIT = 20
SHORT_LIMIT = 12


class Near(StrEnum):
    """Where the mission that is named stands, as seen from the country that is asked about."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    NOWHERE = "nowhere"
    """We know of none."""
    AT_HOME = "at_home"
    """The country is her own: she needs none."""


class Office(StrEnum):
    """What kind of mission it is, and who says so."""

    EMBASSY = "embassy"
    CONSULATE = "consulate"
    HERS = "hers"
    """The one that she wrote down herself."""


@dataclass(frozen=True, slots=True)
class Line:
    """A number to call, as it is dialed in the country, with what is known of its age.

    Attributes:
        checked: when it was read at its source, "2026-08"; "" where she wrote it down herself.
        is_old: whether that is more than twelve months ago.
    """

    number: str
    checked: str = ""
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class CountryNumbers:
    """Whom to call in a country: what an answer to NUMBERS says.

    Attributes:
        country: its name in the reader's language.
        general: one number for all services; "" for none that is known, as of the other three.
        old_of: when the emergency numbers were read at their source, where that is more than twelve months ago.
        near, office, city: of the mission; `city` with its country where it stands elsewhere.
        mission: its number; None where none is known.
        hotline: one that can be dialed there; None for none.
        numbers_allowed: whether the text may carry a telephone number at all.
    """

    country: str
    general: str = ""
    police: str = ""
    ambulance: str = ""
    fire: str = ""
    old_of: str = ""
    near: Near = Near.NOWHERE
    office: Office = Office.EMBASSY
    city: str = ""
    mission: Line | None = None
    hotline: Line | None = None
    numbers_allowed: bool = True


class Sign(StrEnum):
    """How many warning signs an offer shows."""

    LOW = "low"
    CAUTION = "caution"
    HIGH = "high"


MENU_WORD = N_("MENU")
"""What asks for all words, in the reader's language."""

_ALL = N_("{country}: emergencies {number}.")
_EACH = N_("{country}: {numbers}.")
_POLICE = N_("police {number}")
_AMBULANCE = N_("ambulance {number}")
_FIRE = N_("fire {number}")
_NOT_KNOWN = N_("{country}: we do not know the emergency number, ask anybody there.")
_MISSION = {
    (Office.EMBASSY, Near.HERE): N_("Your embassy, {city}: {number}."),
    (Office.CONSULATE, Near.HERE): N_("Your consulate, {city}: {number}."),
    (Office.EMBASSY, Near.ELSEWHERE): N_("Your nearest embassy, {city}: {number}."),
    (Office.CONSULATE, Near.ELSEWHERE): N_("Your nearest consulate, {city}: {number}."),
}
_HERS = N_("Your consulate, as you told us: {number}.")
_NO_NUMBER = {
    Near.HERE: N_("Your embassy is in {city}; we know no number of it, ask at home."),
    Near.ELSEWHERE: N_("Your nearest embassy is in {city}; we know no number of it, ask at home."),
    Near.NOWHERE: N_("We know no embassy of yours there, ask at home."),
}
_ON_YOUR_CARD = N_("The number of your embassy may not stand in a text here: see your card.")
_HOTLINE = N_("Hotline: {number}.")
_AS_OF = N_("{number} (as of {day})")
_OLD = N_("{number} (old, of {day})")
_ASK_SOS = N_("If you need help, answer SOS.")
_WHICH_COUNTRY = N_("Which country? Write for example: NUMBERS TURKEY.")
_WHICH_OFFER = N_("Write OFFER and behind it the text of the ad, in one message.")
_SIGNS = {
    Sign.LOW: N_("No warning signs found in the text. This is not a check of the employer."),
    Sign.CAUTION: N_("There are warning signs in this offer. Ask: {question}"),
    Sign.HIGH: N_("Many warning signs in this offer: do not agree yet. Ask: {question}"),
}
_MENU = N_(
    "OK: I am well. SOS: I need help. LATE 2H: my OK comes later. STATUS: when it is due. NUMBERS: whom to call here."
    " OFFER and an ad: its warning signs."
)
_MENU_BEFORE = N_("NUMBERS TURKEY: whom to call there. OFFER and the text of an ad: its warning signs.")


def numbers(facts: CountryNumbers, _: Translate, count: Count, *, in_distress: bool = False) -> str:
    """Whom to call in a country.

    What does not fit is left out in this order: the fire brigade, the end of a long city, the hotline, the ambulance,
    an embassy without a number or in another country. `in_distress`: it was asked with a word of distress, and says
    which word calls her people.
    """
    text = ""
    for fewer in _ever_fewer(facts):
        text = join((_emergency(fewer, _), _mission(fewer, _), _hotline(fewer, _), _(_ASK_SOS) if in_distress else ""))
        if count(text) <= MOST_SEGMENTS:
            break
    return text


def which_country(_: Translate) -> str:
    """The answer where the country that was named is not known to us, or none was."""
    return _(_WHICH_COUNTRY)


def which_offer(_: Translate) -> str:
    """The answer to the word for an offer without one."""
    return _(_WHICH_OFFER)


def offer(sign: Sign, question: str, _: Translate, *, in_distress: bool = False) -> str:
    """What an offer's words say: how many warning signs, and the question to ask back about the heaviest of them.

    `question` is in the reader's language; LOW has none. `in_distress` as in `numbers`.
    """
    return join((_(_SIGNS[sign]).format(question=question), _(_ASK_SOS) if in_distress else ""))


def menu(_: Translate, *, is_before: bool = False) -> str:
    """Which words there are, in one segment; `is_before` the trip's beginning, when an OK means nothing yet."""
    return _(_MENU_BEFORE if is_before else _MENU)


def _ever_fewer(facts: CountryNumbers) -> Iterator[CountryNumbers]:
    yield facts
    facts = replace(facts, country=_plain(facts.country), city=_plain(facts.city))
    yield facts
    facts = replace(facts, fire="") if facts.police or facts.ambulance else facts
    yield facts
    facts = replace(facts, country=cut(facts.country, COUNTRY_LIMIT), city=cut(facts.city, CITY_LIMIT))
    yield facts
    facts = replace(facts, hotline=None)
    yield facts
    facts = replace(facts, ambulance="") if facts.police else facts
    yield facts
    facts = replace(facts, country=cut(facts.country, SHORT_LIMIT), city=cut(facts.city, SHORT_LIMIT))
    yield facts
    if facts.mission is None or facts.near is Near.ELSEWHERE:
        # One without a number helps least, and then one in another country.
        yield replace(facts, near=Near.AT_HOME)


def _plain(name: str) -> str:
    """Latin letters without their marks, of which one makes the whole text cost twice."""
    return unicodedata.normalize("NFC", "".join(c for c in unicodedata.normalize("NFD", name) if not _is_latin_mark(c)))


def _is_latin_mark(char: str) -> bool:
    return "\u0300" <= char <= "\u0304" or char == "\u0327"


def _emergency(facts: CountryNumbers, _: Translate) -> str:
    country = _(_OLD).format(number=facts.country, day=facts.old_of) if facts.old_of else facts.country
    if facts.general:
        return _(_ALL).format(country=country, number=facts.general)
    each = ((_POLICE, facts.police), (_AMBULANCE, facts.ambulance), (_FIRE, facts.fire))
    known = [_(service).format(number=number) for service, number in each if number]
    return (
        _(_EACH).format(country=country, numbers=", ".join(known)) if known else _(_NOT_KNOWN).format(country=country)
    )


def _mission(facts: CountryNumbers, _: Translate) -> str:
    if facts.near is Near.AT_HOME:
        return ""
    if facts.mission is None:
        return _(_NO_NUMBER[facts.near]).format(city=facts.city)
    if not facts.numbers_allowed:
        return _(_ON_YOUR_CARD)
    number = _dialed(facts.mission, _)
    if facts.office is Office.HERS:
        return _(_HERS).format(number=number)
    return _(_MISSION[facts.office, facts.near]).format(city=facts.city, number=number)


def _hotline(facts: CountryNumbers, _: Translate) -> str:
    line = facts.hotline
    if line is None or (not facts.numbers_allowed and sum(map(str.isdigit, line.number)) > _SHORT):
        return ""
    return _(_HOTLINE).format(number=_dialed(line, _))


def _dialed(line: Line, _: Translate) -> str:
    if not line.checked:
        return line.number
    return _(_OLD if line.is_old else _AS_OF).format(number=line.number, day=line.checked)


_SHORT = 6
"""Digits of the longest number that no carrier takes for a telephone number."""
