"""`TEST_KILLS=200`: that many kills -9, at every edge and at random times, on both topologies.

Families live in waves. In some waves the provider's list is so late that RECOVER cannot find what was sent: then a
message may go twice, as many as were on their way at the kills and no more. On PostgreSQL the database itself is
stopped once a wave, in the middle of whatever it does.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.edges import POINTS
from tests.crash.household import STORIES
from tests.crash.judge import Summary
from tests.crash.site import Site, open_site
from tests.crash.trouble import OF_TROUBLE

KILLS = int(os.environ.get("TEST_KILLS", "0"))
BUILD = Path(__file__).resolve().parents[2] / "build"
A_WAVE = 16
"""Kills, of which every fourth is one at random."""
LATE_LIST, LATE_EVERY = 20.0, 4
"""Seconds; and in every fourth wave."""
PAUSES = (0.1, 1.2)
PATIENCE = 2.0
"""Seconds that an order may stand before the next one is given."""

pytestmark = pytest.mark.skipif(KILLS == 0, reason="long; make soak runs it")


@pytest.mark.parametrize("topology", ["postgresql", "sqlite"])
def test_killed_again_and_again_nothing_is_lost(topology: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("TEST_SEED", time.time_ns() % 2**32))
    print(f"\nTEST_SEED={seed} ({topology})", flush=True)
    with open_site(topology, tmp_path, seed) as site:
        site.let_chatter(apart=0.2)
        points = _points(site.dice)
        waves: list[Wave] = []
        while len(site.fleet.deaths) < KILLS:
            kills = min(A_WAVE, KILLS - len(site.fleet.deaths))
            waves.append(_live_a_wave(site, points, kills, late=len(waves) % LATE_EVERY == LATE_EVERY - 1))
            print(f"{len(site.fleet.deaths)} kills", flush=True)
        site.end_chatter()
        site.rest()
        summary = site.sum_up()
        summary.doubled_allowed = sum(wave.allowed for wave in waves)
        summary.faults += [f"wave {number}: {wave}" for number, wave in enumerate(waves) if wave.doubled > wave.allowed]
        if len(POINTS) <= KILLS * 3 // 4:
            summary.never_fired = _never_died_at(site)
        _keep(summary)
        assert summary.good, str(summary)


@dataclass(frozen=True, slots=True)
class Wave:
    """How many messages went twice in it, and how many may have."""

    doubled: int
    allowed: int


def _live_a_wave(site: Site, points: Iterator[str], kills: int, *, late: bool) -> Wave:
    """Nine families and some kills."""
    homes = site.found(site.dice.sample(list(STORIES), len(STORIES)))
    began, lost_before, doubled_before = time.monotonic(), site.twilio.answers_lost, len(site.twilio.doubled())
    site.twilio.lag(LATE_LIST if late else site.dice.choice([0.0, 3.0]))
    site.twilio.is_rough = True
    site.let_live(homes)
    stopper = _stop_the_database_in_a_while(site)
    _kill(site, points, kills)
    site.wait_for_all()
    site.fleet.withdraw()
    stopper.join()
    site.twilio.is_rough = False
    site.rest()
    site.twilio.lag(0.0)
    on_their_way = site.in_flight(began) + site.twilio.answers_lost - lost_before
    return Wave(len(site.twilio.doubled()) - doubled_before, on_their_way if late else 0)


def _kill(site: Site, points: Iterator[str], kills: int) -> None:
    until, pause = len(site.fleet.deaths) + kills, threading.Event()
    missing = _never_died_at(site) if len(site.fleet.deaths) > KILLS // 2 else []
    site.fleet.order(*missing)
    while len(site.fleet.deaths) < until:
        pause.wait(site.dice.uniform(*PAUSES))
        if site.dice.random() < 0.25:
            site.fleet.kill(site.dice.choice(site.fleet.programs))
        else:
            site.fleet.order(next(points))
            site.fleet.wait_for_orders(PATIENCE)
        if not site.living():
            # Nobody is left to bring anybody to the edges that are still ordered.
            break
    site.fleet.withdraw()
    # What happens late in a family's life comes when the other kills are over.
    site.fleet.order(*(set(missing) & set(_never_died_at(site))))


def _stop_the_database_in_a_while(site: Site) -> threading.Thread:
    """Once, between the first invitations and the last all-clears; every other time it is killed."""

    def stop() -> None:
        if site.postgres is not None:
            threading.Event().wait(wait)
            site.stop_database(kill=kill)

    wait, kill = site.dice.uniform(1.0, 15.0), site.dice.random() < 0.5
    thread = threading.Thread(target=stop, daemon=True)
    thread.start()
    return thread


def _never_died_at(site: Site) -> list[str]:
    return sorted(set(POINTS) - {death.point for death in site.fleet.deaths})


def _points(dice: random.Random) -> Iterator[str]:
    """Every edge, again and again, in another order each time; but those that only the beginning leads to."""
    points = [point for point in POINTS if point not in OF_TROUBLE]
    while True:
        yield from dice.sample(points, len(points))


def _keep(summary: Summary) -> None:
    """For whoever looks at it later: both topologies in one file."""
    BUILD.mkdir(exist_ok=True)
    (BUILD / f"crash-{summary.topology}.txt").write_text(f"{summary}\n")
    both = [BUILD / f"crash-{topology}.txt" for topology in ("postgresql", "sqlite")]
    (BUILD / "crash-summary.txt").write_text("\n".join(path.read_text() for path in both if path.exists()))
    print(summary, flush=True)
