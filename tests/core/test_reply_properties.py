"""What no text whatever may do."""

import csv
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.core.reply import Meaning, normalize_message, read
from service.core.vocabulary import DISTRESS, NEGATION, STATES
from service.core.words import candidates, check_words, match, normalize

DATA = Path(__file__).parent.parent / "data"


def _texts() -> list[str]:
    found: list[str] = []
    for name in ("inbound_texts.csv", "more_inbound_texts.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as table:
            found += [row["text"] for row in csv.DictReader(table)]
    return found


known = st.sampled_from(_texts())
states = st.sampled_from(sorted(" ".join(phrase) for phrase in STATES))
distress = st.sampled_from(sorted(" ".join(phrase) for phrase in DISTRESS))
negation = st.sampled_from(sorted(" ".join(phrase) for phrase in NEGATION))
separators = st.sampled_from([" ", ", ", ". ", "\n", " - ", "! ", "\u00a0", "\u200b "])
letters = st.text(st.sampled_from("okОКаеіқә яinmOKжива0123456789 ?!.,)(/:+-'\n\u200b👍❤️🆘"), max_size=30)
texts = st.one_of(st.text(), st.characters(codec=None).map(str), letters, known, states)
composed = st.builds(lambda parts, by: by.join(parts), st.lists(texts, min_size=1, max_size=4), separators)
signs_of_life = (Meaning.CHECK_IN, Meaning.HOME, Meaning.DIGIT)


@given(composed)
@example("\ud800")
@example("ok\x00")
@example("0" * 5000)
def test_every_text_has_a_meaning(text: str) -> None:
    reading = read(text)
    assert (reading.digit is not None) == (reading.meaning is Meaning.DIGIT)
    assert reading.pin is None or (len(reading.pin) == 4 and reading.pin.isdigit())
    assert not reading.distress or reading.meaning is Meaning.AMBIGUOUS


@given(composed)
def test_normalizing_twice_changes_nothing(text: str) -> None:
    assert normalize_message(normalize_message(text)) == normalize_message(text)
    assert normalize(normalize(text)) == normalize(text)


@given(composed, st.sampled_from(["?", "？", "؟", " ?", "⁉", "\u037e", "❓", "?)", "?!"]))
@settings(max_examples=300)
@example("OK https://maps.google.com/?q=43.2389,76.8897", "?")
@example("щл", "?")
def test_a_question_is_never_a_sign_of_life(text: str, mark: str) -> None:
    assert read(text + mark).meaning not in signs_of_life


@given(negation, separators, st.one_of(known, states))
@settings(max_examples=500)
def test_a_negation_before_it_is_never_a_sign_of_life(no: str, by: str, text: str) -> None:
    assert read(no + by + text).meaning not in signs_of_life


@given(st.one_of(known, states), separators, distress, separators, st.one_of(known, states, st.just("")))
@settings(max_examples=500)
def test_a_text_that_holds_distress_is_never_a_sign_of_life(
    before: str, by: str, cry: str, then: str, after: str
) -> None:
    for text in (before + by + cry + then + after, cry + then + after, before + by + cry):
        reading = read(text)
        assert reading.meaning not in signs_of_life
        assert reading.meaning is not Meaning.AMBIGUOUS or reading.distress


@given(states)
@settings(max_examples=300)
def test_every_listed_state_checks_in_by_itself(text: str) -> None:
    assert read(text).meaning is Meaning.CHECK_IN
    assert read(text.upper() + "!").meaning is Meaning.CHECK_IN


@given(composed)
def test_words_can_be_looked_for_in_every_text(text: str) -> None:
    assert 1 <= len(candidates(text)) <= 2
    assert match(b"key", text, [b"\x00" * 32]) is None
    assert all(problem.field.startswith(("safe", "duress")) for problem in check_words([text], [text]))
