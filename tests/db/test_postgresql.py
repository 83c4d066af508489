"""What only PostgreSQL does: lost races, time-outs, connections cut off. Whatever is waited for has an end."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import cast

import psycopg
import pytest
from sqlalchemy import Connection, insert, make_url, select, text, update

from service.db import engine, tx
from service.db.engine import Database
from service.db.errors import StorageUnavailable
from service.db.routing import EngineState
from service.db.stored import table_of

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
STATE = table_of(EngineState)
ASKED = ("application_name", "statement_timeout", "lock_timeout")
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    " AND datname = current_database()"
)


def put(conn: Connection, name: str, value: int) -> None:
    conn.execute(insert(STATE), {"name": name, "value": value, "at": NOW})


def get(db: Database, name: str) -> int | None:
    query = select(STATE.c.value).where(STATE.c.name == name)
    value: int | None = tx.read(db, lambda conn: conn.execute(query).scalar())
    return value


@contextmanager
def pooled(db: Database) -> Iterator[psycopg.Connection]:
    """A pooled connection as the driver sees it."""
    with db.write.connect() as connection:
        yield cast(psycopg.Connection, connection.connection.driver_connection)


def add_one(conn: Connection, name: str) -> None:
    value = conn.execute(select(STATE.c.value).where(STATE.c.name == name)).scalar_one()
    conn.execute(update(STATE).where(STATE.c.name == name).values(value=value + 1))


class Rivals:
    """Two transactions, the first tries of which meet in the middle."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._meeting = threading.Barrier(2, timeout=10)
        self.tries: list[str] = []

    def run(self, *works: tuple[str, Callable[[Connection], None], Callable[[Connection], None]]) -> None:
        def transaction(
            name: str, first: Callable[[Connection], None], second: Callable[[Connection], None], conn: Connection
        ) -> None:
            self.tries.append(name)
            first(conn)
            if self.tries.count(name) == 1:
                self._meeting.wait()
            second(conn)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda work: tx.run(self._db, partial(transaction, *work)), works))


def test_of_two_transactions_that_deadlock_one_begins_again_and_both_get_through(
    postgresql_url: str, opened: Callable[[str], Database]
) -> None:
    db = opened(postgresql_url)
    tx.run(db, lambda conn: put(conn, "left", 0))
    tx.run(db, lambda conn: put(conn, "right", 0))
    rivals = Rivals(db)

    def add_to(name: str) -> Callable[[Connection], None]:
        def add(conn: Connection) -> None:
            conn.execute(select(STATE.c.value).where(STATE.c.name == name).with_for_update())
            add_one(conn, name)

        return add

    def begin(name: str) -> Callable[[Connection], None]:
        def impatiently(conn: Connection) -> None:
            conn.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
            add_to(name)(conn)

        return impatiently

    rivals.run(("first", begin("left"), add_to("right")), ("second", begin("right"), add_to("left")))
    assert len(rivals.tries) == 3
    assert (get(db, "left"), get(db, "right")) == (2, 2)


def test_of_two_transactions_that_cannot_be_put_in_a_row_one_begins_again(
    postgresql_url: str, opened: Callable[[str], Database]
) -> None:
    db = opened(postgresql_url)
    tx.run(db, lambda conn: put(conn, "left", 1))
    tx.run(db, lambda conn: put(conn, "right", 1))
    rivals = Rivals(db)

    def read(name: str) -> Callable[[Connection], None]:
        def begin(conn: Connection) -> None:
            conn.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
            conn.execute(select(STATE.c.value).where(STATE.c.name == name)).scalar_one()

        return begin

    def copy(source: str, target: str) -> Callable[[Connection], None]:
        def write(conn: Connection) -> None:
            value = conn.execute(select(STATE.c.value).where(STATE.c.name == source)).scalar_one()
            conn.execute(update(STATE).where(STATE.c.name == target).values(value=value + 1))

        return write

    rivals.run(("first", read("left"), copy("left", "right")), ("second", read("right"), copy("right", "left")))
    # As if one had run after the other: neither copied what the other had not seen.
    assert len(rivals.tries) == 3
    assert {get(db, "left"), get(db, "right")} == {2, 3}


