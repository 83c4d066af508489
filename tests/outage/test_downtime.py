"""We were away for hours or for weeks: she is asked again before anybody is told, and nothing that came is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.db import tables
from service.db.stored import table_of
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.recover import recover
from tests.scenarios.story import TRAVELER, Story, family

ALARMS, CONTACTS, OUTBOX = table_of(tables.Alarm), table_of(tables.Contact), table_of(tables.Outbox)
CHANGES, KEYS = table_of(tables.Change), table_of(tables.DataKey)
AUNT = "+77016667788"
AWAY = {"3 hours": timedelta(hours=3), "40 days": timedelta(days=40)}


def change(story: Story, **body: Any) -> None:
    story.call("POST", f"/trips/{story.trip_id}/changes", body, 202)
    story.run()


def be_away(story: Story, span: timedelta) -> None:
    story.go_down()
    story.now += span


def come_back(story: Story) -> None:
    """As a worker starts: the sources are read before anything is swept, and the house is kept at once."""
    story.restart()
    story.keep_house()
    recover(story.service)
    reconcile_inbound(story.service)
    story.run()


@pytest.mark.parametrize("span", AWAY)
def test_with_an_ok_in_the_providers_list_nobody_is_alarmed(home: Story, span: str) -> None:
    family(home)
    home.advance_to("2026-12-01T19:35+03:00")
    home.traveler.read_all()
    be_away(home, AWAY[span] - timedelta(minutes=30))
    home.twilio.text_unheard(TRAVELER, "ok")
    home.now += timedelta(minutes=30)
    come_back(home)
    home.advance(hours=1)
    assert [body for body in home.traveler.read_all() if "Thank you" in body]
    home.mother.expect_nothing()


@pytest.mark.parametrize("span", AWAY)
def test_without_one_she_is_asked_once_more_and_then_one_alarm_counts_them_all(home: Story, span: str) -> None:
    """T37: after our own downtime she is asked again, and no alarm starts before that question and half the grace."""
    family(home)
    home.advance_to("2026-12-01T19:20+03:00")
    be_away(home, AWAY[span])
    come_back(home)
    assert len(home.traveler.read_all()) == 1, "one round"
    home.mother.expect_nothing()
    home.advance(minutes=28)
    home.mother.expect_nothing()
    home.advance(minutes=4)
    home.mother.expect("Aizhan")
    home.brother.expect_nothing()
    (alarm,) = home.service.read(lambda conn: conn.execute(select(ALARMS)).all())
    assert alarm._mapping["count"] == (1 if span == "3 hours" else 40)


def test_after_forty_days_what_had_been_begun_goes_on_where_it_stood(story: Story) -> None:
    """T37: alarms that were already running go on at once."""
    family(story)
    madina = {"name": "Madina", "relation": "aunt", "language": "en", "role": "full", "disclosure": "full"}
    change(story, add_contact={**madina, "phone": AUNT})
    change(story, pause_until="2026-12-20T20:00:00+03:00")
    story.advance_to("2026-12-01T20:59:30+03:00")
    # The provider has the first alert, and we go before we hear of it.
    story.twilio.lose_answer(times=1)
    story.advance(seconds=50)
    for phone in (story.mother, story.traveler, story.brother, story.operator):
        phone.read_all()
    be_away(story, timedelta(days=1))
    story.twilio.text_unheard(AUNT, "1")
    story.now += timedelta(days=39)
    come_back(story)
    status = select(CONTACTS.c.status).order_by(CONTACTS.c.invited_at.desc())
    assert story.service.read(lambda conn: conn.execute(status).scalars().first()) == "accepted", "her yes is older"
    assert "pending" not in story.service.read(lambda conn: conn.execute(select(CHANGES.c.state)).scalars().all())
    story.operator.expect("24 h without an end")
    assert len(story.brother.read_all()) == 1, "the next rung, and no burst of all that were due"
    assert len(story.mother.read_all()) <= 1
    story.mother.reply("2")
    story.advance(minutes=5)
    story.mother.expect("Aizhan is safe")
    story.keep_house()
    kept = story.service.read(lambda conn: conn.execute(select(KEYS.c.created_at, KEYS.c.kind)).all())
    assert not [row for row in kept if row.kind == "service" and row.created_at < story.now - timedelta(days=9)]
    left = story.service.read(lambda conn: conn.execute(select(OUTBOX.c.state)).scalars().all())
    assert not {"pending", "sending"} & set(left)


def test_who_was_signed_in_is_not_after_her_session_has_run_out(home: Story) -> None:
    family(home)
    assert home.call("GET", f"/trips/{home.trip_id}")
    be_away(home, timedelta(days=91))
    home.restart()
    home.call("GET", f"/trips/{home.trip_id}", expect=401)
