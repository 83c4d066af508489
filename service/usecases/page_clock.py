"""Pages the operator that this machine's clock is off, so that its engine stands still."""

from __future__ import annotations

import socket

from sqlalchemy import Connection

from service.core.wording import PageReason
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.work import Work


def page_clock(service: Service) -> None:
    """Write the page, one an hour and machine. Another engine, whose clock is right, sends it.

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

    service.run(write)
