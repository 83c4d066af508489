"""The machine's clock is stepped by an hour or a day while the service runs: no alarm early, none lost, none twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.db import tables
from service.db.engine import make_engine
from service.db.stored import table_of
from service.usecases.accept import Inbound, accept
from service.usecases.problems import StorageUnavailable
from service.usecases.sweep import sweep
from tests.scenarios.story import OPERATOR, START, TRAVELER, Story, family

OUTBOX = table_of(tables.Outbox)
STEPS = {"an hour": timedelta(hours=1), "a day": timedelta(days=1)}
A_STEP = {"sqlite": timedelta(hours=1), "postgresql": timedelta(days=1)}
"""Each of the two is told on one kind of database."""


def step(story: Story, by: timedelta) -> None:
    """Our clock is set, the provider's is right; what has been done meanwhile stays done."""
    story.now += by
    story.twilio.advance(seconds=-by.total_seconds())
    story._reconciled = min(story._reconciled, story.now)
    # What the first sweep finds, the next second sends.
    story.run()
    story.run()


def asked_for_an_ok(story: Story) -> list[str]:
    """What her phone received and has not read, but for the question that waits for a day on the way."""
    return [text for text in story.traveler.read_all() if "passport" not in text]


@pytest.mark.parametrize("span", STEPS)
def test_set_forward_she_is_asked_again_before_anybody_is_told(home: Story, span: str) -> None:
    family(home)
    home.advance_to("2026-12-01T19:20+03:00" if span == "an hour" else "2026-12-01T12:00+03:00")
    step(home, STEPS[span] + timedelta(minutes=50))
    assert len(asked_for_an_ok(home)) == 1
    home.advance(minutes=24)
    home.mother.expect_nothing()
    home.traveler.reply("ok")
    home.advance(hours=2)
    home.mother.expect_nothing()


def test_forward_by_mistake_and_back_again_loses_no_reminder_and_no_alarm(story: Story) -> None:
    by = A_STEP[story.service.db.dialect]
    family(story)
    story.advance_to("2026-12-01T19:10+03:00")
    step(story, by)
    story.advance(minutes=5)
    assert len(asked_for_an_ok(story)) == 1, "by the wrong clock she is asked"
    step(story, -by)
    story.advance_to("2026-12-01T20:31+03:00")
    asked = asked_for_an_ok(story)
    assert len(asked) == 2
    assert "20:00" in asked[-1]
    story.mother.expect_nothing()
    story.advance_to("2026-12-01T21:03+03:00")
    story.mother.expect("Lotus Garden Hotel")
    story.operator.expect("clock was set back")


def test_set_back_in_the_middle_of_an_alarm_the_ladder_goes_on(story: Story) -> None:
    by = A_STEP[story.service.db.dialect]
    family(story)
    story.advance_to("2026-12-01T21:05+03:00")
    story.mother.expect("Lotus Garden Hotel")
    story.mother.read_all()
    step(story, -by)
    story.advance(minutes=3)
    story.brother.expect_nothing()
    story.mother.expect_nothing()
    story.advance(minutes=13)
    story.brother.expect("Aizhan")
    story.mother.reply("1")
    story.mother.expect("You have it until")
    step(story, -by)
    story.advance(minutes=50)
    story.fund.expect_nothing()
    story.advance(minutes=15)
    story.fund.expect("Aizhan")
    story.mother.reply("2")
    for phone in (story.mother, story.brother, story.fund):
        phone.expect("Aizhan is safe")
    texts = [(text.to, text.body) for text in story.twilio.sent if text.to != OPERATOR]
    assert not [text for text in texts if texts.count(text) > 1]


def test_set_back_before_a_deadline_and_right_again_asks_nobody_twice(home: Story) -> None:
    family(home)
    home.advance_to("2026-12-01T20:10+03:00")
    home.traveler.reply("ok")
    home.traveler.read_all()
    step(home, -timedelta(days=1))
    home.advance(hours=2)
    step(home, timedelta(days=1))
    home.advance(hours=8)
    assert asked_for_an_ok(home) == []
    home.mother.expect_nothing()


def test_what_waits_to_be_sent_asked_about_and_read_does_not_wait_for_tomorrow(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59:30+03:00")
    story.twilio.lose_answer(times=1)
    step(story, timedelta(days=1))
    story.advance(seconds=20)
    unsettled = story.service.read(lambda conn: conn.execute(select(OUTBOX.c.state)).scalars().all())
    assert "sending" in unsettled
    # Her text is kept by the clock that is ahead, and lies unread when it is set right.
    message = Inbound("twilio_sms", "SM" + "7" * 32, story.service.keys.phone_hash(TRAVELER), "ok", address=TRAVELER)
    accept(story.service, message)
    step(story, -timedelta(days=1))
    story.advance(minutes=8)
    story.mother.expect("Lotus Garden Hotel")
    story.mother.expect("had answered in time")
    left = story.service.read(lambda conn: conn.execute(select(OUTBOX.c.state)).scalars().all())
    assert not {"pending", "sending"} & set(left)


def test_a_database_that_is_away_when_it_is_set_back_is_asked_again(home: Story, tmp_path: Path) -> None:
    family(home)
    away = make_engine(f"sqlite:///{tmp_path / 'no folder' / 'amanba.db'}")
    home.now -= timedelta(days=1)
    with pytest.raises(StorageUnavailable):
        sweep(replace(home.service, db=away))
    step(home, timedelta(0))
    home.operator.expect("clock was set back")


def test_set_forward_just_after_she_was_asked_she_has_her_time_all_the_same(home: Story) -> None:
    family(home)
    stepped = [timedelta(0)]
    unset = replace(home.service, monotonic=lambda: (home.now - stepped[0] - START).total_seconds())
    home.service = unset
    home.advance_to("2026-12-01T20:31+03:00")
    home.run()
    stepped[0] = timedelta(hours=1)
    step(home, stepped[0])
    home.advance(minutes=28)
    home.mother.expect_nothing()
    home.advance(minutes=4)
    home.mother.expect("Lotus Garden Hotel")
