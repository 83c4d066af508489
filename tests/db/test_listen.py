"""Processes over one PostgreSQL tell one another that there is something to do, and a line that was cut is mended."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import text

from service.clock import monotonic
from service.db import listen, tx
from service.db.engine import Database
from service.db.listen import SCHEMA_CHANNEL, Line, tell_within

PATIENCE = 60.0


class Ear:
    """Counts what was heard, and can be waited for."""

    def __init__(self) -> None:
        self.count = 0
        self._news = threading.Condition()

    def __call__(self) -> None:
        with self._news:
            self.count += 1
            self._news.notify_all()

    def until(self, count: int) -> bool:
        with self._news:
            return self._news.wait_for(lambda: self.count >= count, PATIENCE)


@contextmanager
def line(db: Database, **hears: Callable[[], None]) -> Iterator[Line]:
    assert db.connect_alone is not None
    opened = Line(db.connect_alone, hears)
    opened.start()
    try:
        assert opened.is_open.wait(PATIENCE)
        yield opened
    finally:
        opened.stop()
        assert not opened._thread.is_alive()


@pytest.fixture
def two(postgresql_url: str, opened: Callable[[str], Database]) -> tuple[Database, Database]:
    return opened(postgresql_url), opened(postgresql_url)


def test_the_others_hear_what_one_tells_and_it_does_not_hear_itself(two: tuple[Database, Database]) -> None:
    own, inbox, outbox = Ear(), Ear(), Ear()
    with line(two[0], inbox=own) as here, line(two[1], inbox=inbox, outbox=outbox) as there:
        here.tell("inbox")
        assert inbox.until(1)
        there.tell("outbox")
        there.tell("inbox")
        assert own.until(1)
    assert (own.count, inbox.count, outbox.count) == (1, 1, 0)


def test_what_comes_soon_after_is_told_together(
    two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "TELLS_APART_SECONDS", 0.2)
    inbox, outbox = Ear(), Ear()
    with line(two[0]) as here, line(two[1], inbox=inbox, outbox=outbox):
        began = monotonic()
        here.tell("inbox")
        assert inbox.until(1)
        for _ in range(1000):
            here.tell("inbox")
        here.tell("outbox")
        assert outbox.until(1)
        assert inbox.until(2)
        assert monotonic() - began >= 0.2
    assert inbox.count <= 3


def test_a_line_that_was_cut_is_mended_and_takes_everything_for_told(
    two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "FIRST_PAUSE_SECONDS", 0.01)
    inbox, schema = Ear(), Ear()
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    with line(two[0]) as here, line(two[1], inbox=inbox, schema=schema):
        tx.run(two[0], lambda conn: conn.execute(cut))
        assert inbox.until(1)
        assert schema.until(1)
        here.tell("inbox")
        assert inbox.until(2)


def test_it_waits_for_a_database_that_is_away(two: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "FIRST_PAUSE_SECONDS", 0.01)
    tries: list[int] = []

    def connect() -> psycopg.Connection:
        tries.append(1)
        if len(tries) < 3:
            raise psycopg.OperationalError("connection refused")
        assert two[0].connect_alone is not None
        return two[0].connect_alone()

    inbox = Ear()
    late = Line(connect)
    with line(two[1], inbox=inbox):
        late.tell("inbox")
        late.start()
        assert inbox.until(1)
        late.stop()
    assert len(tries) == 3


def test_it_ends_while_the_database_is_away_and_then_tells_nobody() -> None:
    tried = threading.Event()

    def connect() -> psycopg.Connection:
        tried.set()
        raise psycopg.OperationalError("connection refused")

    away = Line(connect)
    away.start()
    assert tried.wait(PATIENCE)
    away.stop()
    away.tell("inbox")
    assert not away._thread.is_alive()


def test_what_a_transaction_tells_is_heard_when_it_commits(two: tuple[Database, Database]) -> None:
    schema = Ear()
    with line(two[1], schema=schema):
        tx.run(two[0], lambda conn: tell_within(conn, SCHEMA_CHANNEL))
        assert schema.until(1)


def test_a_file_has_nobody_to_tell(sqlite_url: str, opened: Callable[[str], Database]) -> None:
    assert opened(sqlite_url).connect_alone is None
