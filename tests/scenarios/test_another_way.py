"""News that cannot go by one way goes by the next, written for that: with keys, or with a number to answer to."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from notifiers.base import Cause, DeliveryState, Rejected
from service.db.stored import table_of
from service.db.tables import Outbox
from service.usecases.delivery import Report, report_delivery
from tests.scenarios.story import BROTHER, MOTHER, Story, open_story
from tests.scenarios.test_calls import DUE, LANDLINE, landline_only, undeliver
from tests.scenarios.test_carriage import NUMBER, POLAND
from tests.scenarios.test_rehearsal import rehearse

OUTBOX = table_of(Outbox)


@pytest.fixture
def called(sqlite_url: str) -> Iterator[Story]:
    """An installation that texts and calls."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": NUMBER}) as story:
        story.is_usual = True
        yield story


def begin(story: Story, *ways: tuple[str, str], language: str = "en") -> str:
    """Her mother by these ways, and her brother by SMS; her mother's id."""
    story.register()
    story.plan_trip()
    channels = [{"channel": channel, "address": address} for channel, address in ways]
    body = {"name": "Gulnar", "relation": "mother", "language": language, "role": "full", "disclosure": "full"}
    added = story.call("POST", f"/trips/{story.trip_id}/contacts", {**body, "channels": channels}, 201)
    story.run()
    story.phone(ways[0][1]).reply("1")
    story.add_contact("Daniyar", BROTHER)
    story.arm()
    return str(added["contact_id"])


def is_ended(story: Story) -> bool:
    return bool(story.call("GET", f"/trips/{story.trip_id}")["status"] == "ended")


def ask_for_the_end(story: Story) -> None:
    story.call("POST", f"/trips/{story.trip_id}/changes", {"end": True}, 202)
    story.run()


@pytest.mark.parametrize("language", ["en", "kk"])
def test_the_question_whether_she_is_home_takes_keys_in_a_call(called: Story, language: str) -> None:
    begin(called, ("sms", MOTHER), ("voice", MOTHER), language=language)
    ask_for_the_end(called)
    undeliver(called, MOTHER)
    call = called.twilio.calls.answer(MOTHER)
    if language == "en":
        assert "7 and 1: yes. 7 and 4: something is not right." in call.said[0]
    else:
        assert "Семь и один: да." in call.twiml, "and in Russian, which the provider can say"
    called.twilio.calls.press(MOTHER, "71")
    called.run()
    assert is_ended(called)


def test_an_end_that_goes_on_to_where_nobody_can_reply_says_where_to_answer(called: Story) -> None:
    begin(called, ("sms", POLAND), ("sms", MOTHER))
    called.advance_to(DUE)
    called.phone(POLAND).expect("no sign since")
    called.phone(POLAND).reply("2")
    undeliver(called, POLAND)
    assert f"Send your answer to {NUMBER}." in called.mother.expect("is safe")


def test_what_waits_when_she_stops_texts_goes_by_her_next_way(called: Story) -> None:
    """A question without an alarm, and the end of one: neither may be lost for a STOP that comes in between."""
    begin(called, ("sms", MOTHER), ("voice", MOTHER))
    called.twilio.fail_next(429, 20429, times=2)
    ask_for_the_end(called)
    called.twilio.forget_faults()
    called.mother.text("STOP", to=NUMBER)
    called.run()
    assert "says that the trip is over" in called.twilio.calls.answer(MOTHER).said[0]
    called.twilio.calls.press(MOTHER, "71")
    called.run()
    assert is_ended(called)
    assert not [text for text in called.twilio.sent if text.to == MOTHER and "trip is over" in text.body]


def test_who_stops_texts_before_the_end_hears_it_in_a_call(called: Story) -> None:
    begin(called, ("sms", MOTHER), ("voice", MOTHER))
    called.advance_to(DUE)
    called.mother.read_all()
    called.twilio.fail_next(429, 20429, times=4)
    called.mother.reply("2")
    called.twilio.forget_faults()
    called.mother.text("STOP", to=NUMBER)
    called.run()
    assert "is safe" in called.twilio.calls.answer(MOTHER).said[0]


