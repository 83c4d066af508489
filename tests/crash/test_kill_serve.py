"""`amanba serve` as a process, killed with -9 between the steps of the story and started again.

What the provider's own ledger holds decides what was lost or doubled, not our database.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.mock_twilio import MockTwilio, Text

TRAVELER, MOTHER, BROTHER = "+77011234567", "+77012223344", "+77013334455"
PATIENCE = 60.0


class Process:
    """One `amanba serve` over one folder; it may die and come back."""

    def __init__(self, folder: Path, twilio: MockTwilio, port: int) -> None:
        self._env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")},
            **twilio.env(),
            "AMANBA_DATA_DIR": str(folder),
            "AMANBA_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "AMANBA_OPERATOR": "+77019990000",
            "AMANBA_DEMO": "1",
            "AMANBA_LEASE_SECONDS": "3",
            "AMANBA_LOG_LEVEL": "WARNING",
        }
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._running = subprocess.Popen(self._command, env=self._env)
        pause = threading.Event()
        for _ in range(int(PATIENCE * 10)):
            if self._is_well():
                return
            assert self._running.poll() is None, "serve ended by itself"
            pause.wait(0.1)
        raise AssertionError("serve did not become well")

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def _is_well(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Ledger:
    """Waits until the provider's ledger says something."""

    def __init__(self, twilio: MockTwilio) -> None:
        self._twilio = twilio
        self._news = threading.Condition()
        twilio.on_accept = self._accepted

    def until(self, number: str, part: str) -> str:
        """The first text to `number` that holds `part`, waiting for it."""
        found = self._wait(lambda: next((body for body in self.bodies(number) if part in body), None))
        assert found is not None, f"no text with {part!r} came to {number}: {self.bodies(number)}"
        return found

    def bodies(self, number: str) -> list[str]:
        return self._twilio.phone(number).received

    def _wait(self, look: Callable[[], str | None]) -> str | None:
        with self._news:
            self._news.wait_for(lambda: look() is not None, timeout=PATIENCE)
        return look()

    def _accepted(self, _: Text) -> None:
        with self._news:
            self._news.notify_all()


@contextmanager
def installation(folder: Path) -> Iterator[tuple[Process, MockTwilio, Ledger]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with MockTwilio(app_url=f"http://127.0.0.1:{port}") as twilio:
        ledger, process = Ledger(twilio), Process(folder, twilio, port)
        process.start()
        try:
            yield process, twilio, ledger
        finally:
            process.kill()


def arm_a_trip(process: Process, twilio: MockTwilio, ledger: Ledger, first_in: float) -> datetime:
    """Register, invite, accept and arm over HTTP; returns the first deadline."""
    person = {"name": "Aizhan", "phone": TRAVELER, "language": "en"}
    process.call("POST", "/travelers", person)
    code = re.search(r"\d{6}", ledger.until(TRAVELER, "is your code"))
    assert code is not None
    token = process.call("POST", "/travelers/verify", {"phone": TRAVELER, "code": code.group()})["token"]
    now = datetime.now(UTC)
    trip = {
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(days=30)).isoformat(),
        "wording": "plain",
        "destination": {"country": "TR", "city": "Antalya", "zone": "Europe/Istanbul"},
        "employer": {"name": "Lotus Garden Hotel"},
        "consulate": {"name": "Consulate", "phone": "+902422481200"},
    }
    path = f"/trips/{process.call('POST', '/trips', trip, token)['trip_id']}"
    ids = []
    for name, phone in (("Gulnar", MOTHER), ("Daniyar", BROTHER)):
        contact = {"name": name, "relation": "family", "language": "en", "role": "full", "disclosure": "full"}
        ids.append(process.call("POST", f"{path}/contacts", {**contact, "phone": phone}, token)["contact_id"])
        ledger.until(phone, "Accept: answer 1")
        twilio.phone(phone).reply("1")
        ledger.until(phone, "Nothing to do now")
    rungs = [{"contacts": ids[:1], "wait_seconds": 600}, {"contacts": ids, "wait_seconds": 600}]
    process.call("PUT", f"{path}/ladder", {"rungs": rungs, "repeat_seconds": 3600}, token)
    first = datetime.now(UTC) + timedelta(seconds=first_in)
    plan = {"once": [first.isoformat()], "grace_seconds": 4, "remind_before_seconds": 2}
    process.call("PUT", f"{path}/plan", plan, token)
    process.call("POST", f"{path}/arm", None, token)
    return first


def assert_each_once(ledger: Ledger) -> None:
    for number in (TRAVELER, MOTHER, BROTHER):
        bodies = [re.sub(r"#\w{4}", "#", body) for body in ledger.bodies(number)]
        assert len(bodies) == len(set(bodies)), f"{number} got a text twice: {bodies}"


def test_killed_between_the_steps_the_story_still_ends_and_nothing_is_doubled(tmp_path: Path) -> None:
    with installation(tmp_path) as (process, twilio, ledger):
        arm_a_trip(process, twilio, ledger, first_in=6)

        def die() -> None:
            process.kill()
            process.start()

        ledger.until(TRAVELER, "OK")
        die()
        ledger.until(MOTHER, "Lotus Garden Hotel")
        die()
        assert twilio.phone(MOTHER).reply("1") == 200
        die()
        ledger.until(MOTHER, "You have it until")
        assert twilio.phone(MOTHER).reply("2") == 200
        die()
        ledger.until(MOTHER, "Aizhan is safe")
        assert_each_once(ledger)


def test_killed_while_sending_the_provider_is_asked_before_anything_is_sent_again(tmp_path: Path) -> None:
    with installation(tmp_path) as (process, twilio, ledger):
        arm_a_trip(process, twilio, ledger, first_in=6)
        killed = threading.Event()

        def die_after_acceptance(text: Text) -> None:
            # The provider has the alarm, and we die before we hear of it.
            if "Lotus Garden Hotel" in text.body and not killed.is_set():
                process.kill()
                killed.set()

        waiting = twilio.on_accept
        twilio.on_accept = die_after_acceptance
        assert killed.wait(PATIENCE)
        twilio.on_accept = waiting
        process.start()
        assert twilio.phone(MOTHER).reply("1") == 200
        ledger.until(MOTHER, "You have it until")
        assert len([body for body in ledger.bodies(MOTHER) if "Lotus Garden Hotel" in body]) == 1
        assert_each_once(ledger)


def test_an_ok_sent_while_it_was_down_counts_although_the_grace_has_run_out(tmp_path: Path) -> None:
    with installation(tmp_path) as (process, twilio, ledger):
        first = arm_a_trip(process, twilio, ledger, first_in=4)
        process.kill()
        wait_until(first + timedelta(seconds=2))
        twilio.text_unheard(TRAVELER, "ok")
        wait_until(first + timedelta(seconds=5))
        process.start()
        ledger.until(TRAVELER, "Thank you")
        wait_until(datetime.now(UTC) + timedelta(seconds=3))
        assert not [body for body in ledger.bodies(MOTHER) if "Lotus" in body]


def wait_until(moment: datetime) -> None:
    """Time that a real process lives through."""
    threading.Event().wait(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
