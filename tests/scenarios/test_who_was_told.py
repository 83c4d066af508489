"""One night, three ways: what each message became is on the alarm's timeline, to the message."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from service.db import tables
from service.db.stored import table_of
from tests.mock_telegram import MockTelegram, mock_telegram
from tests.scenarios.story import MOTHER, Story, family, open_story
from tests.scenarios.test_telegram import DANIYAR, TAKE, begin, poll

OUTBOX = table_of(tables.Outbox)
ALMATY = ZoneInfo("Asia/Almaty")
LINK = re.compile(r"https://amanba\.example(/a/\w+)")
STORY = re.compile(r"<li><time>([^<]+)</time> <span>([^<]+)</span></li>")


@pytest.fixture
def telegram() -> Iterator[MockTelegram]:
    with mock_telegram() as one:
        yield one


@pytest.fixture
def story(database_url: str, telegram: MockTelegram) -> Iterator[Story]:
    """An installation that texts, calls and writes on Telegram."""
    env = {**telegram.env(), "AMANBA_TWILIO_VOICE_FROM": "+48732000000"}
    with open_story(database_url, env=env) as opened:
        telegram.use_clock(lambda: opened.now)
        yield opened


@pytest.fixture
def home(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as opened:
        yield opened


def timeline(story: Story, link: str) -> list[str]:
    """What the page of an alarm tells from its opening on, in the reader's time."""
    told = [f"{at} {html.unescape(text)}" for at, text in STORY.findall(story.client.get(link).text)]
    return told[next(place for place, line in enumerate(told) if "the alarm opened" in line) :]


def test_a_mother_asleep_and_a_brother_who_reads_telegram_only(story: Story, telegram: MockTelegram) -> None:
    begin(story, telegram)
    story.arm()
    his, calls = telegram.chat(DANIYAR), story.twilio.calls
    before = len(his.texts)

    # Nine in the evening in Antalya is eleven in Almaty. Her phone is off.
    story.advance_to("2026-12-01T21:00:30+03:00")
    text = story.mother.texts[-1]
    assert "Aizhan: no sign since 22:00" in text.body
    assert story.twilio.undelivered(text.sid, 30003) in (200, 204)
    story.run()
    assert len(calls.to(MOTHER)) == 1, "she is called at once"
    calls.no_answer(MOTHER)
    story.run()
    calls.no_answer(MOTHER)
    story.run()
    assert his.texts[before:] == [], "her time is not over"
    (mothers,) = LINK.findall(text.body)
    assert timeline(story, mothers) == [
        "23:00:30 the alarm opened",
        "23:00:30 Gulnar: SMS did not get through, it goes again",
        "23:00:30 Gulnar: no answer to the call, it is made again",
    ]

    # Her text goes again after two minutes, and she is called again after five; that gives her no longer than before.
    story.advance_to("2026-12-01T21:15:40+03:00")
    (alarm,) = his.texts[before:]
    telegram.press(DANIYAR, TAKE)
    poll(story)
    assert his.texts[-1].startswith("Thank you. You have it until")
    (brothers,) = LINK.findall(alarm)
    assert timeline(story, brothers) == [
        "23:00:30 the alarm opened",
        "23:00:30 Gulnar: SMS did not get through, it goes again",
        "23:00:30 Gulnar: no answer to the call, it is made again",
        "23:02:30 Gulnar: SMS sent",
        "23:05:30 Gulnar: was called",
        "23:15:30 Gulnar: SMS sent",
        "23:15:30 Gulnar: was called",
        "23:15:30 Daniyar: Telegram sent",
        "23:15:40 Daniyar: I take it",
    ]
    assert timeline(story, mothers) == timeline(story, brothers)

    # What the page tells is what the providers have, to the message.
    texts = [one.created for one in story.mother.texts if "no sign since" in one.body]
    assert [f"{at.astimezone(ALMATY):%H:%M:%S}" for at in texts] == ["23:02:30", "23:15:30"], "the first is with nobody"
    rung = [call.created for call in calls.to(MOTHER)]
    assert [f"{at.astimezone(ALMATY):%H:%M:%S}" for at in rung] == ["23:00:30", "23:00:30", "23:05:30", "23:15:30"]
    story.mother.expect("Daniyar has taken the alarm")


def test_who_is_out_of_reach_is_told_to_the_others_at_once(home: Story) -> None:
    family(home)
    home.advance_to("2026-12-01T21:16+03:00")
    home.brother.reply("1")
    home.run()
    home.brother.read_all()
    home.mother.read_all()
    # He has it, so that nobody is told for an hour; her phone number turns out to be gone.
    home.twilio.undelivered(home.mother.texts[-1].sid, 30006)
    home.run()
    home.brother.expect("Gulnar cannot be told about Aizhan any more: no number or address takes our messages.")
    home.mother.expect_nothing()
    home.fund.expect_nothing()


def test_whom_no_try_has_reached_is_named_in_the_next_telling(home: Story) -> None:
    family(home)
    home.advance_to("2026-12-01T21:01+03:00")
    given_up = update(OUTBOX).where(OUTBOX.c.kind == "alert").values(state="failed", delivery="undelivered")
    home.service.run(lambda conn: conn.execute(given_up))
    home.advance_to("2026-12-01T21:17+03:00")
    assert "Could not be told: Gulnar." in "".join(home.brother.read_all())
    assert "Could not be told" not in "".join(home.mother.read_all()), "not to herself"
