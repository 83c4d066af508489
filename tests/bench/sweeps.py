"""What the sweep costs: a pass that finds nothing, a due watch, a told alarm, a reminder; and the worker's memory.

`sweep_idle` is a whole `sweep()` with nothing due, `sweep_100_due` one in which a hundred of so many watches are due.
`sweep_due_cpu` is the worker's CPU for a due watch: a deadline that was missed and its grace over, until its alarm is
opened and committed. To tell the alarm (`sweep_told_cpu`: whom, in which words, sealed, into the outbox) belongs to the
alert. `sweep_reminded_cpu` is a due watch of the other kind, which writes a reminder to the traveler. The database's
CPU is in the note of each.

`python -m tests.bench.sweeps --watches 100000 --due 2000 --rounds 1` is a short form.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from threading import Event
from time import monotonic, perf_counter, process_time

from sqlalchemy import Connection, bindparam, delete, func, select, update

from notifiers.registry import configured
from notifiers.segments import measure as measure_text
from notifiers.segments import spell_cheaply
from service.core.plan import Plan
from service.core.watch import STAGES, arm
from service.db import tables, tx
from service.db.engine import make_engine
from service.db.migrate import upgrade
from service.db.sealed import open_keyring
from service.db.secrets import make_key, parse_secret_keys
from service.db.state import put_state
from service.db.stored import table_of
from service.db.trips import TripKey
from service.memory import settle
from service.usecases import sweep as sweeping
from service.usecases.context import Limits, Service
from service.usecases.proof import sources
from service.usecases.sweep import sweep
from tests.bench import sink
from tests.bench.figures import Figure
from tests.bench.ground import ROOT, Ground, ground
from tests.bench.seeding import Watched, fill_watches, seed, two_a_day

WATCHES, ALARMS, OUTBOX = table_of(tables.Watch), table_of(tables.Alarm), table_of(tables.Outbox)

FEW_DUE = 100
PASSES = 50
SETTLE_SECONDS = 8.0
"""How long a worker is left alone before it is looked at: all of its jobs have run."""
LATE_SECONDS = 3.0
LATEST_SECONDS = 60.0
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds of one operation, in our process and in the database's."""

    own: float
    database: float


def measure(
    engine: str = "postgresql",
    *,
    watches: int = 1_000_000,
    due: int = 5_000,
    worker_watches: Sequence[int] = (100_000, 1_000_000),
    late: int = 1_000,
    rounds: int = 3,
) -> list[Figure]:
    """Measure sweeps over `watches` bare watches and over `due` real ones, workers beside so many watches, and how late
    `late` deadlines of one second are told."""
    return [
        *_idle(engine, watches, rounds),
        *_due(engine, due, rounds),
        *_workers(engine, worker_watches),
        *(_lateness(engine, late) if late else ()),
    ]


# --- passes with nothing due, and with little


def _idle(engine: str, watches: int, rounds: int) -> Iterator[Figure]:
    with ground(engine) as place:
        upgrade(place.url)
        now = datetime.now(UTC)
        seed(place.url, SECRETS, FEW_DUE, 1, now=now)
        fill_watches(place.url, watches, look_from=now + timedelta(hours=12))
        with served(place.url, lambda: now) as service:
            sweep(service)
            passes = [_passes(place, service) for _ in range(rounds)]
            some = [_some_due(service, now) for _ in range(rounds)]
    size = f"{watches:,} watches"
    walls, costs = [wall for wall, _ in passes], [cost for _, cost in passes]
    note = f"{size}; database {median(cost.database for cost in costs):.2f} CPU ms"
    yield Figure("sweep_idle", engine, "ms", tuple(walls), tuple(cost.own for cost in costs), note)
    yield Figure("sweep_100_due", engine, "ms", tuple(some), note=f"{size}; {FEW_DUE} reminders written")


def _passes(place: Ground, service: Service) -> tuple[float, Cost]:
    """The median pass in milliseconds, and what one costs."""
    took = []
    before, own = place.cpu_seconds(), process_time()
    for _ in range(PASSES):
        began = perf_counter()
        sweep(service)
        took.append(1000 * (perf_counter() - began))
    return median(took), Cost(1000 * (process_time() - own) / PASSES, 1000 * (place.cpu_seconds() - before) / PASSES)


def _some_due(service: Service, now: datetime) -> float:
    """A pass in which the real watches are due for their first reminder."""

    def make_due(conn: Connection) -> None:
        theirs = WATCHES.c.traveler_id.in_(select(table_of(tables.Trip).c.traveler_id))
        again = {"deadline": now + timedelta(minutes=20), "reminders": 0, "look_at": now - timedelta(seconds=1)}
        conn.execute(update(WATCHES).where(theirs).values(**again))
        conn.execute(delete(OUTBOX))

    service.run(make_due)
    began = perf_counter()
    swept = sweep(service)
    took = 1000 * (perf_counter() - began)
    assert swept.watches == FEW_DUE
    assert _count(service, OUTBOX.c.outbox_id) == FEW_DUE
    return took


