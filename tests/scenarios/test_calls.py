"""Calls: what the mother hears at three in the morning, what she presses, and what happens when nobody does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from service.db.stored import table_of
from service.db.tables import Alarm, Answer
from service.usecases import press_key
from service.usecases.problems import StorageUnavailable
from service.web.hooks import twilio_voice
from tests.scenarios.story import MOTHER, TRAVELER, Story, family, open_story

ALARMS = table_of(Alarm)
ANSWERS = table_of(Answer)
LANDLINE = "+77172700000"
DUE = "2026-12-01T18:01:00+00:00"
"""A minute after the grace of the check-in of 20:00 in Istanbul has ended: the alarm is open."""
NUMBER = "+48732000000"


@pytest.fixture
def calling(database_url: str) -> Iterator[Story]:
    """An installation that texts and calls."""
    with open_story(database_url, env={"AMANBA_TWILIO_VOICE_FROM": NUMBER}) as story:
        # Nobody is called before the alarm: it begins as stories without calls do.
        story.is_usual = True
        yield story


@pytest.fixture
def called(sqlite_url: str) -> Iterator[Story]:
    """The same on one kind of database."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": NUMBER}) as story:
        story.is_usual = True
        yield story


def undeliver(story: Story, number: str) -> None:
    """The carrier gives the newest text to this number back."""
    story.twilio.undelivered(story.phone(number).texts[-1].sid, 30003)
    story.run()


def held_by(story: Story) -> str | None:
    """Who has the alarm."""
    holder = story.service.read(lambda conn: conn.execute(select(ALARMS.c.held_by)).scalar_one())
    return next((name for name, contact_id in story.contacts.items() if contact_id == str(holder)), None)


def landline_only(story: Story) -> None:
    """A family of one, who has a landline and nothing else."""
    story.register()
    story.plan_trip()
    story.add_contact("Apa", LANDLINE, accept=False)
    story.twilio.calls.answer(LANDLINE)
    story.twilio.calls.press(LANDLINE, "71")
    story.run()
    story.arm()


def test_whose_text_does_not_arrive_is_called_and_answers_by_two_keys(calling: Story) -> None:
    family(calling)
    calling.advance_to(DUE)
    undeliver(calling, MOTHER)
    calls = calling.twilio.calls
    calls.no_answer(MOTHER)
    calling.run()
    assert len(calls.to(MOTHER)) == 2, "the second call comes at once: it rings through a phone that is not to disturb"
    call = calls.answer(MOTHER)
    said = call.said[0]
    assert said.startswith("This is Amanba. It is about Aizhan. There has been no sign since 22:00. Please call")
    assert "To answer, press 7, and after it one more digit. 7 and 1: I take it." in said
    assert "The employer is Lotus Garden Hotel." in said
    assert "http" not in said
    assert calls.press(MOTHER, "1").startswith("To answer, press 7"), "so does whoever screens calls"
    assert calls.press(MOTHER, "71") == "Thank you. We have noted that you take it."
    assert calling.mother.expect("You have it until")
    assert held_by(calling) == "Gulnar"
    calling.advance(minutes=30)
    assert len(calls.to(MOTHER)) == 2, "who has answered is not called again"


def test_a_call_that_brings_no_key_is_no_acknowledgement(called: Story) -> None:
    """A voicemail hears it all. The next person is told, and she is called once more, and no third time."""
    family(called)
    called.advance_to(DUE)
    (page,) = re.findall(r"https://amanba\.example(/a/\w+)", "".join(text.body for text in called.mother.texts))
    undeliver(called, MOTHER)
    calls = called.twilio.calls
    calls.answer(MOTHER)
    calls.hang_up(MOTHER)
    told = "Gulnar: the call was picked up, no key was pressed; it is made again"
    assert told in called.client.get(page).text, "and not that nobody answered"
    called.advance(minutes=6)
    assert len(calls.to(MOTHER)) == 2
    calls.busy(MOTHER)
    called.advance(minutes=20)
    assert held_by(called) is None
    assert called.brother.expect("no sign since")
    called.advance(hours=2)
    assert len(calls.to(MOTHER)) > 2, "a later telling calls her again"


def test_who_answers_by_text_while_her_line_is_busy_is_not_called_again(called: Story) -> None:
    family(called)
    called.advance_to(DUE)
    undeliver(called, MOTHER)
    called.twilio.calls.busy(MOTHER)
    called.mother.text("1")
    called.advance(minutes=10)
    assert held_by(called) == "Gulnar"
    assert len(called.twilio.calls.to(MOTHER)) == 1


