"""What goes out when providers refuse, keep silent, lag, lie or report late: nothing is lost, and little is doubled."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from notifiers.base import Cause, Message, Rejected, SendResult
from service.db import tables
from service.db.stored import table_of
from service.usecases.context import Service
from service.usecases.dispatch import dispatch
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from service.usecases.sweep import sweep
from tests.mock_twilio import Text
from tests.scenarios.story import BROTHER, MOTHER, Story, family

OUTBOX, CONTACTS = table_of(tables.Outbox), table_of(tables.Contact)
SECOND_NUMBER = "+77018887766"
DUE = "2026-12-01T21:00:30+03:00"


def rows(story: Story, kind: str = "alert") -> list[Any]:
    query = select(OUTBOX).where(OUTBOX.c.kind == kind).order_by(OUTBOX.c.created_at)
    return list(story.service.read(lambda conn: conn.execute(query).all()))


def states(story: Story, kind: str = "alert") -> list[str]:
    return [row.state for row in rows(story, kind)]


def alerts_to(story: Story, number: str) -> list[Text]:
    ours = {str(row.outbox_id) for row in rows(story)}
    return [text for text in story.twilio.sent if text.to == number and (text.callback or "").split("/")[-1] in ours]


def family_with_two_numbers(story: Story) -> None:
    """The mother has a second number."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, channels=[{"channel": "sms", "address": SECOND_NUMBER}])
    story.add_contact("Daniyar", BROTHER)
    story.arm()
    for number in (MOTHER, SECOND_NUMBER, BROTHER):
        story.phone(number).read_all()


def is_once_each(texts: list[Text]) -> bool:
    return len(texts) == len({text.body for text in texts})


@pytest.mark.parametrize("code", [21611, 21408, 99999])
def test_what_her_first_number_cannot_take_goes_to_her_second_at_once_and_whole(story: Story, code: int) -> None:
    family_with_two_numbers(story)
    story.twilio.refuse(MOTHER, code)
    story.advance_to(DUE)
    got = "\n".join(story.phone(SECOND_NUMBER).read_all())
    for fact in ("Lotus Garden Hotel", "+902422481200"):
        assert fact in got
    parts = [text.body for text in alerts_to(story, SECOND_NUMBER)]
    assert parts == sorted(parts, key=lambda body: body.index("1/2") if "1/2" in body else 1000), "in their order"


def test_a_number_that_is_gone_for_good_is_not_tried_again(story: Story) -> None:
    family_with_two_numbers(story)
    story.twilio.refuse(MOTHER, 21614)
    story.advance_to(DUE)
    tried = len([one for one in story.twilio.requests if one[0] == "POST" and one[2].get("To") == MOTHER])
    assert alerts_to(story, SECOND_NUMBER)
    story.advance(minutes=50)
    again = len([one for one in story.twilio.requests if one[0] == "POST" and one[2].get("To") == MOTHER])
    assert again == tried
    dead = story.service.read(lambda conn: conn.execute(select(CONTACTS.c.dead_channels)).scalars().all())
    assert [0] in dead


def test_a_fault_of_ours_pages_the_operator_once_an_hour(story: Story) -> None:
    family(story)
    story.twilio.refuse(MOTHER, 21408)
    story.advance_to("2026-12-01T21:40+03:00")
    pages = [body for body in story.operator.read_all() if "21408" in body]
    assert len(pages) == 1


