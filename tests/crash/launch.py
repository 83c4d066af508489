"""`python -m tests.crash.launch FOLDER`: starts programs of the service that may be killed at their edges.

It loads the service once and forks a process for each start, so that a restart costs what the program itself does and
not what Python's imports take. Each process appends the edges that it reaches to `FOLDER/reached`. A file
`FOLDER/orders/EDGE` is an order: whoever reaches that edge next takes the file away and dies by SIGKILL, there.

On standard input: a JSON line `{"name", "argv", "env", "log"}` for each start, `{"kill": pid}` for each kill. On
standard output: a JSON line `{"name", "pid"}` when it has begun, and `{"name", "pid", "status"}` when it has ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from service import cli, edges
from service.app import create_app
from service.db.migrate import upgrade
from service.settings import Settings
from service.wiring import build

APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT
SERVING = (
    *("lifespan.on", "loops.auto", "loops.asyncio", "loops.uvloop"),
    *("protocols.http.auto", "protocols.websockets.auto"),
)


class Watcher:
    """Notes the edges that this process reaches, and dies where it was ordered."""

    def __init__(self, folder: Path, name: str) -> None:
        self._orders = folder / "orders"
        self._name = name
        self._notes = os.open(folder / "reached", APPEND, 0o644)
        self._seen: set[str] = set()

    def __call__(self, point: str) -> None:
        if point == edges.SENDING or point not in self._seen:
            self._seen.add(point)
            self._note("reached", point)
        try:
            os.unlink(self._orders / point)
        except FileNotFoundError:
            return
        self._note("killed", point)
        os.kill(os.getpid(), signal.SIGKILL)
        threading.Event().wait()

    def _note(self, what: str, point: str) -> None:
        # One write to a file opened for appending is one whole line, whoever else writes.
        os.write(self._notes, f"{what} {point} {self._name} {os.getpid()} {time.monotonic():.3f}\n".encode())


class Launcher:
    """Forks when it is told to, and tells who has ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[int, str] = {}
        self._ended, tell = os.pipe()
        for end in (self._ended, tell):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(tell, warn_on_full_buffer=False)

    def run(self) -> None:
        """Until standard input is closed; then everybody is killed."""
        pending = b""
        while True:
            ready, _, _ = select.select([0, self._ended], [], [])
            if self._ended in ready:
                os.read(self._ended, 4096)
                self._reap()
            if 0 in ready:
                chunk = os.read(0, 65536)
                if not chunk:
                    break
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
        for pid in self._names:
            os.kill(pid, signal.SIGKILL)

    def _obey(self, order: dict[str, Any]) -> None:
        if "kill" in order:
            # Only here it is sure whose number this is: a child that has ended keeps it until it is waited for.
            if order["kill"] in self._names:
                os.kill(order["kill"], signal.SIGKILL)
            return
        pid = os.fork()
        if pid == 0:
            self._become(order)
        self._names[pid] = order["name"]
        _say(name=order["name"], pid=pid)

    def _become(self, order: dict[str, Any]) -> None:
        status = 70
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(order["log"], APPEND, 0o644)
            for source, target in ((nothing, 0), (log, 1), (log, 2)):
                os.dup2(source, target)
            os.environ.update(order["env"])
            sys.argv = ["amanba", *order["argv"]]
            edges.watch(Watcher(self._folder, order["name"]))
            cli.main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            _say(name=self._names.pop(pid), pid=pid, status=os.waitstatus_to_exitcode(status))


def _say(**what: Any) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _rehearse(folder: Path) -> None:
    """Start everything once over a database of its own, so that no start after it loads anything."""
    others = ("pydantic.v1", "twilio.rest.api", "service.worker_app", "tzdata.zoneinfo")
    for name in (*others, *(f"uvicorn.{part}" for part in SERVING)):
        importlib.import_module(name)
    place = folder / "rehearsal"
    settings = Settings(data_dir=place, database_url=f"sqlite:///{place / 'amanba.db'}")
    place.mkdir()
    upgrade(settings.database)
    service = build(settings)
    create_app(service=service)
    service.db.close()
    assert threading.active_count() == 1, "who has threads must not fork"


if __name__ == "__main__":
    _rehearse(Path(sys.argv[1]))
    # What is loaded by now is shared by all: nobody looks through it for garbage.
    gc.collect()
    gc.freeze()
    Launcher(Path(sys.argv[1])).run()
