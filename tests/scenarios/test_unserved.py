"""A channel whose settings are gone: nobody waits for it, whoever runs this hears of it, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.db import tables
from service.db.stored import table_of
from service.usecases.keeping_up import behind
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from tests.notifiers.mail_server import MailServer, mail_server
from tests.scenarios.story import BROTHER, MOTHER, OPERATOR, Story, open_story
from tests.scenarios.test_email import GULNAR, agree, letters

OUTBOX, CONTACTS = table_of(tables.Outbox), table_of(tables.Contact)
OPENS = "2026-12-01T21:00:30+03:00"
BY_MAIL = {"channel": "email", "address": GULNAR}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def story(database_url: str, server: MailServer) -> Iterator[Story]:
    """An installation that sends texts and e-mails."""
    env = {"AMANBA_SMTP_URL": f"smtp://127.0.0.1:{server.port}", "AMANBA_SMTP_FROM": "Aman <post@example.org>"}
    with open_story(database_url, operator=OPERATOR, env=env) as opened:
        yield opened


def plan_with(story: Story, server: MailServer, *ways: dict[str, str]) -> None:
    """Her mother comes first, reads e-mails, and has these ways; her brother reads texts."""
    story.register()
    story.plan_trip()
    body = {"name": "Gulnar", "relation": "mother", "language": "en", "role": "full", "disclosure": "full"}
    story.call("POST", f"/trips/{story.trip_id}/contacts", {**body, "channels": [BY_MAIL, *ways]}, 201)
    story.run()
    agree(story, server)
    story.add_contact("Daniyar", BROTHER)
    story.arm()
    for phone in (story.mother, story.brother, story.operator):
        phone.read_all()


def open_alarm_and_forget_e_mail(story: Story) -> Any:
    """The alarm is written to the mother by e-mail, and the process that follows has no settings for e-mail; returns
    what the one before it was."""
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.now += timedelta(seconds=60)
    reconcile_inbound(story.service)
    sweep(story.service)
    before = story.service
    story.service = replace(before, notifiers={"sms": before.notifiers["sms"]})
    return before


def alerts(story: Story, channel: str = "email") -> list[Any]:
    query = select(OUTBOX).where(OUTBOX.c.kind == "alert", OUTBOX.c.channel == channel)
    return list(story.service.read(lambda conn: conn.execute(query.order_by(OUTBOX.c.created_at)).all()))


def oldest_seconds(story: Story) -> float:
    lines = story.metrics().splitlines()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("amanba_outbox_oldest_seconds "))


def test_what_waits_for_it_goes_by_her_next_way_and_by_it_too_when_the_settings_are_back(
    story: Story, server: MailServer
) -> None:
    plan_with(story, server, {"channel": "sms", "address": MOTHER})
    before = open_alarm_and_forget_e_mail(story)
    story.run()
    assert [row.state for row in alerts(story)] == ["pending"], "another process may serve it"
    assert story.mother.read_all() == []

    story.advance(seconds=75)
    assert "Lotus Garden Hotel" in "\n".join(story.mother.read_all())
    (page,) = story.operator.read_all()
    assert page.startswith("unserved: email")
    story.advance(minutes=20)
    assert behind(story.service) is None, "the heartbeat is not held for it"
    assert oldest_seconds(story) < 120
    (waiting,) = (row for row in alerts(story) if row.step == 1)
    assert (waiting.state, waiting.error) == ("pending", "unserved")

    story.service = before
    known = len(letters(server))
    story.advance(minutes=3)
    assert len(letters(server)) == known + 1
    assert (waiting.outbox_id, "sent") in [(row.outbox_id, row.state) for row in alerts(story)]
    dead = story.service.read(lambda conn: conn.execute(select(CONTACTS.c.dead_channels)).scalars().all())
    assert not any(dead), "her address is as good as it was"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_has_no_other_way_is_passed_over_and_an_all_clear_waits_for_nobody(
    story: Story, server: MailServer
) -> None:
    plan_with(story, server)
    open_alarm_and_forget_e_mail(story)
    story.advance(seconds=75)
    assert "Lotus Garden Hotel" in "\n".join(story.brother.read_all()), "long before her quarter of an hour is over"
    story.traveler.text("OK")
    story.advance(minutes=4)
    assert {row.state for row in alerts(story)} == {"cancelled"}
    query = select(OUTBOX.c.state).where(OUTBOX.c.state.in_(("pending", "sending")), OUTBOX.c.kind == "all_clear")
    assert not story.service.read(lambda conn: conn.execute(query).all())
    assert behind(story.service) is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_a_day_it_is_given_up_and_she_stays_reachable(story: Story, server: MailServer) -> None:
    plan_with(story, server)
    before = open_alarm_and_forget_e_mail(story)
    story.advance(seconds=75)
    (first,) = alerts(story)
    story.now += timedelta(hours=24)
    story.run()
    assert [(row.state, row.error) for row in alerts(story)] == [("failed", "unserved")]
    story.service = before
    story.advance(hours=24)
    assert any(row.state == "sent" and row.step > first.step for row in alerts(story)), "she is told with the rest"
