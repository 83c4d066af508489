"""Calls by Twilio: what is said, what each end of a call means, and who has called us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from notifiers import twiml
from notifiers.base import NO_KEY, Accepted, Cause, DeliveryState, Message, NotConfigured, Rejected, Utterance
from notifiers.twilio_calls import outcome
from notifiers.twilio_voice import SPEC, TwilioVoice
from tests.mock_twilio import MockTwilio
from tests.mock_twilio.calls import twiml_of

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HER = "+77010000001"
ACTION = "https://amanba.example/hooks/twilio/voice/1?code=7F3K&language=en"
MESSAGE = Message(
    str(uuid4()),
    HER,
    "No sign since 20:31.",
    "alert",
    "7F3K",
    "https://amanba.example/hooks/twilio/status/1",
    timedelta(hours=1),
    answers=("1", "2", "3", "4"),
    answer_url=ACTION,
)


@pytest.fixture
def twilio() -> Iterator[MockTwilio]:
    with MockTwilio() as opened:
        opened.use_clock(lambda: NOW)
        yield opened


def voice(twilio: MockTwilio, **more: str) -> TwilioVoice:
    env = {**twilio.env(), **twilio.voice_env(), **{f"AMANBA_TWILIO_{name}": value for name, value in more.items()}}
    return TwilioVoice(SPEC.load(env))  # type: ignore[arg-type]


def rounds(call: str) -> list[ElementTree.Element]:
    return twiml_of(call).findall("Gather")


def test_all_is_said_three_times_with_no_need_of_us_and_keys_are_taken_all_the_while(twilio: MockTwilio) -> None:
    assert isinstance(voice(twilio).send(MESSAGE), Accepted)
    call = twilio.calls.last(HER)
    assert [(one.get("action"), one.get("numDigits"), one.get("input")) for one in rounds(call.twiml)] == 3 * [
        (ACTION, "2", "dtmf")
    ]
    assert "Url" not in twilio.requests[-1][2]
    assert call.events == ("initiated", "ringing", "answered", "completed")
    assert 25 <= call.timeout <= 30, "a voicemail picks up later"


def test_what_asks_for_nothing_is_said_twice_and_takes_no_keys(twilio: MockTwilio) -> None:
    voice(twilio).send(replace(MESSAGE, answers=()))
    document = twiml_of(twilio.calls.last(HER).twiml)
    assert document.findall("Gather") == []
    assert [say.text for say in document.findall("Say")] == 2 * [MESSAGE.body]


def test_ways_to_say_it_take_turns(twilio: MockTwilio) -> None:
    played = Utterance("Белгі жоқ", "kk", "https://amanba.example/voice/kk/a.wav")
    voice(twilio).send(replace(MESSAGE, language="kk", voiced=((played,), (Utterance("Нет вестей", "ru"),))))
    said = [(one[0].tag, one[0].text) for one in rounds(twilio.calls.last(HER).twiml)]
    assert said == [("Play", played.audio), ("Say", "Нет вестей"), ("Play", played.audio)]


def test_each_way_has_its_turn_also_where_nothing_is_asked(twilio: MockTwilio) -> None:
    """The last one is whole and needs nothing of ours: it must be heard, whatever becomes of the recordings."""
    played = Utterance("Белгі жоқ", "kk", "https://amanba.example/voice/kk/a.wav")
    ways = ((Utterance("Коротко", "ru"),), (played,), (Utterance("Всё целиком", "ru"),))
    voice(twilio).send(replace(MESSAGE, answers=(), language="kk", voiced=ways))
    said = [one.text for one in twiml_of(twilio.calls.last(HER).twiml) if one.tag in ("Say", "Play")]
    assert said == ["Коротко", played.audio, "Всё целиком"]


def test_a_recording_that_twilio_cannot_fetch_does_not_end_the_call(twilio: MockTwilio) -> None:
    """It would say that an error has occurred, and hang up."""
    at_home = Utterance("Белгі жоқ", "kk", "http://127.0.0.1:8000/voice/kk/a.wav")
    ways: tuple[tuple[Utterance, ...], ...] = ((Utterance("Нет вестей", "ru"),), (at_home,))
    there = voice(twilio)
    there.settings = there.settings.model_copy(update={"api_url": "https://api.twilio.com"})
    assert isinstance(there.send(replace(MESSAGE, language="kk", voiced=ways)), Accepted)
    assert "Play" not in twilio.calls.last(HER).twiml
    assert isinstance(there.send(replace(MESSAGE, language="kk", voiced=((at_home,),))), Accepted)
    assert MESSAGE.body in twilio.calls.last(HER).twiml


@pytest.mark.parametrize(
    ("language", "text", "voice"),
    [
        ("ru", "Нет вестей", "ru-RU"),
        ("tr-TR", "Haber yok", "tr-TR"),
        ("kk", "Белгі жоқ", "ru-RU"),
        ("ka", "x", "en-GB"),
    ],
)
def test_each_language_has_the_nearest_voice(language: str, text: str, voice: str) -> None:
    said = twiml_of(twiml.answer([Utterance(text, language)])).find("Say")
    assert said is not None
    assert said.get("language") == voice


def test_of_more_recordings_than_a_call_takes_the_words_are_said() -> None:
    played = [Utterance("Белгі жоқ " * 9, "kk", f"https://amanba.example/voice/{number}.wav") for number in range(99)]
    written = twiml.call([played, [Utterance("Нет вестей " * 20 + "Семь и один.", "ru")]], 3, ACTION)
    assert len(written) <= twiml.MOST
    assert "Семь и один." in written


@pytest.mark.parametrize("length", [10, 900, 1500, 3000, 9000])
def test_however_long_it_is_twilio_takes_it_and_how_to_answer_is_never_cut(length: int) -> None:
    text = "Я & <ты>" + "ы" * length + " Семь и один."
    written = twiml.call([[Utterance(text, "ru")]], 3, ACTION)
    assert len(written) <= twiml.MOST
    assert twiml_of(written).findall("Gather")[-1][0].text.endswith("Семь и один.")  # type: ignore[union-attr]


def test_twilio_is_not_asked_to_call_back_where_it_cannot(twilio: MockTwilio) -> None:
    at_home = replace(MESSAGE, callback_url="http://127.0.0.1:8000/s", answer_url="http://127.0.0.1:8000/v")
    voice(twilio).send(at_home)
    assert twilio.calls.last(HER).callback is not None, "a Twilio of our own can"
    outside = voice(twilio, API_URL="https://api.example")
    assert not outside._can_call_us(at_home.answer_url)


@pytest.mark.parametrize(
    ("row", "state", "code", "again"),
    [
        ({"status": "queued"}, DeliveryState.QUEUED, None, ()),
        ({"CallStatus": "ringing"}, DeliveryState.SENDING, None, ()),
        ({"CallStatus": "in-progress"}, DeliveryState.SENT, None, ()),
        ({"CallStatus": "completed"}, DeliveryState.UNDELIVERED, NO_KEY, (5,)),
        ({"status": "completed", "answered_by": "machine_start"}, DeliveryState.UNDELIVERED, "machine", (5,)),
        ({"CallStatus": "busy"}, DeliveryState.UNDELIVERED, "busy", (1.5, 5)),
        ({"CallStatus": "no-answer"}, DeliveryState.UNDELIVERED, "no_answer", (0, 5)),
        ({"CallStatus": "failed", "SipResponseCode": "480"}, DeliveryState.UNDELIVERED, "no_answer", (0, 5)),
        ({"CallStatus": "failed", "SipResponseCode": "404"}, DeliveryState.FAILED, "call_failed", (2,)),
        ({"CallStatus": "canceled"}, DeliveryState.UNDELIVERED, "canceled", (2,)),
        ({"CallStatus": "of-tomorrow"}, DeliveryState.QUEUED, None, ()),
        ({}, DeliveryState.QUEUED, None, ()),
    ],
)
def test_each_end_of_a_call_is_told_apart(
    row: dict[str, str], state: DeliveryState, code: str | None, again: tuple[float, ...]
) -> None:
    found, rejected = outcome(row)
    assert found is state
    assert (rejected.code if rejected else None) == code
    assert (rejected.again_after or () if rejected else ()) == tuple(timedelta(minutes=one) for one in again)


def test_a_call_that_ended_by_a_fault_of_ours_pages_whoever_can_mend_it() -> None:
    _, rejected = outcome({"CallStatus": "failed", "ErrorCode": "13227"})
    assert rejected is not None
    assert rejected.cause is Cause.CONFIGURATION


@pytest.mark.parametrize(
    ("code", "cause"),
    [(21211, Cause.PERMANENT), (21215, Cause.CONFIGURATION), (21219, Cause.CONFIGURATION), (99999, Cause.TEMPORARY)],
)
def test_a_refusal_says_what_to_do(twilio: MockTwilio, code: int, cause: Cause) -> None:
    twilio.refuse(HER, code)
    result = voice(twilio).send(MESSAGE)
    assert isinstance(result, Rejected)
    assert (result.cause, result.code) == (cause, str(code))
    assert HER not in result.reason


def test_who_called_us_is_listed_and_who_withheld_the_number_is_not(twilio: MockTwilio) -> None:
    for caller in (HER, "anonymous", "+266696687", ""):
        twilio.calls.ring_unheard(caller)
    voice(twilio).send(MESSAGE)
    twilio.advance(minutes=120)
    listed = list(voice(twilio).list_inbound(twilio.now() - timedelta(hours=3), twilio.now()))
    assert [(one.sender, one.missed_call, one.body, one.occurred_at) for one in listed] == [(HER, True, "", NOW)]
    assert list(voice(twilio, VOICE_INBOUND="-").list_inbound(NOW, NOW)) == []


def test_more_callers_than_a_page_holds_are_all_listed(twilio: MockTwilio) -> None:
    for number in range(1005):
        twilio.calls.ring_unheard(f"+7701{number:07}")
    assert len(list(voice(twilio).list_inbound(NOW - timedelta(hours=1), NOW))) == 1005


def test_a_number_that_cannot_be_called_is_refused_at_the_start(twilio: MockTwilio) -> None:
    with pytest.raises(NotConfigured, match="AMANBA_TWILIO_VOICE_INBOUND"):
        voice(twilio, VOICE_INBOUND="Amanba")
    with pytest.raises(NotConfigured, match="AMANBA_TWILIO_VOICE_FROM"):
        voice(twilio, VOICE_FROM="Amanba")
