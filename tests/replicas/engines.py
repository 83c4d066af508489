"""Services as several processes over one database have them, each with a clock of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from notifiers.base import Accepted, DeliveryState, Message, Notifier, SendResult
from service.clock import monotonic, utc_now
from service.db.engine import make_engine
from service.db.sealed import open_keyring
from service.usecases.context import Limits, Service
from service.wiring import open_line
from service.worker import Worker

PATIENCE = 60.0

SECRET = bytes(range(32))
OPERATOR = "+77019990000"


class Clock:
    """The machine's clock, set wrong by `ahead`."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


def make_service(
    url: str,
    *,
    clock: Callable[[], datetime] = utc_now,
    notifiers: Mapping[str, Notifier] | None = None,
    limits: Limits | None = None,
) -> Service:
    """A process's service over the database at `url`; whoever made it closes its database."""
    db = make_engine(url)
    return Service(
        db=db,
        keys=open_keyring(db, [SECRET], utc_now()),
        notifiers=notifiers or {},
        segments=lambda _: 1,
        fold=lambda said: said,
        operator=OPERATOR,
        limits=limits or Limits(),
        clock=clock,
    )


class Network:
    """Takes texts and remembers them, as (number, text)."""

    name, channel = "network", "sms"

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, message: Message) -> SendResult:
        self.sent.append((message.to, message.body))
        return Accepted(message.outbox_id, DeliveryState.SENT)


@contextmanager
def running(service: Service) -> Iterator[Worker]:
    """The service's engine and its line to the others."""
    line, worker = open_line(service, engine=True), Worker(service)
    worker.start()
    try:
        assert line is None or line.is_open.wait(PATIENCE)
        yield worker
    finally:
        worker.stop()
        if line:
            line.stop()


def until(condition: Callable[[], bool]) -> None:
    """Wait until something has become true."""
    pause, began = threading.Event(), monotonic()
    while not condition():
        assert monotonic() < began + PATIENCE
        pause.wait(0.01)
