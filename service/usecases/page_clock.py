"""Pages the operator that this machine's clock is off, so that its engine stands still."""

from __future__ import annotations

import socket
from dataclasses import replace

from sqlalchemy import Connection

from service.core.wording import PageReason
from service.edges import Act
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.footing import CLOCK_SKEW, Footing
from service.usecases.work import Work


def set_right(service: Service) -> Service:
    """The service by the database's clock where its own keeps its engine from claiming: for pages, which must go."""
    ground, clock = service.footing.ground, service.clock
    if service.footing.lost != CLOCK_SKEW or ground is None:
        return service
    return replace(service, clock=lambda: clock() - ground.ahead, footing=Footing())


def page_clock(service: Service) -> None:
    """Write the page, one an hour and machine. Another engine, whose clock is right, sends it; where there is none,
    `send_pages` does.

    It is written at the database's time: by ours it might be due in a year.

    Raises:
        StorageUnavailable: it was not written.
    """
    ground = service.footing.ground
    if ground is None:
        return
    now = service.clock() - ground.ahead
    machine, seconds = socket.gethostname(), str(round(abs(ground.ahead.total_seconds())))

    def write(conn: Connection) -> None:
        work = Work(service, conn, now)
        dedupe = f"{machine}:{now:%Y-%m-%dT%H}"
        telling.page_operator(work, PageReason.CLOCK_SKEW, dedupe, source=machine, number=seconds)
        work.flush()

    service.run(write, Act.PAGE)
