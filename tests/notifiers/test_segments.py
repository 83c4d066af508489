"""Probes counted by Twilio's own sms-segments-calculator 1.3.0, smart encoding off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.segments import Encoding, fit, fold_punctuation, is_gsm7, measure, spell_cheaply
from service.core.wording_text import graphemes

GSM7, UCS2 = Encoding.GSM7, Encoding.UCS2

PROBES = [
    ("", GSM7, 0, 1),
    ("a" * 160, GSM7, 160, 1),
    ("a" * 161, GSM7, 161, 2),
    ("a" * 306, GSM7, 306, 2),
    ("a" * 307, GSM7, 307, 3),
    ("€" * 80, GSM7, 160, 1),
    ("€" * 81, GSM7, 162, 2),
    ("a" * 152 + "€" + "a" * 10, GSM7, 164, 2),
    ("a" * 152 + "€" + "a" * 151, GSM7, 305, 2),
    ("a" * 152 + "€" + "a" * 152, GSM7, 306, 3),
    ("^{}\\[~]|€", GSM7, 18, 1),
    ("\n\r\f", GSM7, 4, 1),
    ("Äöüéàñ", GSM7, 6, 1),
    ("ж" * 70, UCS2, 70, 1),
    ("ж" * 71, UCS2, 71, 2),
    ("ж" * 134, UCS2, 134, 2),
    ("ж" * 135, UCS2, 135, 3),
    ("ж" * 1600, UCS2, 1600, 24),
    ("😀" * 35, UCS2, 70, 1),
    ("😀" * 36, UCS2, 72, 2),
    ("ж" * 66 + "😀" + "ж" * 10, UCS2, 78, 2),
    ("ж" * 66 + "😀" + "ж" * 65, UCS2, 133, 2),
    ("ж" * 66 + "😀" + "ж" * 66, UCS2, 134, 3),
    ("қ", UCS2, 1, 1),
    ("ş", UCS2, 1, 1),
    ("`", UCS2, 1, 1),
    ("a\u00a0b", UCS2, 3, 1),
    ("«a»", UCS2, 3, 1),
    ("o‘zbek", UCS2, 6, 1),
]


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), PROBES)
def test_counting_agrees_with_twilio(text: str, encoding: Encoding, units: int, segments: int) -> None:
    counted = measure(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_one_no_break_space_doubles_the_price_until_it_is_folded() -> None:
    text = "Call +48\u00a022\u00a0000 – “now”… " + "a" * 100
    assert measure(text).segments == 2
    assert measure(spell_cheaply(text)).segments == 1
    assert spell_cheaply(text).startswith('Call +48 22 000 - "now"... ')


def test_uzbek_in_latin_letters_becomes_cheap() -> None:
    assert spell_cheaply("Oʻgʻlingiz javob bermayapti") == "O'g'lingiz javob bermayapti"


def test_a_text_that_stays_dear_keeps_its_punctuation() -> None:
    for text in ("«Сәуле» — жауап бермейді…", "“Ok” 👍"):
        assert spell_cheaply(text) == text


def test_every_mark_that_people_type_has_a_spelling() -> None:
    """CHANNELS: what Twilio's own smart encoding folds, and what Uzbek and typesetters add."""
    for mark in "«»“”„’‘ʻʼ–—…\u00a0`":
        assert is_gsm7(spell_cheaply(f"o{mark}z")), mark


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


LETTERS = st.text(st.sampled_from("aЖқ ә\u0301\u0306é👍🏽\u200d👩\ufe0f🇰🇿.,\n-"), max_size=200)


@given(LETTERS, st.integers(20, 90))
def test_a_long_text_is_cut_between_characters_and_keeps_its_code(words: str, most: int) -> None:
    text = f"{words} #7F3K"
    short = fit(text, most, "7F3K")
    assert units(short) <= most
    assert "#7F3K" in short.split()
    if units(text) <= most:
        assert short == text
    else:
        kept = short.removesuffix(" #7F3K").removesuffix("..")
        whole = list(graphemes(text))
        starts = {"".join(whole[:count]) for count in range(len(whole) + 1)}
        assert kept in starts or any(start.rstrip(" .,;:-\n") == kept for start in starts)


def test_a_long_text_is_cut_at_a_word_and_an_endless_one_anywhere() -> None:
    assert fit("Сәуле не отвечает с 20:31. Позвоните ей. #7F3K", 34, "7F3K") == "Сәуле не отвечает с 20:31.. #7F3K"
    assert fit("ж" * 100, 20) == "ж" * 18 + ".."
    assert fit("#7F3K is the code. " + "word " * 30, 60, "7F3K").startswith("#7F3K is the code. word")
    assert fit("👍" * 50, 20, "7F3K") == ".."


@given(st.text())
def test_folding_never_touches_a_letter_or_a_digit(text: str) -> None:
    def letters(string: str) -> str:
        # The modifier letters that stand for an apostrophe are not letters of a name.
        return "".join(char for char in string if char.isalnum() and char not in "ʻʼʽ")

    assert letters(fold_punctuation(text).replace("No.", "")) == letters(text.replace("No.", ""))


@given(st.text())
def test_cheap_spelling_never_costs_more(text: str) -> None:
    spelled = spell_cheaply(text)
    assert spelled == text or (is_gsm7(spelled) and not is_gsm7(text))
    assert measure(spelled).segments <= measure(text).segments or len(spelled) > len(text)
