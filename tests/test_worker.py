"""The metronome: it starts after a first reading, goes on when its clock was set back, and leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from notifiers.base import Accepted, DeliveryState, InboundMessage, Message, SendResult
from service.clock import monotonic, utc_now
from service.db.engine import make_engine
from service.db.sealed import open_keyring
from service.usecases.context import Limits, Service
from service.usecases.sweep import Swept
from service.usecases.work import Draft, Work
from service.worker import STALLED_AFTER_SECONDS, Worker, _Job

PATIENCE = 30.0


class Network:
    """Takes texts; a test may hold it up, and may wait for what it was asked."""

    name, channel = "network", "sms"

    def __init__(self) -> None:
        self.asked, self.sent = threading.Event(), threading.Event()
        self.may_answer, self.may_list = threading.Event(), threading.Event()
        self.may_answer.set()
        self.may_list.set()
        self.bodies: list[str] = []

    def send(self, message: Message) -> SendResult:
        self.sent.set()
        assert self.may_answer.wait(PATIENCE)
        self.bodies.append(message.body)
        return Accepted(message.outbox_id, DeliveryState.SENT)

    def list_inbound(self, since: datetime, until: datetime) -> Iterable[InboundMessage]:
        self.asked.set()
        assert self.may_list.wait(PATIENCE)
        return []


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    db = make_engine(sqlite_url)
    yield Service(
        db=db,
        keys=open_keyring(db, [bytes(range(32))], utc_now()),
        notifiers={"sms": Network()},
        segments=lambda _: 1,
        fold=lambda text: text,
        limits=Limits(sends_at_once=16),
    )
    db.close()


def network(service: Service) -> Network:
    found = service.notifiers["sms"]
    assert isinstance(found, Network)
    return found


@contextmanager
def running(service: Service) -> Iterator[Worker]:
    before = set(threading.enumerate())
    worker = Worker(service)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
        assert set(threading.enumerate()) <= before, "no thread is left"


def until(condition: Callable[[], bool]) -> None:
    pause, began = threading.Event(), monotonic()
    while not condition():
        assert monotonic() < began + PATIENCE
        pause.wait(0.02)


def text(service: Service, *bodies: str) -> None:
    def write(conn: Any) -> None:
        work = Work(service, conn, utc_now())
        for body in bodies:
            work.send(Draft("notice", "+77010000000", "sms", body, body, 2))
        work.flush()

    service.run(write)
    service.wake.outbox.set()


def test_the_first_sweep_waits_for_the_first_reading(service: Service) -> None:
    network(service).may_list.clear()
    with running(service):
        assert network(service).asked.wait(PATIENCE)
        text(service, "while the list is slow")
        until(lambda: bool(network(service).bodies))
        assert not service.pulse.is_fresh
        network(service).may_list.set()
        until(lambda: service.pulse.is_fresh)


def test_a_source_that_hangs_before_an_alarm_keeps_no_sweep_waiting(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeps: list[Swept] = []

    def sweep(_: Service) -> Swept:
        sweeps.append(Swept(waits_for_proof=True))
        return sweeps[-1]

    monkeypatch.setattr("service.worker.sweep", sweep)
    with running(service):
        until(lambda: bool(sweeps))
        network(service).may_list.clear()
        for swept in range(len(sweeps), len(sweeps) + 3):
            service.wake.sweep.ring_here()
            until(partial(_are_more, sweeps, swept))
        network(service).may_list.set()


def _are_more(sweeps: list[Swept], than: int) -> bool:
    return len(sweeps) > than


def test_a_job_that_raises_is_run_again_and_stops_no_other(service: Service) -> None:
    times = iter(range(3))

    def clock() -> datetime:
        if next(times, None) is not None:
            raise ZeroDivisionError
        return utc_now()

    with running(replace(service, clock=clock)):
        until(lambda: service.pulse.is_fresh)


def test_asked_while_it_runs_a_job_runs_once_more() -> None:
    began, go_on, runs = threading.Event(), threading.Event(), []

    def act() -> None:
        runs.append(1)
        began.set()
        assert go_on.wait(PATIENCE)

    job = _Job("job", act)
    thread = threading.Thread(target=job.run)
    thread.start()
    assert began.wait(PATIENCE)
    for _ in range(3):
        job.run()
    go_on.set()
    thread.join()
    assert len(runs) == 2


def test_a_clock_set_back_stops_it_for_seconds_and_not_for_an_hour(service: Service) -> None:
    with running(service) as worker:
        until(lambda: service.pulse.is_fresh)
        # What a step back of an hour looks like from inside: every next tick is an hour away.
        for job in worker.scheduler.get_jobs():
            job.modify(next_run_time=utc_now() + timedelta(hours=1))
        ticked = worker._last_tick = monotonic() - STALLED_AFTER_SECONDS - 1
        # Texts that come in meanwhile must not make it look alive.
        service.wake.inbox.set()
        until(lambda: worker._last_tick != ticked)
        until(lambda: all(job.next_run_time < utc_now() + timedelta(minutes=11) for job in worker.scheduler.get_jobs()))


def test_it_stops_with_a_send_under_way_and_begins_no_other(service: Service) -> None:
    line = network(service)
    line.may_answer.clear()
    with running(service) as worker:
        text(service, *(f"text {number}" for number in range(40)))
        assert line.sent.wait(PATIENCE)
        stopping = threading.Thread(target=worker.stop)
        stopping.start()
        assert service.wake.stopping.wait(PATIENCE)
        line.may_answer.set()
        stopping.join(PATIENCE)
        assert not stopping.is_alive()
    assert 0 < len(line.bodies) <= 16
    service.wake.stopping.clear()
    with running(service):
        until(lambda: len(line.bodies) == 40)
    assert len(set(line.bodies)) == 40
