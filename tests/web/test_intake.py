"""Group commit: many are kept at once, each is answered after the commit, and nobody is told yes when it failed."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select, text

from service import edges
from service.clock import utc_now
from service.db.routing import Inbox
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.edges import Act
from service.usecases.accept import Inbound, accept_all
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.web import intake as intakes
from service.web.intake import Intake
from tests.one_engine import database_at

INBOX = table_of(Inbox)

T = TypeVar("T")


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    db = database_at(database_url)
    keys = open_keyring(db, [bytes(range(32))], utc_now())
    yield Service(db=db, keys=keys, notifiers={}, segments=len, fold=str)
    db.close()


def inbound(number: int, body: str = "ok") -> Inbound:
    return Inbound("twilio_sms", f"SM{number}", b"sender", body, address="+77010000000")


def kept(service: Service) -> int:
    return service.read(lambda conn: conn.execute(select(func.count()).select_from(INBOX)).scalar_one())


def in_a_loop_of_its_own(story: Coroutine[Any, Any, T]) -> T:
    """Run it on a thread of its own: a browser test before this one leaves its loop running on the main thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, story).result()


async def hand_in(intake: Intake, *messages: Inbound) -> list[Any]:
    return await asyncio.gather(*(intake.accept(one) for one in messages), return_exceptions=True)


def test_what_comes_together_is_kept_together_and_a_repeat_once(service: Service) -> None:
    intake = Intake(service)

    async def story() -> None:
        first = await hand_in(intake, *(inbound(number % 50) for number in range(200)))
        assert {answer.new for answer in first} == {True}
        again = await hand_in(intake, inbound(7), inbound(50))
        assert [answer.new for answer in again] == [False, True]
        assert again[0].received_at in {answer.received_at for answer in first}
        await intake.drain()

    in_a_loop_of_its_own(story())
    assert kept(service) == 51


def test_a_database_that_fails_answers_yes_to_nobody(service: Service) -> None:
    def vanish(conn: Any) -> None:
        conn.execute(text("ALTER TABLE inbox RENAME TO inbox_elsewhere"))

    service.run(vanish)
    intake = Intake(service)

    async def story() -> list[Any]:
        answers = await hand_in(intake, *(inbound(number) for number in range(30)))
        await intake.drain()
        return answers

    assert all(isinstance(answer, Exception) for answer in in_a_loop_of_its_own(story()))


def test_a_locked_database_is_a_503_for_all_who_wait(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.db.engine.BUSY_SECONDS", 0.01)
    monkeypatch.setattr("service.db.tx.GIVE_UP_SECONDS", 0.0)
    db = database_at(sqlite_url)
    service = Service(db=db, keys=open_keyring(db, [bytes(range(32))], utc_now()), notifiers={}, segments=len, fold=str)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    intake = Intake(service)

    async def story() -> list[Any]:
        answers = await hand_in(intake, inbound(1), inbound(2))
        await intake.drain()
        return answers

    assert [type(answer) for answer in in_a_loop_of_its_own(story())] == [StorageUnavailable] * 2
    other.close()
    db.close()


def test_one_that_cannot_be_kept_loses_no_other(service: Service) -> None:
    intake = Intake(service)

    async def story() -> list[Any]:
        answers = await hand_in(intake, inbound(1), inbound(2, "\ud800"), inbound(3))
        await intake.drain()
        return answers

    first, broken, third = in_a_loop_of_its_own(story())
    assert (first.new, third.new) == (True, True)
    assert isinstance(broken, UnicodeEncodeError)
    assert kept(service) == 2


def test_kept_one_by_one_they_wait_once_for_a_database_that_went_away(service: Service) -> None:
    intake, tries = Intake(service), 0

    def away(point: str) -> None:
        nonlocal tries
        tries += 1
        if tries > 1:
            raise StorageUnavailable("away")

    async def story() -> list[Any]:
        answers = await hand_in(intake, inbound(1), inbound(2), inbound(3, "\ud800"), inbound(4))
        await intake.drain()
        return answers

    edges.watch(lambda point: away(point) if point == Act.ACCEPT.before else None)
    try:
        first, *others = in_a_loop_of_its_own(story())
    finally:
        edges.watch(None)
    assert first.new
    assert [type(answer) for answer in others] == [StorageUnavailable] * 3
    assert tries == 2, "who comes after the second does not wait as long as it did"


def test_more_than_the_queue_holds_is_refused_and_the_rest_is_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intakes, "QUEUE", 5)
    intake = Intake(service)

    async def story() -> list[Any]:
        answers = await hand_in(intake, *(inbound(number) for number in range(12)))
        await intake.drain()
        return answers

    answers = in_a_loop_of_its_own(story())
    refused = [answer for answer in answers if isinstance(answer, StorageUnavailable)]
    assert len(refused) == 7
    assert kept(service) == 5


def test_a_shutdown_waits_for_what_was_handed_in(service: Service) -> None:
    intake = Intake(service)

    async def story() -> None:
        waiting = [asyncio.ensure_future(intake.accept(inbound(number))) for number in range(20)]
        await asyncio.sleep(0)
        await intake.drain()
        assert {answer.new for answer in await asyncio.gather(*waiting)} == {True}

    in_a_loop_of_its_own(story())
    assert kept(service) == 20


def test_a_repeat_across_batches_and_in_one_is_told_apart_from_new(service: Service) -> None:
    first = accept_all(service, [inbound(1), inbound(2)])
    second = accept_all(service, [inbound(3), inbound(2), inbound(3)])
    assert [one.new for one in first] == [True, True]
    assert [one.new for one in second] == [True, False, True]
    assert second[1].received_at == first[1].received_at
