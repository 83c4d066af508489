"""Telegram for a family at home: opened by a link, answered by a button, read before any alarm, and left by a block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.chat_links import LIVES
from service.usecases.her_chat import ask_her_chat
from service.usecases.listen import LEASE, Listener, queues
from service.usecases.reconcile_inbound import reconcile_inbound
from tests.mock_telegram import MockTelegram, mock_telegram
from tests.scenarios.story import MOTHER, TRAVELER, Story, open_story
from tests.web.contact_pages import PIN, choose_pin, own_page

AIZHAN, DANIYAR, STRANGER, MOTHERS = 1001, 2002, 3003, 4004
TAKE, HEARD, CANNOT, ODD = "1  I take it", "2  I heard the voice: safe", "3  I cannot now", "4  Something is not right"


@pytest.fixture
def telegram() -> Iterator[MockTelegram]:
    with mock_telegram() as one:
        yield one


@pytest.fixture
def story(database_url: str, telegram: MockTelegram) -> Iterator[Story]:
    """An installation that sends texts by Twilio and writes on Telegram."""
    with open_story(database_url, env=telegram.env()) as opened:
        telegram.use_clock(lambda: opened.now)
        yield opened


@pytest.fixture
def story_once(sqlite_url: str, telegram: MockTelegram) -> Iterator[Story]:
    """The same on SQLite alone, for what no database decides."""
    with open_story(sqlite_url, env=telegram.env()) as opened:
        telegram.use_clock(lambda: opened.now)
        yield opened


def poll(story: Story) -> None:
    """What the worker does when something comes: fetched, kept and acted on."""
    reconcile_inbound(story.service)
    story.run()


def brother_by_link(story: Story, telegram: MockTelegram) -> None:
    """The brother is named with Telegram alone, opens the link that was passed on to him, and accepts."""
    body = {"name": "Daniyar", "language": "en", "role": "call", "disclosure": "full"}
    body["channels"] = [{"channel": "telegram", "address": ""}]  # type: ignore[assignment]
    added = story.call("POST", f"/trips/{story.trip_id}/contacts", body, 201)
    telegram.start(DANIYAR, added["telegram_url"])
    poll(story)
    telegram.press(DANIYAR, "1  I accept")
    poll(story)


def begin(story: Story, telegram: MockTelegram, *, words: bool = False) -> None:
    """A traveler, her mother by SMS and her brother by Telegram."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    brother_by_link(story, telegram)
    if words:
        story.set_words()


def key_of(story: Story) -> TripKey:

    trips = table_of(Trip)
    hers = select(trips.c.traveler_id, trips.c.trip_id).where(trips.c.trip_id == UUID(story.trip_id))
    row = story.service.read(lambda conn: conn.execute(hers).one())
    return TripKey(row.traveler_id, row.trip_id)


def her_link(story: Story, word: str | None = None) -> str:
    return ask_her_chat(story.service, key_of(story), word=word, sender=b"session")


def test_a_brother_who_only_reads_telegram(story: Story, telegram: MockTelegram) -> None:
    begin(story, telegram)
    his = telegram.chat(DANIYAR)
    assert "asks you to be a trusted person" in his.texts[0]
    assert his.texts[1] == "Thank you. Nothing to do now. We write only when Aizhan gives no sign."
    story.arm()
    story.mother.read_all()

    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.expect("Lotus Garden Hotel")
    story.advance_to("2026-12-01T21:20+03:00")
    assert set(his.buttons[-1]) == {TAKE, HEARD, CANNOT, ODD}
    assert re.fullmatch(r"1 [A-Z0-9]{4}", his.buttons[-1][TAKE])
    telegram.press(DANIYAR, TAKE)
    poll(story)
    assert his.texts[-1].startswith("Thank you. You have it until")
    story.mother.expect("Daniyar")
    assert len(telegram.acknowledged) == 2, "the acceptance, and this"

    # An old button names its own alarm, whatever has opened since.
    telegram.press(DANIYAR, HEARD)
    poll(story)
    story.mother.expect("safe")