def test_a_list_that_lags_less_than_the_lease_doubles_nothing(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.twilio.list_lag = timedelta(seconds=75)
    story.twilio.lose_answer(times=2)
    story.advance(minutes=12)
    alerts = alerts_to(story, MOTHER)
    assert alerts
    assert is_once_each(alerts)


def test_who_may_have_been_told_hears_the_end(story: Story) -> None:
    """Her text left and nobody knows it: it is not on the list yet, and the provider takes no other."""
    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.twilio.list_lag = timedelta(hours=1)
    story.twilio.lose_answer(times=1)
    story.advance(seconds=45)
    story.twilio.fail_next(429, 20429, times=1000)
    story.advance(minutes=4)
    assert states(story) == ["pending"]
    assert rows(story)[0].attempts > 1
    story.twilio.forget_faults()
    story.traveler.text("OK")
    story.run()
    assert states(story) == ["unknown"]
    story.mother.expect("Aizhan: no sign since")
    story.mother.expect("Aizhan has answered. The alarm has ended.")


def test_a_list_out_of_reach_is_asked_for_ten_minutes_from_the_first_time(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.twilio.lose_answer(times=1)
    story.advance(seconds=60)
    lost = next(row for row in rows(story) if row.state == "sending")
    # It has waited for long: what counts is since when the list cannot be read.
    story.service.run(
        lambda conn: conn.execute(
            update(OUTBOX)
            .where(OUTBOX.c.outbox_id == lost.outbox_id)
            .values(created_at=story.now - timedelta(hours=1), available_at=story.now - timedelta(hours=1))
        )
    )

    def attempts() -> int:
        return next(int(row.attempts) for row in rows(story) if row.outbox_id == lost.outbox_id)

    story.twilio.fail_next(500, times=10_000, method="GET")
    story.advance(minutes=9)
    assert attempts() == 1, "not sent again while its fate may still be learned"
    story.advance(minutes=6)
    assert attempts() == 2, "a lost alarm is worse than a repeated one"


def test_news_of_a_lost_message_settles_it_before_anybody_asks(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.twilio.lose_answer(times=1)
    story.advance(seconds=60)
    lost = next(row for row in rows(story) if row.state == "sending")
    text = next(text for text in story.twilio.sent if (text.callback or "").endswith(str(lost.outbox_id)))
    assert story.twilio.report(text.sid, "sent") == 204
    assert "sending" not in states(story)
    assert story.twilio.report(text.sid, "queued", only_post=True) == 204
    assert next(row.delivery for row in rows(story) if row.outbox_id == lost.outbox_id) == "sent"


def test_a_phone_that_is_off_is_tried_again_and_each_report_counts_once(story: Story) -> None:
    family(story)
    story.advance_to(DUE)
    first = alerts_to(story, MOTHER)[0]
    story.twilio.undelivered(first.sid, 30003)
    story.twilio.report(first.sid, "undelivered", 30003, only_post=True)
    [waiting] = [row for row in rows(story) if row.state == "pending"]
    assert waiting.available_at == story.now + timedelta(minutes=2)
    story.advance(minutes=3)
    again = [text for text in alerts_to(story, MOTHER) if text.body == first.body]
    assert len(again) == 2
    # Bad news of the first try says nothing about the second.
    story.twilio.report(first.sid, "failed", 30008, only_post=True)
    assert [row.state for row in rows(story) if row.outbox_id == waiting.outbox_id] == ["sent"]
    for _ in range(3):
        story.twilio.undelivered(again[-1].sid, 30003)
        story.advance(minutes=31)
        again = [text for text in alerts_to(story, MOTHER) if text.body == first.body]
    assert len(again) <= 4, "three times more, not for ever"


def test_undelivered_after_delivered_changes_nothing(story: Story) -> None:
    family(story)
    story.advance_to(DUE)
    text = alerts_to(story, MOTHER)[0]
    story.twilio.deliver(text.sid)
    before = rows(story)
    story.twilio.report(text.sid, "undelivered", 30003, only_post=True)
    assert rows(story) == before


def test_a_reply_goes_at_most_once(story: Story) -> None:
    family(story)
    story.twilio.lose_answer(times=1)
    story.traveler.text("status")
    story.advance(minutes=6)
    assert len(story.traveler.read_all()) == 1
    assert states(story, "reply").count("unknown") == 1, "hers; those to her people before were answered"


def test_what_a_stalled_provider_leaves_no_time_for_is_put_back(story: Story) -> None:
    """While earlier sends hang, the lease of what waits behind them runs out: it must not begin then."""
    family(story)
    write_the_alarm(story)
    moments = iter([story.now])

    def clock() -> Any:
        # The claim is made now; by the time a thread is free most of the lease has gone.
        return next(moments, story.now + timedelta(seconds=70))

    slow = replace(story.service, clock=clock)
    before = len(story.twilio.sent)
    stopped = _OneBatch(slow)
    dispatch(slow, stopped)
    assert len(story.twilio.sent) == before
    assert set(states(story)) == {"pending"}
    story.is_down = False
    story.service.wake.stopping.clear()
    story.advance(minutes=3)
    assert alerts_to(story, MOTHER)
    assert is_once_each(alerts_to(story, MOTHER))


def test_a_process_that_ends_hands_nothing_over_any_more(story: Story) -> None:
    family(story)
    write_the_alarm(story)
    story.service.wake.stopping.set()
    before = len(story.twilio.sent)
    story.is_down = False
    story.advance(minutes=2)
    assert len(story.twilio.sent) == before
    assert recover(story.service) == 0
    story.restart()
    story.advance(minutes=1)
    assert alerts_to(story, MOTHER)


def test_one_message_that_cannot_be_opened_keeps_no_other_from_going(story: Story) -> None:
    family(story)
    write_the_alarm(story)
    broken = rows(story)[0]
    story.service.run(
        lambda conn: conn.execute(
            update(OUTBOX).where(OUTBOX.c.outbox_id == broken.outbox_id).values(sealed=b"not a sealed value")
        )
    )
    story.is_down = False
    story.run()
    assert states(story)[0] == "failed"
    story.advance(minutes=17)
    assert alerts_to(story, BROTHER), "and the ladder goes on"


def test_a_provider_that_asks_us_to_wait_is_obeyed_within_reason(story: Story) -> None:
    class Busy:
        name, channel = "twilio_sms", "sms"

        def send(self, message: Message) -> SendResult:
            return Rejected(Cause.TEMPORARY, "20429", "busy", timedelta(days=30))

    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    calm = story.service
    story.service = replace(calm, notifiers={"sms": Busy()})
    story.advance(seconds=60)
    assert all(row.available_at <= story.now + timedelta(minutes=10) for row in rows(story))
    story.service = calm
    story.advance(minutes=12)
    assert alerts_to(story, MOTHER)


def test_sends_and_lateness_are_counted(story: Story) -> None:
    def value(name: str) -> float:
        lines = story.metrics().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    # Told over HTTP, so that what its beginning sends is counted too.
    story.is_usual = False
    sent, late = value('amanba_sends_total{channel="sms",state="sent"}'), value("amanba_lateness_seconds_count")
    family(story)
    story.advance_to("2026-12-01T21:20+03:00")
    assert value('amanba_sends_total{channel="sms",state="sent"}') - sent == len(story.twilio.sent)
    assert value("amanba_lateness_seconds_count") - late == 1, "the brother is not the first"
    story.mother.reply("2")
    assert value("amanba_lateness_seconds_count") - late == 1


def write_the_alarm(story: Story) -> None:
    """It has opened, and nothing of it has been sent; the story goes on once `is_down` is taken back."""
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.is_down = True
    story.now += timedelta(seconds=61)
    reconcile_inbound(story.service)
    sweep(story.service)


class _OneBatch(Executor):
    """Runs at once, and lets the process end after the first batch."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def submit(self, act: Any, /, *arguments: Any, **named: Any) -> Any:
        done: Future[Any] = Future()
        done.set_result(act(*arguments, **named))
        self._service.wake.stopping.set()
        return done
