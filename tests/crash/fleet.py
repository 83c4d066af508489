"""The processes of one installation: started, killed, and started again as a supervisor does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from service.edges import SENDING

PATIENCE = 60.0
DOES_NOT_START = 1
"""The exit status of a program that says why it does not start."""
TRY_AGAIN_AFTER = 0.3


@dataclass
class Program:
    """One process of the installation; `pid` is None while it is down."""

    name: str
    command: str
    port: int
    pid: int | None = None
    held: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Death:
    """A SIGKILL: at an edge of the service, or `random`."""

    name: str
    pid: int
    point: str
    at: float


@dataclass
class Fleet:
    """`with Fleet(folder, env, ["web", "worker"]) as fleet:`, then `start`.

    Who dies is started again at once, unless it is held. The launcher loads the service meanwhile.
    """

    folder: Path
    env: Mapping[str, str]
    commands: list[str]
    deaths: list[Death] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Programs that ended although nobody had killed them."""

    def __post_init__(self) -> None:
        self.programs = [
            Program(f"{command}{number}", command, free_port()) for number, command in enumerate(self.commands)
        ]
        self._news = threading.Condition()
        self._at_random: set[int] = set()
        self._ending = False
        self.may_not_start = False
        """While the database is away a program that begins says so and ends."""
        (self.folder / "orders").mkdir()
        (self.folder / "reached").touch()

    def __enter__(self) -> Self:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")}
        self._launcher = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.launch", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=clean,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def start(self) -> None:
        """Start everybody, and wait until the webs are ready."""
        for program in self.programs:
            self._start(program)
        for program in self.webs:
            self.wait_ready(program)

    def __exit__(self, *_: object) -> None:
        self._ending = True
        for program in self.programs:
            self.kill(program)
        with self._news:
            assert self._launcher.stdin is not None
            self._launcher.stdin.close()
        self._launcher.wait(PATIENCE)
        self._listener.join(PATIENCE)
        assert self._launcher.stdout is not None
        self._launcher.stdout.close()

    # --- life and death

    @property
    def webs(self) -> list[Program]:
        return [program for program in self.programs if program.command != "worker"]

    def order(self, *points: str) -> None:
        """Whoever reaches one of these edges next dies there."""
        for point in points:
            (self.folder / "orders" / point).touch()

    def outstanding(self) -> set[str]:
        """Edges at which somebody is still to die."""
        return set(os.listdir(self.folder / "orders"))

    def withdraw(self) -> None:
        """Nobody has to die any more."""
        for point in self.outstanding():
            (self.folder / "orders" / point).unlink(missing_ok=True)

    def wait_for_orders(self, patience: float) -> set[str]:
        """Until all orders are carried out; those that were not."""
        end = time.monotonic() + patience
        with self._news:
            while self.outstanding() and time.monotonic() < end:
                self._news.wait(0.05)
        return self.outstanding()

    def kill(self, program: Program) -> bool:
        """Kill it wherever it is; false when it was down anyway."""
        with self._news:
            if program.pid is None:
                return False
            self._at_random.add(program.pid)
            self._tell({"kill": program.pid})
            return True

    def hold(self, programs: list[Program]) -> None:
        """Kill these and leave them down until `release`."""
        for program in programs:
            program.held = True
            self.kill(program)
        with self._news:
            assert self._news.wait_for(lambda: all(one.pid is None for one in programs), PATIENCE)

    def release(self, programs: list[Program]) -> None:
        for program in programs:
            program.held = False
            self._start(program)

    def wait_ready(self, program: Program) -> None:
        """Until it answers; it may die meanwhile."""
        end, pause = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < end and not self.faults and self._launcher.poll() is None:
            try:
                with urllib.request.urlopen(f"{program.url}/readyz", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                pause.wait(0.05)
        raise AssertionError(f"{program.name} did not get ready; see {self._log(program)}")

    # --- what happened

    def reached(self) -> set[str]:
        """Every edge that anybody has reached so far."""
        return {line.split()[1] for line in self._notes() if line.startswith("reached")}

    def sends_begun(self, since: float, until: float, pid: int | None = None) -> int:
        """How many messages were handed to the provider in a while, by anybody or by one process."""
        count = 0
        for line in self._notes():
            what, point, _, whose, at = line.split()
            if (what, point) == ("reached", SENDING) and pid in (None, int(whose)):
                count += since <= float(at) <= until
        return count

    def _notes(self) -> list[str]:
        return (self.folder / "reached").read_text().splitlines()

    def _log(self, program: Program) -> Path:
        return self.folder / f"{program.name}.log"

    def _start(self, program: Program) -> None:
        argv = [program.command, "--port", str(program.port)]
        self._tell({"name": program.name, "argv": argv, "env": dict(self.env), "log": str(self._log(program))})

    def _tell(self, order: dict[str, object]) -> None:
        with self._news:
            assert self._launcher.stdin is not None
            if not self._launcher.stdin.closed:
                self._launcher.stdin.write(json.dumps(order).encode() + b"\n")
                self._launcher.stdin.flush()

    def _listen(self) -> None:
        assert self._launcher.stdout is not None
        for line in self._launcher.stdout:
            said = json.loads(line)
            program = next(one for one in self.programs if one.name == said["name"])
            with self._news:
                if "status" in said:
                    self._ended(program, said["pid"], said["status"])
                else:
                    program.pid = said["pid"]
                self._news.notify_all()

    def _ended(self, program: Program, pid: int, status: int) -> None:
        program.pid = None
        if self._ending:
            return
        if status == -signal.SIGKILL:
            self.deaths.append(Death(program.name, pid, self._point_of(pid), time.monotonic()))
        elif status != DOES_NOT_START or not self.may_not_start:
            self.faults.append(f"{program.name} ended by itself with {status}; see {self._log(program)}")
            return
        if program.held:
            return
        if status == DOES_NOT_START:
            threading.Timer(TRY_AGAIN_AFTER, self._start, (program,)).start()
        else:
            self._start(program)

    def _point_of(self, pid: int) -> str:
        killed = [line.split() for line in self._notes() if line.startswith("killed")]
        by_whom = "random" if pid in self._at_random else "unknown"
        return next((point for _, point, _, whose, _ in killed if int(whose) == pid), by_whom)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