def test_her_ok_is_one_press_and_one_that_waited_two_hours_holds_every_alarm(
    story: Story, telegram: MockTelegram
) -> None:
    begin(story, telegram)
    telegram.start(AIZHAN, her_link(story))
    poll(story)
    hers = telegram.chat(AIZHAN)
    assert hers.texts == ["You can answer us here from now on: OK is enough."]
    story.arm()
    story.traveler.read_all()

    # Her number is asked first, and her chat the third time.
    story.advance_to("2026-12-01T20:31+03:00")
    assert hers.buttons[-1] == {"OK": "OK"}
    telegram.press(AIZHAN, "OK")
    poll(story)
    assert hers.texts[-1].startswith("Thank you")

    # We are down from before the next deadline until long after its grace; her OK waits at Telegram's.
    story.advance_to("2026-12-02T19:50+03:00")
    told = len(story.mother.received)
    story.go_down()
    story.advance_to("2026-12-02T20:10+03:00")
    telegram.press(AIZHAN, "OK")
    story.advance_to("2026-12-02T22:10+03:00")
    story.restart()
    poll(story)
    story.advance(hours=3)
    assert len(story.mother.received) == told
    assert telegram.waiting == 0

    # Nobody tells when a button was pressed. One that may have been hours before a deadline is no answer to it.
    story.go_down()
    telegram.press(AIZHAN, "OK")
    story.advance_to("2026-12-03T22:10+03:00")
    story.restart()
    poll(story)
    assert len(story.mother.received) == told, "she is asked first"
    story.advance(hours=1)
    assert len(story.mother.received) > told


def test_while_telegram_is_silent_only_those_wait_who_answer_there_and_15_minutes_at_most(
    story_once: Story, telegram: MockTelegram
) -> None:
    story = story_once
    begin(story, telegram)
    telegram.start(AIZHAN, her_link(story))
    poll(story)
    story.arm()
    story.advance_to("2026-12-01T20:59+03:00")
    telegram.is_away = True
    story.mother.read_all()
    story.advance_to("2026-12-01T21:10+03:00")
    assert story.mother.unread == []
    story.advance_to("2026-12-01T21:20+03:00")
    story.mother.expect("could not read")


def test_who_blocks_it_is_told_by_the_next_way_and_comes_back_by_start(story: Story, telegram: MockTelegram) -> None:
    begin(story, telegram)
    story.arm()
    story.traveler.read_all()
    telegram.block(DANIYAR)
    # Not even the list says so yet; the next text does.
    updates, telegram._updates = telegram._updates, []
    story.advance_to("2026-12-01T21:20+03:00")
    assert len(telegram.chat(DANIYAR).texts) == 2
    story.traveler.expect("takes no more messages")
    telegram.write(DANIYAR, "/start")
    poll(story)
    story.advance(hours=1)
    assert "Lotus Garden Hotel" in "".join(telegram.chat(DANIYAR).texts)
    assert updates


def test_the_chat_says_the_same_to_a_stranger_to_a_used_link_and_to_any_word(
    story: Story, telegram: MockTelegram
) -> None:
    begin(story, telegram, words=True)
    story.arm()
    people, said = len(story.mother.received), []
    for number, word in enumerate(("nonsense", "green apples", "heavy rain"), start=5001):
        telegram.start(number, her_link(story, word))
        poll(story)
        story.advance(minutes=5)
        said.append(telegram.chat(number).texts[:])
        telegram.chat(number).texts.clear()
    assert len(story.mother.received) == people + 2, "of the chat with the safe word, and quietly of the other's"
    telegram.write(STRANGER, "/start")
    telegram.write(STRANGER + 1, "/start whatever")
    telegram.write(STRANGER + 2, "OK")
    poll(story)
    said += [telegram.chat(STRANGER).texts, telegram.chat(STRANGER + 1).texts]
    assert said == [said[0]] * 5
    assert len(said[0]) == 1
    assert telegram.chat(STRANGER + 2).texts == []
    # With a word the chat is hers, whichever it was: what is written there is answered as on any day.
    said_in = ["how are you?", "OK", "green apples", "heavy rain", "pause", ""]
    for number in (5001, 5002, 5003):
        telegram.chat(number).texts.clear()
        for text in said_in:
            telegram.write(number, text)
    poll(story)
    assert telegram.chat(5001).texts == []
    assert telegram.chat(5002).texts == telegram.chat(5003).texts == [telegram.chat(5002).texts[0]] * len(said_in)


