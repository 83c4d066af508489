"""The demonstration with a clock of its own: seconds go by when a test says so, and the engine works meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Connection

from notifiers.phones import Phones, Text
from notifiers.segments import measure, spell_cheaply
from service.db.sealed import open_keyring
from service.db.trips import TripKey
from service.usecases.context import Limits, Service
from service.usecases.dispatch import dispatch
from service.usecases.links import invitation_link
from service.usecases.read_inbox import read_inbox
from service.usecases.seed_demo import TRAVELER_ID, TRAVELER_PHONE, TRIP_ID, seed_demo
from service.usecases.sweep import sweep
from service.usecases.type_on_phone import answer_reminders, type_on_phone
from service.usecases.work import Work
from tests.easy import EASY
from tests.one_app import app_for
from tests.one_engine import database_at

NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
AIZHAN = TRAVELER_PHONE
GULNAR, DANIYAR, SAULE = "+77000000011", "+77000000012", "+77000000013"
SECOND = timedelta(seconds=1)
TICK = 5


class Demonstration:
    """A seeded installation with simulated phones. Nobody but the test moves its clock."""

    def __init__(self, database_url: str, folder: Path, language: str = "en", *, seeded: bool = True) -> None:
        self.now = NOON
        self.network = Phones(folder / "phones.db", lambda: self.now)
        db = database_at(database_url)
        self.service = Service(
            db=db,
            keys=open_keyring(db, [bytes(range(32))], NOON),
            notifiers={"sms": self.network},
            segments=lambda text: measure(text).segments,
            fold=spell_cheaply,
            operator="+77000000099",
            demo=True,
            limits=Limits(grace_at_least=SECOND, wait_at_least=SECOND, recurring_apart=SECOND, passphrase=EASY),
            clock=lambda: self.now,
        )
        self._pool = ThreadPoolExecutor(2)
        self._apps = ExitStack()
        self._typed = 0
        if seeded:
            seed_demo(self.service, language)
        self.work()

    def close(self) -> None:
        """Let go of threads and connections."""
        self._apps.close()
        self._pool.shutdown()
        self.service.db.close()

    def work(self) -> None:
        """What the engine does in one tick, until nothing is left to do."""
        for _ in range(10):
            read = read_inbox(self.service)
            sweep(self.service)
            if not dispatch(self.service, self._pool) and not read:
                return

    def advance(self, seconds: int) -> None:
        """Let seconds go by, in ticks of five: all that the seeded plan does falls on such seconds."""
        for passed in range(0, seconds, TICK):
            self.now += min(TICK, seconds - passed) * SECOND
            answer_reminders(self.service, self.network)
            self.work()

    def type(self, number: str, text: str) -> None:
        """Text from a phone."""
        self._typed += 1
        type_on_phone(self.service, self.network, number, text, f"test-{self._typed}")
        self.work()

    def stop_answering(self) -> None:
        """From now on she answers no reminder."""
        self.network.answer_reminders(AIZHAN, None)

    def thread(self, number: str) -> list[Text]:
        """What a phone shows."""
        return self.network.threads([number], 50)[number]

    def received(self, number: str, kind: str) -> list[str]:
        """The bodies of the texts of one kind that a phone received."""
        return [text.body for text in self.thread(number) if text.kind == kind]

    def own_page(self, name: str) -> str:
        """The path of a contact's own page, as an invitation would have carried it."""

        def keep(conn: Connection) -> str:
            trip = self.service.trip(conn, TripKey(TRAVELER_ID, TRIP_ID), self.now)
            assert trip is not None
            contact = next(one for one in trip.contacts if one.name == name)
            work = Work(self.service, conn, self.now)
            link = invitation_link(work, trip, contact)
            work.flush()
            return link

        return self.service.run(keep).removeprefix(self.service.public_url)

    def skip(self, span: timedelta, steps: int = 1) -> None:
        """Let a longer time go by, working as often as `steps` says."""
        for _ in range(steps):
            self.now += span / steps
            self.work()

    def app(self) -> FastAPI:
        """All pages of the installation."""
        return self._apps.enter_context(app_for(self.service))


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of `app` on a loopback port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
