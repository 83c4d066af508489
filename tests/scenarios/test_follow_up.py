"""Sent is not arrived: the provider is asked, and who shows no sign of an alarm is told by her next way as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from service.db import tables
from service.db.stored import table_of
from service.usecases import follow_up
from service.usecases.accept import Inbound, accept
from service.usecases.dispatch import dispatch
from service.usecases.failover import tell_beside
from service.usecases.follow_up import chase, poll
from service.usecases.read_inbox import read_inbox
from tests.mock_twilio import Text
from tests.notifiers.mail_server import MailServer, mail_server
from tests.scenarios.story import BROTHER, DURESS_WORDS, FUND, MOTHER, TRAVELER, Story, open_story
from tests.scenarios.test_email import GULNAR, letters, register_with_mailbox

OUTBOX = table_of(tables.Outbox)
SUBJECT = "Aizhan: please read this now"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def story(database_url: str, server: MailServer) -> Iterator[Story]:
    """Texts and e-mails, and no public address at which a provider could report anything."""
    yield from opened_at(database_url, server)


@pytest.fixture
def home(sqlite_url: str, server: MailServer) -> Iterator[Story]:
    """The same on SQLite alone."""
    yield from opened_at(sqlite_url, server)


def opened_at(url: str, server: MailServer) -> Iterator[Story]:
    env = {"AMANBA_SMTP_URL": f"smtp://127.0.0.1:{server.port}", "AMANBA_SMTP_FROM": "Aman <post@example.org>"}
    with open_story(url, env=env) as opened:
        yield opened


def follow(story: Story, moment: str = "") -> tuple[int, int]:
    """Let time pass, then follow up what was sent: how many messages were asked about, and how many told again."""
    if moment:
        story.advance_to(f"2026-12-01T{moment}+03:00")
    done = poll(story.service), chase(story.service)
    story.run()
    return done


def begin(story: Story, language: str = "en") -> None:
    """Her mother has an e-mail address beside her number, her brother a number alone; she is told of an alarm."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, email=GULNAR, language=language)
    story.add_contact("Daniyar", BROTHER)
    story.arm()
    story.advance_to("2026-12-01T21:00:30+03:00")
    for text in story.twilio.sent:
        if text.to != MOTHER:
            story.twilio.deliver(text.sid)
    story.brother.read_all()


def told(story: Story) -> list[Text]:
    """Her mother's texts of the alarm."""
    of_alarm = {row.provider_id for row in rows(story)}
    return [text for text in story.twilio.sent if text.sid in of_alarm and text.to == MOTHER]


def alarms(server: MailServer) -> list[str]:
    return [text for subject, text in letters(server) if subject == SUBJECT]


def rows(story: Story, kind: str = "alert") -> list[Any]:
    query = select(OUTBOX).where(OUTBOX.c.kind == kind).order_by(OUTBOX.c.created_at)
    return list(story.service.read(lambda conn: conn.execute(query).all()))


def test_a_phone_that_is_off_is_not_waited_for(story: Story, server: MailServer) -> None:
    """Three minutes without a sign: the same telling goes by e-mail beside the text, once, and the ladder waits."""
    begin(story)
    assert follow(story, "21:02") == (0, 0)
    assert follow(story, "21:02:45") == (1, 0)
    assert alarms(server) == []

    assert follow(story, "21:03:45") == (0, 1)
    (alarm,) = alarms(server)
    assert alarm.startswith("Aizhan: no sign since 22:00. Please call.")
    assert follow(story, "21:06") == (0, 0)
    assert len(alarms(server)) == 1
    story.brother.expect_nothing()

    assert follow(story, "21:15:40")[0] == 1, "and once more after a quarter of an hour"
    assert rows(story)[0].polls == 2


def test_what_the_provider_says_when_asked_counts_like_its_report(story: Story, server: MailServer) -> None:
    begin(story)
    (text,) = told(story)
    text.status, text.error_code = "undelivered", 30006
    assert follow(story, "21:02:45") == (1, 0)
    assert len(alarms(server)) == 1, "a landline: by the next way at once"
    assert [row.state for row in rows(story)] == ["failed", "sent"]


def test_one_part_that_arrived_is_a_sign(home: Story, server: MailServer) -> None:
    begin(home, language="ru")
    first, _ = told(home)
    first.status = "delivered"
    assert follow(home, "21:04") == (2, 0)
    assert alarms(server) == []


