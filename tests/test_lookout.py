"""What stands beside the engine: the heartbeat to the outside, the page while the database is away, health."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select
from structlog.testing import capture_logs

from notifiers.base import Message, Notifier, SendResult
from service.clock import utc_now
from service.db.engine import make_engine
from service.db.routing import Inbox
from service.db.stored import table_of
from service.db.tables import Outbox
from service.lookout import Heartbeat, Lookout
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.pulse import Pulse
from service.usecases.spending import sent_today
from service.usecases.stall import StallWatch
from service.usecases.sweep import sweep
from service.web import health
from service.web.health import Duty
from tests.client import Client
from tests.notifiers.hook_server import HookServer, hook_server
from tests.test_worker import network, running, service, until

__all__ = ["service"]


@pytest.fixture
def monitor() -> Iterator[HookServer]:
    with hook_server() as server:
        yield server


@pytest.fixture
def watched(service: Service, monitor: HookServer) -> Service:
    """An installation whose heartbeat somebody listens to."""
    return replace(service, heartbeat_url=monitor.url)


class Broken:
    """A channel that raises, which none should."""

    name = channel = "broken"

    def __init__(self) -> None:
        self.tries = 0

    def send(self, message: Message) -> SendResult:
        self.tries += 1
        raise ZeroDivisionError


class Minutes:
    """The monotonic clock of the heartbeat and of the sweeps that it goes by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in ("service.lookout", "service.usecases.pulse", "service.usecases.stall"):
            monkeypatch.setattr(f"{module}.monotonic", lambda: self.now)


def leave_unread(service: Service, minutes: float) -> None:
    then = utc_now() - timedelta(minutes=minutes)
    row = {
        "source": "sms",
        "provider_id": "1",
        "sender": b"1",
        "sealed": b"1",
        "occurred_at": then,
        "received_at": then,
    }
    service.run(lambda conn: conn.execute(insert(table_of(Inbox)).values(media=0, **row)))


