"""The provider of texts is away for half an hour: what waits goes out afterwards, in order, once, if it still helps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from notifiers.registry import configured
from tests.mock_twilio import Text
from tests.mock_twilio.faults import Fault
from tests.scenarios.story import BROTHER, FUND, MOTHER, OPERATOR, Story, family

NOBODY_LISTENS = "http://127.0.0.1:9"


@contextmanager
def refusing_connections(story: Story) -> Iterator[None]:
    """Nobody listens where the provider was."""
    real = story.service
    env = {**story.twilio.env(), "AMANBA_TWILIO_API_URL": NOBODY_LISTENS}
    story.service = replace(real, notifiers=configured(env, lambda: story.now))
    yield
    story.service = real


@contextmanager
def keeping_silent(story: Story) -> Iterator[None]:
    """It takes every request and never answers: whether a text was accepted nobody knows."""
    with story.twilio.ledger.lock:
        story.twilio._faults.extend(Fault(method, 10**9) for method in ("POST", "GET"))
    yield
    with story.twilio.ledger.lock:
        story.twilio._faults.clear()


AWAY = {"refusing": refusing_connections, "silent": keeping_silent}


def since(story: Story, before: list[Text], to: str) -> list[Text]:
    return [text for text in story.twilio.sent if text not in before and text.to == to]


@pytest.mark.parametrize("away", AWAY)
def test_for_half_an_hour_while_an_alarm_is_due(story: Story, away: str) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    with AWAY[away](story):
        # Two rungs come due, each after its own wait.
        story.advance(minutes=31)
    before = story.twilio.sent
    story.advance(minutes=2, seconds=15)
    mother, brother = since(story, before, MOTHER), since(story, before, BROTHER)
    assert len(mother) == len(brother) == 1, "nobody gets what was written for both rungs"
    assert "Lotus Garden Hotel" in mother[0].body
    assert not since(story, before, FUND), "the last rung waits its time, counted from when the provider took these"
    story.operator.expect("cannot be read since 2026-12-01 18:00 UTC")

    story.advance(minutes=27)
    assert not since(story, before, FUND)
    story.advance(minutes=4)
    assert len(since(story, before, FUND)) == 1
    assert len(since(story, before, MOTHER)) == len(since(story, before, BROTHER)) == 2
    assert len(since(story, before, OPERATOR)) == 1
    story.mother.reply("2")
    story.advance(minutes=2)
    for phone in (story.mother, story.brother, story.fund):
        phone.expect("Aizhan is safe")


def test_a_short_absence_delays_the_first_alert_by_two_minutes_at_most(home: Story) -> None:
    family(home)
    home.advance_to("2026-12-01T20:59:30+03:00")
    with refusing_connections(home):
        home.advance(minutes=26)
        before = home.twilio.sent
        assert not since(home, before, MOTHER)
    home.advance(minutes=2, seconds=15)
    assert len(since(home, before, MOTHER)) == 1
    assert not since(home, before, BROTHER)


def test_reminders_that_have_become_pointless_do_not_go_out_any_more(home: Story) -> None:
    family(home)
    home.advance_to("2026-12-01T19:29+03:00")
    with refusing_connections(home):
        home.advance_to("2026-12-01T20:05+03:00")
    home.traveler.expect_nothing()
    home.advance_to("2026-12-01T20:20+03:00")
    (asked,) = home.traveler.read_all()
    assert "Due 20:00" in asked, "not the one that asks for an answer by 20:00"
    home.traveler.reply("ok")
    home.advance(hours=3)
    home.mother.expect_nothing()


def test_what_she_has_answered_meanwhile_is_not_asked_any_more(home: Story) -> None:
    family(home)
    home.advance_to("2026-12-01T19:29+03:00")
    with refusing_connections(home):
        home.advance_to("2026-12-01T19:50+03:00")
        home.traveler.text("ok")
        home.advance_to("2026-12-01T19:59+03:00")
    home.advance(hours=3)
    (answer,) = home.traveler.read_all()
    assert "Thank you" in answer
    home.mother.expect_nothing()
