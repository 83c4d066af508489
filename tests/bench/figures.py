"""A figure that a block of the bench measured, with its spread and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. `rounds` are the values of its rounds in `unit`; `cpu_ms` the CPU milliseconds that one
    operation took in each round, server and database together unless `note` says otherwise."""

    name: str
    engine: str
    unit: str
    rounds: tuple[float, ...]
    cpu_ms: tuple[float, ...] = ()
    note: str = ""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)
