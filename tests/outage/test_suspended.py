"""A worker is suspended while it sends, for longer than its lease; another takes over, and then the first goes on."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from service.clock import monotonic
from service.db import tables
from service.db.stored import table_of
from service.usecases.accept import Inbound, accept
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from tests.mock_twilio import Text
from tests.scenarios.story import BROTHER, MOTHER, OPERATOR, SECRET, Story, family, open_story

OUTBOX = table_of(tables.Outbox)
LEASE_SECONDS = 4
PATIENCE = 60.0


def until(condition: Callable[[], bool]) -> None:
    pause, began = threading.Event(), monotonic()
    while not condition():
        assert monotonic() < began + PATIENCE
        pause.wait(0.05)


@contextmanager
def worker(story: Story, url: str) -> Iterator[subprocess.Popen[bytes]]:
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")},
        **story.twilio.env(),
        "AMANBA_DATABASE_URL": url,
        "AMANBA_PUBLIC_URL": story.service.public_url,
        "AMANBA_SECRET_KEYS": base64.urlsafe_b64encode(SECRET).decode(),
        "AMANBA_OPERATOR": OPERATOR,
        # A lease of seconds is only for demonstrations.
        "AMANBA_DEMO": "1",
        "AMANBA_LEASE_SECONDS": str(LEASE_SECONDS),
        "AMANBA_LOG_LEVEL": "WARNING",
    }
    started = subprocess.Popen([sys.executable, "-m", "service", "worker", "--port", "0"], env=env)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def an_alarm_is_open(story: Story) -> None:
    """Its first alerts wait in the outbox, in the machine's own time: real workers live in it."""
    now = datetime.now(UTC).replace(microsecond=0)
    story.now = now - timedelta(hours=3)
    due = now - timedelta(minutes=61)
    starts_at = (now - timedelta(hours=4)).isoformat()
    plan = {"once": [due.isoformat()], "grace_seconds": 3600, "remind_before_seconds": 1800}
    family(story, plan=plan, starts_at=starts_at)
    story.advance(seconds=(now - timedelta(minutes=2) - story.now).total_seconds())
    story.now = now
    reconcile_inbound(story.service)
    sweep(story.service)
    assert "pending" in states(story)


def states(story: Story) -> set[str]:
    return set(story.service.read(lambda conn: conn.execute(select(OUTBOX.c.state)).scalars()))


def test_suspended_for_longer_than_its_lease_it_doubles_nothing(postgresql_url: str) -> None:
    with open_story(postgresql_url) as story:
        an_alarm_is_open(story)
        story.twilio.use_clock(lambda: datetime.now(UTC))
        asleep = threading.Event()
        with worker(story, postgresql_url) as first:

            def suspend(text: Text) -> None:
                # The provider has it; who sent it will not hear so for a while.
                if text.to == MOTHER and not asleep.is_set():
                    first.send_signal(signal.SIGSTOP)
                    asleep.set()

            story.twilio.on_accept = suspend
            assert asleep.wait(PATIENCE)
            assert "sending" in states(story)
            with worker(story, postgresql_url):
                until(lambda: not states(story) & {"pending", "sending"})
                first.send_signal(signal.SIGCONT)
                digest = story.service.keys.phone_hash(MOTHER)
                accept(story.service, Inbound("twilio_sms", "SM" + "4" * 32, digest, "3", address=MOTHER))
                # The next rung: whoever of the two tells it, they tell it once.
                until(lambda: bool(story.phone(BROTHER).unread) and not states(story) & {"pending", "sending"})
                assert first.poll() is None, "it goes on"
        alerts = [text for text in story.twilio.sent if "Lotus Garden Hotel" in text.body and text.to == MOTHER]
        assert len(alerts) == 1
        texts = [(text.to, text.body) for text in story.twilio.sent]
        assert len(texts) == len(set(texts))
