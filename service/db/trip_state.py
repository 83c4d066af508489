"""A trip as the use cases work on it: everything that one decision needs, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from service.core.alarm import AlarmView
from service.core.ladder import Ladder, Person, Role, Rung, default_ladder
from service.core.plan import Plan
from service.core.watch import WatchView


class TripKey(NamedTuple):
    traveler_id: UUID
    trip_id: UUID


@dataclass(frozen=True, slots=True)
class Address:
    """One way to reach a person. `usable` is false when it failed for good, said STOP, or nobody serves its channel."""

    index: int
    channel: str
    address: str
    hash: bytes
    dead: bool = False
    suppressed: bool = False

    @property
    def usable(self) -> bool:
        return not (self.dead or self.suppressed)


@dataclass(frozen=True, slots=True)
class ContactState:
    """A contact. `addresses` in the order in which they are tried; `pin`: keyed hash of her pages' PIN, if any;
    `weekly`: whether she wants a word once a week, should the traveler let her have one; `latin`: whether she wants her
    texts in Latin letters; `copies_at`: when she said that she keeps copies of the traveler's papers."""

    contact_id: UUID
    position: int
    status: str
    role: Role
    disclosure: str
    language: str
    name: str
    relation: str
    addresses: tuple[Address, ...]
    invited_at: datetime
    accepted_at: datetime | None
    traveler_told_at: datetime | None
    pin: str = ""
    worried_at: datetime | None = None
    worry_blocked_at: datetime | None = None
    proven_at: datetime | None = None
    proof_asked_at: datetime | None = None
    weekly: bool = True
    latin: bool = False
    copies_at: datetime | None = None
    id: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", str(self.contact_id))

    @property
    def tag(self) -> str:
        """Her language and letters (BCP 47), as texts to her are written: `kk-Latn`."""
        return f"{self.language}-Latn" if self.latin else self.language

    @property
    def accepted(self) -> bool:
        return self.status == "accepted"

    @property
    def by_text(self) -> bool:
        """Whether she can answer by SMS: a digit from a number that nobody gave us is a stranger's."""
        return any(address.channel == "sms" for address in self.addresses)


@dataclass(frozen=True, slots=True)
class TravelerState:
    """Who travels. `phones`: her numbers, the newest first; `phone` is that one, by which people call her. `latin_name`
    as in her passport, `birth_date` in ISO 8601; "" where she has not told."""

    traveler_id: UUID
    language: str
    name: str
    phones: tuple[str, ...]
    citizenship: str
    key_id: UUID
    addresses: tuple[Address, ...]
    latin_name: str = ""
    birth_date: str = ""
    email: str = ""

    @property
    def phone(self) -> str:
        return self.phones[0]


@dataclass(frozen=True, slots=True)
class AlarmState:
    """An alarm and what the outbox says of it: who was told, and when a provider first took its present step;
    `unreached`: those to whom nothing of it has come, whatever was tried."""

    alarm_id: UUID
    view: AlarmView
    version: int
    told: frozenset[str] = frozenset()
    addressed: frozenset[str] = frozenset()
    saved: bool = True
    unreached: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TripState:
    key: TripKey
    key_id: UUID
    status: str
    wording: str
    has_words: bool
    word_key: bytes | None
    words: tuple[tuple[str, bytes], ...]
    passphrase_hash: str | None
    cooling_off: timedelta
    starts_at: datetime
    ends_at: datetime
    armed_at: datetime | None
    end_requested_at: datetime | None
    details: Mapping[str, Any]
    traveler: TravelerState
    contacts: tuple[ContactState, ...]
    plan: Plan | None = None
    ladder_rungs: tuple[Rung, ...] = ()
    repeat: timedelta | None = None
    watch: WatchView | None = None
    watch_version: int = 0
    alarm: AlarmState | None = None
    recent: AlarmState | None = None

    @property
    def people(self) -> tuple[Person, ...]:
        """The contacts as the ladder sees them."""
        return tuple(
            Person(c.id, c.role, c.accepted, any(a.usable for a in c.addresses))
            for c in self.contacts
            if c.status not in ("removed", "refused")
        )

    @property
    def ladder(self) -> Ladder:
        """Hers, or the default one, which follows acceptances."""
        people = self.people
        standard = default_ladder(people) if self.repeat is None else default_ladder(people, self.repeat)
        return Ladder(self.ladder_rungs, standard.repeat) if self.ladder_rungs else standard

    @property
    def one_reply(self) -> bool:
        """Whether every text of hers gets the same answer."""
        return self.has_words or self.wording == "discreet"

    def contact(self, contact_id: UUID | str) -> ContactState | None:
        wanted = str(contact_id)
        return next((c for c in self.contacts if c.id == wanted), None)

    def with_contact(self, contact: ContactState) -> TripState:
        return replace(
            self, contacts=tuple(contact if c.contact_id == contact.contact_id else c for c in self.contacts)
        )
