"""A source that cannot be read: alarms go without it and say so, other sources' answers count, and nobody waits for one
that is not hers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from service.db.routing import EngineState
from service.db.stored import table_of
from service.db.tables import Trip
from service.usecases.context import Service
from service.usecases.reconcile_inbound import reconcile_inbound
from tests.outage.line import Line
from tests.scenarios import story as stories
from tests.scenarios.story import TRAVELER, Story, family

STATE = table_of(EngineState)
TRIPS = table_of(Trip)


@pytest.fixture(autouse=True)
def _asked_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A story asks every two hours, which looks like a downtime of our own; here the minutes between count as asked."""

    def ask(service: Service) -> int:
        asked = update(STATE).where(STATE.c.name.like("watermark:%")).values(at=service.clock() - timedelta(minutes=1))
        service.run(lambda conn: conn.execute(asked))
        return reconcile_inbound(service)

    monkeypatch.setattr(stories, "reconcile_inbound", ask)


class Chat(Line):
    """Only those can write to it who have joined it."""

    def link_for(self, token: str) -> str | None:
        return f"https://chat.example/{token}"


class Calls(Line):
    """Missed calls, which count for those who have allowed it."""

    called_numbers = ("+48732000001",)


def with_another_line(story: Story, line: Line) -> Line:
    story.service = replace(story.service, notifiers={**story.service.notifiers, line.channel: line})
    return line


def test_one_of_two_sources_is_dead_for_a_week(home: Story) -> None:
    family(home)
    # Another provider that takes texts at a number of its own.
    line = with_another_line(home, Line("other_line", "sms_too"))
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


def check_in_by_calls(story: Story) -> None:
    """She has turned missed calls on."""

    def turn_on(conn: Connection) -> None:
        trip, keys = conn.execute(select(TRIPS)).one(), story.service.keys
        details = {**json.loads(keys.open(conn, b"trip", trip.sealed)), "missed_calls": True}
        conn.execute(update(TRIPS).values(sealed=keys.seal(conn, trip.key_id, b"trip", json.dumps(details).encode())))

    story.service.run(turn_on)


def test_who_has_no_messenger_waits_for_none_and_hears_of_none(home: Story) -> None:
    """Proof is asked only of the ways by which this traveler can check in."""
    family(home)
    bot = with_another_line(home, Chat("bot", "telegram"))
    home.advance_to("2026-12-01T12:00+03:00")
    bot.is_dead = True
    home.advance_to("2026-12-01T21:01+03:00")
    assert "could not" not in home.mother.expect("Lotus Garden Hotel"), "not after fifteen minutes of silence either"
    home.mother.reply("2")

    home.advance_to("2026-12-02T20:50+03:00")
    bot.is_dead = False
    reconcile_inbound(home.service)
    bot.is_dead = True
    home.advance_to("2026-12-02T21:01+03:00")
    home.mother.expect("Lotus Garden Hotel")


def test_who_checks_in_by_missed_calls_waits_for_their_list_too(home: Story) -> None:
    family(home)
    check_in_by_calls(home)
    calls = with_another_line(home, Calls("calls", "voice"))
    home.advance_to("2026-12-01T20:55+03:00")
    reconcile_inbound(home.service)
    calls.is_dead = True
    home.advance_to("2026-12-01T21:09+03:00")
    home.mother.expect_nothing()
    home.advance(minutes=7)
    assert "could not" in home.mother.expect("Lotus Garden Hotel"), "failed open, and said"
