"""The storm brake: a thousand alarms due within a minute are held once, and open whatever happens."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from service.db import tables
from service.db.state import put_state
from service.db.stored import table_of
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from tests.outage.line import Line
from tests.scenarios.story import Story, family, open_story
from tests.scenarios.test_engine_sweep import more_trips

ALARMS, OUTBOX = table_of(tables.Alarm), table_of(tables.Outbox)
TRIPS = int(os.environ.get("TEST_STORM", "100"))
"""`make soak` lets 1,000 be due."""


def alarms(story: Story) -> int:
    query = select(func.count()).select_from(ALARMS).where(ALARMS.c.closed_at.is_(None))
    return int(story.service.read(lambda conn: conn.execute(query).scalar_one()))


def tick(story: Story, **span: float) -> None:
    """One look of the engine, a while later."""
    story.now += timedelta(**span)
    reconcile_inbound(story.service)
    sweep(story.service)


def test_too_many_at_once_are_held_five_minutes_asked_again_and_then_open_whatever_happens(sqlite_url: str) -> None:
    with open_story(sqlite_url, brake=True) as story:
        family(story)
        line = Line()
        story.advance_to("2026-12-01T20:40+03:00")
        story.service = replace(story.service, notifiers={"sms": line})
        more_trips(story, TRIPS)
        tick(story, minutes=20, seconds=10)
        tick(story, seconds=3)
        few = alarms(story)
        assert 20 <= few <= 51, "as many as oversleep on any day"
        again = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.dedupe_key.like("%:again:%"))
        asked = story.service.read(lambda conn: conn.execute(again).scalar_one())
        assert asked == TRIPS + 1 - few, "everybody held is asked once more"
        tick(story, minutes=4, seconds=40)
        assert alarms(story) == few
        # The sources are silent from here on, and the brake ends all the same.
        line.is_dead = True
        tick(story, seconds=30)
        assert alarms(story) == TRIPS + 1
        pages = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.dedupe_key.like("operator:storm_brake:%"))
        assert story.service.read(lambda conn: conn.execute(pages).scalar_one()) == 1


def test_it_does_not_hold_again_for_an_hour(sqlite_url: str) -> None:
    with open_story(sqlite_url, brake=True) as story:
        family(story)
        story.service = replace(story.service, notifiers={"sms": Line()})
        story.advance_to("2026-12-01T20:40+03:00")
        state = {"since": None, "count": 0, "until": (story.now - timedelta(minutes=20)).isoformat()}
        story.service.run(lambda conn: put_state(conn, "storm_brake", state, story.now))
        more_trips(story, 40)
        tick(story, minutes=20, seconds=10)
        tick(story, seconds=3)
        assert alarms(story) == 41
