"""The text that asks for what she wanted to tell later."""

import pytest

from notifiers.segments import measure, spell_cheaply
from service.core.wording_later import LATER, ask_later
from service.texts import LANGUAGES, translator

LINK = "https://amanba.example.org/later"


def segments(text: str) -> int:
    return measure(spell_cheaply(text)).segments


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("passport", [False, True])
def test_however_much_is_open_it_is_two_parts_at_most_and_leads_to_the_page(language: str, passport: bool) -> None:
    for fields in (list(LATER), [max(LATER, key=lambda field: len(translator(language)(LATER[field])))]):
        text = ask_later(fields, translator(language), count=segments, link=LINK, passport=passport)
        assert segments(text) <= 2
        assert text.endswith(LINK)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_passport_alone(language: str) -> None:
    _ = translator(language)
    text = ask_later([], _, count=segments, link=LINK, passport=True)
    assert text.endswith(LINK)
    assert segments(text) <= 2
    assert LINK not in ask_later([], _, count=segments, link="", passport=True)
    assert ask_later([], _, count=segments, link=LINK) == ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", LATER)
def test_one_field_is_named(language: str, field: str) -> None:
    _ = translator(language)
    text = ask_later([field], _, count=segments, link=LINK)
    assert _(LATER[field]) in text
    assert segments(text) <= 2


def test_what_does_not_fit_is_hinted_at() -> None:
    text = ask_later(list(LATER), translator("en"), count=segments, link=LINK)
    assert "your address there, the employer's name" in text
    assert " and more. Please open" in text