@pytest.mark.parametrize("later", ["", "hang_up", "busy"])
def test_whoever_picked_up_and_pressed_nothing_hears_the_end(called: Story, later: str) -> None:
    """She may have listened and run to call her daughter: that all is well must reach her too."""
    landline_only(called)
    called.advance_to(DUE)
    calls = called.twilio.calls
    calls.answer(LANDLINE)
    calls.hang_up(LANDLINE)
    if later:
        called.advance(minutes=6)
        if later == "hang_up":
            calls.answer(LANDLINE)
        getattr(calls, later)(LANDLINE)
        called.run()
    made = len(calls.to(LANDLINE))
    called.traveler.text("OK")
    called.advance(minutes=1)
    assert len(calls.to(LANDLINE)) == made + 1
    assert "Aizhan" in calls.answer(LANDLINE).said[0]


def test_whoever_did_not_pick_up_hears_of_no_end(called: Story) -> None:
    landline_only(called)
    called.advance_to(DUE)
    called.twilio.calls.busy(LANDLINE)
    called.run()
    called.traveler.text("OK")
    called.advance(minutes=1)
    assert len(called.twilio.calls.to(LANDLINE)) == 2, "asked to be a trusted person, and called in vain"


def test_who_has_answered_is_not_called_when_her_text_is_given_back(called: Story) -> None:
    family(called)
    called.advance_to(DUE)
    alarm = called.phone(MOTHER).texts[-1].sid
    called.mother.text("1")
    called.run()
    called.twilio.undelivered(alarm, 30003)
    texts = len(called.phone(MOTHER).texts)
    called.advance(minutes=10)
    assert called.twilio.calls.to(MOTHER) == []
    assert len(called.phone(MOTHER).texts) == texts, "nor texted again"


def test_who_answers_by_text_while_it_rings_is_not_called_again(called: Story) -> None:
    family(called)
    called.advance_to(DUE)
    undeliver(called, MOTHER)
    called.mother.text("1")
    called.run()
    called.twilio.calls.no_answer(MOTHER)
    called.advance(minutes=10)
    assert len(called.twilio.calls.to(MOTHER)) == 1
    called.mother.text("2")
    called.advance(minutes=1)
    assert called.mother.expect("is safe"), "and hears the end"


def test_a_key_that_comes_after_the_end_of_its_call_still_counts(called: Story) -> None:
    """Callbacks overtake one another; the state ends the same, and she is not called again."""
    family(called)
    called.advance_to(DUE)
    undeliver(called, MOTHER)
    calls = called.twilio.calls
    call = calls.answer(MOTHER)
    gather = call.gather
    calls.hang_up(MOTHER)
    for _ in range(2):
        call.gather = gather
        assert calls.press(MOTHER, "71") == "Thank you. We have noted that you take it."
    answers = called.service.read(lambda conn: conn.execute(select(ANSWERS.c.answer, ANSWERS.c.via)).all())
    assert [tuple(answer) for answer in answers] == [("1", "voice")], "posted twice it is one"
    called.advance(minutes=20)
    assert held_by(called) == "Gulnar"
    assert len(calls.to(MOTHER)) == 1
    calls.report(call, "completed", "completed")
    called.advance(minutes=10)
    assert len(calls.to(MOTHER)) == 1


def test_a_call_with_a_duress_word_asks_nobody_to_call(called: Story) -> None:
    family(called, words=True)
    called.traveler.text("uncle sold the car")
    called.run()
    undeliver(called, MOTHER)
    said = called.twilio.calls.answer(MOTHER).said[0]
    assert "Do not call and do not text" in said
    assert "Please call" not in said
    assert "7 and 2" not in said
    assert called.twilio.calls.press(MOTHER, "72").startswith("To answer, press 7")
    assert called.twilio.calls.press(MOTHER, "71") == "Thank you. We have noted that you take it."


def test_whoever_has_a_landline_only_is_asked_told_and_cleared_by_calls(called: Story) -> None:
    called.register()
    called.plan_trip()
    called.add_contact("Apa", LANDLINE, accept=False)
    calls = called.twilio.calls
    assert called.phone(LANDLINE).received == []
    assert "Aizhan asks you to be a trusted person" in calls.answer(LANDLINE).said[0]
    assert calls.press(LANDLINE, "71").startswith("Thank you. You are a trusted person now.")
    called.run()
    assert len(calls.to(LANDLINE)) == 1, "what was said in the call is not said in another one"
    called.arm()
    called.advance_to(DUE)
    assert "no sign since 22:00" in calls.answer(LANDLINE).said[0]
    assert calls.press(LANDLINE, "72") == "Thank you. We have noted that you heard the voice and all is safe."
    called.advance(minutes=1)
    said = calls.answer(LANDLINE).said[0]
    assert said.startswith(
        "Aizhan is safe. Apa heard the voice. If something is not right, answer 4. To answer, press 7"
    )
    assert said.endswith("7 and 4: something is not right.")
    calls.hang_up(LANDLINE)
    called.advance(hours=1)
    assert len(calls.to(LANDLINE)) == 3, "what asks for no key has been heard when the call was answered"


