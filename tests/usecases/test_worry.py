"""A contact is worried: the traveler is asked once more, and the contact learns nothing by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from service.db.stored import table_of
from service.db.tables import Watch
from service.usecases.worry import let_worry
from tests.scenarios.story import BROTHER, MOTHER, Story, family, open_story
from tests.web.contact_pages import actions, own_page, trip_of

WATCHES = table_of(Watch)


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


def worried(story: Story, name: str = "Gulnar") -> tuple[int, str]:
    """She presses the button; what she is shown."""
    answer = story.client.post(own_page(story, name), data={"do": "worried"})
    story.run()
    page = answer.text.replace(own_page(story, name), "").replace(BROTHER, MOTHER)
    return answer.status_code, page


def watch(story: Story) -> Any:
    return story.service.read(lambda conn: conn.execute(select(WATCHES)).one())


def test_she_is_asked_once_a_day_in_the_words_of_a_reminder_and_nothing_else_follows(lite: Story) -> None:
    """T22: one discreet extra reminder in 24 h, whoever is worried; the switch does not notice."""
    family(lite)
    before = watch(lite)
    shown = {worried(lite), worried(lite), worried(lite, "Daniyar")}
    assert lite.traveler.read_all() == ["Please text OK to +48732000000 by 20:00."]
    assert len(shown) == 1, "each is told the same"
    assert watch(lite) == before
    lite.advance(hours=24)
    lite.traveler.read_all()
    worried(lite, "Daniyar")
    assert len(lite.traveler.read_all()) == 1
    assert actions(lite).count("worried") == 2


def test_an_unanswered_question_of_that_kind_opens_nothing_and_moves_nothing(lite: Story) -> None:
    """T22: only the plan decides; the alarm opens at its own minute."""
    family(lite)
    lite.advance_to("2026-12-01T20:40+03:00")
    worried(lite)
    assert "Due 20:00: please text OK to +48732000000." in lite.traveler.read_all()[-1]
    lite.advance_to("2026-12-01T20:59+03:00")
    assert lite.mother.unread == []
    lite.advance_to("2026-12-01T21:01+03:00")
    lite.mother.expect("no sign since")


def test_with_words_it_is_as_empty_as_any_reminder_and_no_alarm_makes_a_difference(lite: Story) -> None:
    """T22, T3: whoever reads her phone cannot tell it from another, nor whether a word of duress was understood."""
    family(lite, words=True)
    lite.traveler.text("heavy rain")
    lite.run()
    lite.traveler.read_all()
    worried(lite)
    assert lite.traveler.read_all() == ["Hi, how are you? Write when you can. +48732000000"]


def test_who_may_not_ask_is_shown_the_same_and_nobody_is_asked(lite: Story) -> None:
    """T22: the traveler blocks it for one contact, who is not told."""
    family(lite)
    key, contacts = trip_of(lite).key, trip_of(lite).contacts
    mother = next(one for one in contacts if one.name == "Gulnar")
    let_worry(lite.service, key, mother.contact_id, allowed=False)
    blocked = worried(lite)
    assert lite.traveler.unread == []
    let_worry(lite.service, key, mother.contact_id, allowed=True)
    assert worried(lite) == blocked
    assert len(lite.traveler.unread) == 1


def test_nobody_is_asked_where_no_trip_is_under_way(lite: Story) -> None:
    """T18, T22: before it begins and after it has ended the answer is the same."""
    family(lite)
    while_away = worried(lite)
    lite.call("POST", f"/trips/{lite.trip_id}/changes", {"end": True}, 202)
    lite.run()
    lite.mother.reply("1")
    lite.advance(hours=25)
    lite.traveler.read_all()
    assert worried(lite) == while_away
    assert lite.traveler.unread == []


def test_an_end_that_only_an_alarm_holds_back_looks_like_an_end(lite: Story) -> None:
    """T3, T22: whoever had her end the trip must not learn by a worry that something holds it back."""
    family(lite, words=True)
    lite.traveler.text("heavy rain")
    lite.call("POST", f"/trips/{lite.trip_id}/changes", {"end": True, "word": "green apples"}, 202)
    lite.run()
    assert trip_of(lite).status == "armed"
    lite.traveler.read_all()
    worried(lite)
    assert lite.traveler.unread == []
