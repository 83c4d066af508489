"""Words and a question: set once, never shown again, left out or taken off as she likes."""

from __future__ import annotations

import re

import pytest

from service.core.words import PROPOSALS
from service.texts import LANGUAGES
from service.usecases.own_trip import word_kind
from tests.easy import one_database
from tests.web.api_world import EVENINGS, WORDS
from tests.web.form_world import FormWorld, errors_of, forms, forms_once, shown

__all__ = ["forms", "forms_once"]

FILLED = {
    "wording": "plain",
    "safe[0]": "the tram was late again",
    "safe[2]": "greetings to grandmother",
    "quiet[1]": "tell Marat I found his keys",
    "question": "What was our dog called?",
    "not_free_answer": "Barsik",
    "passphrase": "apples in the old garden",
    "passphrase_again": "apples in the old garden",
}
FORBIDDEN = ("duress", "принужд", "мәжбүр", "traffick", "торговл", "sos", "amanba", "аманба", "alarm", "тревог")
HOSTILE = {
    "too long": "щ" * 1000,
    "control characters": "a quiet\x07 evening",
    "a script": "<script>alert(1)</script>",
    "right to left": "\u202eevening quiet a",
    "emoji": "\U0001f469\u200d\U0001f33e\U0001f469\u200d\U0001f33e",
    "SQL": "'; DROP TABLE words; --",
}


def planned(world: FormWorld) -> str:
    """A draft with a plan and a mother who has accepted, in her browser."""
    world.sign_in()
    trip = world.trip()
    assert world.put(f"{trip}/plan", EVENINGS).status_code == 200
    world.contact(trip)
    world.enter_later()
    return trip


