"""Check-ins durably kept in a second, what one costs, and how long one waits: `POST /c/{token}`.

`python -m tests.bench.check_ins --seconds 3 --rounds 1` is a short form.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from uuid import uuid4

from service.db.engine import Database, make_engine
from service.db.migrate import upgrade
from service.db.routing import Inbox
from service.db.secrets import make_key, parse_secret_keys
from service.db.stored import table_of
from tests.bench.check_in_load import Load, Round
from tests.bench.figures import Figure
from tests.bench.ground import ROOT, Ground, amanba, ground
from tests.bench.seeding import count_rows, seed

INBOX = table_of(Inbox)
PROCESSES = {"postgresql": ("web", "web"), "sqlite": ("serve",)}
"""How an installation of this size is run; two processes that write starve each other on SQLite."""


def measure(
    engine: str = "postgresql",
    *,
    seconds: float = 10.0,
    rounds: int = 5,
    warm_up: float = 2.0,
    connections: Sequence[int] = (1, 8, 32),
    trips: int = 100_000,
    links: int = 2_000,
) -> list[Figure]:
    """Press `links` links of `trips` trips over so many connections: what was kept in a second, what each cost, and how
    long one waited for the answer.

    Args:
        engine: `postgresql` with two web processes, or `sqlite` with one that does everything.
        seconds: how long a round lasts, after a `warm_up` of so many seconds.

    Raises:
        AssertionError: fewer rows were kept than answers said so, or somebody was answered otherwise.
    """
    figures: list[Figure] = []
    with ground(engine) as place:
        upgrade(place.url)
        key = make_key()
        tokens = seed(place.url, parse_secret_keys(key), trips, links).tokens
        settings = {
            "AMANBA_DATABASE_URL": place.url,
            "AMANBA_SECRET_KEYS": key,
            "AMANBA_DATA_DIR": str(place.folder),
            "AMANBA_OPERATOR": "+77770000000",
        }
        lengths = [warm_up, *[seconds] * rounds]
        db = make_engine(place.url)
        try:
            with amanba(*PROCESSES[engine], settings=settings) as servers:
                for count in connections:
                    load = Load([port for _, port in servers], tokens, count, uuid4().hex)
                    measured = list(_rounds(place, db, [process for process, _ in servers], load, lengths))
                    figures += _figures(engine, count, measured[1:])
        finally:
            db.close()
    return figures


def _rounds(
    place: Ground, db: Database, servers: Sequence[int], load: Load, lengths: Sequence[float]
) -> Iterator[tuple[Round, float]]:
    """Each round with the CPU seconds that it took."""
    with pressing(load) as press:
        for seconds in lengths:
            rows, before = count_rows(db, INBOX), place.cpu_seconds(*servers)
            done = press(seconds)
            cpu = place.cpu_seconds(*servers) - before
            added = count_rows(db, INBOX) - rows
            if added < done.kept or set(done.answers) != {200}:
                raise AssertionError(f"{added} rows were kept, and the answers were {done.answers}")
            yield done, cpu


@contextmanager
def pressing(load: Load) -> Iterator[Callable[[float], Round]]:
    """A process that presses for so many seconds each time that it is asked to."""
    arguments = [sys.executable, "-m", "tests.bench.check_in_load"]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def say(line: str) -> None:
            assert process.stdin is not None
            process.stdin.write(line + "\n")
            process.stdin.flush()

        def press(seconds: float) -> Round:
            assert process.stdout is not None
            say(str(seconds))
            said = json.loads(process.stdout.readline())
            return Round(said["seconds"], {int(status): n for status, n in said["answers"].items()}, said["took"])

        say(json.dumps(asdict(load)))
        try:
            yield press
        finally:
            process.stdin.close()


def _figures(engine: str, connections: int, measured: Sequence[tuple[Round, float]]) -> list[Figure]:
    rounds = [done for done, _ in measured]
    costs = tuple(1000 * cpu / done.kept for done, cpu in measured)
    name = f"check_ins_{connections}"

    def waits(share: float) -> tuple[float, ...]:
        return tuple(1000 * done.percentile(share) for done in rounds)

    return [
        Figure(name, engine, "/s", tuple(done.kept / done.seconds for done in rounds), costs),
        Figure(f"{name}_cpu", engine, "ms", costs),
        Figure(f"{name}_p50", engine, "ms", waits(0.5)),
        Figure(f"{name}_p99", engine, "ms", waits(0.99)),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=list(PROCESSES), default="postgresql")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--trips", type=int, default=100_000)
    given = parser.parse_args()
    for figure in measure(
        given.engine,
        seconds=given.seconds,
        rounds=given.rounds,
        connections=given.connections,
        trips=given.trips,
        links=min(2_000, given.trips),
    ):
        spread = f"{min(figure.rounds):.2f} to {max(figure.rounds):.2f}"
        print(f"{figure.engine}: {figure.name}: {figure.value:.2f} {figure.unit} ({spread})")
