"""Calls in a language that no provider speaks: recordings between two rounds in Russian, which need nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.voice.sound import samples_of
from tests.mock_twilio.calls import Call, twiml_of
from tests.scenarios.story import MOTHER, Story, open_story
from tests.scenarios.test_calls import DUE, LANDLINE, undeliver


@pytest.fixture
def called(sqlite_url: str) -> Iterator[Story]:
    """An installation that texts and calls."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": "+48732000000"}) as story:
        story.is_usual = True
        yield story


def test_an_alarm_is_said_in_short_then_played_and_said_whole(called: Story) -> None:
    """What is played must be fetched, and where it cannot be Twilio ends the call: so it is not the first."""
    call = call_of(called, "kk")
    rounds = twiml_of(call.twiml).findall("Gather")
    assert [len(one) > 1 for one in rounds] == [False, True, False]
    short, whole = (rounds[number][0].text or "" for number in (0, 2))
    assert rounds[0][0].get("language") == rounds[2][0].get("language") == "ru-RU"
    assert "Нет вестей с этого времени: 22:00" in short
    assert short.endswith("Семь и четыре: что-то не так.")
    assert whole.startswith(short)
    assert "Lotus Garden Hotel" in whole
    played = [(one.text or "").removeprefix("https://amanba.example") for one in rounds[1] if one.tag == "Play"]
    assert played[0] == "/voice/kk/opening-0.wav"
    for path in played:
        answer = called.client.get(path)
        assert answer.headers["content-type"] == "audio/wav"
        assert samples_of(answer.content)
    token = next(path for path in played if path.count("/") == 2).removeprefix("/voice/").removesuffix(".wav")
    for other in (token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:], token[:-1], "x", "é"):
        assert called.client.get(f"/voice/{other}.wav").status_code == 404, "it is said to who has its token alone"
    assert called.twilio.calls.press(MOTHER, "71").endswith("/voice/kk/noted_1-0.wav")


def test_an_invitation_a_rehearsal_and_an_end_are_said_in_russian_too(called: Story) -> None:
    called.register()
    called.plan_trip()
    called.add_contact("Apa", LANDLINE, accept=False, language="kk")
    calls = called.twilio.calls
    assert "Вас просят стать доверенным лицом" in in_russian(calls.answer(LANDLINE))
    calls.press(LANDLINE, "71")
    called.run()
    called.call("POST", f"/trips/{called.trip_id}/rehearsal", expect=202)
    called.run()
    assert "Это репетиция" in in_russian(calls.answer(LANDLINE))
    calls.press(LANDLINE, "71")
    called.arm()
    called.advance_to(DUE)
    calls.answer(LANDLINE)
    calls.press(LANDLINE, "72")
    called.advance(minutes=1)
    assert "Aizhan: всё хорошо" in in_russian(calls.last(LANDLINE))


def in_russian(call: Call) -> str:
    """The first round."""
    (said,) = next(one for one in twiml_of(call.twiml) if one.tag == "Gather")
    assert said.get("language") == "ru-RU"
    return said.text or ""


def call_of(story: Story, language: str) -> Call:
    story.register()
    story.plan_trip()
    story.add_contact("Apa", MOTHER, language=language)
    story.arm()
    story.advance_to(DUE)
    undeliver(story, MOTHER)
    return story.twilio.calls.answer(MOTHER)