def test_words_are_set_and_nobody_reads_them_again(forms: FormWorld) -> None:
    trip = planned(forms)
    answer = forms.send("/trip/words", FILLED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/trip/words")
    state = forms.state(trip)
    assert [word_kind(state, text) for text in (FILLED["safe[2]"], FILLED["quiet[1]"])] == ["safe", "duress"]
    assert (state.details["question"], state.details["not_free_answer"]) == (FILLED["question"], "Barsik")
    page = forms.open("/trip/words")
    assert "Your words are set" in shown(page)
    assert "Do not write them down." in shown(page)
    secrets = [text for name, text in FILLED.items() if name != "wording"]
    for seen in (page, forms.open("/trip/texts"), forms.open("/trip/ready"), forms.get(trip)):
        assert seen.status_code == 200
        assert [text for text in secrets if text in seen.text] == []

    kept = forms.send("/trip/words", {"wording": "discreet"})
    assert kept.headers["location"] == "/trip/texts"
    assert forms.state(trip).words == state.words
    assert forms.state(trip).wording == "discreet"


def test_going_on_without_words(forms_once: FormWorld) -> None:
    trip = planned(forms_once)
    answer = forms_once.send("/trip/words", {"wording": "plain", "safe[0]": "  "})
    assert (answer.status_code, answer.headers["location"]) == (303, "/trip/texts")
    assert not forms_once.state(trip).has_words


@one_database
def test_other_words_take_their_place_and_taking_them_off_leaves_nothing(forms: FormWorld) -> None:
    trip = planned(forms)
    forms.put(f"{trip}/words", WORDS)
    set_before = forms.state(trip).words
    forms.send("/trip/words", FILLED)
    assert forms.state(trip).words == set_before, "the button said that they stay"
    forms.send("/trip/words", {**FILLED, "replace": "1"})
    state = forms.state(trip)
    assert word_kind(state, FILLED["safe[0]"]) == "safe"
    assert word_kind(state, WORDS["duress"][0]) == "duress", "the new ones hold it too"
    assert len(state.words) == 3

    answer = forms.send("/trip/words", to="/trip/words/clear")
    assert answer.headers["location"] == "/trip/words"
    bare = forms.state(trip)
    assert (bare.has_words, bare.words, bare.word_key, bare.passphrase_hash) == (False, (), None, None)
    assert not {"question", "not_free_answer"} & set(bare.details)
    assert forms.send("/trip/words", to="/trip/words/clear").status_code == 303, "twice is once"


def test_every_mistake_stands_beside_its_field_and_nothing_is_stored(forms_once: FormWorld) -> None:
    trip = planned(forms_once)
    wrong = {"safe[1]": "soup for dinner", "quiet[2]": "soup for dinne", "quiet[4]": "police", "passphrase": "short"}
    said = errors_of(forms_once.send("/trip/words", {"wording": "shouted", **wrong}))
    assert set(said) == {"wording", "quiet-2", "quiet-4", "passphrase", "passphrase_again"}
    assert "one letter away" in said["quiet-2"]
    again = forms_once.send("/trip/words", {"wording": "discreet", **wrong})
    assert 'value="soup for dinner"' in again.text
    assert 'value="short"' not in again.text, "a passphrase never comes back"
    empty = errors_of(forms_once.send("/trip/words", {"wording": "discreet", "question": "What was our dog called?"}))
    assert set(empty) == {"safe-0", "quiet-0", "passphrase"}
    assert not forms_once.state(trip).has_words
    assert forms_once.state(trip).wording == "plain"


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_input_is_refused_in_her_language_or_kept_as_it_is(forms_once: FormWorld, what: str) -> None:
    trip, value = planned(forms_once), HOSTILE[what]
    hostile = {
        "safe[1]": value,
        "quiet[4]": "b" + value,
        "question": f"What of {value}",
        "not_free_answer": f"A {value}",
    }
    hostile |= {"passphrase": "passphrase " + value, "passphrase_again": "passphrase " + value}
    answer = forms_once.send("/trip/words", {**FILLED, **hostile}, language="ru")
    assert "<script>alert" not in answer.text
    if answer.status_code == 303:
        assert word_kind(forms_once.state(trip), value) == "safe"
        return
    for field, said in errors_of(answer).items():
        assert field in {"safe-1", "quiet-4", "question", "not_free_answer", "passphrase"}, field
        assert re.fullmatch(r"[^A-Za-z{}]+", said), (field, said)
    assert not forms_once.state(trip).has_words


def test_what_her_people_read_gives_no_word_away(forms_once: FormWorld) -> None:
    """T5: neither the question nor the answer to it may be a word of hers, nor open her private page."""
    trip = planned(forms_once)
    for wrong, field in (
        ({"not_free_answer": "The tram was late, again"}, "not_free_answer"),
        ({"question": "tell Marat I found his keys?"}, "question"),
        ({"question": ""}, "question"),
        ({"not_free_answer": "Apples in the old garden"}, "passphrase"),
    ):
        assert set(errors_of(forms_once.send("/trip/words", {**FILLED, **wrong}))) == {field}
    assert not forms_once.state(trip).has_words


def test_three_boxes_of_each_and_phrases_to_think_of(forms_once: FormWorld) -> None:
    """T6: the set-up takes three words of each list and more, and shows everyday phrases in her language."""
    planned(forms_once)
    for language in LANGUAGES:
        page = forms_once.open("/trip/words", language)
        assert [phrase for phrase in PROPOSALS[language] if phrase not in shown(page)] == []
        for kind in ("safe", "quiet"):
            assert re.findall(rf'name="{kind}\[(\d)\]"', page.text) == list("01234")


def test_no_word_of_it_tells_a_stranger_what_it_is(forms_once: FormWorld) -> None:
    planned(forms_once)
    for language in LANGUAGES:
        text = shown(forms_once.open("/trip/words", language)).casefold()
        for word in (
            "duress",
            "принужд",
            "мәжбүр",
            "traffick",
            "торговл",
            "sos",
            "amanba",
            "аманба",
            "alarm",
            "тревог",
        ):
            assert word not in text, (language, word)


def test_only_her_draft_and_only_from_our_page(forms_once: FormWorld) -> None:
    planned(forms_once)
    stolen = forms_once.client.post("/trip/words/clear", data={"form": "guessed"}, follow_redirects=False)
    assert stolen.status_code == 403
    forms_once.leave_behind()
    for path in ("/trip/words", "/trip/texts", "/trip/rehearsal", "/trip/ready", "/trip/begun"):
        assert forms_once.open(path).headers["location"] == "/in", path
