"""Calls at night: an alarm rings at any hour, everything else waits or is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scenarios.story import MOTHER, Story, open_story
from tests.scenarios.test_calls import DUE, LANDLINE, undeliver

NIGHT = "2026-12-01T18:30:00+00:00"
"""Half past eleven at night where the landline rings."""


@pytest.fixture
def called(sqlite_url: str) -> Iterator[Story]:
    """An installation that texts and calls."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": "+48732000000"}) as story:
        story.is_usual = True
        yield story


def test_an_invitation_by_call_waits_for_the_morning(called: Story) -> None:
    called.register()
    called.plan_trip()
    called.advance_to(NIGHT)
    called.add_contact("Apa", LANDLINE, accept=False)
    called.advance(hours=8)
    assert called.twilio.calls.to(LANDLINE) == []
    called.advance_to("2026-12-02T03:00:30+00:00")
    assert len(called.twilio.calls.to(LANDLINE)) == 1, "from eight on"


def test_a_text_that_does_not_arrive_calls_nobody_out_of_bed_to_invite(called: Story) -> None:
    called.register()
    called.plan_trip()
    called.advance_to(NIGHT)
    called.add_contact("Gulnar", MOTHER, accept=False)
    undeliver(called, MOTHER)
    assert called.twilio.calls.to(MOTHER) == []
    called.advance_to("2026-12-02T03:00:30+00:00")
    assert len(called.twilio.calls.to(MOTHER)) == 1


def test_who_chose_calls_first_is_called_by_alarms_and_texted_the_rest(called: Story) -> None:
    called.register()
    called.plan_trip()
    ways = [{"channel": channel, "address": MOTHER} for channel in ("voice", "sms")]
    mother = {"name": "Gulnar", "relation": "family", "language": "en", "role": "full", "disclosure": "full"}
    called.call("POST", f"/trips/{called.trip_id}/contacts", {**mother, "channels": ways}, 201)
    called.run()
    called.mother.reply("1")
    called.run()
    called.arm()
    called.advance_to(DUE)
    assert "no sign since" in called.twilio.calls.answer(MOTHER).said[0]
    called.twilio.calls.press(MOTHER, "72")
    called.advance(minutes=1)
    assert called.mother.expect("is safe")
    assert len(called.twilio.calls.to(MOTHER)) == 1, "and not called a second time in the night"


def test_an_end_that_does_not_arrive_by_text_is_said_in_a_call(called: Story) -> None:
    test_who_chose_calls_first_is_called_by_alarms_and_texted_the_rest(called)
    undeliver(called, MOTHER)
    assert "is safe" in called.twilio.calls.answer(MOTHER).said[0], "whoever was called about it waits for it"
