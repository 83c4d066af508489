"""What the figures were measured on, and how steady it was meanwhile."""

from __future__ import annotations

import os
import platform
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psycopg

LIBRARIES = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "psycopg", "cryptography", "twilio")
POSTGRESQL = ("server_version", "fsync", "synchronous_commit", "wal_sync_method", "full_page_writes")


@dataclass(frozen=True, slots=True)
class Covariates:
    """How fast the machine itself was: milliseconds of an fdatasync (median of 200), and how many million turns of an
    empty loop Python made in a second."""

    fdatasync_ms: float
    spins_m: float


def covariates(folder: Path | None = None) -> Covariates:
    """Measure the machine itself, in some 1.2 s."""
    return Covariates(round(_fdatasync(folder), 3), round(_spins(), 2))


def describe() -> dict[str, str]:
    """Commit, versions, processor and cores."""
    found = {
        "commit": _git(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }
    return {**found, **{name: version(name) for name in LIBRARIES}}


def describe_postgresql(url: str) -> dict[str, str]:
    """The settings of a server on which its figures depend; `url` as psycopg takes it."""
    with psycopg.connect(url) as connection:
        return {
            name: str(connection.execute("SELECT current_setting(%s)", (name,)).fetchone()[0])  # type: ignore[index]
            for name in POSTGRESQL
        }


def as_text(one: Covariates) -> str:
    return ", ".join(f"{name} {value}" for name, value in asdict(one).items())


def _fdatasync(folder: Path | None) -> float:
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        taken = []
        for _ in range(200):
            os.pwrite(file.fileno(), b"x" * 4096, 0)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
        return median(taken)


def _spins() -> float:
    count, end = 0, time.perf_counter() + 1.0
    while time.perf_counter() < end:
        for _ in range(10_000):
            pass
        count += 10_000
    return count / 1e6


def _git() -> str:
    said = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
