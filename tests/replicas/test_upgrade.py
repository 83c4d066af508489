"""A rolling upgrade under load: no check-in is refused, no alert is sent twice, and none is lost.

`TEST_UPGRADE=1` runs it (`make soak`): eight processes start on it, and it lives through half a minute.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.clock import monotonic, utc_now
from service.core.watch import WatchView, arm
from service.db import tables, tx
from service.db.engine import make_engine
from service.db.routing import Inbox
from service.db.schema import HEAD
from service.db.stored import table_of
from tests.architecture.sources import ROOT
from tests.bench.seeding import Watched, seed, two_a_day
from tests.mock_twilio import MockTwilio
from tests.replicas.engines import SECRET
from tests.replicas.release import NEXT, Program, Proxy, environment, make_next_release

INBOX, ALARMS = table_of(Inbox), table_of(tables.Alarm)
ALARMED, QUIET = 120, 80
ALARMS_EVERY = timedelta(seconds=0.4)
SENDERS = 4
CALM_SECONDS = 4.0


class Load:
    """People who check in by their links, again and again, through the proxy."""

    def __init__(self, proxy: Proxy, tokens: list[str]) -> None:
        self.statuses: list[int] = []
        self._proxy = proxy
        self._tokens = itertools.cycle(tokens)
        self._stop = threading.Event()
        self._names = itertools.count()

    def run(self, _number: int) -> None:
        while not self._stop.wait(0.01):
            body = f"nonce=check{next(self._names)}&text="
            self.statuses.append(self._proxy.send(f"/c/{next(self._tokens)}", body))

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def load_on(proxy: Proxy, tokens: list[str]) -> Iterator[Load]:
    load = Load(proxy, tokens)
    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [pool.submit(load.run, number) for number in range(SENDERS)]
        try:
            yield load
        finally:
            load.stop()
            for sender in senders:
                sender.result()


def let_it_be(seconds: float) -> None:
    """Time that real processes live through."""
    threading.Event().wait(seconds)


def watches(now: datetime, first_alarm: datetime) -> list[Watched]:
    """Trips the alarms of which open one after another, and trips that are quiet."""
    plan = two_a_day(now)
    deadline = first_alarm - timedelta(hours=2)
    due = []
    for number in range(ALARMED):
        opens_at = first_alarm + number * ALARMS_EVERY
        asked = opens_at - timedelta(minutes=30)
        due.append((WatchView(now - timedelta(days=2), deadline, stage=3, reminded_at=asked), opens_at))
    quiet = arm(plan, now)
    return due + [(quiet, quiet.deadline)] * QUIET


@pytest.mark.skipif(not os.environ.get("TEST_UPGRADE"), reason="a long proof: make soak runs it with TEST_UPGRADE=1")
def test_a_rolling_upgrade_under_load(postgresql_url: str, tmp_path: Path) -> None:
    now = utc_now()
    first_alarm = now + timedelta(seconds=25)
    planned = watches(now, first_alarm)
    seeded = seed(
        postgresql_url, [SECRET], ALARMED + QUIET, ALARMED + QUIET, now=now, watch=lambda number: planned[number]
    )
    successor = make_next_release(tmp_path / "next")
    proxy = Proxy()
    with MockTwilio() as twilio, ExitStack() as stack:
        env = environment(postgresql_url, twilio.env())

        def start(release: Path, command: str) -> Program:
            program = Program(release, command, env, tmp_path)
            stack.callback(program.kill)
            return program

        def start_all(release: Path) -> tuple[list[Program], list[Program]]:
            workers = [start(release, "worker") for _ in range(2)]
            webs = [start(release, "web") for _ in range(2)]
            for web in webs:
                web.until("/readyz")
            proxy.webs = [*proxy.webs, *webs]
            for worker in workers:
                worker.until("/healthz")
            return webs, workers

        old_webs, old_workers = start_all(ROOT)
        proxy.start()
        stack.callback(proxy.stop)
        let_it_be(1)
        with load_on(proxy, seeded.tokens[ALARMED:]) as load:
            let_it_be(CALM_SECONDS)
            migrate = [sys.executable, "-m", "service", "migrate"]
            subprocess.run(migrate, cwd=successor, env=env, check=True, capture_output=True)
            for worker in old_workers:
                worker.until("/readyz", 503)
            assert [web.answers("/readyz") for web in old_webs] == [200, 200]
            start_all(successor)
            let_it_be(CALM_SECONDS)
            for program in [*old_webs, *old_workers]:
                program.leave()
                let_it_be(1)
            let_it_be(CALM_SECONDS)
        _wait_for_alarms(twilio)
        _judge(postgresql_url, twilio, load)


def _wait_for_alarms(twilio: MockTwilio) -> None:
    until = monotonic() + ALARMED * ALARMS_EVERY.total_seconds() + 60
    while len(_mothers_told(twilio)) < ALARMED and monotonic() < until:
        let_it_be(0.5)
    let_it_be(CALM_SECONDS)


def _mothers_told(twilio: MockTwilio) -> set[str]:
    return {text.to for text in twilio.ledger.texts if text.to.startswith("+7702")}


def _judge(url: str, twilio: MockTwilio, load: Load) -> None:
    db = make_engine(url)
    with_kept = select(func.count(), func.count(INBOX.c.handled_at)).where(INBOX.c.source == "check_in")
    kept, read = tx.read(db, lambda conn: conn.execute(with_kept).one())
    alarms = tx.read(db, lambda conn: conn.execute(select(func.count()).select_from(ALARMS)).scalar_one())
    db.close()
    # Each text has a code of its own, so a second one alike is the same text sent twice.
    texts = Counter((text.to, text.body) for text in twilio.ledger.texts)
    answered, alike = dict(Counter(load.statuses)), max(texts.values())
    print(
        f"{HEAD} to {NEXT}: {len(load.statuses)} check-ins answered {answered}, {kept} kept, {read} read;"
        f" {alarms} alarms, {len(_mothers_told(twilio))} people told, {len(texts)} texts, {alike} alike at most"
    )
    assert set(load.statuses) == {200}
    assert kept == read == len(load.statuses)
    assert alarms == ALARMED == len(_mothers_told(twilio))
    assert alike == 1
