"""The table and the picture that README shows, made from what a run has measured and from nothing else.

What a comparison needs from elsewhere stands in `GOALS`: healthchecks 3.13 in its best setting on PostgreSQL, measured
on a machine of this kind in November 2026, and what we set ourselves to reach.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log10
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.bench.figures import Figure

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass(frozen=True, slots=True)
class Goal:
    """One row of the table: which figure, what to call it, what healthchecks did, what we must reach and aim at.

    `more` is true where more is better. `ceiling` names the figure of the same run that bounds this one.
    """

    figure: str
    title: str
    more: bool
    elsewhere: str
    must: float
    aim: float
    ceiling: str = ""


GOALS: tuple[Goal, ...] = (
    Goal(
        "check_ins_32", "check-ins kept a second, 32 connections, 2 web processes", True, "336", 1680, 3360, "commits"
    ),
    Goal("check_ins_32_cpu", "CPU ms for one of them, server and database", False, "5.3", 1.1, 0.55),
    Goal("check_ins_32_p99", "p99 of them, ms", False, "139", 46.3, 27.8),
    Goal("alerts", "alerts delivered a second, 10,000 due at once, one worker", True, "46 to 76", 760, 1900, "sender"),
    Goal("alerts_first", "first alert out, s after the process was started", False, "38", 2.0, 0.3),
    Goal("sweep_due_cpu", "CPU ms to sweep a due watch", False, "2.5 to 3.8", 0.15, 0.03),
    Goal("sweep_idle", "a sweep with nothing due, 1,000,000 watches, ms", False, "1.0", 1.5, 0.6),
    Goal("kills_lost", "alerts lost in 20 kill -9 in a burst of 2,000", False, "5 a kill", 0, 0),
    Goal("worker_memory", "worker's memory with 100,000 watches, MiB", False, "77", 115, 77),
)


def table(figures: Sequence[Figure], machine: Mapping[str, str]) -> str:
    """README's table, in Markdown."""
    found = {(one.name, one.engine): one for one in figures}
    lines = [
        "| on PostgreSQL | Amanba | least to most | share of the ceiling | healthchecks, elsewhere | goal |",
        "|---|---|---|---|---|---|",
    ]
    for goal in GOALS:
        one = found.get((goal.figure, "postgresql"))
        if one is None:
            continue
        ceiling = found.get((goal.ceiling, "postgresql")) if goal.ceiling else None
        share = f"{100 * one.value / ceiling.value:.0f} % of {_said(ceiling.value)}" if ceiling else ""
        spread = f"{_said(min(one.rounds))} to {_said(max(one.rounds))}"
        mark = f"{_said(goal.must)}; {_said(goal.aim)}"
        lines.append(f"| {goal.title} | **{_said(one.value)}** | {spread} | {share} | {goal.elsewhere} | {mark} |")
    sizes = ", ".join(f"{key} {machine[key]}" for key in ("processor", "cores", "python") if key in machine)
    lines += ["", f"Medians; {sizes}; commit {machine.get('commit', 'unknown')}. All figures:", ""]
    lines += ["| figure | engine | median | least | most | unit | CPU ms | |", "|---|---|---|---|---|---|---|---|"]
    for one in figures:
        cpu = _said(sorted(one.cpu_ms)[len(one.cpu_ms) // 2]) if one.cpu_ms else ""
        row = (one.name, one.engine, _said(one.value), _said(min(one.rounds)), _said(max(one.rounds)), one.unit, cpu)
        lines.append(f"| {' | '.join(row)} | {one.note} |")
    return "\n".join(lines)


def short_table(whole: str) -> str:
    """The part of the table that README shows."""
    return whole.partition(" All figures:")[0]


def missed(figures: Sequence[Figure]) -> list[str]:
    """The goals that were not reached."""
    found = {one.name: one for one in figures if one.engine == "postgresql"}
    return [
        f"{goal.title}: {_said(one.value)}, and must be {_said(goal.must)}"
        for goal in GOALS
        if (one := found.get(goal.figure)) is not None
        and (one.value < goal.must if goal.more else one.value > goal.must)
    ]


def save(folder: Path, figures: Sequence[Figure], machine: Mapping[str, str], runs: Mapping[str, Any]) -> None:
    """Write `bench.json`, `bench.md` and `bench.svg` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"machine": machine, "blocks": runs, "figures": [asdict(one) for one in figures]}
    (folder / "bench.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    (folder / "bench.md").write_text(table(figures, machine) + "\n", encoding="utf-8")
    (folder / "bench.svg").write_text(picture(figures), encoding="utf-8")


def load(folder: Path) -> tuple[list[Figure], dict[str, Any]]:
    """The figures and blocks of the last run that was saved there."""
    kept = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    figures = [
        Figure(**{**one, "rounds": tuple(one["rounds"]), "cpu_ms": tuple(one["cpu_ms"])}) for one in kept["figures"]
    ]
    return figures, kept["blocks"]


def put_into(readme: Path, text: str) -> None:
    """Replace what stands between the marks in a file."""
    whole = readme.read_text(encoding="utf-8")
    before, after = whole.index(BEGIN) + len(BEGIN), whole.index(END)
    readme.write_text(f"{whole[:before]}\n{text.strip()}\n{whole[after:]}", encoding="utf-8")


def picture(figures: Sequence[Figure]) -> str:
    """One bar a row: how many times as good as healthchecks we are, on a scale of 1 to 1,000 by tens."""
    found = {one.name: one for one in figures if one.engine == "postgresql"}
    rows = [
        (goal.title, times)
        for goal in GOALS
        if (one := found.get(goal.figure)) is not None and (times := _times(goal, one.value)) is not None
    ]
    width, left, line = 860, 430, 30
    height = 46 + line * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        ' font-size="13">',
        "<title>How many times as good as healthchecks on the same kind of machine</title>",
        f'<rect width="{width}" height="{height}" fill="#fbf8f2"/>',
    ]
    scale = (width - left - 70) / 3
    for power in range(4):
        x = left + scale * power
        parts.append(f'<line x1="{x:.0f}" y1="28" x2="{x:.0f}" y2="{height - 8}" stroke="#d9d2c4"/>')
        parts.append(f'<text x="{x:.0f}" y="20" fill="#6b6457" text-anchor="middle">{10**power:,} ×</text>')
    for number, (title, times) in enumerate(rows):
        y = 36 + line * number
        long = max(2.0, min(3.0, _log10(times)) * scale)
        parts.append(f'<text x="{left - 10}" y="{y + 15}" fill="#2a2620" text-anchor="end">{escape(title)}</text>')
        parts.append(f'<rect x="{left}" y="{y}" width="{long:.0f}" height="20" rx="3" fill="#0f6e64"/>')
        parts.append(f'<text x="{left + long + 6:.0f}" y="{y + 15}" fill="#2a2620">{times:,.1f} ×</text>')
    return "\n".join([*parts, "</svg>", ""])


def _times(goal: Goal, value: float) -> float | None:
    known = [float(part) for part in goal.elsewhere.split(" to ") if part.replace(".", "").isdigit()]
    if not known or value <= 0:
        return None
    # Against the better of theirs.
    return value / max(known) if goal.more else min(known) / value


def _log10(value: float) -> float:
    return log10(max(1.0, value))


def _said(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"
