"""The nights on which clocks are set, through the whole service: she is asked once, and by the clock on her wall."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.scenarios.story import PLAN, TRIP, Story, family


def abroad(story: Story, began: str, country: str, zone: str, clock: str) -> None:
    """She is in that zone since a day before its night."""
    story.now = datetime.fromisoformat(began)
    place: dict[str, Any] = {**TRIP["destination"], "country": country, "city": "there", "zone": zone}
    plan = {**PLAN, "daily": [{"time": clock}]}
    family(story, plan=plan, starts_at=began, ends_at="2028-03-01T09:00:00+01:00", destination=place)


def test_in_spring_a_time_that_does_not_exist_is_the_first_that_does(home: Story) -> None:
    """T42."""
    abroad(home, "2027-03-27T12:00+01:00", "PL", "Europe/Warsaw", "02:30")
    home.advance_to("2027-03-28T01:31+01:00")
    home.traveler.expect("03:00")
    home.advance_to("2027-03-28T03:59+02:00")
    assert len(home.traveler.read_all()) == 2
    home.mother.expect_nothing()
    home.advance_to("2027-03-28T04:02+02:00")
    home.mother.expect("06:00")
    home.traveler.reply("ok")
    home.mother.expect("has answered")
    home.advance_to("2027-03-29T01:59+02:00")
    # The answer alone: after an alarm the question of the day after she arrived waits for another day.
    assert len(home.traveler.read_all()) == 1
    home.advance_to("2027-03-29T02:01+02:00")
    home.traveler.expect("02:30")


def test_in_autumn_a_time_that_comes_twice_is_asked_for_once(home: Story) -> None:
    """T42."""
    abroad(home, "2027-10-30T12:00+02:00", "PL", "Europe/Warsaw", "02:30")
    home.advance_to("2027-10-31T02:01+02:00")
    home.traveler.expect("02:30")
    home.traveler.reply("ok")
    home.traveler.expect("Thank you")
    home.advance_to("2027-11-01T01:59+01:00")
    home.traveler.expect("Who has your passport?")
    home.traveler.expect_nothing()
    home.mother.expect_nothing()
    home.advance_to("2027-11-01T02:01+01:00")
    home.traveler.expect("02:30")


def test_where_midnight_does_not_exist_the_day_begins_at_one(story: Story) -> None:
    abroad(story, "2027-04-29T12:00+02:00", "EG", "Africa/Cairo", "00:00")
    story.advance_to("2027-04-29T23:31+02:00")
    story.traveler.expect("01:00")
    story.advance_to("2027-04-30T01:59+03:00")
    story.mother.expect_nothing()
    story.advance_to("2027-04-30T02:02+03:00")
    story.mother.expect("03:00")
