"""What every use case works with: storage, keys, channels, limits and the clock, wired once by the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from notifiers.base import Notifier, TakesTexts, providers_of
from service.clock import utc_now
from service.core.carriage import Carriage
from service.db import tx
from service.db.engine import Database
from service.db.sealed import Keyring
from service.db.trips import TripKey, TripState, load_trips
from service.edges import Act
from service.usecases.channel_notes import ChannelNotes
from service.usecases.footing import Footing
from service.usecases.passphrase import FULL, Effort
from service.usecases.pulse import Pulse
from service.usecases.tally import Tally
from service.usecases.wake import Wake

T = TypeVar("T")

MISSED_CALLS = "missed_calls"
"""The field of a trip's details that says that a missed call is a check-in."""
WEBHOOK = "webhook"
"""The channel that reaches no person, only a program of whoever runs this."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Lower bounds that a demonstration lifts to a second, and times that belong to the engine."""

    grace_at_least: timedelta = timedelta(minutes=5)
    wait_at_least: timedelta = timedelta(minutes=1)
    recurring_apart: timedelta = timedelta(hours=6)
    lease: timedelta = timedelta(seconds=120)
    cooling_off: timedelta = timedelta(hours=48)
    storm_brake: bool = True
    sends_a_day: int = 2000
    sends_a_day_per_trip: int = 100
    """Messages a day at which the operator is paged; nothing is held back for their sake."""
    codes_a_day: int = 500
    """Codes a day at which the operator is paged, and beyond which only known numbers get one."""
    rehearsal_wait_at_most: timedelta = timedelta(minutes=2)
    rehearsals_apart: timedelta = timedelta(minutes=10)
    answer_first: timedelta = timedelta(0)
    """How long all else that comes of a text waits for the answer to it, where no answer may tell anything."""
    answer_after: timedelta = timedelta(0)
    """How long after its arrival a text is answered, where no answer may tell anything: longer than reading it takes,
    whatever it said."""
    sends_at_once: int = 32
    """Messages of one channel that a process may have on their way."""
    passphrase: Effort = FULL
    """What each try of a passphrase takes whoever has stolen the database; less only where nobody's is kept."""


@dataclass(frozen=True, slots=True)
class OperatorWay:
    """A channel and an address by which whoever runs this is paged."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Setup:
    """A notifier that there is: `missing` names the required variables that are not given."""

    name: str
    channel: str
    title: str
    missing: tuple[str, ...]
    simulated: bool = False


def operator_addresses(operator: str) -> tuple[str, ...]:
    """The addresses of AMANBA_OPERATOR, which commas separate."""
    return tuple(dict.fromkeys(part for address in operator.split(",") if (part := address.strip())))


def channel_of(address: str) -> str:
    """The channel that carries a page to this address."""
    if address.startswith("+"):
        return "sms"
    return WEBHOOK if "://" in address else "email"


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
    heartbeat_url: str = ""
    operator: str = ""
    """Who is paged: numbers, e-mail addresses and addresses of webhooks, separated by commas."""
    demo: bool = False
    voice_dir: str = ""
    """The folder of an organization's own recordings, which calls play in the place of ours."""
    language: str = "en"
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] | None = None
    """Seconds of a clock that nobody sets, by which it shows that the other was set; None where time is told."""
    wake: Wake = field(default_factory=Wake)
    pulse: Pulse = field(default_factory=Pulse)
    tally: Tally = field(default_factory=Tally)
    notes: ChannelNotes = field(default_factory=ChannelNotes)
    setups: tuple[Setup, ...] = ()
    """All channels that could be set up here, for whoever runs this."""
    footing: Footing = field(default_factory=Footing)
    carriages: dict[tuple[int, str], tuple[Notifier, Carriage]] = field(default_factory=dict)
    """What texts by a notifier to numbers that begin alike may carry, as `usecases.carriage` has found it."""

    def run(self, work: Callable[[Connection], T], act: Act | None = None) -> T:
        """Run `work` in one transaction; see `service.db.tx.run`.

        Raises:
            MustNotClaim: `act` would begin something, and this engine has no right clock or schema.
        """
        if act is not None:
            self.footing.must_stand(act, self.db, self.clock)
        return tx.run(self.db, work, act)

    def read(self, work: Callable[[Connection], T]) -> T:
        return tx.read(self.db, work)

    @property
    def providers(self) -> tuple[Notifier, ...]:
        """Every notifier, each provider of a channel that has several for itself: whose hooks, lists and states they
        are."""
        return providers_of(self.notifiers.values())

    @property
    def senders(self) -> dict[str, tuple[str, ...]]:
        """Channel to the names of the providers that serve it, of the channels that reach people: pages to whoever runs
        this go by others as well."""
        reaching = {channel: one for channel, one in self.notifiers.items() if channel != WEBHOOK}
        return {channel: tuple(p.name for p in providers_of([one])) for channel, one in reaching.items()}

    def fellows(self, provider: str) -> tuple[str, ...]:
        """The providers of the channel that this one serves; itself when it serves none here."""
        return next((names for names in self.senders.values() if provider in names), (provider,))

    @property
    def number_to_text(self) -> str | None:
        """The number that a person can text, E.164; None when nobody can write to us by SMS, or nobody knows where."""
        sms: object = self.notifiers.get("sms")
        return next(iter(sms.inbound_numbers), None) if isinstance(sms, TakesTexts) else None

    @property
    def operator_ways(self) -> tuple[OperatorWay, ...]:
        """The ways by which whoever runs this can be paged: those whose channel is served here."""
        ways = (OperatorWay(channel_of(address), address) for address in operator_addresses(self.operator))
        return tuple(way for way in ways if way.channel in self.notifiers)

    def trips(
        self, conn: Connection, wanted: list[TripKey], now: datetime, *, lock: bool = False
    ) -> dict[TripKey, TripState]:
        return load_trips(conn, self.keys, wanted, now, senders=self.senders, lock=lock)

    def trip(self, conn: Connection, key: TripKey, now: datetime, *, lock: bool = False) -> TripState | None:
        return self.trips(conn, [key], now, lock=lock).get(key)

    def planned_trip(self, conn: Connection, key: TripKey, now: datetime) -> TripState | None:
        """The trip as it was planned, without its watch and whatever alarm there is: what her pages are made of."""
        return load_trips(conn, self.keys, [key], now, senders=self.senders, live=False).get(key)