def test_a_link_works_once_one_chat_is_one_persons_and_one_process_waits(
    story_once: Story, telegram: MockTelegram
) -> None:
    story = story_once
    begin(story, telegram)
    link = her_link(story)
    telegram.start(DANIYAR, link)
    poll(story)
    telegram.start(AIZHAN, link)
    poll(story)
    assert telegram.chat(AIZHAN).texts == [telegram.chat(DANIYAR).texts[-1]], "both hear that nothing follows"

    late = her_link(story)
    story.now += LIVES
    telegram.start(AIZHAN, late)
    poll(story)
    assert telegram.chat(AIZHAN).texts == [telegram.chat(AIZHAN).texts[0]] * 2, "another day, and too late"

    queue = queues(story.service)["telegram"]
    first, second = (Listener(story.service, "telegram", queue) for _ in range(2))
    telegram.write(DANIYAR, "What is this?")
    assert first.listen_once() == 0.0
    assert second.listen_once() > 0.0, "another one waits already"
    assert telegram.waiting == 0
    story.now += LEASE
    telegram.write(DANIYAR, "And this?")
    assert second.listen_once() == 0.0, "the first one is gone"


def test_a_chat_is_one_travelers_before_either_has_left(story_once: Story, telegram: MockTelegram) -> None:
    """Her sister's OK there would else count as hers."""
    story = story_once
    for name, phone in (("Aizhan", TRAVELER), ("Dana", "+77010000077")):
        story.token = ""
        story.register(name, phone=phone)
        story.plan_trip()
        link = ask_her_chat(story.service, key_of(story), word=None, sender=b"session")
        telegram.start(AIZHAN, link)
        poll(story)
    assert len(telegram.chat(AIZHAN).texts) == 2
    assert "OK is enough" in telegram.chat(AIZHAN).texts[0]
    assert "Hello." in telegram.chat(AIZHAN).texts[1]


def test_who_holds_the_travelers_phone_joins_no_chat_in_the_name_of_who_has_accepted(
    story_once: Story, telegram: MockTelegram
) -> None:
    """His chat would be told in her place, and could say that all is well."""
    story = story_once
    story.register()
    story.plan_trip()
    body: dict[str, Any] = {"name": "Gulnar", "language": "en", "role": "full", "disclosure": "full"}
    body["channels"] = [{"channel": "sms", "address": MOTHER}, {"channel": "telegram", "address": ""}]
    added = story.call("POST", f"/trips/{story.trip_id}/contacts", body, 201)
    story.contacts["Gulnar"] = added["contact_id"]
    story.run()
    story.mother.reply("1")
    story.run()
    telegram.start(STRANGER, added["telegram_url"])
    telegram.write(STRANGER, "2")
    poll(story)
    assert ["Hello." in text for text in telegram.chat(STRANGER).texts] == [True]
    # What she asks for herself is shown to her alone.
    choose_pin(story, "Gulnar")
    page = own_page(story, "Gulnar")
    story.client.post(page, data={"do": "chat", "chat_pin": PIN})
    link = re.search(r"https://t\.me/\w+\?start=\w+", story.client.get(page).text)
    assert link is not None
    one = f"/trips/{story.trip_id}/contacts/{added['contact_id']}"
    assert story.call("PATCH", one, {"relation": "mother"}, 200)["telegram_url"] is None
    telegram.start(MOTHERS, link.group())
    poll(story)
    assert telegram.chat(MOTHERS).texts == ["From now on we write to you here as well when Aizhan gives no sign."]


