"""The asked question: what a contact heard on the phone, said in words on the page of an alarm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.db.stored import table_of
from service.db.tables import Alarm
from service.usecases.agreed import Agreed, agreed_of
from tests.scenarios.story import Story, family, open_story
from tests.web.contact_pages import PIN, alarm_page, choose_pin, everything, trip_of

QUESTION, NOT_FREE = "What was our dog called?", "Barsik"
NOTE = "A man breathed <beside> her & she said Barsik"
ALARMS = table_of(Alarm)


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    """A story where the kind of database makes no difference."""
    with open_story(sqlite_url) as told:
        yield told


def says(story: Story, page: str, what: str, **more: str) -> str:
    """Send the short form of a page; what it then shows."""
    answer = story.client.post(page, data={"answer": what, "nonce": what, **more}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?answered={what}")
    story.run()
    shown: str = story.client.get(answer.headers["location"]).text
    return shown


def opened(story: Story, page: str, name: str) -> str:
    """The page with its sheet opened by a PIN."""
    choose_pin(story, name)
    shown: str = story.client.post(f"{page}/sheet", data={"pin": PIN}).text
    return shown


def weak_days(story: Story, first: int, last: int) -> None:
    for day in range(first, last + 1):
        story.advance_to(f"2026-12-{day:02}T19:50+03:00")
        story.traveler.text("ok")


def alarms(story: Story) -> list[tuple[Any, ...]]:
    rows = story.service.read(lambda conn: conn.execute(select(ALARMS.c.kind, ALARMS.c.state)).all())
    return [tuple(row) for row in rows]


def test_a_wrong_answer_is_a_quiet_signal_and_no_later_one_takes_it_back(story: Story) -> None:
    """T8: wrong raises duress for those who may know, with a note for them alone; right and 2 end nothing any more."""
    family(story, words=True)
    story.advance_to("2026-12-01T21:16+03:00")
    pages = {name: alarm_page(phone) for name, phone in (("Gulnar", story.mother), ("Daniyar", story.brother))}
    shown = story.client.get(pages["Gulnar"]).text
    assert re.findall(r'type="radio" name="answer" value="(\w+)"', shown) == ["right", "wrong", "not_free", "odd"]
    assert QUESTION not in shown
    story.fund.read_all()

    shown = says(story, pages["Gulnar"], "wrong", note=f"  {NOTE}\n")
    assert "Your answer is kept: The answer was wrong. Thank you." in shown
    assert "Do NOT call or text Aizhan" in shown
    assert "Gulnar: the answer to the question was wrong" in shown
    assert "What was heard on the phone is written there too." in shown
    fund = alarm_page(story.fund)
    story.brother.expect("It is in hand. Please do not call or text Aizhan.")
    for page in (pages["Gulnar"], fund):
        assert "breathed" not in story.client.get(page).text
    assert "A man breathed &lt;beside&gt; her &amp; she said Barsik" in opened(story, fund, "Saule")

    assert "Do NOT call or text Aizhan" in says(story, fund, "right")
    assert "It is in hand" in says(story, pages["Daniyar"], "right", note="she laughed")
    story.fund.reply("2")
    story.fund.expect("only when two people say so")
    assert alarms(story) == [("duress", "open")]
    everybody = (story.traveler, story.mother, story.brother, story.fund, story.operator)
    said = " ".join(text for phone in everybody for text in phone.received)
    kept = repr(everything(story))
    for secret in (QUESTION, NOT_FREE, "breathed", "laughed"):
        assert secret not in said
        assert secret not in kept


def test_a_doubt_opens_again_what_a_right_answer_had_ended(lite: Story) -> None:
    """T8: the next day somebody says what he heard; the page that he still has takes it."""
    family(lite, words=True)
    lite.advance_to("2026-12-01T21:16+03:00")
    mother, brother = alarm_page(lite.mother), alarm_page(lite.brother)
    assert "Aizhan is safe. Gulnar heard the voice." in says(lite, mother, "right")
    lite.brother.expect("Aizhan is safe. Gulnar heard the voice.")
    watch = trip_of(lite).watch
    assert watch is not None
    assert watch.streak == 0
    assert watch.last_verified_at is not None
    lite.now += timedelta(hours=20)
    lite.mother.read_all()
    says(lite, brother, "not_free")
    lite.mother.expect("Do NOT call or text Aizhan")
    assert alarms(lite) == [("duress", "open")]


def test_whom_the_question_is_for(lite: Story) -> None:
    """T8: behind the PIN the question, and for who may know of a quiet sign also the answer that means "not free"."""
    family(lite, words=True)
    lite.advance_to("2026-12-01T21:16+03:00")
    mother, brother = alarm_page(lite.mother), alarm_page(lite.brother)
    for page in (mother, brother):
        assert QUESTION not in lite.client.get(page).text
    shown = opened(lite, mother, "Gulnar")
    assert QUESTION in shown
    assert f'<dd dir="auto">{NOT_FREE}</dd>' in shown
    shown = opened(lite, brother, "Daniyar")
    assert QUESTION in shown
    assert NOT_FREE not in shown
    trip = trip_of(lite)
    for contact in trip.contacts:
        trusted = {"call": None}.get(contact.role, Agreed(QUESTION, NOT_FREE))
        assert agreed_of(trip, replace(contact, disclosure="link")) == trusted

    lite.traveler.text("heavy rain")
    lite.run()
    quiet = lite.client.post(f"{alarm_page(lite.mother)}/sheet", data={"pin": PIN}).text
    assert "Do not call to ask it." in quiet
    assert 'name="answer" value="right"' not in quiet
    assert "ask your agreed question." not in quiet


def test_a_dictated_ok_is_noticed_once_and_a_word_resets_it(lite: Story) -> None:
    """T7: after `max_weak` bare OKs one alarm opens, and one only however many follow; a verified one counts anew."""
    family(lite, words=True)
    weak_days(lite, 1, 2)
    lite.advance_to("2026-12-03T19:50+03:00")
    lite.traveler.text("green apples")
    weak_days(lite, 4, 5)
    assert alarms(lite) == []
    weak_days(lite, 6, 7)
    assert alarms(lite) == [("unproven", "open")]
    assert len([text for text in lite.mother.read_all() if "your question" in text]) == 1
    lite.traveler.text("green apples")
    assert alarms(lite) == [("unproven", "closed")]
