"""Every request that we make to Twilio is one that Twilio itself describes, with every field that we use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from notifiers.base import Accepted, ChecksAccess, ListsInbound, Message, Notifier, ReadsStatus, Searchable
from notifiers.hook_news import KnowsItsHooks
from notifiers.registry import NotifierSpec, configured, discover
from tests.mock_twilio import MockTwilio
from tests.mock_twilio.wire import Exchange
from tests.notifiers.twilio_description import TwilioDescription
from tests.notifiers.worlds import world_of
from tests.scenarios.story import family, open_story

OAI = os.environ.get("TWILIO_OAI", "")
pytestmark = pytest.mark.skipif(not OAI, reason="TWILIO_OAI does not name Twilio's OpenAPI description (API v2010)")

OURS = [spec for spec in discover() if spec.prefix == "TWILIO"]
MOTHER = "+77010000001"
POOL = "MG" + "0a" * 16
MUST_USE = {
    "twilio_sms": {"POST Messages.json", "GET Messages.json", "GET Messages/{Sid}.json"},
    "twilio_voice": {"POST Calls.json", "GET Calls.json", "GET Calls/{Sid}.json"},
}


@pytest.fixture(scope="module")
def description() -> TwilioDescription:
    return TwilioDescription(Path(OAI))


def message(ref_code: str | None = "7F3K", **more: Any) -> Message:
    callback = f"https://amanba.example/hooks/twilio/status/{uuid4()}"
    body = "Сәуле не отвечает с 20:31… #7F3K"
    return Message(
        str(uuid4()),
        MOTHER,
        body,
        "alert",
        ref_code,
        callback,
        timedelta(hours=4),
        answers=("1", "2", "3", "4"),
        **more,
    )


def use_all(notifier: Notifier, twilio: MockTwilio) -> None:
    """Ask of it everything that it can do."""
    for one in (message(), message(ref_code=None)):
        taken = notifier.send(one)
        assert isinstance(taken, Accepted)
        if isinstance(notifier, Searchable):
            notifier.find_sent(one, twilio.now())
        if isinstance(notifier, ReadsStatus):
            notifier.fetch_status(taken.provider_id)
    if isinstance(notifier, ListsInbound):
        list(notifier.list_inbound(twilio.now() - timedelta(hours=1), twilio.now()))
    if isinstance(notifier, ChecksAccess):
        notifier.check_access()
    if isinstance(notifier, KnowsItsHooks):
        notifier.look_at_hooks("https://amanba.example.org")


def agreed(description: TwilioDescription, exchanges: list[Exchange]) -> set[str]:
    """Nothing is wrong with any of these; what they asked for."""
    assert [fault for one in exchanges for fault in description.faults(one)] == []
    return {description.operation(one) for one in exchanges}


@pytest.mark.parametrize("spec", OURS, ids=lambda spec: spec.name)
def test_all_that_a_notifier_asks_is_described(
    spec: NotifierSpec, description: TwilioDescription, tmp_path: Path
) -> None:
    make = world_of(spec)
    assert make is not None
    with make(tmp_path) as world:
        twilio: MockTwilio = world.twilio  # type: ignore[attr-defined]
        use_all(world.notifier, twilio)
        assert agreed(description, twilio.exchanges) >= MUST_USE[spec.name] | {"GET IncomingPhoneNumbers.json"}
        # And a fake that answered otherwise than Twilio would prove nothing.
        assert [fault for one in twilio.exchanges for fault in description.faults_of_answer(one)] == []


@pytest.mark.parametrize("sender", ["Amanba", "22522", POOL])
def test_every_kind_of_sender_is_described(sender: str, description: TwilioDescription) -> None:
    with MockTwilio(numbers=("Amanba", "22522")) as twilio:
        twilio.services[POOL] = ("+48732000007",)
        notifier = configured({**twilio.env(), "AMANBA_TWILIO_FROM": sender}, twilio.now)["sms"]
        use_all(notifier, twilio)
        agreed(description, twilio.exchanges)
        assert [fault for one in twilio.exchanges for fault in description.faults_of_answer(one)] == []


@pytest.fixture
def alarm(sqlite_url: str) -> Iterator[list[Exchange]]:
    """What is asked of Twilio from a sign-up to an alarm that somebody has taken: the answer to one text was lost,
    another was not delivered, and a call went unanswered."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": "+48732000000"}) as story:
        family(story)
        story.advance_to("2026-12-01T20:59:30+03:00")
        story.twilio.lose_answer()
        story.advance(minutes=4)
        story.twilio.undelivered(story.mother.texts[-1].sid, 30003)
        story.run()
        story.twilio.calls.no_answer(story.mother.number)
        story.run()
        story.twilio.calls.answer(story.mother.number)
        story.twilio.calls.press(story.mother.number, "71")
        story.advance(minutes=16)
        yield story.twilio.exchanges


def test_a_whole_alarm_asks_only_what_is_described(alarm: list[Exchange], description: TwilioDescription) -> None:
    assert agreed(description, alarm) >= {"POST Messages.json", "GET Messages.json", "POST Calls.json"}
    assert [fault for one in alarm for fault in description.faults_of_answer(one)] == []


def test_the_description_would_notice(description: TwilioDescription) -> None:
    account = "/2010-04-01/Accounts/AC" + "1" * 32
    form = "application/x-www-form-urlencoded"

    def faults(method: str, path: str, *fields: tuple[str, str], **query: str) -> int:
        exchange = Exchange(method, account + path, list(query.items()), list(fields), form)
        return len(description.faults(exchange))

    to, sender = ("To", MOTHER), ("From", "+48732000000")
    assert faults("POST", "/Messages.json", to, sender, ("Body", "ok")) == 0
    assert faults("POST", "/Messages.json", sender, ("Body", "ok")) == 1
    assert faults("POST", "/Messages.json", to, to, sender) == 1
    assert faults("POST", "/Messages.json", to, sender, ("Validity", "60")) == 1
    assert faults("POST", "/Messages.json", to, sender, ("ValidityPeriod", "an hour")) == 1
    assert faults("POST", "/Messages.json", to, ("MessagingServiceSid", "MG1")) > 0
    assert faults("POST", "/Messages.json", to, sender, ("StatusCallback", "ours")) == 1
    assert faults("GET", "/Messages.json", PageSize="2000") == 1
    assert faults("GET", "/Messages.json", **{"DateSent>": "2026-11-22"}) == 1
    assert faults("GET", "/Messages.json", Direction="inbound") == 1
    assert faults("POST", "/Calls.json", to, sender, ("Twiml", "<Response><Say>")) == 1
    assert faults("PUT", "/Messages.json") == 1
    assert faults("GET", "/Texts.json") == 1
