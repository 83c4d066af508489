"""`make bench`: every block on both engines, with what the machine itself did meanwhile, into a table and a picture.

`--short` shows within some minutes that everything works; its figures mean little. `--write` puts the table into README
and the picture beside the others. What was lost or kept wrongly ends the run; how fast it was never does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from sqlalchemy import make_url

from tests.bench import alerts, ceilings, check_ins, kills, sweeps
from tests.bench.figures import Figure
from tests.bench.ground import ROOT, ground
from tests.bench.machine import as_text, covariates, describe, describe_postgresql
from tests.bench.report import load, missed, put_into, save, short_table, table

ENGINES = ("postgresql", "sqlite")
Block = Callable[[str, bool], list[Figure]]


def _check_ins(engine: str, short: bool) -> list[Figure]:
    if short:
        return check_ins.measure(engine, seconds=2, rounds=1, warm_up=1, connections=(32,), trips=2_000, links=500)
    return check_ins.measure(engine)


def _alerts(engine: str, short: bool) -> list[Figure]:
    return alerts.measure(engine, alarms=500, rounds=1) if short else alerts.measure(engine)


def _slow_alerts(engine: str, short: bool) -> list[Figure]:
    """The provider takes 200 ms and fails once in a hundred times; as many threads as one process may have."""
    alarms, rounds = (500, 1) if short else (10_000, 1)
    return alerts.measure(engine, alarms=alarms, rounds=rounds, latency=0.2, errors=0.01, senders=256)


def _sweeps(engine: str, short: bool) -> list[Figure]:
    if short:
        return sweeps.measure(engine, watches=10_000, due=500, worker_watches=(10_000,), late=100, rounds=1)
    return sweeps.measure(engine)


def _kills(engine: str, short: bool) -> list[Figure]:
    return kills.measure(engine, alarms=300, kills=2) if short else kills.measure(engine)


def _ceilings(engine: str, short: bool) -> list[Figure]:
    return ceilings.measure(engine, seconds=1, rounds=1) if short else ceilings.measure(engine)


BLOCKS: dict[str, Block] = {
    "check_ins": _check_ins,
    "alerts": _alerts,
    "slow_alerts": _slow_alerts,
    "sweeps": _sweeps,
    "kills": _kills,
    "ceilings": _ceilings,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; 0 when nothing was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--write", action="store_true", help="put the table into README")
    parser.add_argument("--keep", action="store_true", help="keep the last run's other figures")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--blocks", nargs="+", choices=list(BLOCKS), default=list(BLOCKS))
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench")
    given = parser.parse_args(arguments)

    machine = {**describe(), **_postgresql()}
    print("\n".join(f"{name}: {value}" for name, value in machine.items()), flush=True)
    figures, runs = load(given.folder) if given.keep else ([], {})
    for engine in given.engines:
        for name in given.blocks:
            before, began = covariates(), monotonic()
            print(f"\n{name} on {engine}; the machine before: {as_text(before)}", flush=True)
            measured = BLOCKS[name](engine, given.short)
            after = covariates()
            for one in measured:
                cost = f"; {min(one.cpu_ms):.2f} CPU ms" if one.cpu_ms else ""
                spread = f"{min(one.rounds):.2f} to {max(one.rounds):.2f}"
                print(f"  {one.name}: {one.value:.2f} {one.unit} ({spread}{cost})", flush=True)
            took = round(monotonic() - began)
            print(f"  the machine after {took} s: {as_text(after)}", flush=True)
            runs[f"{name} on {engine}"] = {
                "commit": machine["commit"],
                "before": asdict(before),
                "after": asdict(after),
                "seconds": took,
            }
            new = {(one.name, one.engine) for one in measured}
            figures = [one for one in figures if (one.name, one.engine) not in new] + measured
            save(given.folder, figures, machine, runs)
    text = table(figures, machine)
    print(f"\n{text}")
    for goal in missed(figures):
        print(f"Not reached: {goal}")
    if given.write:
        put_into(ROOT / "README.md", short_table(text))
        (ROOT / "deploy" / "pictures" / "bench.svg").write_bytes((given.folder / "bench.svg").read_bytes())
    return 0


def _postgresql() -> dict[str, str]:
    with ground("postgresql") as place:
        url = make_url(place.url).set(drivername="postgresql").render_as_string(hide_password=False)
        return {f"postgresql {name}": value for name, value in describe_postgresql(url).items()}


if __name__ == "__main__":
    sys.exit(main())