def test_both_parts_go_again_together(home: Story, server: MailServer) -> None:
    home.register()
    home.plan_trip()
    numbers = [{"channel": "sms", "address": number} for number in (MOTHER, BROTHER)]
    home.add_contact("Gulnar", MOTHER, language="ru", channels=numbers)
    home.arm()
    home.advance_to("2026-12-01T21:00:30+03:00")
    home.brother.expect_nothing()
    assert follow(home, "21:04")[1] == 1
    assert home.brother.read_all() == home.mother.received[-2:]
    assert follow(home, "21:08")[1] == 0, "there is no third"


@pytest.mark.parametrize("answer", ["1", "3"])
def test_who_has_answered_is_reached(home: Story, server: MailServer, answer: str) -> None:
    begin(home)
    home.mother.reply(answer)
    home.run()
    assert follow(home, "21:04")[1] == 0
    assert alarms(server) == []


def test_nobody_is_chased_while_somebody_has_it(home: Story, server: MailServer) -> None:
    home.register()
    home.plan_trip()
    home.add_contact("Daniyar", BROTHER)
    home.add_contact("Gulnar", MOTHER, email=GULNAR)
    home.arm()
    home.advance_to("2026-12-01T21:16+03:00")
    home.mother.expect("Aizhan: no sign since")
    home.brother.reply("1")
    home.run()
    assert follow(home, "21:21")[1] == 0
    assert alarms(server) == []


def test_on_the_last_rung_each_is_told_by_all_ways_at_once(home: Story, server: MailServer) -> None:
    home.register()
    home.plan_trip()
    home.add_contact("Daniyar", BROTHER)
    home.add_contact("Saule", FUND, role="caseworker", email=GULNAR)
    home.arm()
    home.advance_to("2026-12-01T21:46:30+03:00")
    home.fund.expect("Aizhan")
    assert len(alarms(server)) == 1
    assert follow(home, "21:51")[1] == 0, "both have gone"


def test_a_reminder_that_did_not_arrive_goes_by_her_next_way(home: Story, server: MailServer) -> None:
    register_with_mailbox(home)
    home.plan_trip()
    home.add_contact("Gulnar", MOTHER)
    home.arm()
    home.advance_to("2026-12-01T19:30:30+03:00")
    reminder = home.twilio.sent[-1]
    reminder.status, reminder.error_code = "undelivered", 30006
    assert follow(home, "19:33") != (0, 0)
    assert len(letters(server, "aizhan@example.org")) == 1
    assert rows(home, "reminder")[0].polls == 1


def test_a_provider_that_is_away_is_asked_no_further(home: Story, server: MailServer) -> None:
    begin(home)
    home.advance_to("2026-12-01T21:03:30+03:00")
    home.twilio.fail_next(503, times=1000, method="GET")
    poll(home.service)
    assert {row.polls for row in rows(home)} == {1}
    assert chase(home.service) == 1, "which keeps nobody from being told"


def test_a_text_that_is_given_back_and_answered_all_the_same_has_come(home: Story, server: MailServer) -> None:
    """A carrier's word is no proof: who answers by a bare digit means this alarm."""
    home.register()
    home.plan_trip()
    home.add_contact("Gulnar", MOTHER)
    home.arm()
    home.advance_to("2026-12-01T21:00:30+03:00")
    (text,) = told(home)
    home.twilio.undelivered(text.sid, 30006)
    home.mother.reply("1")
    home.run()
    assert home.mother.expect("You have it until")


def test_nobody_is_told_beside_a_word_of_duress_what_it_forbids(story: Story, server: MailServer) -> None:
    """The word is read while her next way is told: what asks to call the traveler is taken back, or never written."""
    story.register()
    story.plan_trip()
    story.set_words()
    story.add_contact("Gulnar", MOTHER, email=GULNAR)
    story.arm()
    story.advance_to("2026-12-01T21:00:30+03:00")
    story.mother.expect("Please call")
    story.advance_to("2026-12-01T21:03:45+03:00")
    hers = story.service.keys.phone_hash(TRAVELER)
    accept(story.service, Inbound("twilio_sms", "SM1", hers, DURESS_WORDS[0], address=TRAVELER))
    reading: list[Thread] = []

    def word_is_read(real: Callable[..., bool], *args: Any) -> bool:
        reading.append(Thread(target=read_inbox, args=(story.service,)))
        reading[0].start()
        reading[0].join(0.5)
        return real(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow_up, "tell_beside", partial(word_is_read, tell_beside))
        chase(story.service)
    reading[0].join()
    dispatch(story.service, story.pool)
    story.run()
    assert alarms(server) != []
    assert [text for text in alarms(server) if "Please call" in text] == []
