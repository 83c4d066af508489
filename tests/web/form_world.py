"""The whole web application before a service with a clock of its own, and a browser that fills in its forms."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from httpx2 import Response

from notifiers.segments import measure, spell_cheaply
from service.db.sealed import open_keyring
from service.usecases.context import Limits, Service
from service.usecases.dispatch import dispatch
from service.usecases.read_inbox import read_inbox
from service.usecases.sweep import sweep
from tests.client import Client
from tests.easy import EASY
from tests.one_app import app_for
from tests.one_engine import database_at
from tests.web.api_world import AIZHAN, NOW, Phones, World

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
ERRORS = re.compile(r'<p class="err" id="([^"]+)-err">(.*?)</p>', re.S)

Fields = Mapping[str, str | list[str]]


@dataclass
class FormWorld(World):
    """`get` and `send` speak to the pages; what `World` has speaks to the API of the same installation."""

    hidden: dict[str, dict[str, str]] = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def open(self, path: str, language: str = "en") -> Response:
        """A page as a browser shows it; where it leads elsewhere the answer says so."""
        answer = self.client.get(path, headers={"Accept-Language": language}, follow_redirects=False)
        self.hidden[path] = {name: unescape(value) for name, value in HIDDEN.findall(answer.text)}
        return answer

    def send(self, path: str, fields: Fields | None = None, *, to: str | None = None, language: str = "en") -> Response:
        """Fill in the form of the page at `path` and send it there, or `to` the address that it names."""
        if path not in self.hidden:
            assert self.open(path, language).status_code == 200
        data: dict[str, Any] = {**self.hidden[path], **(fields or {})}
        return self.client.post(to or path, data=data, headers={"Accept-Language": language}, follow_redirects=False)

    def enter(self, phone: str = AIZHAN, language: str = "en") -> None:
        """Sign in by a code, as a stranger or as who one is."""
        self.open("/in", language)
        asked = self.send("/in", {"phone": phone}, language=language)
        assert asked.status_code == 200, asked.text
        token = {**dict(HIDDEN.findall(asked.text)), "code": self.code(phone)}
        signed_in = self.client.post("/in/code", data=token, follow_redirects=False)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/home"), signed_in.text
        self.hidden.clear()

    def enter_later(self, phone: str = AIZHAN) -> None:
        """Sign in some minutes after the last code: a number gets one a minute."""
        self.wait(minutes=2)
        self.enter(phone)

    def leave_behind(self) -> None:
        """From now on another browser: no cookie, nothing remembered."""
        self.client.cookies.clear()
        self.hidden.clear()

    def work(self) -> None:
        """What the engine does until nothing is left to do."""
        for _ in range(10):
            read = read_inbox(self.service)
            sweep(self.service)
            if not dispatch(self.service, self.pool) and not read:
                return


def errors_of(answer: Response) -> dict[str, str]:
    """What a form that came back says beside its fields, by their ids (`employer-phone`)."""
    assert answer.status_code == 422, (answer.status_code, answer.text[:500])
    return {name: unescape(said) for name, said in ERRORS.findall(answer.text)}


def shown(answer: Response) -> str:
    """The words of a page without its tags."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", answer.text, flags=re.S)
    return " ".join(unescape(text).split())


@pytest.fixture
def forms(database_url: str) -> Iterator[FormWorld]:
    """All pages of an empty installation, on either database."""
    yield from world_of(database_url)


@pytest.fixture
def forms_once(sqlite_url: str) -> Iterator[FormWorld]:
    """The same on SQLite alone, for what no database decides."""
    yield from world_of(sqlite_url)


def world_of(url: str) -> Generator[FormWorld]:
    """The world on this database, until it is closed."""
    times: list[datetime] = [NOW]
    db = database_at(url)
    service = Service(
        db=db,
        keys=open_keyring(db, [bytes(range(32))], NOW),
        notifiers={"sms": Phones()},
        segments=lambda text: measure(spell_cheaply(text)).segments,
        fold=spell_cheaply,
        operator="+77000000099",
        limits=Limits(passphrase=EASY),
        clock=lambda: times[0],
    )
    with app_for(service) as app, Client(app, raise_server_exceptions=False) as client:
        world = FormWorld(service, client, times)
        yield world
        world.pool.shutdown()
    db.close()
