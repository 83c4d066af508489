"""What is answered to who asks by a text: short, the most needed first, and no word that tells what this is."""

import re
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.wording_keywords import (
    MOST_SEGMENTS,
    CountryNumbers,
    Line,
    Near,
    Office,
    Sign,
    menu,
    numbers,
    offer,
    which_country,
    which_offer,
)
from service.texts import translator
from tests.core.wording_facts import NEVER_SAID, in_every_language, segments

TURKEY = CountryNumbers(
    country="Türkiye",
    general="112",
    near=Near.HERE,
    city="Ankara",
    mission=Line("+903124919100", "2025", is_old=True),
    hotline=Line("157", "08.2025"),
)
LAOS = CountryNumbers(country="Laos", police="1191", ambulance="1195", fire="1190", near=Near.ELSEWHERE, city="Bangkok")


class TestNumbers:
    def test_say_of_when_each_is(self) -> None:
        text = numbers(TURKEY, translator("en"), segments)
        assert text == (
            "Türkiye: emergencies 112. Your embassy, Ankara: +903124919100 (old, of 2025)."
            " Hotline: 157 (as of 08.2025)."
        )

    def test_that_are_not_known_are_said_to_be_so(self) -> None:
        nowhere = numbers(CountryNumbers(country="Nauru"), translator("en"), segments)
        assert nowhere == (
            "Nauru: we do not know the emergency number, ask anybody there."
            " We know no embassy of yours there, ask at home."
        )
        assert numbers(LAOS, translator("en"), segments) == (
            "Laos: police 1191, ambulance 1195, fire 1190. Your nearest embassy is in Bangkok; we know no number of it,"
            " ask at home."
        )

    def test_stand_in_no_text_whose_carrier_forbids_them(self) -> None:
        facts = replace(TURKEY, numbers_allowed=False, hotline=Line("8 800 333 00 16", "2017"))
        text = numbers(facts, translator("en"), segments)
        assert text == (
            "Türkiye: emergencies 112. The number of your embassy may not stand in a text here: see your card."
        )

    def test_of_her_own_country_need_no_embassy(self) -> None:
        at_home = CountryNumbers(country="Kazakhstan", general="112", near=Near.AT_HOME)
        assert numbers(at_home, translator("en"), segments) == "Kazakhstan: emergencies 112."

    def test_asked_for_in_distress_say_which_word_calls_her_people(self) -> None:
        assert "SOS" in numbers(TURKEY, translator("en"), segments, in_distress=True)
        assert "SOS" not in numbers(TURKEY, translator("en"), segments)


names = st.text(st.characters(codec="utf-8", categories=("L", "Zs")), max_size=60)
dials = st.from_regex(r"\+[1-9][0-9]{9,13}", fullmatch=True)
lines = st.builds(Line, dials, st.sampled_from(["", "2025", "08.2025"]), st.booleans())


@settings(max_examples=60)
@given(
    st.builds(
        CountryNumbers,
        country=names,
        general=st.sampled_from(["", "112"]),
        police=st.sampled_from(["", "102"]),
        ambulance=st.sampled_from(["", "103"]),
        near=st.sampled_from([Near.HERE, Near.ELSEWHERE]),
        office=st.sampled_from(Office),
        city=names,
        mission=st.none() | lines,
        hotline=st.none() | lines,
    ),
    st.sampled_from(["en", "ru", "kk"]),
)
def test_an_answer_is_short_and_whole_and_keeps_the_first_number(facts: CountryNumbers, language: str) -> None:
    text = numbers(facts, translator(language), segments)
    assert segments(text) <= MOST_SEGMENTS
    assert (facts.general or facts.police or facts.ambulance) in text
    assert set(re.findall(r"\+\d+", text)) <= {line.number for line in (facts.mission, facts.hotline) if line}


def every_answer(language: str) -> Iterator[str]:
    _ = translator(language)
    yield numbers(TURKEY, _, segments, in_distress=True)
    yield numbers(LAOS, _, segments)
    yield from (menu(_), menu(_, is_before=True), which_country(_), which_offer(_))
    yield from (offer(sign, "?", _) for sign in Sign)


@in_every_language
def test_no_answer_says_what_must_not_be_read_on_her_phone(language: str) -> None:
    for text in every_answer(language):
        assert not re.search(NEVER_SAID, text, re.IGNORECASE), text
    assert segments(menu(translator(language))) == segments(menu(translator(language), is_before=True)) == 1