class TestTimeOuts:
    """Each shortened."""

    @pytest.fixture
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("STATEMENT_SECONDS", "BUSY_SECONDS", "IDLE_IN_TRANSACTION_SECONDS"):
            monkeypatch.setattr(engine, name, 0.1)
        monkeypatch.setattr(tx, "GIVE_UP_SECONDS", 0.0)

    def test_a_statement(self, short: None, postgresql_url: str, opened: Callable[[str], Database]) -> None:
        db = opened(postgresql_url)
        with pytest.raises(StorageUnavailable, match="statement timeout"):
            tx.run(db, lambda conn: conn.execute(text("SELECT pg_sleep(20)")))
        tx.run(db, lambda conn: put(conn, "after", 1))

    def test_a_lock_that_somebody_else_holds(
        self, short: None, postgresql_url: str, opened: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engine, "STATEMENT_SECONDS", 20.0)
        monkeypatch.setattr(engine, "IDLE_IN_TRANSACTION_SECONDS", 20.0)
        db = opened(postgresql_url)
        tx.run(db, lambda conn: put(conn, "name", 1))

        def hold(conn: Connection) -> None:
            add_one(conn, "name")
            with pytest.raises(StorageUnavailable, match="lock timeout"):
                tx.run(db, lambda other: add_one(other, "name"))

        tx.run(db, hold)
        assert get(db, "name") == 2

    def test_a_transaction_in_which_nothing_happens(
        self, short: None, postgresql_url: str, opened: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when the process is suspended in it: its locks are free again, and afterwards it begins anew."""
        monkeypatch.setattr(tx, "GIVE_UP_SECONDS", 10.0)
        db, other = opened(postgresql_url), opened(postgresql_url)
        tx.run(db, lambda conn: put(conn, "name", 0))
        backends: list[int] = []

        def fall_asleep_once(conn: Connection) -> None:
            add_one(conn, "name")
            backends.append(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())
            if len(backends) == 1:
                # Waits for the lock, so until the sleeper's transaction has been ended.
                tx.run(other, lambda conn: add_one(conn, "name"))

        tx.run(db, fall_asleep_once)
        assert get(db, "name") == 2
        assert len(set(backends)) == 2

    def test_a_path_that_is_cut_off_is_noticed_in_half_a_minute(
        self, postgresql_url: str, opened: Callable[[str], Database]
    ) -> None:
        db = opened(postgresql_url)
        assert db.connect_alone is not None
        with db.connect_alone() as alone:
            told = alone.info.get_parameters()
        with pooled(db) as driver:
            assert driver.info.get_parameters().items() >= told.items()
        idle, interval, count = (int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
        assert idle + interval * count < 30
        assert int(told["tcp_user_timeout"]) < 30_000
        for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout"):
            assert f"-c {name}=" in told["options"]


def test_what_the_url_says_of_a_connection_wins(postgresql_url: str, opened: Callable[[str], Database]) -> None:
    mine = make_url(postgresql_url).update_query_dict(
        {"application_name": "mine", "keepalives_idle": "7", "options": "-c statement_timeout=7000"}
    )
    db = opened(mine.render_as_string(hide_password=False))
    asked = tx.run(db, lambda conn: [conn.exec_driver_sql(f"SHOW {name}").scalar() for name in ASKED])
    assert asked == ["mine", "7s", "5s"]
    with pooled(db) as driver:
        assert driver.info.get_parameters()["keepalives_idle"] == "7"


def test_after_a_restart_no_pooled_connection_costs_anybody_an_error(
    postgresql_url: str, opened: Callable[[str], Database]
) -> None:
    """All of them were cut off while they lay in the pool, and are wanted at the same moment."""
    db, administrator = opened(postgresql_url), opened(postgresql_url)
    everybody = threading.Barrier(8, timeout=10)

    def write(number: int) -> int:
        def work(conn: Connection) -> int:
            put(conn, f"{number}", number)
            backend: int = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
            return backend

        everybody.wait()
        return tx.run(db, work)

    with ThreadPoolExecutor(8) as pool:
        before = set(pool.map(write, range(8)))
        tx.run(administrator, lambda conn: conn.execute(END_OTHERS))
        after = set(pool.map(write, range(8, 16)))
    assert not before & after
    assert [get(db, f"{number}") for number in range(16)] == list(range(16))
