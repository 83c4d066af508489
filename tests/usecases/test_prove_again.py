"""Once a month a contact is asked whether her number is still hers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from service.db.stored import table_of
from service.db.tables import Contact
from service.usecases.prove_again import ask_again
from tests.scenarios.story import MOTHER, Story, family, open_story
from tests.web.contact_pages import own_page, trip_of

CONTACTS = table_of(Contact)
MONTH = timedelta(days=30)
QUESTION = "Gulnar, is this number still yours? Then answer 1. You are a trusted person of Aizhan. "


@pytest.fixture
def story(database_url: str) -> Iterator[Story]:
    with open_story(database_url) as told:
        yield told


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


def planned(story: Story) -> None:
    """A trip that is still being planned, and a mother who has accepted."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    story.mother.read_all()


def pass_by(story: Story, **span: float) -> None:
    """Time goes by in which nothing else is due, not even that a draft is forgotten."""
    story.now += timedelta(**span)
    ask_again(story.service)
    story.run()


def set_contacts(story: Story, **values: Any) -> None:
    story.service.run(lambda conn: conn.execute(update(CONTACTS).values(**values)))


def test_she_is_asked_after_a_month_by_day_and_says_yes_by_a_digit(story: Story) -> None:
    """T31: one question, nothing of the trip in it; a bare 1 answers it."""
    planned(story)
    pass_by(story, days=29, hours=23)
    assert story.mother.unread == []
    pass_by(story, hours=14)
    assert story.mother.unread == [], "it is night"
    pass_by(story, hours=12)
    pass_by(story, hours=2)
    [question] = story.mother.read_all()
    assert question.startswith(QUESTION)
    story.mother.reply("1")
    story.run()
    assert story.mother.read_all() == ["Thank you. Nothing else to do."]
    assert trip_of(story).contacts[0].proven_at == story.now
    pass_by(story, days=29)
    assert story.mother.unread == []
    pass_by(story, days=1, hours=1)
    story.mother.expect("is this number still yours")


def test_or_by_a_tap_on_her_own_page(lite: Story) -> None:
    """T31: the page asks as long as it is open."""
    planned(lite)
    page = own_page(lite, "Gulnar")
    assert "Is this still yours?" not in lite.client.get(page).text
    pass_by(lite, days=31, hours=5)
    assert "Is this still yours?" in lite.client.get(page).text
    assert "Is this still yours?" not in lite.client.post(page, data={"do": "still_mine"}).text
    assert trip_of(lite).contacts[0].proven_at == lite.now


def test_a_1_answers_the_newest_question_and_the_code_its_own(lite: Story) -> None:
    """T31: a number that is said to be right ends no watch, and nobody's alarm is taken by it."""
    family(lite)
    asked_at = lite.now
    set_contacts(lite, accepted_at=asked_at - MONTH - timedelta(days=1))
    pass_by(lite, hours=1, minutes=1)
    code = lite.mother.expect("is this number still yours").rsplit("#", 1)[1]
    lite.brother.expect("is this number still yours")
    lite.call("POST", f"/trips/{lite.trip_id}/changes", {"end": True}, 202)
    lite.run()
    lite.mother.expect("says that the trip is over")
    lite.mother.reply(f"1 {code}")
    lite.run()
    lite.mother.expect("Nothing else to do")
    assert trip_of(lite).status == "armed"
    lite.brother.expect("says that the trip is over")
    lite.brother.reply("1")
    lite.run()
    assert trip_of(lite).status == "ended"


def test_nobody_is_asked_in_an_alarm_or_after_the_end(lite: Story) -> None:
    """T31: a 1 would take the alarm; and only while a trip is planned or under way."""
    family(lite)
    set_contacts(lite, accepted_at=lite.now - 2 * MONTH)
    lite.traveler.text("SOS")
    lite.run()
    pass_by(lite, hours=1)
    assert not any("still yours" in text for text in lite.mother.read_all())
    lite.mother.reply("2")
    lite.run()
    lite.call("POST", f"/trips/{lite.trip_id}/changes", {"end": True}, 202)
    lite.run()
    lite.brother.reply("1")
    pass_by(lite, hours=2)
    assert trip_of(lite).status == "ended"
    assert not any("still yours" in text for text in lite.mother.read_all())
