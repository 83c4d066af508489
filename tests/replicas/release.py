"""This version and a made-up next one as programs: webs and workers over one database, and a proxy before the webs."""

from __future__ import annotations

import base64
import http.client
import itertools
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from service.clock import monotonic
from service.db.schema import HEAD, KNOWN
from tests.architecture.sources import ROOT
from tests.replicas.engines import SECRET

NEXT = f"{int(HEAD[:4]) + 1:04}"
START_SECONDS = 240.0
"""Until its bytecode is there, a release that was just unpacked takes long to start on a busy machine."""
CHECK_SECONDS = 0.2
DRAIN_SECONDS = 1.0

_MIGRATION = f'''"""Expand: what a next release might add."""

import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{KNOWN[-1]}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("watches", sa.Column("of_tomorrow", sa.String(), nullable=True))
    op.add_column("inbox", sa.Column("of_tomorrow", sa.Integer(), nullable=False, server_default="7"))
    op.create_table("of_tomorrow", sa.Column("id", sa.Integer(), primary_key=True))
'''


def make_next_release(folder: Path) -> Path:
    """The next release's source: this one and one more migration."""
    for room in ("service", "notifiers"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "service" / "db" / "migrations" / "versions" / f"v{NEXT}_of_tomorrow.py").write_text(_MIGRATION)
    return folder


class Program:
    """One `amanba web` or `amanba worker` of a release."""

    def __init__(self, release: Path, command: str, env: Mapping[str, str], folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.said = folder / f"{command}-{self.port}.log"
        with self.said.open("wb") as file:
            arguments = [sys.executable, "-m", "service", command, "--port", str(self.port)]
            self._process = subprocess.Popen(arguments, cwd=release, env=dict(env), stdout=file, stderr=file)

    def answers(self, path: str) -> int:
        """The status of a path; 0 when nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            return 0
        finally:
            connection.close()

    def until(self, path: str, status: int = 200) -> None:
        pause, began = threading.Event(), monotonic()
        while self.answers(path) != status:
            assert self._process.poll() is None, self.said.read_text()
            assert monotonic() < began + START_SECONDS, f"{path} never answered {status}: {self.said.read_text()}"
            pause.wait(0.1)

    def leave(self) -> None:
        """End it as a supervisor does, and see that it ended in order."""
        self._process.terminate()
        assert self._process.wait(60) == 0, self.said.read_text()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def environment(url: str, twilio: Mapping[str, str]) -> dict[str, str]:
    """What all processes of the installation are started with."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")},
        **twilio,
        "AMANBA_DATABASE_URL": url,
        "AMANBA_SECRET_KEYS": base64.urlsafe_b64encode(SECRET).decode(),
        "AMANBA_OPERATOR": "+77019990000",
        "AMANBA_STORM_BRAKE": "0",
        "AMANBA_DRAIN_SECONDS": str(DRAIN_SECONDS),
        "AMANBA_LOG_LEVEL": "WARNING",
    }


class Proxy:
    """What a reverse proxy does: it asks each web's /readyz, sends requests in turn to those that are ready, keeps its
    connections, and tries another web when one does not take the connection. It sends nothing twice.
    """

    def __init__(self) -> None:
        self.webs: list[Program] = []
        self._ready: list[Program] = []
        self._turn = itertools.count()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._check, daemon=True)
        self._kept: dict[tuple[int, int], http.client.HTTPConnection] = {}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        for connection in self._kept.values():
            connection.close()

    def send(self, path: str, body: str) -> int:
        """POST a form; the status that the sender gets, 0 for a request that was cut off and 502 without a web."""
        ready = self._ready
        first = next(self._turn)
        for number in range(len(ready)):
            web = ready[(first + number) % len(ready)]
            connection = self._connection(web)
            try:
                if connection.sock is None:
                    connection.connect()
            except ConnectionRefusedError:
                continue
            try:
                connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
                answer = connection.getresponse()
                answer.read()
                return answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                return 0
        return 502

    def _connection(self, web: Program) -> http.client.HTTPConnection:
        """This sender's own."""
        key = (threading.get_ident(), web.port)
        if key not in self._kept:
            self._kept[key] = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
        return self._kept[key]

    def _check(self) -> None:
        while not self._stop.wait(CHECK_SECONDS):
            self._ready = [web for web in self.webs if web.answers("/readyz") == 200]
