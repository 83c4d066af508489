"""Whether the engine of this process lives: by its own completed sweeps, on a clock that nobody can set."""

from __future__ import annotations

from service.clock import monotonic

FRESH_FOR_SECONDS = 60.0


class Pulse:
    """Beats with each completed sweep of this process. Another worker's sweeps do not hide that its own stand still."""

    def __init__(self) -> None:
        self._beat_at: float | None = None

    def beat(self) -> None:
        """A sweep has been completed."""
        self._beat_at = monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last beat; infinite before the first."""
        return monotonic() - self._beat_at if self._beat_at is not None else float("inf")

    @property
    def is_fresh(self) -> bool:
        """Whether a sweep was completed within the last minute."""
        return self.age < FRESH_FOR_SECONDS
