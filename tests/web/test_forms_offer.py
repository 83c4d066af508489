"""A channel that is not set up here is offered in no form: each form, with each set of channels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from notifiers.base import Accepted, DeliveryState, Message, SendResult
from tests.web.api_world import GULNAR, Phones
from tests.web.form_world import FormWorld, world_of

FURTHER = ("voice", "telegram", "email", "whatsapp", "matrix")
SETS = ((), ("email",), ("voice",), ("telegram",), ("whatsapp",), ("matrix",), FURTHER)
WORDS = {
    "voice": ("A phone call", "A missed call", "where we can call it", "in calls, texts in Russian"),
    "telegram": ("Telegram",),
    "email": ("E-mail", "e-mail address of yours", "Your e-mail"),
    "whatsapp": ("WhatsApp",),
    "matrix": ("matrix",),
}
"""What of a channel is read on a form."""
OFFERED = {
    "/trip/people/add": {
        "voice": {"A phone call", "where we can call it", "in calls, texts in Russian"},
        "telegram": {"Telegram"},
        "email": {"E-mail"},
        "whatsapp": {"WhatsApp"},
        "matrix": {"matrix"},
    },
    "/trip/who": {"email": {"Your e-mail"}},
    "/trip/ready": {"telegram": {"Telegram"}},
    "/number": {"voice": {"A missed call"}},
    "invitation": {"email": {"e-mail address of yours"}, "telegram": {"Telegram"}},
}
OFFERED["/people/add"] = OFFERED["/trip/people/add"]
OFFERED["/trip/all"] = {"telegram": {"Telegram"}}


@dataclass
class Channel:
    """Takes every message; people can join it by a link."""

    channel: str

    @property
    def name(self) -> str:
        return self.channel

    def send(self, message: Message) -> SendResult:
        return Accepted(message.outbox_id, DeliveryState.DELIVERED)

    def link_for(self, token: str) -> str:
        return f"https://t.me/example_bot?start={token}"


class Calls(Channel):
    """People can call it, too."""

    called_numbers = ("+48732000001",)


@pytest.fixture
def world(sqlite_url: str) -> Iterator[FormWorld]:
    yield from world_of(sqlite_url)


def serve(world: FormWorld, channels: tuple[str, ...]) -> None:
    served: Any = world.service.notifiers
    served.clear()
    served["sms"] = Phones()
    for channel in channels:
        served[channel] = Calls(channel) if channel == "voice" else Channel(channel)


def page(world: FormWorld, path: str) -> str:
    answer = world.open(f"{path}?lang=en")
    assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
    text = re.sub(r"<(script|style|head)\b.*?</\1>", " ", answer.text, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def offered(world: FormWorld, path: str) -> dict[str, set[str]]:
    said = page(world, path)
    found = {channel: {word for word in words if word in said} for channel, words in WORDS.items()}
    return {channel: words for channel, words in found.items() if words}


def test_what_is_offered_before_a_trip(world: FormWorld) -> None:
    world.sign_in()
    trip = world.trip()
    world.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]})
    world.contact(trip)
    world.enter_later()
    link = re.findall(r"/i/\w+", " ".join(world.texts(GULNAR)))[-1]
    for channels in SETS:
        serve(world, channels)
        for name, path in {
            **{p: p for p in ("/trip/people/add", "/trip/who", "/trip/ready")},
            "invitation": link,
        }.items():
            wanted = {channel: words for channel, words in OFFERED[name].items() if channel in channels}
            assert offered(world, path) == wanted, (channels, name)


def test_what_is_offered_on_the_way(world: FormWorld) -> None:
    world.sign_in()
    world.armed()
    world.enter_later()
    for channels in SETS:
        serve(world, channels)
        for path in ("/people/add", "/number", "/trip/all"):
            wanted = {channel: words for channel, words in OFFERED[path].items() if channel in channels}
            assert offered(world, path) == wanted, (channels, path)


def test_a_form_that_names_what_is_not_here_is_refused(world: FormWorld) -> None:
    """Kept is only what something sent from here can reach."""
    serve(world, ())
    world.sign_in()
    trip = world.trip()
    form = {"name": "Gulnar", "language": "kk", "role": "call", "disclosure": "full"}
    for channel, address in (("email", "gulnar@example.org"), ("telegram", ""), ("matrix", "@gulnar:example.org")):
        refused = world.post(f"{trip}/contacts", {**form, "channels": [{"channel": channel, "address": address}]})
        assert refused.status_code == 422, (channel, refused.text)
    world.enter_later()
    typed = {"name": "Gulnar", "language": "kk", "role": "call", "disclosure": "full", "way.telegram": "1"}
    assert world.send("/trip/people/add", typed).status_code == 422
