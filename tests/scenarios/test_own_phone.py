"""SMS by a phone and a SIM of one's own: what lies in its inbox comes before any alarm, and its silence is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.db import tables
from service.db.stored import table_of
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from tests.notifiers.android_phone import AndroidPhone, android_phone
from tests.scenarios.programs import beside_twilio, phone, post_event
from tests.scenarios.story import TRAVELER, Story, family, open_story

OUTBOX = table_of(tables.Outbox)
PING = {"event": "system:ping", "payload": {"health": {"status": "pass"}}}


@pytest.fixture
def home(sqlite_url: str) -> Iterator[Story]:
    """A story on SQLite alone."""
    with open_story(sqlite_url) as opened:
        yield opened


@pytest.fixture
def sim() -> Iterator[AndroidPhone]:
    with android_phone() as one:
        yield one


def come_back(story: Story) -> None:
    story.restart()
    recover(story.service)
    reconcile_inbound(story.service)
    story.run()


def watermark_age(story: Story) -> float:
    lines = story.metrics().splitlines()
    line = next(line for line in lines if 'watermark_age_seconds{source="android_gateway"}' in line)
    return float(line.rsplit(" ", 1)[1])


def test_what_the_phone_received_while_we_were_down_comes_before_the_alarm(home: Story, sim: AndroidPhone) -> None:
    """Its local server lists its inbox; the webhook that comes after all is the same text."""
    family(home)
    home.advance_to("2026-12-01T20:44+03:00")
    beside_twilio(home, phone(sim.env(LOCAL="true")))
    home.go_down()
    home.now += timedelta(minutes=6)
    sim.now = home.now
    event = sim.receive("8 701 123 45 67", "ok")
    home.now += timedelta(hours=2)
    home.traveler.read_all()
    come_back(home)
    assert post_event(home, event).status_code == 204
    home.advance(minutes=10)
    assert len([text for text in home.traveler.read_all() if "Thank you" in text]) == 1
    home.mother.expect_nothing()


def test_a_phone_that_pings_again_may_still_have_something_to_hand_over(home: Story, sim: AndroidPhone) -> None:
    """It tries again the later, the longer it could not: so long nothing is proven, and 15 min at most alarms wait."""
    family(home)
    home.advance_to("2026-12-01T20:44+03:00")
    beside_twilio(home, phone(sim.env(PING="60")))
    assert post_event(home, PING).status_code == 204
    home.go_down()
    home.now += timedelta(minutes=6)
    sim.now = home.now
    event = sim.receive(TRAVELER, "ok")
    home.now += timedelta(hours=2)
    come_back(home)
    for _ in range(5):
        post_event(home, PING)
        home.advance(minutes=1)
    home.mother.expect_nothing()
    (asked,) = sim.asked
    assert asked["webhookDelivery"] == "Individual", "and it is asked to look again"
    assert asked["since"] < "2026-12-01T17:45" < asked["until"]
    assert watermark_age(home) > 7000, "a ping alone says nothing about its queue"
    assert post_event(home, event).status_code == 204
    home.run()
    home.traveler.expect("Thank you")
    home.advance(minutes=30)
    home.mother.expect_nothing()


def test_while_it_pings_it_is_read_and_when_it_stops_the_operator_hears(home: Story, sim: AndroidPhone) -> None:
    family(home)
    beside_twilio(home, phone(sim.env(PING="60")))
    for _ in range(3):
        post_event(home, PING)
        reconcile_inbound(home.service)
        assert watermark_age(home) == 30, "what it could not hand over a moment ago may come after its ping"
        home.now += timedelta(minutes=1)
    for _ in range(20):
        home.now += timedelta(minutes=1)
        reconcile_inbound(home.service)
    home.run()
    home.operator.expect("android_gateway cannot be read since")


def test_a_ping_that_is_sent_again_is_no_sign_of_life(home: Story, sim: AndroidPhone) -> None:
    family(home)
    beside_twilio(home, phone(sim.env(PING="60")))
    at = home.now
    for minutes in (0, 2):
        home.now = at + timedelta(minutes=minutes)
        assert post_event(home, PING, at=at).status_code == 204
        reconcile_inbound(home.service)
        assert watermark_age(home) == minutes * 60 + 30


def test_what_the_phone_could_not_send_goes_again_under_another_id(home: Story, sim: AndroidPhone) -> None:
    family(home)
    beside_twilio(home, phone(sim.env(LOCAL="true")), first=True)
    home.advance_to("2026-12-01T19:31+03:00")
    ((name, reminder),) = sim.sent.items()
    assert reminder["phoneNumbers"] == [TRAVELER]
    assert post_event(home, sim.fail(name, "RESULT_ERROR_NO_SERVICE")).status_code == 204
    home.advance(minutes=5)
    assert list(sim.sent) == [name, f"{name}-2"]
    delivered = {"event": "sms:delivered", "payload": {"messageId": f"{name}-2", "phoneNumber": TRAVELER}}
    late = {"event": "sms:failed", "payload": {"messageId": name, "reason": "RESULT_ERROR_NO_SERVICE"}}
    for event in (delivered, late):
        post_event(home, event)
    (row,) = home.service.read(lambda conn: conn.execute(select(OUTBOX).where(OUTBOX.c.kind == "reminder")).all())
    assert (row.state, row.delivery, row.provider) == ("sent", "delivered", "android_gateway")


def test_a_word_beside_a_large_picture_is_heard(home: Story, sim: AndroidPhone) -> None:
    family(home)
    beside_twilio(home, phone(sim.env()))
    picture = {"partId": 1, "contentType": "image/jpeg", "data": "A" * 1_500_000}
    said = {"sender": TRAVELER, "body": "SOS", "receivedAt": home.now.isoformat(), "attachments": [picture]}
    assert post_event(home, {"event": "mms:downloaded", "payload": said}).status_code == 204
    home.run()
    home.mother.expect("asked for help")


@pytest.mark.parametrize(
    ("event", "how", "status", "code"),
    [
        (PING, {"key": "another"}, 403, "forged"),
        (b"x" * 5_000_000, {}, 413, "too_large"),
        (b"not json", {}, 400, "malformed"),
        ({"event": "sms:received", "payload": {}}, {}, 400, "malformed"),
    ],
)
def test_all_others_are_told_why(sqlite_url: str, event: Any, how: dict[str, str], status: int, code: str) -> None:
    with open_story(sqlite_url) as story:
        named = {"API_URL": "http://127.0.0.1:9", "USER": "u", "PASSWORD": "p", "NUMBER": "+77010000009"}
        env = {f"AMANBA_ANDROID_{name}": value for name, value in named.items()}
        beside_twilio(story, phone({**env, "AMANBA_ANDROID_SIGNING_KEY": "a-signing-key"}))
        answer = post_event(story, event, **how)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert story.client.post("/hooks/android", content=b"{}").status_code == 401
