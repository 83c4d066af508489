"""Other words on the way: behind the passphrase, at once with a word and later without, and the same page for both."""

from __future__ import annotations

import pytest

from service.core.alarm import AlarmKind
from service.usecases.apply_changes import apply_due
from service.usecases.own_trip import word_kind
from tests.web.api_world import GULNAR, WORDS
from tests.web.form_world import FormWorld, errors_of, forms_once, shown

__all__ = ["forms_once"]

SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
NEW = {
    "safe[0]": "the tram was late again",
    "quiet[0]": "my shoes are still wet",
    "question": "Who taught me to swim?",
    "not_free_answer": "Uncle Bolat",
    "passphrase": "a kettle without its lid",
    "passphrase_again": "a kettle without its lid",
}


def armed(forms: FormWorld, *, words: bool = True) -> str:
    """An armed trip whose pages are open."""
    trip = forms.armed(words=words)
    forms.enter_later()
    if words:
        forms.send("/private", {"passphrase": WORDS["passphrase"]})
    return trip


def kinds(forms: FormWorld, trip: str) -> list[str | None]:
    """What her old and her new words are to the engine."""
    return [word_kind(forms.state(trip), text) for text in (SAFE, DURESS, NEW["safe[0]"], NEW["quiet[0]"])]


@pytest.mark.parametrize("word", [SAFE, DURESS])
def test_with_a_word_they_count_at_once_and_the_page_is_the_same(forms_once: FormWorld, word: str) -> None:
    """T3: also the new passphrase opens, and the old one does not, whichever word came along."""
    trip = armed(forms_once)
    page = shown(forms_once.send("/phrases", {**NEW, "word": word}))
    assert page.endswith(
        "Noted With one of your words the new ones count now. Without one they count from Thursday, 3 December, 09:02."
        " Until then the words that you had count, and the passphrase that you had."
        " Do not write them down. Do not try them out: a real one counts."
        " Times by the clock there: Istanbul. Go on"
    )
    forms_once.read_inbox()
    apply_due(forms_once.service, forms_once.now)
    shorter = forms_once.get(trip, Amanba_Passphrase=WORDS["passphrase"]).json()
    whole = forms_once.get(trip, Amanba_Passphrase=NEW["passphrase"]).json()
    assert "details" not in shorter
    assert not {"question", "not_free_answer"} & set(whole["details"])
    state = forms_once.state(trip)
    if word == SAFE:
        assert kinds(forms_once, trip) == [None, None, "safe", "duress"]
        agreed = (state.details["question"], state.details["not_free_answer"])
        assert agreed == (NEW["question"], NEW["not_free_answer"])
    else:
        assert state.alarm is not None
        assert state.alarm.view.kind is AlarmKind.DURESS
        assert kinds(forms_once, trip) == ["safe", "duress", None, None], "they wait until it has ended"


def test_without_one_her_people_hear_of_it_and_they_count_two_days_later(forms_once: FormWorld) -> None:
    trip = armed(forms_once)
    assert "Noted" in shown(forms_once.send("/phrases", NEW))
    assert len(forms_once.texts(GULNAR, "notice")) == 1
    forms_once.wait(hours=47)
    assert apply_due(forms_once.service, forms_once.now) == 0
    assert kinds(forms_once, trip) == ["safe", "duress", None, None]
    forms_once.wait(hours=1)
    assert apply_due(forms_once.service, forms_once.now) == 1
    assert kinds(forms_once, trip) == [None, None, "safe", "duress"]


def test_a_trip_without_words_may_get_them(forms_once: FormWorld) -> None:
    trip = armed(forms_once, words=False)
    assert 'href="/phrases"' in forms_once.open("/trip/all").text
    assert "Your words count from Thursday, 3 December, 09:02." in shown(forms_once.send("/phrases", NEW))
    forms_once.wait(hours=48)
    apply_due(forms_once.service, forms_once.now)
    assert forms_once.state(trip).has_words
    assert forms_once.open("/trip/all").headers["location"] == "/home", "it is the private page now"


def test_a_mistake_stands_beside_its_box_and_no_passphrase_comes_back(forms_once: FormWorld) -> None:
    trip = armed(forms_once)
    again = forms_once.send("/phrases", {**NEW, "quiet[2]": "the tram was late agai", "passphrase_again": "another"})
    assert set(errors_of(again)) == {"quiet-2", "passphrase_again"}
    assert NEW["passphrase"] not in again.text
    assert errors_of(forms_once.send("/phrases", {})).keys() == {"safe-0", "quiet-0", "passphrase"}
    assert forms_once.texts(GULNAR, "notice") == []
    assert kinds(forms_once, trip)[0] == "safe"
