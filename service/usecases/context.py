"""What every use case works with: storage, keys, channels, limits and the clock, wired once by the program."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from notifiers.base import Notifier, TakesTexts
from service.clock import utc_now
from service.db import tx
from service.db.engine import Database
from service.db.sealed import Keyring
from service.db.trips import TripKey, TripState, load_trips
from service.edges import Act

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """Lower bounds that a demonstration lifts to a second, and times that belong to the engine."""

    grace_at_least: timedelta = timedelta(minutes=5)
    wait_at_least: timedelta = timedelta(minutes=1)
    recurring_apart: timedelta = timedelta(hours=6)
    lease: timedelta = timedelta(seconds=120)
    cooling_off: timedelta = timedelta(hours=48)
    storm_brake: bool = True
    rehearsal_wait_at_most: timedelta = timedelta(minutes=2)
    rehearsals_apart: timedelta = timedelta(minutes=10)


class Wake:
    """Wakes the worker of this process when there is something to read, send or prove. The clock wakes it otherwise."""

    def __init__(self) -> None:
        self.inbox = threading.Event()
        self.outbox = threading.Event()
        self.sweep = threading.Event()
        self.stopping = threading.Event()
        """This process is about to end: finish what is begun, and begin nothing."""


@dataclass(frozen=True, slots=True)
class Service:
    """The service as its use cases see it."""

    db: Database
    keys: Keyring
    notifiers: Mapping[str, Notifier]
    segments: Callable[[str], int]
    fold: Callable[[str], str]
    public_url: str = "http://127.0.0.1:8000"
    leave_url: str = "https://www.wikipedia.org/"
    metrics_token: str = ""
    operator: str = ""
    demo: bool = False
    language: str = "en"
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], datetime] = utc_now
    wake: Wake = field(default_factory=Wake)

    def run(self, work: Callable[[Connection], T], act: Act | None = None) -> T:
        """Run `work` in one transaction; see `service.db.tx.run`."""
        return tx.run(self.db, work, act)

    def read(self, work: Callable[[Connection], T]) -> T:
        return tx.read(self.db, work)

    @property
    def senders(self) -> dict[str, str]:
        """Channel to the name of the notifier that serves it."""
        return {channel: notifier.name for channel, notifier in self.notifiers.items()}

    @property
    def number_to_text(self) -> str | None:
        """The number that a person can text, E.164; None when nobody can write to us by SMS, or nobody knows where."""
        sms: object = self.notifiers.get("sms")
        return next(iter(sms.inbound_numbers), None) if isinstance(sms, TakesTexts) else None

    @property
    def operator_channel(self) -> str | None:
        """The channel that carries a page to the operator's address, or None when nobody serves it."""
        kinds = (("+", "sms"), ("http://", "webhook"), ("https://", "webhook"))
        channel = next((name for start, name in kinds if self.operator.startswith(start)), "email")
        return channel if self.operator and channel in self.notifiers else None

    def trips(
        self, conn: Connection, wanted: list[TripKey], now: datetime, *, lock: bool = False
    ) -> dict[TripKey, TripState]:
        return load_trips(conn, self.keys, wanted, now, senders=self.senders, lock=lock)

    def trip(self, conn: Connection, key: TripKey, now: datetime, *, lock: bool = False) -> TripState | None:
        return self.trips(conn, [key], now, lock=lock).get(key)
