"""A worker that is killed with -9 in the middle of a burst, again and again: what is lost, and what comes twice.

Each time some texts are with the provider and not settled, others are claimed and not sent. The next worker asks the
provider about them when their leases have run out.

`python -m tests.bench.kills --alarms 200 --kills 3` is a short form.
"""

from __future__ import annotations

import argparse
import threading
from collections import Counter
from dataclasses import replace
from time import monotonic

from tests.bench import sink
from tests.bench.alerts import LOOK_SECONDS, Installation, installed, start_worker, stop, wait_until_told
from tests.bench.figures import Figure

LATENCY = 0.02
SENDERS = 10
"""So many texts are on their way at any moment."""
LEASE_SECONDS = 5
"""Shorter than any real one, which only a demonstration may have: a run must not wait two minutes for each kill."""
PATIENCE = 120.0


def measure(engine: str = "postgresql", *, alarms: int = 1_000, kills: int = 20) -> list[Figure]:
    """Kill the worker `kills` times while it tells `alarms` alarms, two texts each.

    Returns the numbers of texts that never came, and of those that came more than once.
    """
    with sink.running(LATENCY) as provider, installed(engine, alarms, provider, SENDERS) as usual:
        short = {"AMANBA_DEMO": "1", "AMANBA_LEASE_SECONDS": str(LEASE_SECONDS)}
        installation = replace(usual, settings={**usual.settings, **short})
        for number in range(1, kills + 1):
            _kill_at(number * 2 * alarms // (kills + 1), installation, provider)
        last = start_worker(installation)
        try:
            wait_until_told(installation, provider, last)
        finally:
            stop(last)
        came, texts = Counter(one.ref for one in provider.taken()), installation.texts()
    note = f"of {len(texts):,} texts in {kills} kills, {SENDERS} in flight"
    lost = sum(1 for ref in texts if not came[ref])
    twice = sum(1 for ref in texts if came[ref] > 1)
    return [
        Figure("kills_lost", engine, "texts", (float(lost),), note=note),
        Figure("kills_doubled", engine, "texts", (float(twice),), note=note),
    ]


def _kill_at(count: int, installation: Installation, provider: sink.Sink) -> None:
    """Let a worker run until so many texts have arrived, and kill it.

    Raises:
        AssertionError: it came to a stop before.
    """
    worker = start_worker(installation)
    pause, ends = threading.Event(), monotonic() + PATIENCE
    try:
        while provider.count() < count:
            pause.wait(LOOK_SECONDS / 5)
            if worker.poll() is not None or monotonic() > ends:
                raise AssertionError(f"{provider.count()} of {count} texts had arrived")
    finally:
        worker.kill()
        worker.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--alarms", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=20)
    given = parser.parse_args()
    for figure in measure(given.engine, alarms=given.alarms, kills=given.kills):
        print(f"{figure.engine}: {figure.name}: {figure.value:.0f} {figure.unit} {figure.note}")
