"""Two engines over one PostgreSQL: each thing happens once, each wakes the other, and one that is wrong stands by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from service import worker
from service.clock import utc_now
from service.core.watch import WatchView
from service.db import tables
from service.db.routing import Inbox
from service.db.schema import HEAD
from service.db.state import put_state
from service.db.stored import table_of
from service.usecases.accept import Inbound, accept
from service.usecases.context import Limits, Service
from service.usecases.page_clock import page_clock
from service.usecases.ready import unready
from service.usecases.send_pages import send_pages
from service.usecases.stall import StallWatch
from service.wiring import open_line
from tests.bench.seeding import Watched, seed
from tests.replicas.engines import SECRET, Clock, Network, make_service, running, until

INBOX, ALARMS = table_of(Inbox), table_of(tables.Alarm)
TRIPS = 20


class Site:
    """Services of several processes over one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.networks: list[Network] = []
        self._services: list[Service] = []

    def process(self, clock: Clock | None = None) -> Service:
        self.networks.append(Network())
        made = make_service(
            self.url,
            clock=clock or utc_now,
            notifiers={"sms": self.networks[-1]},
            limits=Limits(storm_brake=False),
        )
        self._services.append(made)
        return made

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [text for network in self.networks for text in network.sent]

    def close(self) -> None:
        for service in self._services:
            service.db.close()


@pytest.fixture
def site(postgresql_url: str) -> Iterator[Site]:
    made = Site(postgresql_url)
    yield made
    made.close()


def missed(now: datetime) -> Watched:
    """A watch whose deadline and grace are over, all reminders written."""
    deadline = now - timedelta(hours=2)
    return WatchView(now - timedelta(days=2), deadline, stage=3, reminded_at=deadline + timedelta(minutes=30)), now


def count(service: Service, *query: Any) -> int:
    number: int = service.read(lambda conn: conn.execute(select(func.count()).where(*query)).scalar_one())
    return number


def bring(service: Service, name: str) -> None:
    accept(service, Inbound("test", name, b"somebody", "hello"))


def sweeps_again(service: Service, wake: Callable[[], None] = lambda: None) -> None:
    """Wait until its engine has completed one more sweep."""
    until(lambda: service.pulse.is_fresh)
    service.pulse._beat_at = None
    wake()
    until(lambda: service.pulse.is_fresh)


def test_two_workers_and_due_watches_make_one_alarm_each(site: Site) -> None:
    one, other = site.process(), site.process()
    with running(one), running(other):
        for service in (one, other):
            until(lambda service=service: service.pulse.is_fresh)  # type: ignore[misc]
        seed(site.url, [SECRET], TRIPS, 1, watch=lambda _: missed(utc_now()))
        one.wake.sweep.set()
        other.wake.sweep.set()
        until(lambda: len({number for number, _ in site.sent if number.startswith("+7702")}) == TRIPS)
        # Whatever either of them would do twice, it would do in its next sweep.
        for service in (one, other):
            sweeps_again(service)
    assert count(one, ALARMS.c.alarm_id.is_not(None)) == TRIPS
    assert max(Counter(site.sent).values()) == 1


class TestWaking:
    @pytest.fixture(autouse=True)
    def _no_ticks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After the first one the clock wakes nobody."""
        monkeypatch.setattr(worker, "TICK_SECONDS", 3600.0)

    def test_a_web_that_accepts_wakes_the_reader_of_another_process(self, site: Site) -> None:
        web, engine = site.process(), site.process()
        with ExitStack() as stack:
            stack.enter_context(running(engine))
            line = open_line(web, engine=False)
            assert line is not None
            stack.callback(line.stop)
            for name in ("first", "second"):
                bring(web, name)
                until(lambda: count(web, INBOX.c.handled_at.is_(None)) == 0)
            assert count(web, INBOX.c.handled_at.is_not(None)) == 2

    def test_what_one_writes_another_may_send(self, site: Site) -> None:
        one, other = site.process(), site.process()
        with running(one), running(other):
            sweeps_again(other, one.wake.sweep.set)


def test_a_worker_whose_clock_is_off_stands_by_and_pages_the_operator(site: Site) -> None:
    wrong = Clock()
    wrong.ahead = timedelta(minutes=5)
    astray, right = site.process(wrong), site.process()
    bring(right, "while it is off")
    with running(astray):
        until(lambda: astray.footing.lost == "clock_skew")
        assert not astray.pulse.is_fresh
        assert "clock is +300" in (unready(astray, engine=True) or "")
        assert count(right, INBOX.c.handled_at.is_(None)) == 1
        assert not astray.notifiers["sms"].sent  # type: ignore[attr-defined]
        with running(right):
            until(lambda: any("s off. Its worker waits" in said for _, said in site.sent))
            assert count(right, INBOX.c.handled_at.is_(None)) == 0


@pytest.mark.parametrize("ahead", [timedelta(hours=1), -timedelta(hours=1)])
def test_the_only_worker_says_itself_that_its_clock_is_off(
    site: Site, monkeypatch: pytest.MonkeyPatch, ahead: timedelta
) -> None:
    wrong = Clock()
    wrong.ahead = ahead
    alone, seconds = site.process(wrong), 1000.0
    monkeypatch.setattr("service.usecases.stall.monotonic", lambda: seconds)
    alone.run(lambda conn: put_state(conn, "sweep", {}, utc_now() - timedelta(minutes=10)))
    alone.footing.guard(alone.db, alone.clock)
    page_clock(alone)
    watch = StallWatch(alone)
    seconds += 360
    assert [watch.look(), watch.look()] == [False, True]
    assert send_pages(alone) == 2
    said = " ".join(body for _, body in site.sent)
    assert "is 3600 s off" in said
    assert "Nobody is being watched" in said


def test_an_older_worker_ends_its_claims_when_somebody_migrates(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_SECONDS", 3600.0)
    older = site.process()

    def migrate(conn: Any) -> None:
        conn.execute(text("UPDATE alembic_version SET version_num = :next"), {"next": f"{int(HEAD) + 1:04}"})
        conn.execute(text("SELECT pg_notify('amanba_schema', '')"))

    with running(older):
        until(lambda: older.pulse.is_fresh)
        older.run(migrate)
        until(lambda: older.footing.lost == "newer_schema")
        # Its web goes on: nothing that comes in is refused, and it is left to the successor.
        bring(older, "meanwhile")
        assert unready(older, engine=False) is None
        assert "cannot go on" in (unready(older, engine=True) or "")
    assert count(older, INBOX.c.handled_at.is_(None)) == 1
