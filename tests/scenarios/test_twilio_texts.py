"""What Twilio says of a text after it took it, or instead: tried again by its code, or stopped until START."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from notifiers.twilio_errors import refusal
from notifiers.twilio_hooks import parse_status
from service.db import tables
from service.db.stored import table_of
from service.usecases.delivery import Report, report_delivery
from tests.scenarios.story import BROTHER, MOTHER, TRAVELER, Story, family, open_story

OUTBOX, CONTACTS = table_of(tables.Outbox), table_of(tables.Contact)
SECOND_NUMBER = "+77018887766"
DUE = "2026-12-01T21:00:30+03:00"


@pytest.fixture
def brief(sqlite_url: str) -> Iterator[Story]:
    """A story on one kind of database."""
    with open_story(sqlite_url) as opened:
        yield opened


def two_numbers(story: Story) -> None:
    """The mother has a second number."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, channels=[{"channel": "sms", "address": SECOND_NUMBER}])
    story.add_contact("Daniyar", BROTHER)
    story.arm()
    for number in (TRAVELER, MOTHER, SECOND_NUMBER, BROTHER):
        story.phone(number).read_all()


def tries(story: Story, number: str) -> int:
    """How often the first text of the alarm has been handed over for this number."""
    bodies = [text.body for text in story.twilio.sent if text.to == number and "no sign since" in text.body]
    return bodies.count(bodies[0])


def fail(story: Story, code: int) -> None:
    """The mother's last text fails with this code."""
    story.twilio.undelivered([text for text in story.twilio.sent if text.to == MOTHER][-1].sid, code)
    story.run()


def dead(story: Story) -> list[list[int]]:
    return story.service.read(lambda conn: list(conn.execute(select(CONTACTS.c.dead_channels)).scalars()))


def test_a_stop_that_only_twilio_heard_holds_until_start(story: Story) -> None:
    """Said to this number long ago, or while nobody listened: it is no dead number, and the traveler is told."""
    two_numbers(story)
    story.twilio.opted_out.add((story.twilio.number, MOTHER))
    story.advance_to(DUE)
    assert "no sign since" in "\n".join(story.phone(SECOND_NUMBER).read_all())
    story.traveler.expect("Gulnar takes no more messages from us")
    posts = len([one for one in story.twilio.requests if one[2].get("To") == MOTHER])
    story.advance(minutes=31)
    assert len([one for one in story.twilio.requests if one[2].get("To") == MOTHER]) == posts, "we respect it"
    assert not any(dead(story))
    story.mother.expect_nothing()
    story.mother.text("start")
    story.advance(minutes=61)
    story.mother.expect("no sign since")


def test_whose_texts_are_stopped_is_called_on_the_same_number(sqlite_url: str) -> None:
    """Be it that only Twilio heard it, or that we did."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": "+48732000000"}) as story:
        family(story)
        story.twilio.opted_out.add((story.twilio.number, MOTHER))
        story.brother.text("stop")
        story.advance_to("2026-12-01T21:32+03:00")
        story.mother.expect_nothing()
        story.brother.expect_nothing()
        assert story.twilio.calls.to(MOTHER)
        assert story.twilio.calls.to(BROTHER)
        story.operator.expect_nothing()


def test_her_own_stop_that_only_twilio_heard_is_in_the_alarm(brief: Story) -> None:
    family(brief)
    brief.twilio.opted_out.add((brief.twilio.number, TRAVELER))
    brief.advance_to("2026-12-01T21:01+03:00")
    brief.traveler.expect_nothing()
    assert "has refused our texts (STOP)" in "\n".join(brief.mother.read_all())


def test_a_number_out_of_use_is_believed_the_second_time(brief: Story) -> None:
    two_numbers(brief)
    brief.advance_to(DUE)
    fail(brief, 30005)
    brief.phone(SECOND_NUMBER).expect("no sign since")
    assert not any(dead(brief))
    brief.advance(minutes=11)
    assert tries(brief, MOTHER) == 2
    fail(brief, 30005)
    assert [0] in dead(brief)


def test_an_outage_of_the_providers_is_no_failure_of_a_phone(brief: Story) -> None:
    """However often a text was to be handed over: it was taken once, and one 30005 may be a carrier's mistake."""
    two_numbers(brief)
    brief.advance_to("2026-12-01T20:59+03:00")
    brief.twilio.fail_next(429, 20429, times=3)
    brief.advance_to("2026-12-01T21:05+03:00")
    assert tries(brief, MOTHER) == 1
    fail(brief, 30005)
    assert not any(dead(brief))
    brief.advance(minutes=11)
    assert tries(brief, MOTHER) == 2


