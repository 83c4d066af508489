"""Many alarms due at once, and several workers on them: every text goes once. `make soak` lets ten thousand be due."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from sqlalchemy import func, select

from notifiers.base import Accepted, DeliveryState, Message, SendResult
from service.clock import monotonic, utc_now
from service.db import tables
from service.db.engine import Database, make_engine
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.usecases.context import Limits, Service
from service.worker import Worker
from tests.bench.alerts import missed
from tests.bench.seeding import seed

OUTBOX = table_of(tables.Outbox)
ALARMS_DUE = int(os.environ.get("TEST_BURST", "300"))
WORKERS = 4 if "TEST_BURST" in os.environ else 2
PATIENCE = 60.0 + ALARMS_DUE / 20
SECRET = bytes(range(32))


class Line:
    """Takes every text."""

    name = channel = "sms"

    def __init__(self) -> None:
        self.texts: list[Message] = []

    def send(self, message: Message) -> SendResult:
        self.texts.append(message)
        return Accepted(message.outbox_id, DeliveryState.SENT)


@contextmanager
def working(url: str, line: Line) -> Iterator[Database]:
    """A worker as in a process of its own: no connection, key or bell is another's."""
    db = make_engine(url)
    service = Service(
        db=db,
        keys=open_keyring(db, [SECRET], utc_now()),
        notifiers={"sms": line},
        segments=lambda _: 1,
        fold=lambda text: text,
        limits=Limits(storm_brake=False),
    )
    worker = Worker(service)
    worker.start()
    try:
        yield db
    finally:
        worker.stop()
        db.close()


def states(db: Database) -> Counter[str]:
    query = select(OUTBOX.c.state, func.count().label("n")).where(OUTBOX.c.kind == "alert").group_by(OUTBOX.c.state)
    with db.read.connect() as conn:
        return Counter({row.state: row.n for row in conn.execute(query)})


def test_several_workers_tell_each_alarm_once(database_url: str) -> None:
    plan, watch = missed(datetime.now(UTC))
    seed(database_url, [SECRET], ALARMS_DUE, 1, plan=plan, watch=lambda _: watch)
    line, pause, began = Line(), threading.Event(), monotonic()
    with ExitStack() as workers:
        first, *_ = [workers.enter_context(working(database_url, line)) for _ in range(WORKERS)]
        while len({text.to for text in line.texts}) < ALARMS_DUE or set(found := states(first)) != {"sent"}:
            assert monotonic() < began + PATIENCE, f"{len(line.texts)} texts, {states(first)}"
            pause.wait(0.05)
    ids = [text.outbox_id for text in line.texts]
    assert len(ids) == len(set(ids)) == found["sent"]