# --- what one due row costs


def _due(engine: str, due: int, rounds: int) -> Iterator[Figure]:
    opened, told, reminded = [], [], []
    for _ in range(rounds):
        with _installation(engine, due, missed_at) as (place, service):
            opened.append(_cost(place, due, _stepper(service, sweeping.WATCHES)))
            assert _count(service, ALARMS.c.alarm_id) == due
            told.append(_cost(place, due, _stepper(service, sweeping.ALARMS)))
            texts = _count(service, OUTBOX.c.outbox_id)
            assert texts >= due
        with _installation(engine, due, reminded_at) as (place, service):
            reminded.append(_cost(place, due, _stepper(service, sweeping.WATCHES)))
            assert _count(service, OUTBOX.c.outbox_id) == due
    said = (
        ("sweep_due_cpu", opened, "an alarm opened, in batches of 500"),
        ("sweep_told_cpu", told, f"an alarm told, {texts / due:.0f} texts each, in batches of 100 to 400"),
        ("sweep_reminded_cpu", reminded, "a reminder written"),
    )
    for name, costs, what in said:
        note = f"worker; {what}; database {median(cost.database for cost in costs):.3f} CPU ms"
        yield Figure(name, engine, "ms", tuple(cost.own for cost in costs), note=note)


def missed_at(now: datetime) -> tuple[Plan, Watched]:
    """A plan, and the watch of a trip whose deadline and grace are over."""
    plan = two_a_day(now)
    watch = arm(plan, now - timedelta(hours=14))
    assert watch.deadline is not None
    over = watch.deadline + plan.grace
    assert over <= now
    return plan, (replace(watch, stage=STAGES, reminded_at=watch.deadline + plan.grace / 2), over)


def reminded_at(now: datetime) -> tuple[Plan, Watched]:
    """A plan, and the watch of a trip whose first reminder is due."""
    plan = two_a_day(now)
    watch = arm(plan, now)
    assert watch.deadline is not None
    ahead = replace(watch, deadline=now + plan.remind_before - timedelta(minutes=1))
    return plan, (ahead, now - timedelta(seconds=1))


def _stepper(service: Service, table: object) -> Callable[[], int]:
    if table is sweeping.WATCHES:
        stepper = sweeping.Stepper(service, sweeping.sweep_watches, sweeping.WATCHES, sweeping.WATCHES_AT_ONCE)
    else:
        stepper = sweeping.Stepper(
            service, sweeping.sweep_alarms, sweeping.ALARMS, sweeping.BATCH, sweeping.ALARMS_AT_ONCE
        )

    def step_all() -> int:
        while stepper.batch():
            pass
        return stepper.count

    return step_all


def _cost(place: Ground, due: int, step_all: Callable[[], int]) -> Cost:
    before, own = place.cpu_seconds(), process_time()
    assert step_all() == due
    return Cost(1000 * (process_time() - own) / due, 1000 * (place.cpu_seconds() - before) / due)


# --- processes


def _workers(engine: str, sizes: Sequence[int]) -> Iterator[Figure]:
    for number, watches in enumerate(sizes):
        with ground(engine) as place:
            upgrade(place.url)
            key = make_key()
            # Its keys and a first trip. The watches are bare: nothing of one that is not due may be kept in memory.
            seed(place.url, parse_secret_keys(key), 1, 1)
            fill_watches(place.url, watches)
            with _worker(place, _settings(place, key, NOBODY)) as (process, took):
                Event().wait(SETTLE_SECONDS)
                memory = _resident_mib(process)
        size = f"{watches:,} watches"
        name = "worker_memory" if number == 0 else f"worker_memory_{watches}"
        yield Figure(name, engine, "MiB", (memory,), note=size)
        if number == 0:
            yield Figure("worker_start", engine, "s", (took,), note="from the start of the process until it listens")


