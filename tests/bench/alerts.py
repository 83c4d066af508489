"""Alerts that leave when many alarms fall due at once: how soon the first, how many a second, what each costs.

The deadlines and graces of so many trips have passed when one `amanba worker` starts; the clock begins with its
process. Each alarm is told to one person, in two texts in Russian. Every text must arrive, and once.

`python -m tests.bench.alerts --alarms 2000 --rounds 1` is a short form.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from notifiers.registry import configured
from notifiers.segments import measure as measure_text
from notifiers.segments import spell_cheaply
from service.core.plan import DailyTime, Plan
from service.core.watch import arm
from service.db import tables, tx
from service.db.engine import Database, make_engine
from service.db.migrate import upgrade
from service.db.sealed import open_keyring
from service.db.secrets import make_key, parse_secret_keys
from service.db.stored import table_of
from service.usecases.context import Limits, Service
from service.usecases.reconcile_inbound import reconcile_inbound
from service.usecases.sweep import sweep
from tests.bench import sink
from tests.bench.figures import Figure
from tests.bench.ground import ROOT, Ground, ground
from tests.bench.seeding import Watched, seed, two_a_day

OUTBOX = table_of(tables.Outbox)
ALARMS = table_of(tables.Alarm)

LOOK_SECONDS = 0.05
GIVE_UP_SECONDS = 600.0
QUIET_LOOKS = 10
"""So many looks without a new text, and the database is asked whether all have gone."""
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Burst:
    """What one round showed. `at`: when each text arrived, in seconds after the process began, in that order."""

    at: list[float]
    alarms: int
    cpu_seconds: float
    own_cpu_seconds: float
    memory_mib: float

    def until(self, share: float) -> float:
        """When this share of the texts had arrived."""
        return self.at[min(len(self.at) - 1, round(share * len(self.at)))]


@dataclass(frozen=True, slots=True)
class Installation:
    """A database full of alarms that are due, and the settings of the workers that are to tell them."""

    place: Ground
    db: Database
    key: str
    settings: Mapping[str, str]
    alarms: int

    def all_told(self) -> bool:
        """Whether every alarm has been told, and none of its texts waits or is on its way."""
        waits = select(func.count()).where(OUTBOX.c.state.in_(("pending", "sending")))
        told = select(func.count()).where(ALARMS.c.rung >= 0)

        return tx.read(
            self.db,
            lambda conn: conn.execute(told).scalar_one() == self.alarms and conn.execute(waits).scalar_one() == 0,
        )

    def texts(self) -> dict[str, str]:
        """The state of every text of an alarm, by its id."""
        query = select(OUTBOX.c.outbox_id, OUTBOX.c.state).where(OUTBOX.c.kind == "alert")
        return tx.read(self.db, lambda conn: {str(row.outbox_id): row.state for row in conn.execute(query)})


def measure(
    engine: str = "postgresql",
    *,
    alarms: int = 10_000,
    rounds: int = 3,
    latency: float = 0.0,
    errors: float = 0.0,
    senders: int = 32,
    swept: bool = False,
) -> list[Figure]:
    """Let `alarms` alarms fall due at once, and one worker tell them.

    Args:
        latency: seconds that the provider takes for each text.
        errors: the share of texts that it refuses with a 500; the worker asks about them and sends them again, which
            takes a lease.
        swept: the texts have been written before the worker starts, so that only claiming, sending and settling is
            measured.

    Raises:
        AssertionError: a text was lost or came twice.
    """
    bursts = []
    for _ in range(rounds):
        with sink.running(latency, errors) as provider, installed(engine, alarms, provider, senders) as installation:
            if swept:
                open_all(installation)
            bursts.append(_burst(installation, provider))
    name = "alerts" if not latency else f"alerts_{round(latency * 1000)}ms"
    return _figures(f"{name}_swept" if swept else name, engine, bursts, errors)


@contextmanager
def installed(engine: str, alarms: int, provider: sink.Sink, senders: int = 32) -> Iterator[Installation]:
    """A fresh database with `alarms` trips whose deadline and grace are over."""
    with ground(engine) as place:
        upgrade(place.url)
        key = make_key()
        now = datetime.now(UTC)
        plan, watch = missed(now)
        seed(place.url, parse_secret_keys(key), alarms, 1, plan=plan, watch=lambda _: watch)
        settings = {
            **provider.settings(),
            "AMANBA_DATABASE_URL": place.url,
            "AMANBA_SECRET_KEYS": key,
            "AMANBA_DATA_DIR": str(place.folder),
            "AMANBA_OPERATOR": "+77770000000",
            "AMANBA_STORM_BRAKE": "0",
            "AMANBA_SENDERS": str(senders),
            "AMANBA_LEASE_SECONDS": "60",
        }
        with closing(make_engine(place.url)) as db:
            yield Installation(place, db, key, settings, alarms)


def missed(now: datetime) -> tuple[Plan, Watched]:
    """A plan with one time a day whose grace ended a minute or two ago, and the watch of a trip that let it pass."""
    usual = two_a_day(now)
    deadline = (now - usual.grace - timedelta(minutes=1)).replace(second=0, microsecond=0)
    plan = replace(usual, daily=(DailyTime(deadline.astimezone(ZoneInfo(usual.legs[0].zone)).time()),))
    watch = replace(arm(plan, deadline - timedelta(hours=12)), stage=3, reminded_at=deadline)
    assert watch.deadline == deadline
    return plan, (watch, deadline + plan.grace)


def open_all(installation: Installation) -> None:
    """Sweep here, so that everything waits in the outbox."""
    db = installation.db
    now = datetime.now(UTC)
    service = Service(
        db=db,
        keys=open_keyring(db, parse_secret_keys(installation.key), now),
        notifiers=configured(installation.settings, lambda: datetime.now(UTC)),
        segments=lambda text: measure_text(spell_cheaply(text)).segments,
        fold=spell_cheaply,
        operator="+77770000000",
        limits=Limits(storm_brake=False),
    )
    reconcile_inbound(service)
    sweep(service)
    with db.write.connect() as conn:
        conn.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def start_worker(installation: Installation, number: int = 0) -> subprocess.Popen[bytes]:
    """An `amanba worker` of this installation, whose log goes into the installation's folder."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")}
    arguments = [sys.executable, "-m", "service", "worker", "--port", "0"]
    with (installation.place.folder / f"worker-{number}.log").open("ab") as log:
        return subprocess.Popen(
            arguments, cwd=ROOT, env={**mine, **installation.settings}, stdout=log, stderr=subprocess.STDOUT
        )