def test_it_goes_after_completed_sweeps_once_a_minute_and_carries_nothing(
    watched: Service, monitor: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T41: somebody outside notices when it stays away."""
    clock, heart = Minutes(monkeypatch), Heartbeat(watched)
    heart.beat_if_due()
    assert monitor.calls == [], "nothing has been swept yet"
    for _ in range(24):
        watched.pulse.beat()
        heart.beat_if_due()
        clock.now += 5
    assert len(monitor.calls) == 2
    clock.now += 60
    heart.beat_if_due()
    assert len(monitor.calls) == 2, "the sweeps of this process stand still"
    call = monitor.calls[0]
    assert (call.method, call.path, call.body) == ("GET", "/hook/0123456789", b"")


def test_it_stays_away_while_the_engine_is_behind(
    watched: Service, monitor: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, heart = Minutes(monkeypatch), Heartbeat(watched)
    leave_unread(watched, minutes=11)
    with capture_logs() as lines:
        for _ in range(3):
            watched.pulse.beat()
            heart.beat_if_due()
            clock.now += 61
    assert monitor.calls == []
    assert [(line["event"], line["reason"]) for line in lines] == [("heartbeat_held", "behind with inbox")]


def test_that_it_fails_is_said_once_until_it_works(
    watched: Service, monitor: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, heart = Minutes(monkeypatch), Heartbeat(watched)
    with capture_logs() as lines:
        for status in (500, 404, 0, 204, 200):
            monitor.status = status
            watched.pulse.beat()
            heart.beat_if_due()
            clock.now += 61
    assert [line["event"] for line in lines] == ["heartbeat_failed", "heartbeat_works"]
    assert monitor.url not in str(lines)


def test_a_monitor_that_hangs_delays_no_sweep(watched: Service, monitor: HookServer) -> None:
    monitor.may_answer.clear()
    lookout = Lookout(watched, tick_seconds=0.02)
    with running(watched):
        until(lambda: watched.pulse.is_fresh)
        lookout.start()
        assert monitor.called.wait(20)
        beat_at = watched.pulse.age
        until(lambda: watched.pulse.age < beat_at)
        monitor.may_answer.set()
        lookout.stop()


def test_a_page_that_hangs_keeps_no_process_from_ending_and_no_other_is_begun(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.lookout.STALL_SECONDS", 0.0)
    line, web = network(service), replace(service, operator="+77010000000,+77010000001")
    line.may_answer.clear()
    lookout = Lookout(web, tick_seconds=0.02)
    lookout._stalls._began -= 3600
    try:
        lookout.start()
        assert line.sent.wait(20), "nobody sweeps, and the first page hangs"
        web.tally.add(uuid4(), None)
        lookout.stop(1.0)
        assert lookout._thread.is_alive()
        until(lambda: counted(web) == 1)
    finally:
        line.may_answer.set()
        lookout._thread.join(20)
    assert len(line.bodies) == 1
    states = select(table_of(Outbox).c.state)
    assert sorted(web.read(lambda conn: conn.execute(states).scalars().all())) == ["pending", "sent"]


def counted(service: Service) -> int:
    """The messages that the day's count knows of."""
    return service.read(lambda conn: sent_today(conn, service.clock())).messages


def test_without_an_address_nobody_is_called(service: Service) -> None:
    service.pulse.beat()
    Heartbeat(service).beat_if_due()


def test_trouble_in_one_look_keeps_it_from_no_other(watched: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Service) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("service.lookout.note_sends", broken)
    watched.pulse.beat()
    with capture_logs() as lines:
        Lookout(watched).look()
    assert [(line["event"], line["job"]) for line in lines] == [("job_failed", "count_sends")]


def test_while_the_database_is_away_the_page_goes_without_it_once_an_hour(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T41: the operator hears that we are blind."""
    clock = Minutes(monkeypatch)
    db = make_engine(f"sqlite:///{tmp_path}/gone/amanba.db")
    away = replace(service, db=db, operator="+77010000000,nobody@example.org", pulse=Pulse())
    for has_swept, minutes, pages in ((False, 70, 0), (True, 0, 0), (True, 6, 1), (True, 50, 1), (True, 20, 2)):
        if not has_swept:
            watch = StallWatch(away)
        elif minutes == 0:
            away.pulse.beat()
            watch = StallWatch(away)
        clock.now += minutes * 60
        with pytest.raises(StorageUnavailable):
            watch.look()
        assert len(network(service).bodies) == pages, f"after {minutes} minutes"
    assert "The database has not answered since" in network(service).bodies[0]
    db.close()


def test_a_page_that_nobody_took_goes_again_and_a_way_that_breaks_holds_no_other(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, broken = Minutes(monkeypatch), Broken()
    db = make_engine(f"sqlite:///{tmp_path}/gone/amanba.db")
    ways: dict[str, Notifier] = {"email": broken, "sms": Broken()}
    away = replace(service, db=db, operator="nobody@example.org,+77010000000", notifiers=ways, pulse=Pulse())
    away.pulse.beat()
    watch = StallWatch(away)
    for minutes, tries in ((0, 0), (6, 1), (4, 1), (2, 2)):
        clock.now += minutes * 60
        with pytest.raises(StorageUnavailable):
            watch.look()
        assert broken.tries == tries
    ways["sms"] = service.notifiers["sms"]
    for minutes in (6, 6):
        clock.now += minutes * 60
        with pytest.raises(StorageUnavailable):
            watch.look()
    assert (broken.tries, len(network(service).bodies)) == (3, 1)
    db.close()


@pytest.mark.parametrize(("duty", "before"), [(Duty.WEB, 200), (Duty.WORKER, 503), (Duty.SERVE, 503)])
def test_health_is_what_this_process_does_and_not_what_another_one_does(
    service: Service, duty: Duty, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, app = Minutes(monkeypatch), FastAPI()
    app.router.routes.extend(health.routes(service, duty))
    with Client(app) as client:
        another = replace(service, pulse=Pulse())
        sweep(another)
        another.pulse.beat()
        assert client.get("/healthz").status_code == before, "another worker sweeps"
        service.pulse.beat()
        clock.now += 59
        assert client.get("/healthz").status_code == 200
        clock.now += 2
        assert client.get("/healthz").status_code == before, "its own sweeps stand still"