def test_a_phone_that_was_off_is_no_proof_that_its_number_is_not_in_use(brief: Story) -> None:
    two_numbers(brief)
    brief.advance_to(DUE)
    fail(brief, 30003)
    brief.advance(minutes=3)
    fail(brief, 30005)
    assert not any(dead(brief))
    brief.advance(minutes=11)
    assert tries(brief, MOTHER) == 3, "it goes once more, as after any first one"
    fail(brief, 30005)
    assert [0] in dead(brief)


def test_no_number_is_lost_to_an_answer_that_did_not_arrive_once(brief: Story) -> None:
    family(brief)
    brief.mother.text("help")
    fail(brief, 30005)
    assert not any(dead(brief))


def test_each_failure_has_its_own_tries(brief: Story) -> None:
    """Counted are the failures: it may have been handed over more often."""
    family(brief)
    first, sid = told(brief)
    for code, after_minutes in (("30008", (2,)), ("99999", (2,)), ("30003", (2, 10, 30)), ("30007", ()), ("30006", ())):
        for failures, minutes in enumerate(after_minutes):
            write(brief, first, state="sent", delivery="sent", attempts=9, failures=failures)
            report(brief, first, sid, "undelivered", code)
            row = row_of(brief, first)
            assert (row.state, (row.available_at - brief.now).total_seconds()) == ("pending", minutes * 60), code
        write(brief, first, state="sent", delivery="sent", attempts=1, failures=len(after_minutes))
        report(brief, first, sid, "undelivered", code)
        assert row_of(brief, first).state == "failed", code


def test_callbacks_in_any_order_and_twice_end_alike(story: Story) -> None:
    family(story)
    first, sid = told(story)
    for final, code in (("delivered", ""), ("undelivered", "30003"), ("failed", "30006")):
        ends = set()
        for order in permutations([("sending", ""), ("sent", ""), (final, code)]):
            for word, why in (*order, order[0]):
                report(story, first, sid, word, why)
            now = row_of(story, first)
            ends.add((now.state, now.delivery, now.error, now.provider_id, now.available_at, now.failures))
            as_before = ("state", "delivery", "error", "available_at", "settled_at", "failures")
            write(story, first, **{name: getattr(first, name) for name in as_before})
        assert len(ends) == 1
        assert {end[1] for end in ends} == {final}


def test_twilio_keeps_trying_no_longer_than_a_text_is_worth(brief: Story) -> None:
    family(brief)
    brief.advance_to("2026-12-01T21:15:30+03:00")
    brief.mother.reply("1")
    code, *others = [text.validity for text in brief.twilio.sent if text.to == TRAVELER]
    assert code == 600
    assert others[-3:] == [1800, 1800, 7200], "each reminder until the next one"
    for part in ("no sign since", "has taken the alarm"):
        assert {text.validity for text in brief.twilio.sent if part in text.body} == {4 * 3600}


def told(story: Story) -> tuple[Any, str]:
    """The alarm has opened: the mother's first text, as we and as Twilio know it."""
    story.advance_to(DUE)
    text = next(text for text in story.twilio.sent if text.to == MOTHER and "no sign since" in text.body)
    query = select(OUTBOX).where(OUTBOX.c.outbox_id == UUID((text.callback or "").rpartition("/")[2]))
    return story.service.read(lambda conn: conn.execute(query).one()), text.sid


def report(story: Story, row: Any, sid: str, word: str, code: str) -> None:
    news = parse_status({"MessageSid": sid, "MessageStatus": word, "ErrorCode": code})
    rejected = refusal(news.code or word) if news.state.is_bad else None
    assert report_delivery(story.service, Report(row.outbox_id, sid, news.state, rejected))


def row_of(story: Story, row: Any) -> Any:
    query = select(OUTBOX).where(OUTBOX.c.outbox_id == row.outbox_id)
    return story.service.read(lambda conn: conn.execute(query).one())


def write(story: Story, row: Any, **values: Any) -> None:
    change = update(OUTBOX).where(OUTBOX.c.outbox_id == row.outbox_id).values(**values)
    story.service.run(lambda conn: conn.execute(change))