def test_nobody_who_hears_of_duress_reads_after_it_that_an_earlier_alarm_ended_well(called: Story) -> None:
    called.register()
    called.plan_trip()
    called.add_contact("Gulnar", MOTHER)
    called.add_contact("Daniyar", BROTHER, role="call")
    called.set_words()
    called.arm()
    called.advance_to("2026-12-01T21:20+03:00")
    assert [phone.expect("Lotus Garden Hotel") for phone in (called.mother, called.brother)]
    called.twilio.fail_next(429, 20429, times=9)
    called.mother.reply("2")
    called.traveler.text("heavy rain")
    called.run()
    called.twilio.forget_faults()
    called.advance(minutes=5)
    called.mother.expect("Do NOT call")
    assert not [text for text in called.twilio.sent if text.to == MOTHER and "is safe" in text.body]
    called.brother.expect("is safe")


def test_the_end_of_an_earlier_alarm_goes_no_other_way_to_who_hears_of_duress(called: Story) -> None:
    called.register()
    called.plan_trip()
    called.add_contact("Gulnar", MOTHER, channels=[{"channel": "sms", "address": one} for one in (MOTHER, POLAND)])
    called.set_words()
    called.arm()
    called.advance_to("2026-12-01T21:20+03:00")
    called.mother.reply("2")
    called.advance(minutes=1)
    (end,) = [text for text in called.twilio.sent if text.to == MOTHER and "is safe" in text.body]
    called.traveler.text("heavy rain")
    called.run()
    called.mother.expect("Do NOT call")
    called.twilio.undelivered(end.sid, 30006)
    called.run()
    called.advance(minutes=5)
    assert not [text for text in called.twilio.sent if text.to == POLAND and "is safe" in text.body]


