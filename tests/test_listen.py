"""A worker waits at a queue for what people write, comes back after trouble, and ends when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from notifiers.base import Accepted, DeliveryState, InboundMessage, Message, SendResult, SourceUnreadable
from service.clock import utc_now
from service.db.engine import make_engine
from service.db.routing import Inbox
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.usecases import listen
from service.usecases.context import Service
from service.usecases.listen import Listener, queues

INBOX = table_of(Inbox)
PATIENCE = 20.0


class Queue:
    """Has trouble first, then one message, and then nothing until somebody stops waiting."""

    name = channel = "chat"
    is_posted_to = False

    def __init__(self) -> None:
        self.attached: list[str] = []
        self.asked = 0
        self.let_go = threading.Event()

    def send(self, message: Message) -> SendResult:
        return Accepted(message.outbox_id, DeliveryState.SENT)

    def attach(self, hook_url: str) -> None:
        self.attached.append(hook_url)

    def hand_over(self, keep: Callable[[list[InboundMessage]], int], wait: timedelta = timedelta(0)) -> int:
        self.asked += 1
        if self.asked == 1:
            raise SourceUnreadable("somebody else asked")
        if self.asked == 2:
            new = keep([InboundMessage("1", "chat:1", "", "OK", utc_now(), 0)])
            self.let_go.set()
            return new
        threading.Event().wait(0.01)
        return 0


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Service]:
    db = make_engine(sqlite_url)
    queue = Queue()
    yield Service(
        db=db,
        keys=open_keyring(db, [bytes(range(32))], utc_now()),
        notifiers={"chat": queue},
        segments=lambda _: 1,
        fold=lambda text: text,
    )
    db.close()


def test_it_listens_again_after_trouble_and_lets_go_of_what_is_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "FIRST_PAUSE_SECONDS", 0.01)
    [(name, queue)] = queues(service).items()
    assert isinstance(queue, Queue)
    stop = threading.Event()
    thread = threading.Thread(target=Listener(service, name, queue).run, args=(stop,))
    thread.start()
    assert queue.let_go.wait(PATIENCE)
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    kept = service.read(lambda conn: conn.execute(select(INBOX.c.source, INBOX.c.provider_id)).all())
    assert [tuple(row) for row in kept] == [("chat", "1")]
    assert queue.attached == ["http://127.0.0.1:8000/hooks/chat"] * 2, "after trouble it is settled anew"


def test_a_lease_that_lies_too_far_ahead_was_taken_by_a_wrong_clock(service: Service) -> None:
    queue = Queue()
    queue.asked = 2
    ahead = Listener(_at(service, utc_now() + timedelta(days=1)), "chat", queue)
    assert ahead.listen_once() == 0.0
    assert Listener(service, "chat", queue).listen_once() == 0.0


def _at(service: Service, now: datetime) -> Service:
    return replace(service, clock=lambda: now)
