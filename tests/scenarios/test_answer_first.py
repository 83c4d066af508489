"""T1: the answer leaves before all else that a text sets off: a provider that sends one text after another would let
her wait for it until everybody has been told, and who holds her phone has a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from service.db.sealed import open_keyring
from service.usecases.context import Service
from service.wiring import ANSWER_AFTER, ANSWER_FIRST
from tests.scenarios.story import SAFE_WORDS, SECRET, TRAVELER, Story, family, open_story


def as_wired(story: Story) -> None:
    """From now on as the product runs; other stories take the answer and what follows in one step."""
    before = story.service

    def make_service(clock: Callable[[], datetime]) -> Service:
        limits = replace(before.limits, answer_first=ANSWER_FIRST, answer_after=ANSWER_AFTER)
        return replace(before, keys=open_keyring(before.db, [SECRET], clock()), limits=limits, clock=clock)

    story.use(make_service)
    story.restart()


@pytest.fixture
def story(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as opened:
        yield opened


@pytest.mark.parametrize("text", ["heavy rain", SAFE_WORDS[0], "ok"])
def test_the_answer_leaves_first_and_alone(story: Story, text: str) -> None:
    """T1: on an alarm's evening, when every text makes something known to somebody."""
    family(story, words=True)
    as_wired(story)
    story.advance_to("2026-12-01T21:20+03:00")
    before = len(story.twilio.sent)
    story.traveler.text(text)
    assert len(story.twilio.sent) == before, "when it leaves depends on its arrival alone"
    story.advance(seconds=ANSWER_AFTER.total_seconds())
    assert [one.to for one in story.twilio.sent[before:]] == [TRAVELER]
    story.advance(seconds=(ANSWER_FIRST - ANSWER_AFTER).total_seconds() - 0.1)
    assert len(story.twilio.sent) == before + 1
    story.advance(seconds=30)
    others = {one.to for one in story.twilio.sent[before + 1 :]}
    assert others
    assert TRAVELER not in others


def test_in_a_plain_trip_nobody_waits(story: Story) -> None:
    family(story)
    as_wired(story)
    story.traveler.text("sos")
    story.mother.expect("Aizhan asked for help")