def test_a_slow_database_is_a_moment_and_not_an_error(called: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    family(called)
    called.advance_to(DUE)
    undeliver(called, MOTHER)
    called.twilio.calls.answer(MOTHER)
    real, slow = press_key.asked_in_call, 2

    def sometimes(*args: Any) -> Any:
        nonlocal slow
        slow -= 1
        if slow >= 0:
            raise StorageUnavailable("slow")
        return real(*args)

    monkeypatch.setattr(twilio_voice, "asked_in_call", sometimes)
    said = called.twilio.calls.press(MOTHER, "71")
    assert said == "One moment, please. One moment, please. Thank you. We have noted that you take it."
    assert held_by(called) == "Gulnar"


class TestMissedCalls:
    """Her call to our number: an answer only if she has turned that on."""

    def test_it_is_an_answer_when_she_wants_it_and_is_confirmed_by_a_text(self, calling: Story) -> None:
        family(calling, missed_calls=True)
        calling.advance_to("2026-12-01T16:40:00+00:00")
        calling.traveler.read_all()
        assert calling.twilio.calls.ring_us(TRAVELER) == '<Response><Reject reason="busy"/></Response>'
        calling.run()
        assert calling.traveler.expect("Thank you. Next check-in")
        calling.advance_to(DUE)
        calling.mother.expect_nothing()

    def test_it_is_none_before_she_turns_it_on(self, called: Story) -> None:
        family(called)
        called.advance_to("2026-12-01T16:40:00+00:00")
        called.traveler.read_all()
        assert called.twilio.calls.ring_us(TRAVELER) == '<Response><Reject reason="busy"/></Response>'
        called.run()
        called.traveler.expect_nothing()
        called.advance_to(DUE)
        assert called.mother.expect("no sign since")

    def test_nobody_elses_counts(self, called: Story) -> None:
        """A number that is withheld, a contact's, a stranger's."""
        family(called, missed_calls=True)
        called.advance_to("2026-12-01T16:40:00+00:00")
        for caller in ("+266696687", "anonymous", "", MOTHER, "+77777777777"):
            assert "<Reject" in called.twilio.calls.ring_us(caller)
        called.advance_to(DUE)
        assert called.mother.expect("no sign since")

    def test_one_that_came_while_we_were_down_opens_no_alarm(self, called: Story) -> None:
        family(called, missed_calls=True)
        called.advance_to("2026-12-01T16:40:00+00:00")
        called.go_down()
        called.advance(minutes=10)
        called.twilio.calls.ring_unheard(TRAVELER)
        called.advance(hours=2)
        called.restart()
        # As long as it takes to ask her again, and then to tell.
        for _ in range(8):
            called.advance(minutes=15)
        called.mother.expect_nothing()

    def test_it_ends_no_trip_that_has_words(self, called: Story) -> None:
        """Weak, as a bare OK: during an alarm it holds the ladder and proves nothing."""
        family(called, words=True, missed_calls=True)
        called.advance_to(DUE)
        assert called.mother.expect("no sign since")
        called.twilio.calls.ring_us(TRAVELER)
        called.run()
        assert called.mother.expect("It does not prove who wrote")


def test_only_twilio_presses_keys_and_only_in_calls_of_ours(called: Story) -> None:
    family(called)
    called.advance_to(DUE)
    undeliver(called, MOTHER)
    path = called.twilio.calls.last(MOTHER).twiml.split('action="https://amanba.example')[1].split('"')[0]
    path = path.replace("&amp;", "&")
    keys = {"CallSid": "CA1", "To": MOTHER, "From": NUMBER, "Digits": "71"}
    for address in (path, "/hooks/twilio/voice"):
        assert called.talk(address, keys, {})[0] == 403
        assert called.talk(address, keys, {"X-Twilio-Signature": "x" * 28})[0] == 403
    other = path.replace(path.split("/")[4].split("?")[0], str(UUID(int=7)))
    for address, form, status in (
        (other, keys, 404),
        ("/hooks/twilio/voice/x", keys, 404),
        (path, {**keys, "To": ""}, 400),
        (path, {**keys, "CallSid": ""}, 400),
        ("/hooks/twilio/voice", {"From": TRAVELER}, 400),
        (path.replace("7F", "8F") + "&turn=9", {**keys, "Digits": ""}, 200),
    ):
        assert called.twilio.signed(f"https://amanba.example{address}", form)[0] == status, address
    assert held_by(called) is None
    assert 'hook_refusals_total{hook="keys",reason="forged"} 1.0' in called.metrics()


def test_a_rehearsal_says_that_it_is_one_in_the_call_too(called: Story) -> None:
    called.register()
    called.plan_trip()
    called.add_contact("Apa", LANDLINE, accept=False)
    calls = called.twilio.calls
    calls.answer(LANDLINE)
    calls.press(LANDLINE, "71")
    called.call("POST", f"/trips/{called.trip_id}/rehearsal", expect=202)
    called.run()
    assert calls.answer(LANDLINE).said[0].startswith("This is a rehearsal. Nothing has happened")
    assert calls.press(LANDLINE, "71") == "Thank you. This was only a rehearsal."
