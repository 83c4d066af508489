"""The machine is lost in the middle of an alarm; a backup is restored elsewhere, and the alarm comes to its end."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.db.engine import Database, make_engine
from service.db.sealed import open_keyring
from service.usecases.back_up import back_up_to, restore
from service.usecases.context import Service
from service.usecases.footing import Footing
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from service.usecases.tally import Tally
from service.usecases.wake import Wake
from tests.scenarios.story import SECRET, Story, family

KEY = bytes(range(60, 92))


@pytest.fixture
def new(story: Story, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty place on the other kind of database than the story's."""
    is_file = story.service.db.dialect == "sqlite"
    url = request.getfixturevalue("empty_postgresql_url") if is_file else f"sqlite:///{tmp_path / 'new.db'}"
    with closing(make_engine(url)) as db:
        yield db


def back_up(story: Story) -> bytes:
    out = io.BytesIO()
    back_up_to(story.service.db, KEY, out, story.now)
    return out.getvalue()


def back_up_while_the_alarm_opens(story: Story) -> bytes:
    """A backup of the moment in which its texts are written, and none has gone."""
    family(story)
    story.advance_to("2026-12-01T20:59+03:00")
    story.now += timedelta(seconds=70)
    reconcile_inbound(story.service)
    sweep(story.service)
    return back_up(story)


def go_on_from(story: Story, backup: bytes, new: Database) -> None:
    """The old place is gone with all that was decided since the backup; another machine goes on from it."""
    restore(new, KEY, [SECRET], io.BytesIO(backup), story.now)
    lost = story.service

    def on_another_machine(clock: Callable[[], datetime]) -> Service:
        keys = open_keyring(new, [SECRET], clock())
        return replace(lost, db=new, keys=keys, clock=clock, wake=Wake(), footing=Footing(), tally=Tally())

    story.use(on_another_machine)
    story.restart()


def test_an_open_alarm_goes_on_elsewhere_and_nothing_is_sent_twice(story: Story, new: Database) -> None:
    backup = back_up_while_the_alarm_opens(story)
    # It goes on, and the mother is told. Then the machine is lost, and her answer meets nobody.
    story.run()
    told = story.mother.read_all()
    assert any("Lotus Garden Hotel" in text for text in told)
    story.go_down()
    story.twilio.text_unheard(story.mother.number, "1")
    story.now += timedelta(minutes=10)
    go_on_from(story, backup, new)

    story.advance(minutes=5)
    again = story.mother.read_all()
    assert [text for text in again if "Lotus Garden Hotel" in text] == [], "she has been told"
    assert any("You have it until" in text for text in again), "her answer was found in the provider's list"
    story.mother.reply("2")
    story.advance(minutes=5)
    assert any("Aizhan is safe" in text for text in story.mother.read_all())
    counted = Counter((text.to, text.body) for text in story.twilio.sent)
    assert [pair for pair, times in counted.items() if times > 1] == []
    assert story.call("GET", f"/trips/{story.trip_id}")["status"] == "armed", "her token and her trip are there"


def test_a_message_that_never_left_leaves_now(story: Story, new: Database) -> None:
    backup = back_up_while_the_alarm_opens(story)
    story.go_down()
    story.mother.expect_nothing()
    story.now += timedelta(minutes=10)
    go_on_from(story, backup, new)
    story.advance(minutes=1)
    story.mother.expect("Lotus Garden Hotel")


def test_an_ok_that_came_after_the_backup_is_found_before_anybody_is_alarmed(story: Story, new: Database) -> None:
    family(story)
    story.advance_to("2026-12-01T19:40+03:00")
    backup = back_up(story)
    story.go_down()
    story.advance_to("2026-12-01T19:55+03:00")
    story.twilio.text_unheard(story.traveler.number, "ok")
    story.advance_to("2026-12-01T23:30+03:00")
    go_on_from(story, backup, new)
    story.advance(hours=2)
    story.mother.expect_nothing()
    story.traveler.expect("Thank you")
