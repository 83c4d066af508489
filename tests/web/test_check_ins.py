"""The button behind a link: what comes of each of many that are pressed at once, and what she sees when we cannot keep
it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, func, select, update

from service.db import tables
from service.db.routing import Inbox, Link
from service.db.sealed import key_of, open_keyring
from service.db.stored import table_of
from service.usecases.accept import accept_together
from service.usecases.accept_taps import MOST_WRONG, AcceptedTap, Tap
from service.usecases.context import Service
from service.web import intake as intakes
from tests.bench.seeding import Seeded, seed
from tests.one_app import app_for
from tests.one_engine import database_at

INBOX = table_of(Inbox)
LINKS = table_of(Link)
Post = Callable[[httpx2.AsyncClient], Coroutine[Any, Any, httpx2.Response]]

SECRET = bytes(range(32))
NOON = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""In Istanbul. The check-ins are due at 9 and at 21 o'clock there."""


@dataclass
class Travelers:
    """Four armed trips, each with a link."""

    service: Service
    seeded: Seeded
    now: datetime = NOON

    def press(self, *taps: tuple[int | str, str, str]) -> list[AcceptedTap | None]:
        """Press links by their number, or by a token, together; each with its form's name and a text."""
        given = [
            Tap(link if isinstance(link, str) else self.seeded.tokens[link], "check_in", nonce, text)
            for link, nonce, text in taps
        ]
        return accept_together(self.service, (), given)[1]

    def set_link(self, number: int, **values: object) -> None:
        digest = self.service.keys.token_hash(self.seeded.tokens[number])
        self.service.run(lambda conn: conn.execute(update(LINKS).where(LINKS.c.token_hash == digest).values(**values)))

    def kept(self) -> int:
        return self.service.read(lambda conn: conn.execute(select(func.count()).select_from(INBOX)).scalar_one())

    def over_http(self, *posts: Post) -> list[httpx2.Response]:
        """What the web answers to posts that are sent at once."""

        async def story() -> list[httpx2.Response]:
            with app_for(self.service) as app:
                transport = httpx2.ASGITransport(app)
                async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
                    answers: list[httpx2.Response] = await asyncio.gather(*[post(client) for post in posts])
                    return answers

        # On a thread of its own: a browser test before this one leaves its loop running on the main thread.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, story()).result()

    def button(self, link: int, nonce: str, text: str = "", **headers: str) -> Post:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        address, form = f"/c/{self.seeded.tokens[link]}", {"nonce": nonce, "text": text}
        return lambda client: client.post(address, data=form, headers=named)


def travelers_at(url: str) -> Iterator[Travelers]:
    seeded = seed(url, [SECRET], trips=4, links=4, now=NOON)
    db = database_at(url)
    service = Service(db=db, keys=open_keyring(db, [SECRET], NOON), notifiers={}, segments=len, fold=str)
    told = Travelers(service, seeded)
    told.service = replace(service, clock=lambda: told.now)
    yield told
    db.close()


@pytest.fixture
def travelers(database_url: str) -> Iterator[Travelers]:
    yield from travelers_at(database_url)


@pytest.fixture
def travelers_at_home(sqlite_url: str) -> Iterator[Travelers]:
    yield from travelers_at(sqlite_url)


def test_of_many_pressed_at_once_each_gets_its_own_answer(travelers: Travelers) -> None:
    travelers.set_link(1, expires_at=NOON)
    travelers.set_link(2, used=MOST_WRONG)
    (before,) = travelers.press((0, "n0", ""))
    travelers.now += timedelta(seconds=40)

    good, repeated, other_text, twice, ended, locked, unknown, wrong = travelers.press(
        (3, "n1", "ok"), (0, "n0", ""), (0, "n0", "the roses bloom"), (3, "n1", "ok"), (1, "n2", ""), (2, "n3", ""),
        ("nobody", "n4", ""), ("", "n5", ""),
    )  # fmt: skip
    assert before is not None
    assert repeated == replace(before, new=False)
    assert good is not None
    assert (good.new, good.received_at) == (True, travelers.now)
    assert other_text is not None
    assert other_text.new
    assert twice == good
    assert (ended, locked, unknown, wrong) == (None, None, None, None)
    assert travelers.kept() == 3
    assert (good.language, good.due_after) == ("ru", "21:00")


def test_what_links_and_messages_send_is_kept_together_or_not_at_all(travelers: Travelers) -> None:
    taps = [Tap(travelers.seeded.tokens[0], "check_in", "n0", ""), Tap(travelers.seeded.tokens[1], "alarm", "n1", "1")]
    messages, pressed = accept_together(travelers.service, (), taps)
    assert messages == []
    assert [tap is not None for tap in pressed] == [True, False]
    assert travelers.kept() == 1