def wait_until_told(installation: Installation, provider: sink.Sink, *workers: subprocess.Popen[bytes]) -> None:
    """Return when every text has gone.

    Raises:
        AssertionError: they did not within 10 min, or a worker ended.
    """
    pause, ends = threading.Event(), monotonic() + GIVE_UP_SECONDS
    before, quiet = -1, 0
    while quiet < QUIET_LOOKS or not installation.all_told():
        pause.wait(LOOK_SECONDS)
        count = provider.count()
        quiet = quiet + 1 if count == before else 0
        before = count
        if monotonic() > ends or any(worker.poll() is not None for worker in workers):
            raise AssertionError(f"{count} texts of {installation.alarms} alarms had arrived")


def check_each_once(installation: Installation, provider: sink.Sink) -> list[sink.Taken]:
    """What arrived.

    Raises:
        AssertionError: a text is missing, or came twice.
    """
    taken, texts = provider.taken(), installation.texts()
    refs = [one.ref for one in taken if one.ref in texts]
    lost = texts.keys() - set(refs)
    assert not lost, f"{len(lost)} of {len(texts)} texts were lost"
    assert len(refs) == len(set(refs)), f"{len(refs) - len(set(refs))} texts came twice"
    assert set(texts.values()) == {"sent"}
    assert len({one.to for one in taken if one.ref in texts}) == installation.alarms
    return [one for one in taken if one.ref in texts]


def stop(worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGTERM)
    worker.wait(STOP_SECONDS)


def _burst(installation: Installation, provider: sink.Sink) -> Burst:
    place = installation.place
    before, began = place.cpu_seconds(), monotonic()
    worker = start_worker(installation)
    try:
        wait_until_told(installation, provider, worker)
        own = place.cpu_seconds(worker.pid) - place.cpu_seconds()
        cpu = place.cpu_seconds(worker.pid) - before
        memory = _memory_mib(worker.pid)
    finally:
        stop(worker)
    taken = check_each_once(installation, provider)
    return Burst(sorted(one.at - began for one in taken), installation.alarms, cpu, own, memory)


def _memory_mib(process: int) -> float:
    """The most that it has had in memory."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _figures(name: str, engine: str, bursts: list[Burst], errors: float) -> list[Figure]:
    def all_of(what: str, unit: str, values: list[float], note: str = "") -> Figure:
        return Figure(what, engine, unit, tuple(values), note=note)

    texts = len(bursts[0].at)
    costs = tuple(1000 * one.cpu_seconds / len(one.at) for one in bursts)
    said = f"texts; {bursts[0].alarms:,} alarms, {texts:,} texts, from the start of the process to the last of them"
    if errors:
        said += f"; {errors:.0%} of 500s, asked about and sent again after the lease"
    return [
        Figure(name, engine, "/s", tuple(len(one.at) / one.at[-1] for one in bursts), costs, said),
        all_of(f"{name}_first", "s", [one.at[0] for one in bursts]),
        all_of(f"{name}_p50", "s", [one.until(0.5) for one in bursts]),
        all_of(f"{name}_p99", "s", [one.until(0.99) for one in bursts]),
        all_of(f"{name}_last", "s", [one.at[-1] for one in bursts]),
        all_of(f"{name}_flow", "/s", [_flow(one) for one in bursts], "from 10 % to 90 % of the texts"),
        all_of(f"{name}_cpu", "ms", [1000 * one.own_cpu_seconds / len(one.at) for one in bursts], "worker alone"),
        all_of(f"{name}_memory", "MiB", [one.memory_mib for one in bursts], "the most of the worker"),
    ]


def _flow(burst: Burst) -> float:
    count = round(0.9 * len(burst.at)) - round(0.1 * len(burst.at))
    return count / max(burst.until(0.9) - burst.until(0.1), 1e-9)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--errors", type=float, default=0.0)
    parser.add_argument("--senders", type=int, default=32)
    parser.add_argument("--swept", action="store_true", help="measure claim, send and settle alone")
    given = parser.parse_args()
    for figure in measure(
        given.engine,
        alarms=given.alarms,
        rounds=given.rounds,
        latency=given.latency,
        errors=given.errors,
        senders=given.senders,
        swept=given.swept,
    ):
        spread = f"{min(figure.rounds):.2f} to {max(figure.rounds):.2f}"
        cpu = f", {min(figure.cpu_ms):.2f} CPU ms" if figure.cpu_ms else ""
        print(f"{figure.engine}: {figure.name}: {figure.value:.2f} {figure.unit} ({spread}{cpu})")