def test_a_refusal_locks_its_trip_before_its_messages(postgresql_url: str) -> None:
    """Else a word of duress that is read meanwhile would not find what the refusal writes for her next way."""
    with open_story(postgresql_url) as story:
        begin(story, ("sms", MOTHER), ("sms", POLAND))
        story.twilio.refuse(MOTHER, 21610)
        so_far: list[str] = []
        before: list[list[str]] = []

        def hear(_conn: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("UPDATE outbox") and "claim_token =" in statement and "settled_at=" in statement:
                before.append(so_far[:])
            so_far.append(statement)

        def forget(_conn: object) -> None:
            so_far.clear()

        engine = story.service.db.write
        event.listen(engine, "begin", forget)
        event.listen(engine, "before_cursor_execute", hear)
        ask_for_the_end(story)
        event.remove(engine, "begin", forget)
        event.remove(engine, "before_cursor_execute", hear)
        settled = [statements for statements in before if any("FROM alarms" in one for one in statements)]
        assert len(settled) == 1, before
        locks = [one for one in settled[0] if one.endswith("FOR UPDATE")]
        assert ["watches" in locks[0], "alarms" in locks[1]] == [True, True]


def test_who_is_lost_by_two_reports_at_once_is_told_of_once(postgresql_url: str) -> None:
    """Two workers hear of it at the same moment; neither may lose what the other writes."""
    stopped = Rejected(Cause.STOPPED, "21610", "This number said STOP to us")
    with open_story(postgresql_url) as story:
        mother = begin(story, ("sms", MOTHER))
        story.advance_to("2026-12-01T21:31:30+03:00")
        story.brother.read_all()
        story.traveler.read_all()
        of_hers = select(OUTBOX.c.outbox_id, OUTBOX.c.provider_id).where(
            OUTBOX.c.contact_id == UUID(mother), OUTBOX.c.kind == "alert", OUTBOX.c.state == "sent"
        )
        told = story.service.read(lambda conn: conn.execute(of_hers).all())
        assert len(told) > 1
        together = threading.Barrier(len(told))

        def report(row: Any) -> None:
            together.wait(10)
            report_delivery(story.service, Report(row.outbox_id, row.provider_id, DeliveryState.FAILED, stopped))

        with ThreadPoolExecutor(len(told)) as pool:
            list(pool.map(report, told))
        story.run()
        assert len([text for text in story.brother.read_all() if "cannot be told" in text]) == 1
        assert len([text for text in story.traveler.read_all() if "takes no more messages" in text]) == 1
        story.advance(hours=1)
        story.brother.expect("no sign since")
        story.mother.read_all()
        story.advance(hours=2)
        story.mother.expect_nothing()


HERS, HIS = "+77016667788", "+77016667799"
"""Second numbers of her mother and her brother."""
OLD_WORDS = re.compile("please call and|no sign since", re.IGNORECASE)


@pytest.mark.parametrize("first", ["alert", "notice", "news of an alarm"])
def test_what_was_on_its_way_when_it_rose_to_duress_goes_on_in_its_words_or_not_at_all(
    sqlite_url: str, first: str
) -> None:
    """Neither her next number nor the same one reads the old words; and he who may not hear of it nothing more."""
    with open_story(sqlite_url) as story:
        story.register()
        story.plan_trip()
        story.add_contact("Gulnar", MOTHER, channels=[{"channel": "sms", "address": HERS}])
        story.add_contact("Daniyar", BROTHER, role="call", channels=[{"channel": "sms", "address": HIS}])
        story.set_words()
        story.arm()
        if first == "notice":
            pause = {"pause_until": "2026-12-04T20:00:00+03:00"}
            story.call("POST", f"/trips/{story.trip_id}/changes", pause, 202)
            story.run()
        else:
            story.advance_to("2026-12-01T21:16+03:00")
        if first == "news of an alarm":
            story.traveler.text("ok")
            story.run()
        on_their_way = [story.mother.texts[-1], story.brother.texts[-1]]
        assert all(OLD_WORDS.search(text.body) for text in on_their_way)
        story.traveler.text("heavy rain")
        story.run()
        before = len(story.twilio.sent)
        for text in on_their_way:
            story.twilio.undelivered(text.sid, 30003)
        story.run()
        story.advance(minutes=50)
        since = story.twilio.sent[before:]
        assert not [text.body for text in since if OLD_WORDS.search(text.body)]
        assert not [text.body for text in since if text.to in (BROTHER, HIS)]
        hers = [text.body for text in since if text.to == HERS]
        assert all("Do NOT call or text Aizhan" in body for body in hers)
        assert len(hers) == (0 if first == "alert" else 1), "of the alarm she was told by both when it rose"


def test_the_question_whether_she_is_home_is_asked_again_where_nobody_pressed_a_key(called: Story) -> None:
    """A voicemail confirms nothing; and a trip that nobody closes goes on to ask her."""
    landline_only(called)
    calls = called.twilio.calls
    ask_for_the_end(called)
    calls.answer(LANDLINE)
    calls.hang_up(LANDLINE)
    before = len(calls.to(LANDLINE))
    called.advance(minutes=6)
    assert len(calls.to(LANDLINE)) == before + 1
    calls.answer(LANDLINE)
    calls.hang_up(LANDLINE)
    called.advance(hours=1)
    assert len(calls.to(LANDLINE)) == before + 1, "once more, and no more"
    assert not is_ended(called)


def test_a_rehearsal_in_two_texts_goes_on_as_one_call(called: Story) -> None:
    begin(called, ("sms", MOTHER), ("voice", MOTHER), language="ru")
    called.mother.read_all()
    rehearse(called)
    called.advance(seconds=15)
    texts = called.mother.texts[-2:]
    assert all(text.body.startswith("РЕПЕТИЦИЯ.") for text in texts)
    for text in texts:
        called.twilio.undelivered(text.sid, 30003)
    called.run()
    [_] = called.twilio.calls.to(MOTHER)
    said = called.twilio.calls.answer(MOTHER).said[0]
    assert "Lotus Garden Hotel" in said
    assert "Нет вестей с" in said
