"""Transactions lose nothing, are tried again when they lose a race, and say so when the database is away."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from service.db import engine, tx
from service.db.engine import Database, make_engine
from service.db.errors import Conflict, StorageUnavailable
from service.db.routing import EngineState
from service.db.rows import update_all
from service.db.stored import table_of
from service.db.tables import Watch

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
STATE = table_of(EngineState)
WATCHES = table_of(Watch)


def put(conn: Connection, name: str, value: int) -> None:
    conn.execute(insert(STATE), {"name": name, "value": value, "at": NOW})


def get(db: Database, name: str) -> int | None:
    query = select(STATE.c.value).where(STATE.c.name == name)
    value: int | None = tx.read(db, lambda conn: conn.execute(query).scalar())
    return value


def test_two_hundred_read_modify_writes_at_once_lose_nothing(
    sqlite_url: str, opened: Callable[[str], Database]
) -> None:
    processes = [opened(sqlite_url), opened(sqlite_url)]
    tx.run(processes[0], lambda conn: put(conn, "counter", 0))

    def add_one(conn: Connection) -> None:
        count = conn.execute(select(STATE.c.value).where(STATE.c.name == "counter")).scalar_one()
        conn.execute(update(STATE).where(STATE.c.name == "counter").values(value=count + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: tx.run(processes[n % 2], add_one), range(200)))
    assert get(processes[0], "counter") == 200


def test_a_sqlite_transaction_is_alone_from_its_beginning(sqlite_url: str, opened: Callable[[str], Database]) -> None:
    """Not from its first write on, which may rest on what it read before."""
    db = opened(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, timeout=0)

    def let_another_write(conn: Connection) -> None:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")

    tx.run(db, let_another_write)
    other.close()


def test_rows_written_by_the_version_that_was_read_lose_nothing_on_any_engine(db: Database) -> None:
    key = {"traveler_id": uuid4(), "trip_id": uuid4()}
    row = {**key, "state": "armed", "armed_at": NOW}
    tx.run(db, lambda conn: conn.execute(insert(WATCHES), row))

    def add_one(conn: Connection) -> None:
        seen = conn.execute(select(WATCHES.c.version, WATCHES.c.streak)).one()
        change = {**key, "version": seen.version, "streak": seen.streak + 1}
        update_all(conn, WATCHES, [change], where=("traveler_id", "trip_id"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: tx.run(db, add_one), range(20)))
    streak, version = tx.read(db, lambda conn: conn.execute(select(WATCHES.c.streak, WATCHES.c.version)).one())
    assert (streak, version) == (20, 21)


def test_a_transaction_that_raises_leaves_nothing_and_passes_the_error_on(db: Database) -> None:
    def put_and_fail(conn: Connection) -> None:
        put(conn, "kept", 1)
        raise KeyError("of the caller")

    with pytest.raises(KeyError):
        tx.run(db, put_and_fail)
    assert get(db, "kept") is None


def test_a_broken_key_is_the_callers_to_handle(db: Database) -> None:
    tx.run(db, lambda conn: put(conn, "once", 1))
    with pytest.raises(IntegrityError):
        tx.run(db, lambda conn: put(conn, "once", 2))
    with pytest.raises((ProgrammingError, OperationalError)):
        tx.run(db, lambda conn: conn.execute(text("SELECT 1 FROM no_such_table")))


def test_what_lost_a_race_is_done_again_from_its_beginning(db: Database) -> None:
    tries: list[int] = []

    def lose_twice(conn: Connection) -> str:
        tries.append(len(tries))
        put(conn, "result", len(tries))
        if len(tries) < 3:
            raise Conflict("somebody was faster")
        return "done"

    assert tx.run(db, lose_twice) == "done"
    assert get(db, "result") == 3


def test_it_gives_up_after_some_tries_and_says_that_nothing_is_stored(db: Database) -> None:
    def always_lose(conn: Connection) -> None:
        put(conn, "never", 1)
        raise Conflict("somebody was faster")

    with pytest.raises(StorageUnavailable, match="gave up after 8 tries: Conflict: somebody was faster"):
        tx.run(db, always_lose)
    assert get(db, "never") is None


def test_it_gives_up_for_lack_of_time_as_well(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tx, "GIVE_UP_SECONDS", -1.0)

    def lose(conn: Connection) -> None:
        raise Conflict("somebody was faster")

    with pytest.raises(StorageUnavailable, match="gave up after 1 tries"):
        tx.run(db, lose)


def test_a_locked_database_is_away_not_written_and_heals(
    sqlite_url: str, opened: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.0)
    db = opened(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="database is locked"):
        tx.run(db, lambda conn: put(conn, "name", 1))
    # Pages can still be read meanwhile.
    assert get(db, "name") is None
    other.execute("ROLLBACK")
    other.close()
    tx.run(db, lambda conn: put(conn, "name", 1))
    assert get(db, "name") == 1


def test_a_database_that_cannot_be_reached_is_away(tmp_path: Path, opened: Callable[[str], Database]) -> None:
    nowhere = opened("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(StorageUnavailable):
        tx.run(nowhere, lambda conn: None)
    with pytest.raises(StorageUnavailable, match="unable to open"):
        tx.read(opened(f"sqlite:///{tmp_path}/no/such/folder.db"), lambda conn: None)


def test_a_commit_that_fails_is_told(sqlite_url: str, opened: Callable[[str], Database]) -> None:
    db = opened(sqlite_url)

    def fill_the_disk(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA max_page_count = 1")
        for n in range(10_000):
            put(conn, f"name {n}", n)

    with pytest.raises(StorageUnavailable, match="full"):
        tx.run(db, fill_the_disk)
    assert get(db, "name 0") is None


def test_pages_read_one_moment_and_cannot_write(db: Database) -> None:
    with pytest.raises((StorageUnavailable, ProgrammingError)):
        tx.read(db, lambda conn: put(conn, "by a page", 1))
    assert get(db, "by a page") is None

    def read_twice(conn: Connection) -> list[int]:
        query = select(STATE.c.value).where(STATE.c.name == "page")
        first = conn.execute(query).scalar_one()
        tx.run(db, lambda other: other.execute(update(STATE).values(value=2)))
        return [first, conn.execute(query).scalar_one()]

    tx.run(db, lambda conn: put(conn, "page", 1))
    assert tx.read(db, read_twice) == [1, 1]
    assert get(db, "page") == 2


def test_sqlite_is_durable_and_postgresql_speaks_utc(db: Database) -> None:
    def ask(conn: Connection, *settings: str) -> list[str]:
        verb = "PRAGMA" if db.dialect == "sqlite" else "SHOW"
        return [str(conn.exec_driver_sql(f"{verb} {setting}").scalar()) for setting in settings]

    if db.dialect == "sqlite":
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert tx.run(db, lambda conn: ask(conn, *pragmas)) == ["wal", "2", "1", "5000"]
    else:
        settings = ("timezone", "transaction_isolation", "statement_timeout", "lock_timeout", "transaction_read_only")
        assert tx.run(db, lambda conn: ask(conn, *settings)) == ["UTC", "read committed", "30s", "5s", "off"]
        ways = ("transaction_isolation", "transaction_read_only")
        assert tx.read(db, lambda conn: ask(conn, *ways)) == ["repeatable read", "on"]
        # What a page gave back is the next transaction's as any other.
        assert tx.run(db, lambda conn: ask(conn, *ways)) == ["read committed", "off"]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql+pymysql://localhost/amanba"])
def test_a_database_that_would_lose_what_it_is_told_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="AMANBA_DATABASE_URL"):
        make_engine(url)