def test_what_the_page_says_is_foreseen_from_the_plan(travelers: Travelers) -> None:
    said = {}
    for hour in (9, 14, 18, 23):
        travelers.now = NOON.replace(hour=hour)
        (tap,) = travelers.press((0, f"n{hour}", ""))
        assert tap is not None
        said[hour] = tap.due_after
    # From six hours before it on a check-in counts for the deadline of 18:00 UTC; a late one counts as well.
    assert said == {9: "21:00", 14: "02.12 09:00", 18: "02.12 09:00", 23: "09:00"}


def test_a_plan_that_cannot_be_read_here_refuses_nobody(travelers: Travelers) -> None:
    """A newer version may have written it; what she says counts all the same."""
    plans = table_of(tables.Plan)
    theirs = plans.c.trip_id == travelers.seeded.trips[0].trip_id

    def write_otherwise(conn: Connection) -> None:
        key_id = key_of(conn.execute(select(plans.c.sealed).where(theirs)).scalar_one())
        sealed = travelers.service.keys.seal(conn, key_id, b"plan", b'{"by": "the moon"}')
        conn.execute(update(plans).where(theirs).values(sealed=sealed))

    travelers.service.run(write_otherwise)
    hers, good = travelers.press((0, "n0", "ok"), (1, "n1", "ok"))
    assert hers is not None
    assert good is not None
    assert (hers.new, hers.language, hers.due_after) == (True, "ru", "")
    assert good.due_after == "21:00"
    assert travelers.kept() == 2


def test_the_same_bytes_for_any_words_and_anybody(travelers_at_home: Travelers) -> None:
    people = travelers_at_home
    texts = ("", "ok", "greetings to grandmother", "tell Marat I found his keys")
    for zipped in ("gzip", "identity"):
        posts = [
            people.button(link, f"{zipped}{text}", text, accept_encoding=zipped) for link in (0, 3) for text in texts
        ]
        answers = people.over_http(*posts)
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert len({tuple(answer.headers.items()) for answer in answers}) == 1
    assert people.kept() == 16


def test_the_page_is_in_the_language_of_who_reads_it(travelers_at_home: Travelers) -> None:
    asked = {"": "ru", "kk-KZ,kk;q=0.9": "kk", "en": "en", "x-none": "ru"}
    posts = [travelers_at_home.button(0, f"n{tag}", accept_language=tag) for tag in asked]
    chosen = travelers_at_home.button(0, "chosen", cookie="lang=kk", accept_language="en")
    answers = travelers_at_home.over_http(*posts, chosen)
    assert [answer.headers["content-language"] for answer in answers] == [*asked.values(), "kk"]
    assert all(f'<html lang="{answer.headers["content-language"]}">' in answer.text for answer in answers)
    # They lead to this very page, whose address the drawn page does not know.
    assert all('href="?lang=en"' in answer.text for answer in answers)


def test_a_form_of_another_site_presses_nothing(travelers_at_home: Travelers) -> None:
    foreign = travelers_at_home.button(0, "n0", sec_fetch_site="cross-site")
    assert [answer.status_code for answer in travelers_at_home.over_http(foreign)] == [403]
    assert travelers_at_home.kept() == 0


def test_a_form_that_is_too_large_is_refused(travelers_at_home: Travelers) -> None:
    large = travelers_at_home.button(0, "n0", "a" * 20_000)
    assert [answer.status_code for answer in travelers_at_home.over_http(large)] == [413]
    assert travelers_at_home.kept() == 0


def test_more_than_the_queue_holds_are_told_to_press_again(
    travelers_at_home: Travelers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intakes, "QUEUE", 5)
    answers = travelers_at_home.over_http(*(travelers_at_home.button(0, f"n{number}") for number in range(12)))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 503: 7}
    assert travelers_at_home.kept() == 5


def test_with_the_database_away_she_is_told_to_press_again_and_then_it_is_kept(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.db.engine.BUSY_SECONDS", 0.01)
    monkeypatch.setattr("service.db.tx.GIVE_UP_SECONDS", 0.0)
    for travelers in travelers_at(sqlite_url):
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        (away,) = travelers.over_http(travelers.button(0, "n0", accept_language="en"))
        assert away.status_code == 503
        assert "press" in away.text
        other.close()
        (again,) = travelers.over_http(travelers.button(0, "n0"))
        assert again.status_code == 200
        assert travelers.kept() == 1