def _lateness(engine: str, late: int) -> Iterator[Figure]:
    """How long after its grace was over the first text of each alarm arrived; all were due within one second."""
    with sink.running() as provider, ground(engine) as place:
        upgrade(place.url)
        key = make_key()
        trips = seed(place.url, parse_secret_keys(key), late, 1).trips
        with _worker(place, _settings(place, key, provider.url)):
            Event().wait(SETTLE_SECONDS)
            first = datetime.now(UTC) + timedelta(seconds=LATE_SECONDS)
            dues = [first + timedelta(seconds=number / late) for number in range(late)]
            _fall_due(place.url, trips, dues)
            ends = monotonic() + LATE_SECONDS + LATEST_SECONDS
            # The traveler herself is written to as well, when her next deadline is near.
            due = {f"+7702{number:07}": at.timestamp() for number, at in enumerate(dues)}
            while due.keys() - {one.to for one in provider.taken()} and monotonic() < ends:
                Event().wait(0.5)
        to_wall = datetime.now(UTC).timestamp() - monotonic()
        arrived: dict[str, float] = {}
        for one in provider.taken():
            arrived.setdefault(one.to, one.at + to_wall)
    assert due.keys() <= arrived.keys(), f"{len(due.keys() - arrived.keys())} alarms were not told"
    late_by = sorted(arrived[number] - at for number, at in due.items())
    assert late_by[0] > 0, "nobody may be told before the grace is over"
    note = f"{late:,} due within one second; receipt minus the end of the grace"
    yield Figure("lateness_p50", engine, "s", (late_by[len(late_by) // 2],), note=note)
    yield Figure("lateness_p99", engine, "s", (late_by[int(0.99 * len(late_by))],), note=note)


def _fall_due(url: str, trips: Sequence[TripKey], dues: Sequence[datetime]) -> None:
    """Let the grace of each trip's deadline be over at its moment, beside a worker that runs."""
    grace = two_a_day(dues[0]).grace
    statement = (
        update(WATCHES)
        .where(WATCHES.c.traveler_id == bindparam("traveler"), WATCHES.c.trip_id == bindparam("trip"))
        .values(deadline=bindparam("over"), reminded_at=bindparam("asked"), reminders=STAGES, look_at=bindparam("due"))
    )
    rows = [
        {"traveler": key.traveler_id, "trip": key.trip_id, "over": at - grace, "asked": at - grace / 2, "due": at}
        for key, at in zip(trips, dues, strict=True)
    ]
    db = make_engine(url)
    try:
        tx.run(db, lambda conn: conn.execute(statement, rows))
    finally:
        db.close()


@contextmanager
def _worker(place: Ground, settings: Mapping[str, str]) -> Iterator[tuple[int, float]]:
    """An `amanba worker`: its process, and how many seconds it took until it listened."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")}
    log = place.folder / "worker.log"
    arguments = [sys.executable, "-m", "service", "worker", "--port", "0"]
    began = monotonic()
    with (
        log.open("wb") as said,
        subprocess.Popen(arguments, cwd=ROOT, env={**mine, **settings}, stdout=said, stderr=said) as process,
    ):
        try:
            while b"listens on" not in log.read_bytes():
                assert process.poll() is None, log.read_text()
                Event().wait(0.01)
            yield process.pid, monotonic() - began
        finally:
            process.terminate()


# --- what they stand on


SECRETS = [bytes(range(32))]


def _settings(place: Ground, key: str, provider: str) -> dict[str, str]:
    return {
        **sink.Sink(provider).settings(),
        "AMANBA_DATABASE_URL": place.url,
        "AMANBA_SECRET_KEYS": key,
        "AMANBA_DATA_DIR": str(place.folder),
        "AMANBA_OPERATOR": "+77770000000",
        "AMANBA_STORM_BRAKE": "0",
    }


@contextmanager
def _installation(
    engine: str, due: int, at: Callable[[datetime], tuple[Plan, Watched]]
) -> Iterator[tuple[Ground, Service]]:
    now = datetime.now(UTC).replace(hour=20, minute=30)
    with ground(engine) as place:
        upgrade(place.url)
        plan, watch = at(now)
        seed(place.url, SECRETS, due, 1, now=now - timedelta(hours=12), plan=plan, watch=lambda _: watch)
        with served(place.url, lambda: now) as service:
            yield place, service


@contextmanager
def served(url: str, clock: Callable[[], datetime]) -> Iterator[Service]:
    """The engine in this process, settled as a worker's, with everything read that could prove a sign of life."""
    db = make_engine(url)
    thresholds = gc.get_threshold()
    try:
        service = Service(
            db=db,
            keys=open_keyring(db, SECRETS, clock()),
            notifiers=configured(sink.Sink(NOBODY).settings(), clock),
            segments=lambda text: measure_text(spell_cheaply(text)).segments,
            fold=spell_cheaply,
            operator="+77770000000",
            limits=Limits(storm_brake=False),
            clock=clock,
        )
        read = {"read_until": (clock() + timedelta(days=1)).isoformat(), "failing_since": None}
        for source in sources(service):
            service.run(lambda conn, name=source: put_state(conn, f"watermark:{name}", read, clock()))  # type: ignore[misc]
        settle()
        yield service
    finally:
        gc.set_threshold(*thresholds)
        db.close()


def _count(service: Service, column: object) -> int:
    return service.read(lambda conn: conn.execute(select(func.count(column))).scalar_one())  # type: ignore[arg-type]


def _resident_mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--watches", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=5_000)
    parser.add_argument("--worker-watches", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--late", type=int, default=1_000, help="0 leaves it out")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for figure in measure(
        given.engine,
        watches=given.watches,
        due=given.due,
        worker_watches=given.worker_watches,
        late=given.late,
        rounds=given.rounds,
    ):
        spread = f"{min(figure.rounds):.3f} to {max(figure.rounds):.3f}"
        print(f"{figure.engine}: {figure.name}: {figure.value:.3f} {figure.unit} ({spread}); {figure.note}")
