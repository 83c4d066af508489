"""What is claimed is begun in the first half of its lease, by whatever clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from notifiers.base import Message, SendResult
from service.clock import monotonic
from service.db import tables
from service.db.stored import table_of
from service.usecases.context import Limits, Service
from service.usecases.dispatch import dispatch
from service.usecases.work import Draft, Work
from tests.replicas.engines import Clock, Network, make_service

OUTBOX = table_of(tables.Outbox)
LEASE = timedelta(seconds=0.6)


class Slow(Network):
    """Keeps its first text until half of the lease is over; meanwhile the wall clock is set back by an hour."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def send(self, message: Message) -> SendResult:
        self._clock.ahead = -timedelta(hours=1)
        until = monotonic() + LEASE.total_seconds()
        while monotonic() < until:
            threading.Event().wait(0.01)
        return super().send(message)


@pytest.fixture
def service(database_url: str) -> Iterator[Service]:
    clock = Clock()
    made = make_service(
        database_url, clock=clock, notifiers={"sms": Slow(clock)}, limits=Limits(lease=LEASE, sends_at_once=1)
    )
    yield made
    made.db.close()


def write_texts(service: Service, *bodies: str) -> None:
    def write(conn: Connection) -> None:
        work = Work(service, conn, service.clock())
        for body in bodies:
            work.send(Draft("notice", "+77010000000", "sms", body, body, 2))
        work.flush()

    service.run(write)


def test_a_clock_that_was_set_back_makes_a_lease_no_younger(service: Service) -> None:
    write_texts(service, "first", "second")
    with ThreadPoolExecutor(1) as pool:
        dispatch(service, pool)
    network = service.notifiers["sms"]
    assert isinstance(network, Slow)
    assert [body for _, body in network.sent] == ["first"]
    states = service.read(lambda conn: conn.execute(select(OUTBOX.c.state)).scalars().all())
    assert sorted(states) == ["pending", "sent"]
