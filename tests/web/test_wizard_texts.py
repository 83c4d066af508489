"""What they will receive: the very texts, written before the trip begins; and the rehearsal's result."""

from __future__ import annotations

import re

from tests.easy import one_database
from tests.web.api_world import AIZHAN, BROTHER, DANIYAR, EVENINGS, GULNAR, WORDS
from tests.web.form_world import FormWorld, forms, forms_once, shown

__all__ = ["forms", "forms_once"]

MADE_WHEN_SENT = re.compile(r"#[A-Z0-9]{4,6}\b|/[air]/\w+")
BUBBLES = re.compile(r'<p class="sms"[^>]*>(.*?)</p>', re.S)


def planned(world: FormWorld, *, words: bool = False) -> str:
    """A draft with a plan, a mother who has accepted and a brother who has not been asked long ago."""
    world.sign_in()
    trip = world.trip()
    assert world.put(f"{trip}/plan", EVENINGS).status_code == 200
    world.contact(trip)
    world.contact(trip, {**BROTHER, "disclosure": "link", "role": "call"})
    if words:
        assert world.put(f"{trip}/words", WORDS).status_code == 204
    world.enter_later()
    return trip


def bare(text: str) -> str:
    """A text without the codes and links that are made when it is sent."""
    return MADE_WHEN_SENT.sub("…", text.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&"))


@one_database
def test_what_is_shown_is_what_is_sent(forms: FormWorld) -> None:
    trip = planned(forms)
    before = [bare(text) for text in BUBBLES.findall(forms.open("/trip/texts").text)]
    assert forms.post(f"{trip}/arm").status_code == 200
    forms.wait(hours=10)
    for _ in range(5):
        forms.wait(minutes=30)
        forms.work()
    sent = [text for phone in (GULNAR, DANIYAR) for text in forms.texts(phone) if "#" in text]
    sent += forms.texts(AIZHAN, "reminder")
    assert len(forms.texts(GULNAR, "alert")) >= 2
    assert len(forms.texts(AIZHAN, "reminder")) >= 3
    left = {bare(text) for text in sent}
    assert left <= set(before)
    assert len(set(before) - left) == 4, "what was not due: two all-clears, the answer to an OK, and the 1"


def test_each_text_says_what_it_costs_and_means(forms_once: FormWorld) -> None:
    planned(forms_once)
    page = forms_once.open("/trip/texts")
    text = shown(page)
    assert "Tuesday, 1 December, 20:00 in Istanbul (22:00 in Almaty)" in text
    assert "Before 21:00 your people receive nothing." in text
    assert "If you do not answer · 23:00 in Almaty" in text
    assert "3 SMS · " in text
    assert " of 201 characters" in text
    assert "Read them in your language" in text
    assert "no sign since 22:00. Please call." in text
    assert "I am not free to speak" not in text, "without words there is no such sign"
    assert forms_once.texts(GULNAR, "alert") == [], "looking sends nothing"
    assert forms_once.send("/trip/texts").headers["location"] == "/trip/rehearsal"


def test_with_words_those_who_may_hear_it_see_the_quiet_sign(forms_once: FormWorld) -> None:
    planned(forms_once, words=True)
    page = shown(forms_once.open("/trip/texts"))
    assert page.count("If you send the phrase") == 1, "the brother only calls"
    assert "Do NOT call or text Aizhan" in page
    assert "Hi, how are you? Write when you can." in page
    assert "Please answer OK by" not in page


def test_without_a_plan_or_people_it_says_what_to_do_first(forms_once: FormWorld) -> None:
    forms_once.sign_in()
    forms_once.trip()
    forms_once.enter_later()
    page = shown(forms_once.open("/trip/texts"))
    assert "Say first when you answer" in page
    assert "Nobody is named yet" in page


@one_database
def test_a_rehearsal_is_started_once_and_shows_who_was_reached(forms: FormWorld) -> None:
    planned(forms)
    first = forms.send("/trip/rehearsal")
    assert (first.status_code, first.headers["location"]) == (303, "/trip/rehearsal")
    assert forms.send("/trip/rehearsal").status_code == 303, "a double press is one"
    forms.work()
    page = shown(forms.open("/trip/rehearsal"))
    for said in ("0 of 2 answered", "Told by SMS to …02", "Look again"):
        assert said in page, said
    assert len([text for text in forms.texts(GULNAR, "rehearsal") if text.startswith("ЖАТТЫҒУ")]) >= 1


def test_a_rehearsal_needs_somebody_who_has_accepted(forms_once: FormWorld) -> None:
    forms_once.sign_in()
    trip = forms_once.trip()
    forms_once.contact(trip, accepted=False)
    forms_once.enter_later()
    refused = forms_once.send("/trip/rehearsal", language="ru")
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    skipped = re.search(r'href="(/trip/ready)">[^<]*Пропустить', forms_once.open("/trip/rehearsal", "ru").text)
    assert skipped is not None
