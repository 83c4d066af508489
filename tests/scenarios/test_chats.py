"""Whose a chat is, and what it tells whoever opens it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.usecases.her_chat import her_chats
from tests.mock_telegram import MockTelegram, mock_telegram
from tests.scenarios.story import MOTHER, Story, family, open_story
from tests.scenarios.test_telegram import AIZHAN, STRANGER, begin, her_link, key_of, poll


@pytest.fixture
def telegram() -> Iterator[MockTelegram]:
    with mock_telegram() as one:
        yield one


@pytest.fixture
def story_once(sqlite_url: str, telegram: MockTelegram) -> Iterator[Story]:
    with open_story(sqlite_url, env=telegram.env()) as opened:
        telegram.use_clock(lambda: opened.now)
        yield opened


def test_when_the_chat_answers_depends_on_the_arrival_alone(story_once: Story, telegram: MockTelegram) -> None:
    """T1: joining a chat takes longer than leaving a stranger alone."""
    story = story_once
    begin(story, telegram, words=True)
    story.arm()
    limits = replace(story.service.limits, answer_after=timedelta(seconds=1))
    story.service = replace(story.service, limits=limits)
    telegram.start(AIZHAN, her_link(story, "green apples"))
    telegram.write(STRANGER, "/start")
    poll(story)
    assert telegram.chat(AIZHAN).texts == telegram.chat(STRANGER).texts == []
    story.advance(seconds=1)
    assert telegram.chat(AIZHAN).texts == telegram.chat(STRANGER).texts != []


def test_a_chat_that_another_traveler_has_joined_since_is_not_asked(story_once: Story, telegram: MockTelegram) -> None:
    """Her trip has ended, and her sister has the tablet now: on her next trip she is asked on her own phone alone."""
    story, sister = story_once, "+77010000077"
    family(story)
    telegram.start(AIZHAN, her_link(story))
    poll(story)
    story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 202)
    story.run()
    story.mother.reply("1")
    hers = story.token
    story.token = ""
    story.register("Dana", phone=sister)
    story.plan_trip()
    telegram.start(AIZHAN, her_link(story))
    poll(story)
    story.add_contact("Gulnar", MOTHER)
    story.arm()
    story.token = hers
    story.plan_trip()
    assert her_chats(story.service, key_of(story)).joined == 0
    story.add_contact("Gulnar", MOTHER)
    story.arm()
    chat = telegram.chat(AIZHAN)
    chat.texts.clear()
    story.traveler.read_all()
    story.advance_to("2026-12-01T20:31+03:00")
    assert len(story.traveler.read_all()) == 3, "the third time as well, because she has no other way"
    assert len(chat.texts) == 1, "her sister's"
