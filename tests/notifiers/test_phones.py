"""Simulated phones: the telephone network outlives the service."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from notifiers.base import Accepted, Cause, Found, Message, NotFound, Rejected
from notifiers.phones import PHONE_OFF, Phones

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=5)))
MOTHER, BROTHER = "+77010000001", "+77010000002"

KILLED_AFTER_SENDING = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from notifiers.base import Message
from notifiers.phones import Phones
phones = Phones(Path(sys.argv[1]), lambda: datetime.now(UTC))
phones.send(Message("out-1", "+77010000001", "No sign since 20:31", "alert", "#7F3K", None, None))
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def phones(tmp_path: Path) -> Phones:
    return Phones(tmp_path / "data" / "phones.db", lambda: NOW)


def text(body: str, to: str = MOTHER, outbox_id: str = "out-1") -> Message:
    return Message(outbox_id, to, body, "alert", None, None, None)


def test_a_text_shows_on_the_phone_it_was_sent_to(phones: Phones) -> None:
    phones.send(text("Қайрлы таң"))
    phones.send(text("for him", BROTHER))
    (shown,) = phones.received([MOTHER])
    assert (shown.body, shown.kind, shown.outbox_id) == ("Қайрлы таң", "alert", "out-1")
    assert shown.at == NOW
    assert shown.at.tzinfo is UTC


def test_a_page_asks_only_for_what_is_new(phones: Phones) -> None:
    phones.send(text("one"))
    phones.send(text("two", BROTHER))
    seen = phones.received([MOTHER, BROTHER])
    phones.send(text("three"))
    assert [one.body for one in seen] == ["one", "two"]
    assert [one.body for one in phones.received([MOTHER, BROTHER], since_id=seen[-1].id)] == ["three"]
    assert phones.received([]) == []


def test_a_phone_that_is_off_gets_nothing_until_it_is_on(phones: Phones) -> None:
    phones.switch_off(MOTHER)
    assert phones.is_off(MOTHER)
    refusal = phones.send(text("can you hear me"))
    assert isinstance(refusal, Rejected)
    assert (refusal.cause, refusal.code) == (Cause.TEMPORARY, PHONE_OFF)
    assert isinstance(phones.send(text("and you", BROTHER)), Accepted)
    phones.switch_on(MOTHER)
    assert phones.received([MOTHER]) == []
    assert isinstance(phones.send(text("and now")), Accepted)


def test_what_was_sent_before_a_kill_is_found_after_it(tmp_path: Path) -> None:
    path = tmp_path / "phones.db"
    killed = subprocess.run([sys.executable, "-c", KILLED_AFTER_SENDING, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    phones = Phones(path, lambda: NOW)
    assert isinstance(phones.find_sent(text("No sign since 20:31"), NOW), Found)
    assert phones.find_sent(text("No sign since 20:31", outbox_id="out-2"), NOW) == NotFound()
    assert [one.body for one in phones.received([MOTHER])] == ["No sign since 20:31"]
