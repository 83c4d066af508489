"""A channel is one file: the contract suite, unedited, takes up what is dropped beside the others, and judges it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = "tests/notifiers/test_contract.py"

NOTIFIER = """
    from pydantic import BaseModel, Field, SecretStr
    from notifiers.base import Accepted, DeliveryState, Unavailable
    from notifiers.plain_http import NoAnswer, request
    from notifiers.registry import NotifierSpec

    class Settings(BaseModel):
        url: str = Field(title="Loft", examples=["http://loft.example.org"])
        key: SecretStr | None = Field(default=None, title="Key")
        timeout: float = Field(default=5.0, title="Seconds")

    class Bird:
        name, channel = "{name}", "{name}"

        def __init__(self, settings):
            self.api_url, self.timeout = settings.url, settings.timeout

        def send(self, message):
            answer = request(self.api_url, self.timeout, body=message.body.encode())
            if isinstance(answer, NoAnswer):
                return Unavailable(answer.reason, maybe_accepted=answer.left)
            if {believes}:
                return Accepted(message.outbox_id, DeliveryState.SENT)
            return Unavailable("this is no loft", maybe_accepted=True)

    SPEC = NotifierSpec("{name}", "{name}", "Post by {name}", Settings, lambda s, now: Bird(s), "{prefix}")
"""
WORLD = """
    from contextlib import contextmanager
    from datetime import datetime, timedelta, UTC
    from notifiers.{name} import SPEC
    from tests.notifiers.hook_server import hook_server

    class Sky:
        address = "+77010000001"

        def __init__(self, server):
            self.server, self._now = server, datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
            server.answer = b"coo"
            self.notifier = SPEC.build(SPEC.load({{SPEC.variable("url"): server.url}}), self.now)

        def now(self): return self._now
        def pass_time(self, minutes): self._now += timedelta(minutes=minutes)
        def arrived(self): return [call.body.decode() for call in self.server.calls]
        def lose_next_answer(self): self.server.status = 0; return True
        def write(self, body): return None
        def go_away(self): self.server.stop()

    @contextmanager
    def world(folder):
        with hook_server() as server:
            yield Sky(server)
"""
RUN = """
    import os, sys, notifiers, tests.notifiers, pytest
    suite, birds, worlds = sys.argv[1:]
    notifiers.__path__.append(birds)
    tests.notifiers.__path__.append(worlds)
    quick = "-q", "-rA", "-c", os.devnull, "--rootdir", os.getcwd(), "--noconftest", "-p", "no:cacheprovider"
    sys.exit(pytest.main([suite, "-k", "pigeon or magpie", *quick]))
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What the suite says of two birds that were dropped into a folder: by bird and test, PASSED, FAILED or SKIPPED."""
    birds, worlds = tmp_path_factory.mktemp("birds"), tmp_path_factory.mktemp("worlds")
    # A magpie takes any answer for a yes.
    for name, believes in {"pigeon": 'answer.body == b"coo"', "magpie": "True"}.items():
        named = {"name": name, "prefix": name.upper(), "believes": believes}
        (birds / f"{name}.py").write_text(textwrap.dedent(NOTIFIER.format(**named)))
        (worlds / f"world_{name}.py").write_text(textwrap.dedent(WORLD.format(**named)))
    command = [sys.executable, "-c", textwrap.dedent(RUN), SUITE, str(birds), str(worlds)]
    # Without what else the tests plug in, of which it needs nothing.
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    found: dict[str, dict[str, str]] = {"pigeon": {}, "magpie": {}}
    for verdict, test, bird in re.findall(r"^(PASSED|FAILED) \S+::(\w+\[(?:\w+-)?(pigeon|magpie)\])", ran.stdout, re.M):
        found[bird][test] = verdict
    assert found["pigeon"], ran.stdout + ran.stderr
    return found


def test_a_file_that_is_dropped_in_is_held_to_the_contract(verdicts: dict[str, dict[str, str]]) -> None:
    assert set(verdicts["pigeon"].values()) == {"PASSED"}
    for test in (
        "test_it_says_what_it_is[pigeon]",
        "test_half_a_configuration_stops_the_start[pigeon]",
        "test_nonsense_from_the_provider_is_a_verdict[200-pigeon]",
        "test_a_message_arrives_once_and_as_written[pigeon]",
        "test_a_provider_that_went_away_is_unavailable[pigeon]",
    ):
        assert test in verdicts["pigeon"]


def test_one_that_does_not_keep_it_is_found_out(verdicts: dict[str, dict[str, str]]) -> None:
    failed = {test for test, verdict in verdicts["magpie"].items() if verdict == "FAILED"}
    assert failed == {
        f"test_nonsense_from_the_provider_is_a_verdict[{status}-magpie]" for status in (200, 302, 500, 503)
    }
