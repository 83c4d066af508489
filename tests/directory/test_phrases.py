"""E17, E20: twenty sentences in the languages of the countries where people go to work."""

from __future__ import annotations

import pytest

from service.directory.phrases import COLUMNS, KEYS, languages, phrase, phrases, read_phrases, spoken_in

WITH_LETTERS_OF_THEIR_OWN = {"ru", "ar", "ko", "th", "zh"}
ROW = "tr,{},Merhaba,,2026-11-23,not yet"


def test_twenty_in_each_language_with_the_way_they_sound() -> None:
    assert len(KEYS) == 20
    assert {"en", "ru", "tr", "ar", "ko", "th", "de", "pl"} <= set(languages())
    for language in languages():
        said = phrases(language)
        assert [one.key for one in said] == list(KEYS)
        assert len({one.text for one in said}) == 20, language
        assert all(bool(one.latin) == (language in WITH_LETTERS_OF_THEIR_OWN) for one in said), language
        assert all(one.said.isascii() for one in said if one.latin and language != "zh"), language


def test_nobody_has_read_them_until_the_table_says_who() -> None:
    assert {one.reviewer for language in languages() for one in phrases(language)} == {""}


def test_a_language_that_is_not_there_is_english() -> None:
    assert phrase("passport_mine", "tr") == "Pasaportum yalnızca bana aittir."
    assert phrase("passport_mine", "de-AT") == phrase("passport_mine", "DE")
    assert phrase("passport_mine", "ka") == "My passport belongs only to me."
    with pytest.raises(KeyError):
        phrase("hello", "tr")


@pytest.mark.parametrize(
    ("country", "spoken"),
    [
        ("AE", "ar en"),
        ("TR", "tr"),
        ("KR", "ko"),
        ("TH", "th"),
        ("RU", "ru"),
        ("DE", "de en"),
        ("PL", "pl en"),
        ("US", "en"),
        ("CN", "zh"),
        ("BY", "ru"),
        # The language of most is not among ours.
        ("CY", "en tr"),
        ("GE", "en"),
        ("", "en"),
    ],
)
def test_what_is_spoken_where(country: str, spoken: str) -> None:
    assert " ".join(spoken_in(country)) == spoken


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROW.format("hello")], "no sentence"),
        ([ROW.format("help"), ROW.format("help")], "twice"),
        ([ROW.format("help")], "missing"),
        (["tr,help,Merhaba,,yesterday,not yet"], "no date"),
        (["tr,help,Merhaba,,2026-11-23,"], "no sentence"),
    ],
)
def test_a_table_with_a_gap_is_refused(rows: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_phrases([",".join(COLUMNS), *rows])
