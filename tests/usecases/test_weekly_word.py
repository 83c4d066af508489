"""A word once a week: only when she wants it, only of a quiet week, and without a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.quiet_texts import for_trips
from service.usecases.weekly_word import set_weekly
from tests.mock_twilio import Phone
from tests.scenarios.story import BROTHER, MOTHER, Story, family, open_story
from tests.web.contact_pages import actions, own_page, trip_of

WEEKLY_PLAN = {"every_hours": 168}
OLA = "+48600700800"
TRIPS = table_of(Trip)


@pytest.fixture
def story(database_url: str) -> Iterator[Story]:
    with open_story(database_url) as told:
        yield told


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as told:
        yield told


def switch(story: Story, *, on: bool) -> None:
    set_weekly(story.service, trip_of(story).key, wanted=on)


def at(story: Story, moment: str) -> None:
    """It is this moment, and the worker keeps house; nothing else has happened."""
    story.now = datetime.fromisoformat(moment).astimezone(UTC)
    story.keep_house()


def away(story: Story, *, on: bool = True, words: bool = False) -> None:
    """She is away, has answered once, and is next asked in a week."""
    family(story, words=words, plan=WEEKLY_PLAN)
    story.traveler.text("OK")
    story.run()
    if on:
        switch(story, on=True)
    for phone in everybody(story):
        phone.read_all()


def everybody(story: Story) -> tuple[Phone, ...]:
    return story.mother, story.brother, story.fund


def test_it_is_off_until_she_wants_it_comes_on_sunday_noon_and_stops_in_silence(story: Story) -> None:
    """T20: opt-in, no time in it, the caseworker gets none; afterwards no notice."""
    away(story, on=False)
    at(story, "2026-12-06T12:03+05:00")
    assert [phone.unread for phone in everybody(story)] == [[], [], []]
    switch(story, on=True)
    at(story, "2026-12-08T08:00+05:00")
    story.traveler.text("OK")
    story.run()
    at(story, "2026-12-13T11:55+05:00")
    assert [phone.unread for phone in everybody(story)] == [[], [], []]
    for _ in range(3):
        at(story, "2026-12-13T12:05+05:00")
    assert [len(phone.unread) for phone in everybody(story)] == [1, 1, 0]
    [text] = story.mother.read_all()
    assert text.startswith("Aizhan: all well this week, as far as we know.")
    assert re.findall(r"\d", text) == []
    story.brother.read_all()
    switch(story, on=False)
    story.run()
    assert actions(story).count("weekly_word:off") == 1
    at(story, "2026-12-20T12:05+05:00")
    assert story.mother.unread == story.brother.unread == []


def test_each_contact_reads_it_at_noon_and_one_who_does_not_want_it_gets_none(lite: Story) -> None:
    """T20: the hour is that of the contact's own clock, whenever she answered."""
    lite.register()
    lite.plan_trip(WEEKLY_PLAN)
    for name, number in (("Gulnar", MOTHER), ("Daniyar", BROTHER), ("Ola", OLA)):
        lite.add_contact(name, number)
    lite.arm()
    lite.traveler.text("OK")
    lite.run()
    answer = lite.client.post(own_page(lite, "Daniyar"), data={"do": "weekly", "weekly": "no"})
    assert "Saved." in answer.text
    switch(lite, on=True)
    ola = lite.phone(OLA)
    for phone in (lite.mother, lite.brother, ola):
        phone.read_all()
    at(lite, "2026-12-06T12:05+05:00")
    assert [len(phone.unread) for phone in (lite.mother, lite.brother, ola)] == [1, 0, 0]
    at(lite, "2026-12-06T12:05+01:00")
    assert [len(phone.unread) for phone in (lite.mother, lite.brother, ola)] == [1, 0, 1]


def test_a_week_with_an_alarm_has_none_and_nobody_is_told_why(lite: Story) -> None:
    """T20: while an alarm is open, and as long as it lies in the week, also when it has ended well."""
    away(lite)
    lite.traveler.text("SOS")
    lite.run()
    at(lite, "2026-12-06T12:05+05:00")
    assert not any("all well" in text for phone in everybody(lite) for text in phone.read_all())
    lite.mother.reply("2")
    lite.run()
    for phone in everybody(lite):
        phone.read_all()
    at(lite, "2026-12-13T12:00+05:00")
    assert lite.mother.unread == []


def test_not_under_duress_and_her_page_shows_what_it_showed(lite: Story) -> None:
    """T20, T3: a duress word changes nothing that she can see, and no family reads that all is well."""
    away(lite, words=True)
    before = weekly_at(lite)
    lite.traveler.text("heavy rain")
    lite.run()
    lite.mother.read_all()
    assert weekly_at(lite) == before
    at(lite, "2026-12-06T12:05+05:00")
    assert not any("all well" in text for phone in everybody(lite) for text in phone.read_all())
    assert weekly_at(lite) is not None


def test_a_trip_that_cannot_be_read_keeps_no_other_waiting(lite: Story) -> None:
    away(lite)
    key = trip_of(lite).key
    said: list[TripKey] = []

    def say(_service: Service, _conn: Connection, keys: Sequence[TripKey]) -> None:
        assert broken not in keys
        said.extend(keys)

    broken = TripKey(uuid4(), uuid4())
    for_trips(lite.service, [broken, key], say)
    assert said == [key]


def weekly_at(story: Story) -> datetime | None:
    found: datetime | None = story.service.read(lambda conn: conn.execute(select(TRIPS.c.weekly_at)).scalar_one())
    return found
