"""The lookout: the heartbeat to the outside goes while all is well, stays away when it is not, and delays nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs

from service.clock import utc_now
from service.db.routing import Inbox
from service.db.stored import table_of
from service.lookout import Heartbeat, Lookout
from service.usecases.context import Service
from tests.notifiers.hook_server import HookServer, hook_server
from tests.test_worker import running, service, until

__all__ = ["service"]


@pytest.fixture
def monitor() -> Iterator[HookServer]:
    with hook_server() as server:
        yield server


@pytest.fixture
def watched(service: Service, monitor: HookServer) -> Service:
    """An installation whose heartbeat somebody listens to."""
    return replace(service, heartbeat_url=monitor.url)


class Minutes:
    """The monotonic clock of the heartbeat and of the sweeps that it goes by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        for module in ("service.lookout", "service.usecases.pulse"):
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
    service.run(lambda conn: conn.execute(insert(table_of(Inbox)).values(media=0, received_at=then, **row)))


def test_it_goes_after_completed_sweeps_once_a_minute_and_carries_nothing(
    watched: Service, monitor: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
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
        swept = threading.Event()
        beat = watched.pulse.beat
        watched.pulse.beat = lambda: (beat(), swept.set())[0]  # type: ignore[method-assign]
        assert swept.wait(20), "while the monitor keeps silent"
        monitor.may_answer.set()
        lookout.stop()


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
