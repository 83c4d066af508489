"""Wakes engines when there is something to read, send or prove: this process's at once, the others' by a line to them.

The clock wakes them otherwise, so a call that goes lost costs a second.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime


class Bell(threading.Event):
    """Set when there is something to do. `set` tells the other processes as well, `ring_here` only this one."""

    def __init__(self) -> None:
        super().__init__()
        self.tell_others: Callable[[], None] | None = None

    def set(self) -> None:
        self.ring_here()
        if self.tell_others is not None:
            self.tell_others()

    def ring_here(self) -> None:
        super().set()


class Wake:
    """The bells of this process."""

    def __init__(self) -> None:
        self.inbox = Bell()
        self.outbox = Bell()
        self.sweep = Bell()
        self.schema = Bell()
        """Somebody has migrated the database."""
        self.leaving = threading.Event()
        """This process will end: send it nobody any more."""
        self.stopping = threading.Event()
        """This process is about to end: finish what is begun, and begin nothing."""
        self.seen_at: datetime | None = None
        """What the clock said when this process swept last, and by the clock that nobody sets:"""
        self.seen_at_seconds = 0.0

    @property
    def bells(self) -> dict[str, Bell]:
        """Those that others may ring, by the name under which they are told."""
        return {"inbox": self.inbox, "outbox": self.outbox, "sweep": self.sweep, "schema": self.schema}
