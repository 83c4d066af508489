"""The pages on which somebody joins a chat: before the trip, on the way, and a contact on her own page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from httpx2 import Response

from notifiers.base import Accepted, DeliveryState, Message, SendResult
from service.usecases.accept import Inbound, accept
from service.usecases.apply_changes import apply_due
from tests.web.api_world import AIZHAN, DANIYAR, GULNAR, WORDS
from tests.web.form_world import FormWorld, errors_of, forms_once, shown
from tests.web.installation import Installation
from tests.web.test_every_page import _english_of, _faults

__all__ = ["forms_once"]

CHATS = {AIZHAN: "telegram:1001", DANIYAR: "telegram:2002"}
LINK = re.compile(r"https://t\.me/example_bot\?start=(\w+)")
TELEGRAM_ONLY = {
    "name": "Daniyar",
    "relation": "brother",
    "language": "en",
    "role": "call",
    "disclosure": "full",
    "way.telegram": "1",
}


@dataclass
class Bot:
    """A bot that everybody may write to."""

    name: str = "telegram"
    channel: str = "telegram"
    most_button_bytes: int = 64
    is_away: bool = False
    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> SendResult:
        self.sent.append(message)
        return Accepted(message.outbox_id, DeliveryState.SENT)

    def link_for(self, token: str) -> str | None:
        return None if self.is_away else f"https://t.me/example_bot?start={token}"


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
def world(forms_once: FormWorld, bot: Bot) -> FormWorld:
    """An installation that texts, and writes on Telegram."""
    served: Any = forms_once.service.notifiers
    served["telegram"] = bot
    return forms_once


def write(world: FormWorld, chat: str, text: str) -> None:
    """Somebody writes to the bot."""
    digest, name = world.service.keys.phone_hash(chat), f"tg:{next(world.keys)}"
    accept(world.service, Inbound("telegram", name, digest, text, address=chat, language="en"))
    world.work()


def link_on(answer: Response) -> str:
    found = LINK.search(unescape(answer.text))
    assert found is not None, shown(answer)
    return found.group(1)


def said_to(bot: Bot, chat: str) -> list[str]:
    return [message.body for message in bot.sent if message.to == chat]


def draft(world: FormWorld) -> str:
    """A traveler who plans, signed in on a browser."""
    world.sign_in(AIZHAN, name="Aizhan", citizenship="KZ")
    world.enter_later(AIZHAN)
    trip = world.trip()
    assert world.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]}).status_code == 200
    return str(trip)


def test_she_joins_and_leaves_a_chat_before_the_trip(world: FormWorld, bot: Bot) -> None:
    draft(world)
    assert 'href="/telegram"' in world.open("/trip/ready").text
    assert "Connected." not in shown(world.open("/telegram"))
    assert world.send("/telegram").headers["location"] == "/telegram"
    token = link_on(world.open("/telegram"))
    assert link_on(world.open("/telegram")) == token, "to look changes nothing"
    write(world, CHATS[AIZHAN], f"/start {token}")
    assert said_to(bot, CHATS[AIZHAN]) == ["You can answer us here from now on: OK is enough."]
    page = world.open("/telegram")
    assert "Connected." in shown(page)
    assert LINK.search(page.text) is None, "it works once"
    world.send("/telegram", {"do": "chat_first"})
    assert "We ask you here first" in shown(world.open("/telegram"))
    world.send("/telegram", {"do": "number_first"})
    assert "We ask you by SMS first" in shown(world.open("/telegram"))
    world.send("/telegram", {"do": "leave"})
    assert "Connected." not in shown(world.open("/telegram"))


def test_a_person_with_telegram_alone_gets_a_link_to_be_passed_on(world: FormWorld, bot: Bot) -> None:
    draft(world)
    assert errors_of(world.send("/trip/people/add", {**TELEGRAM_ONLY, "way.telegram": "no"})) != {}
    assert world.send("/trip/people/add", TELEGRAM_ONLY).status_code == 303
    page = world.open("/trip/people")
    assert "Nothing we send arrives there" not in shown(page)
    write(world, CHATS[DANIYAR], f"/start {link_on(page)}")
    [invitation] = bot.sent
    assert [label for _, label in invitation.buttons] == ["1  I accept", "3  No, I cannot"]
    write(world, CHATS[DANIYAR], invitation.buttons[0][0])
    page = world.open("/trip/people")
    assert "has accepted" in shown(page)
    assert LINK.search(page.text) is None


def test_a_contact_asks_for_it_on_her_own_page_and_by_pin_once_she_has_accepted(world: FormWorld, bot: Bot) -> None:
    trip = draft(world)
    world.contact(trip, accepted=False)
    world.work()
    page = re.findall(r"/i/\w+", world.texts(GULNAR, "invitation")[-1])[-1]
    world.leave_behind()
    world.client.post(page, data={"do": "chat"})
    first = link_on(world.open(page))
    world.client.post(page, data={"do": "accept"})
    assert errors_of(world.client.post(page, data={"do": "chat"}))
    world.client.post(page, data={"do": "pin", "pin": "4826"})
    assert errors_of(world.client.post(page, data={"do": "chat", "chat_pin": "4827"}))
    assert link_on(world.open(page)) == first, "a wrong PIN ends nothing"
    world.client.post(page, data={"do": "chat", "chat_pin": "4826"})
    token = link_on(world.open(page))
    assert token != first
    write(world, CHATS[DANIYAR], f"/start {first}")
    write(world, CHATS[AIZHAN], f"/start {token}")
    assert "Hello." in said_to(bot, CHATS[DANIYAR])[0]
    assert "Aizhan" in said_to(bot, CHATS[AIZHAN])[0]
    assert "Write to me on Telegram" not in shown(world.open(page))


def test_on_the_way_it_takes_a_word_and_looks_the_same_with_any(world: FormWorld, bot: Bot) -> None:
    world.sign_in(AIZHAN, name="Aizhan", citizenship="KZ")
    world.enter_later(AIZHAN)
    world.armed(words=True)
    assert world.open("/telegram").headers["location"] == "/home"
    world.send("/private", {"passphrase": WORDS["passphrase"]})
    world.open("/telegram")
    assert errors_of(world.send("/telegram")) != {}
    pages = []
    for word in ("nonsense", WORDS["safe"][0], WORDS["duress"][0]):
        world.open("/telegram")
        answer = world.send("/telegram", {"word": word})
        pages.append(LINK.sub("", unescape(answer.text)).replace(world.hidden["/telegram"]["once"], ""))
        write(world, f"telegram:{len(pages)}", f"/start {link_on(answer)}")
    assert len({re.sub(r'value="[^"]*"', "", page) for page in pages}) == 1
    assert len({said_to(bot, f"telegram:{number}")[0] for number in (1, 2, 3)}) == 1


def test_on_the_way_her_people_hear_of_a_chat_and_it_leaves_two_days_after_it_was_asked(
    world: FormWorld, bot: Bot
) -> None:
    world.sign_in(AIZHAN, name="Aizhan", citizenship="KZ")
    world.enter_later(AIZHAN)
    world.armed()
    world.send("/telegram")
    write(world, CHATS[AIZHAN], f"/start {link_on(world.open('/telegram'))}")
    assert "Telegram" in world.texts(GULNAR, "notice")[-1]
    assert "Telegram" in world.texts(AIZHAN, "traveler_notice")[-1]
    assert "leaves the list on" in shown(world.send("/telegram/remove"))
    assert "Connected." in shown(world.open("/telegram"))
    write(world, CHATS[AIZHAN], "OK")
    answered = len(said_to(bot, CHATS[AIZHAN]))
    world.wait(hours=49)
    apply_due(world.service, world.now)
    assert "Connected." not in shown(world.open("/telegram"))
    write(world, CHATS[AIZHAN], "OK")
    assert len([one for one in bot.sent if one.kind == "reply"]) == answered


def test_while_telegram_is_away_it_says_so(world: FormWorld, bot: Bot) -> None:
    draft(world)
    bot.is_away = True
    answer = world.send("/telegram")
    assert answer.status_code == 503
    assert "Telegram does not answer just now" in shown(answer)


def test_every_language(world: FormWorld) -> None:
    draft(world)
    world.send("/telegram")
    made = Installation(quiet={"telegram"})
    for language in ("en", "ru", "kk"):
        answer = world.client.get(f"/telegram?lang={language}")
        found = _faults(answer, language, _english_of(language), "telegram", made)
        assert [one for one in found if "from elsewhere" not in one] == []
