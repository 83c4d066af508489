"""One of two sources cannot be read for a week: alarms go without it and say so, and the other one's answers count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from service.db.routing import EngineState
from service.db.stored import table_of
from service.usecases.context import Service
from service.usecases.reconcile_inbound import reconcile_inbound
from tests.outage.line import Line
from tests.scenarios import story as stories
from tests.scenarios.story import TRAVELER, Story, family

STATE = table_of(EngineState)


@pytest.fixture(autouse=True)
def _asked_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A story asks every two hours, which looks like a downtime of our own; here the minutes between count as asked."""

    def ask(service: Service) -> int:
        asked = update(STATE).where(STATE.c.name.like("watermark:%")).values(at=service.clock() - timedelta(minutes=1))
        service.run(lambda conn: conn.execute(asked))
        return reconcile_inbound(service)

    monkeypatch.setattr(stories, "reconcile_inbound", ask)


def with_a_second_line(story: Story) -> Line:
    """Another provider that takes texts at a number of its own."""
    line = Line("other_line", "sms_too")
    story.service = replace(story.service, notifiers={**story.service.notifiers, "sms_too": line})
    return line


def test_one_of_two_sources_is_dead_for_a_week(home: Story) -> None:
    family(home)
    line = with_a_second_line(home)
    home.advance_to("2026-12-01T12:00+03:00")
    line.is_dead = True
    home.advance(minutes=2)
    home.advance(minutes=20)
    home.operator.expect("other_line cannot be read since 2026-12-01 09:")
    for day in range(1, 7):
        home.advance_to(f"2026-12-{day:02}T19:40+03:00")
        home.traveler.reply("ok")
    home.mother.expect_nothing()
    home.operator.expect_nothing()

    # On the seventh day she answers by the line that is dead.
    home.advance_to("2026-12-07T19:45+03:00")
    line.receive(TRAVELER, "ok", home.now)
    home.advance_to("2026-12-07T20:59+03:00")
    home.mother.expect_nothing()
    home.advance(minutes=3)
    alarm = home.mother.expect("Lotus Garden Hotel")
    assert "could not" in alarm
    assert "01.12 13:59" in alarm, "since when, by her clock"

    line.is_dead = False
    home.advance(minutes=3)
    home.mother.expect("reached us late: Aizhan had answered in time")
    home.brother.expect_nothing()
    home.advance_to("2026-12-08T19:29+03:00")
    home.mother.expect_nothing()
