"""How much a provider takes: at the same time, and in a second."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class TakesFew(Protocol):
    """Refuses those who come with too many at once."""

    @property
    def at_once(self) -> int:
        """How many messages one process may be handing to it at the same time."""


@runtime_checkable
class TakesSlowly(Protocol):
    """Takes so many in a second and no more; what exceeds it waits with us, the most urgent first."""

    @property
    def per_second(self) -> float | None:
        """How many messages all our processes together may hand to it in a second, on average; None: as many as there
        are. After a pause it takes 15 at once, or as many as come to it in a quarter of an hour if they are fewer."""


def pace_of(notifier: object) -> float | None:
    """How many messages a second it may be handed; None when it sets no limit."""
    return notifier.per_second if isinstance(notifier, TakesSlowly) else None