def test_who_was_taken_off_the_list_joins_a_chat_as_before_and_nothing_is_ever_sent_there(
    story_once: Story, telegram: MockTelegram
) -> None:
    """T23: her page and her chat tell her nothing of it."""
    story = story_once
    begin(story, telegram, words=True)
    story.arm()
    choose_pin(story, "Gulnar")
    page = own_page(story, "Gulnar")
    change = {"remove_contact": story.contacts["Gulnar"], "word": "green apples"}
    story.call("POST", f"/trips/{story.trip_id}/changes", change, 202)
    story.run()
    story.client.post(page, data={"do": "chat", "chat_pin": PIN})
    link = re.search(r"https://t\.me/\w+\?start=\w+", story.client.get(page).text)
    assert link is not None
    telegram.start(MOTHERS, link.group())
    poll(story)
    assert telegram.chat(MOTHERS).texts == ["From now on we write to you here as well when Aizhan gives no sign."]
    story.traveler.reply("SOS")
    story.run()
    assert "Aizhan" in telegram.chat(DANIYAR).texts[-1]
    assert len(telegram.chat(MOTHERS).texts) == 1


def test_posted_to_us_it_is_kept_before_it_is_taken_and_only_with_the_secret(
    sqlite_url: str, telegram: MockTelegram
) -> None:
    with open_story(sqlite_url, env=telegram.env(webhook=True)) as story:
        telegram.use_clock(lambda: story.now)

        def post(update: Mapping[str, Any], secret: str) -> tuple[int, bytes]:
            if story.is_down:
                return 0, b""
            headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
            answer = story.client.post("/hooks/telegram", json=update, headers=headers)
            story.run()
            return answer.status_code, answer.content

        telegram.deliver = post
        Listener(story.service, "telegram", queues(story.service)["telegram"]).listen_once()
        assert telegram.webhook["url"] == "https://amanba.example/hooks/telegram"
        begin(story, telegram)
        assert telegram.chat(DANIYAR).texts[1].startswith("Thank you.")
        assert len(telegram.acknowledged) == 1
        assert post({"update_id": 1}, "guessed")[0] == 403
        assert story.client.post("/hooks/telegram", json={}).status_code == 403
        secret = {"X-Telegram-Bot-Api-Secret-Token": telegram.webhook["secret_token"]}
        assert story.client.post("/hooks/telegram", content=b"{", headers=secret).status_code == 400
        # One that quotes another, all in emoji: refused, it would wait there for a day, and nothing would be proven.
        long = {"update_id": 2, "message": {"text": "🙂" * 6000}}
        assert post(long, telegram.webhook["secret_token"])[0] == 200
        # An OK that nobody took waits there, and no alarm goes before Telegram has posted it.
        telegram.start(AIZHAN, her_link(story))
        story.arm()
        story.advance_to("2026-12-01T19:50+03:00")
        told = len(story.mother.received)
        story.go_down()
        story.advance_to("2026-12-01T20:05+03:00")
        telegram.write(AIZHAN, "OK")
        story.advance_to("2026-12-01T21:55+03:00")
        story.restart()
        story.run()
        telegram.post_again()
        story.advance(hours=2)
        assert len(story.mother.received) == told


def test_a_press_that_may_be_later_than_the_grace_closes_no_alarm_as_a_mistake(
    story_once: Story, telegram: MockTelegram
) -> None:
    """Telegram was silent, the alarm has opened, and nobody knows whether the button was pressed before: with words it
    proves nothing."""
    story = story_once
    begin(story, telegram, words=True)
    telegram.start(AIZHAN, her_link(story, "green apples"))
    poll(story)
    story.arm()
    story.advance_to("2026-12-01T20:31+03:00")
    assert telegram.chat(AIZHAN).buttons[-1] == {"OK": "OK"}
    telegram.is_away = True
    story.advance_to("2026-12-01T21:25+03:00")
    story.mother.expect("could not read")
    telegram.is_away = False
    telegram.press(AIZHAN, "OK")
    poll(story)
    story.mother.expect("does not prove")
    assert not [text for text in story.mother.read_all() if "had answered in time" in text]
