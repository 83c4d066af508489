"""The tables of people, trips and what happens to them. Storage only: nothing here validates.

`traveler_id` leads every primary and unique key, and no row refers to another traveler's: it is the key by
which the database can be distributed. The tables that look up whose a number or message is, are in `routing`.
`sealed` columns hold what `service.db.sealed` sealed; all instants are in UTC.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Uuid, column, table
from sqlmodel import Field

from service.db.stored import (
    ROW_NUMBER,
    Stored,
    counted,
    instant,
    instant_or_none,
    json_list,
    not_yet,
    partial_index,
    primary,
)
from service.db.types import JSONText, UTCDateTime


class DataKey(Stored, table=True):
    """A wrapped key (`traveler`, `trip`, `service` or `hash`). Erasing the row deletes all that it sealed."""

    __tablename__ = "data_keys"
    __table_args__ = (Index("ix_data_keys_kind_created_at", "kind", "created_at"),)

    key_id: UUID = primary()
    kind: str
    wrapped: bytes
    created_at: datetime = instant()


class Traveler(Stored, table=True):
    """Who travels. `sealed`: JSON {name, phone, phones, channels, first, email, citizenship}: `phone` is the one that
    she signed up with, `phones` those that are hers now, the newest first (only that one while absent), `channels` her
    chats: [{channel, address}], `first` the channel that she chose to be asked on first. `audit_*`: head of her audit
    chain."""

    __tablename__ = "travelers"

    traveler_id: UUID = primary()
    language: str
    phone_hash: bytes
    sealed: bytes
    key_id: UUID
    audit_head: bytes = b""
    audit_length: int = 0
    created_at: datetime = instant()


class Trip(Stored, table=True):
    """A journey: status draft, armed or ended; wording plain or discreet; `sealed`: JSON of the details. `weekly_at`:
    when her people next hear that all is well, if she wants that; `kept_until`: nothing is erased before, for the
    reason that is sealed in `kept_because`."""

    __tablename__ = "trips"
    __table_args__ = (
        partial_index("ix_trips_weekly_at", "weekly_at", where="weekly_at IS NOT NULL"),
        partial_index("ix_trips_ended_at", "ended_at", where="ended_at IS NOT NULL"),
    )

    traveler_id: UUID = primary()
    trip_id: UUID = primary()
    status: str
    wording: str
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    sealed: bytes
    key_id: UUID
    has_words: bool = False
    word_key: bytes | None = None
    passphrase_hash: str | None = None
    cooling_off_seconds: int
    repeat_seconds: int | None = None
    created_at: datetime = instant()
    armed_at: datetime | None = instant_or_none()
    ended_at: datetime | None = instant_or_none()
    end_requested_at: datetime | None = instant_or_none()
    weekly_at: datetime | None = instant_or_none()
    kept_until: datetime | None = instant_or_none()
    kept_because: bytes | None = None


class Plan(Stored, table=True):
    """When check-ins are due; `sealed`: JSON of the core's plan."""

    __tablename__ = "plans"

    traveler_id: UUID = primary()
    trip_id: UUID = primary()
    sealed: bytes
    version: int = 1


class Contact(Stored, table=True):
    """A trusted person of a trip. `sealed`: JSON {name, relation, channels: [{channel, address}], order, pin, email}:
    `order` holds positions in `channels` as she chose them, `email` an address that she has not proven yet;
    `dead_channels`: positions in `channels` that failed for good; `worried_at`: when she last asked us to ask the
    traveler, `worry_blocked_at`: since when the traveler does not want that; `proven_at`: when she last said that her
    addresses are still hers, `proof_asked_at`: when she was asked."""

    __tablename__ = "contacts"
    __table_args__ = (Index("ix_contacts_traveler_id_trip_id", "traveler_id", "trip_id"),)

    traveler_id: UUID = primary()
    contact_id: UUID = primary()
    trip_id: UUID
    position: int
    status: str
    role: str
    disclosure: str
    language: str
    phone_hash: bytes | None = None
    sealed: bytes
    dead_channels: list[int] = json_list()
    invited_at: datetime = instant()
    accepted_at: datetime | None = instant_or_none()
    settled_at: datetime | None = instant_or_none()
    traveler_told_at: datetime | None = instant_or_none()
    worried_at: datetime | None = instant_or_none()
    worry_blocked_at: datetime | None = instant_or_none()
    proven_at: datetime | None = instant_or_none()
    proof_asked_at: datetime | None = instant_or_none()


class Rung(Stored, table=True):
    """A step of a ladder: whom it tells (ids as text) and how many seconds it waits."""

    __tablename__ = "rungs"

    traveler_id: UUID = primary()
    trip_id: UUID = primary()
    position: int = primary()
    contact_ids: list[str] = json_list()
    wait_seconds: int


class Word(Stored, table=True):
    """A safe or duress word, as its fingerprint under the trip's word key."""

    __tablename__ = "words"

    traveler_id: UUID = primary()
    trip_id: UUID = primary()
    position: int = primary()
    kind: str
    fingerprint: bytes


class Watch(Stored, table=True):
    """The live state of a trip's switch. `look_at`: when to look again; `version` rises with every write."""

    __tablename__ = "watches"
    __table_args__ = (partial_index("ix_watches_look_at", "look_at", where="look_at IS NOT NULL"),)

    traveler_id: UUID = primary()
    trip_id: UUID = primary()
    state: str
    armed_at: datetime = instant()
    deadline: datetime | None = instant_or_none()
    previous: datetime | None = instant_or_none()
    reminders: int = 0
    reminded_at: datetime | None = instant_or_none()
    last_check_in_at: datetime | None = instant_or_none()
    last_verified_at: datetime | None = instant_or_none()
    streak: int = 0
    weak_at: list[str] = json_list()
    missed_at: list[str] = json_list()
    unproven_at: datetime | None = instant_or_none()
    late_to: datetime | None = instant_or_none()
    grace_cut_seconds: float = 0.0
    look_at: datetime | None = instant_or_none()
    version: int = 1


class Alarm(Stored, table=True):
    """An alarm: state open, exhausted or closed; `view`: JSON of what the core keeps and no query needs;
    `rung_accepted_at`: when a provider first took a message of the rung, once that message has failed to arrive."""

    __tablename__ = "alarms"
    __table_args__ = (
        partial_index("ix_alarms_look_at", "look_at", where="look_at IS NOT NULL"),
        partial_index("ix_alarms_closed_at", "closed_at", where="closed_at IS NOT NULL"),
        partial_index(
            "uq_alarms_traveler_id_trip_id", "traveler_id", "trip_id", where="closed_at IS NULL", unique=True
        ),
    )

    traveler_id: UUID = primary()
    alarm_id: UUID = primary()
    trip_id: UUID
    kind: str
    state: str
    view: dict[str, Any] = Field(default_factory=dict, sa_type=JSONText)
    count: int = 0
    rung: int = 0
    rung_accepted_at: datetime | None = instant_or_none()
    hold_until: datetime | None = instant_or_none()
    held_by: UUID | None = None
    outcome: str | None = None
    opened_at: datetime = instant()
    closed_at: datetime | None = instant_or_none()
    look_at: datetime | None = instant_or_none()
    version: int = 1


class Outbox(Stored, table=True):
    """A message to be sent: state pending, sending, sent, failed, cancelled or unknown; `delivery`: what the
    provider said last; `sealed`: JSON {to, body, subject, language, answers}; a smaller `priority` goes first; `polls`:
    how often the provider was asked how far it got; `chased`: its silence has been acted on; `failures`: how often a
    provider took it and it did not arrive."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("uq_outbox_traveler_id_dedupe_key", "traveler_id", "dedupe_key", unique=True),
        Index("ix_outbox_provider_id", "provider_id"),
        # A provider's report names the row alone.
        Index("ix_outbox_outbox_id", "outbox_id"),
        Index("ix_outbox_traveler_id_alarm_id_contact_id", "traveler_id", "alarm_id", "contact_id"),
        partial_index("ix_outbox_pending", "priority", "available_at", where="state = 'pending'"),
        partial_index("ix_outbox_sending", "lease_until", where="state = 'sending'"),
        # For an alarm its messages are found by the alarm.
        partial_index("ix_outbox_sent_beside_alarms", "settled_at", where="state = 'sent' AND alarm_id IS NULL"),
        # How many answers went to a number lately is asked for each batch of texts.
        partial_index("ix_outbox_replies", "address_hash", "created_at", where="kind = 'reply'"),
    )

    traveler_id: UUID = primary()
    outbox_id: UUID = primary()
    trip_id: UUID | None = None
    alarm_id: UUID | None = None
    contact_id: UUID | None = None
    kind: str
    channel: str
    channel_index: int = 0
    step: int = 0
    address_hash: bytes
    sealed: bytes
    ref_code: str | None = None
    priority: int
    state: str = "pending"
    delivery: str | None = None
    available_at: datetime = instant()
    valid_until: datetime | None = instant_or_none()
    lease_until: datetime | None = instant_or_none()
    claim_token: UUID | None = None
    attempts: int = 0
    provider: str | None = None
    provider_id: str | None = None
    error: str | None = None
    dedupe_key: str
    created_at: datetime = instant()
    settled_at: datetime | None = instant_or_none()
    polls: int = counted()
    chased: bool = not_yet()
    failures: int = counted()


class CheckIn(Stored, table=True):
    """A sign of life: `strength` weak or verified; `satisfied`: how many deadlines it met."""

    __tablename__ = "check_ins"
    __table_args__ = (Index("ix_check_ins_traveler_id_trip_id_occurred_at", "traveler_id", "trip_id", "occurred_at"),)

    traveler_id: UUID = primary()
    check_in_id: UUID = primary()
    trip_id: UUID
    occurred_at: datetime = instant()
    received_at: datetime = instant()
    source: str
    strength: str
    satisfied: int = 0
    inbox_id: int = Field(sa_type=ROW_NUMBER)


class Answer(Stored, table=True):
    """What a contact (or, without `contact_id`, somebody else) said about an alarm."""

    __tablename__ = "answers"
    __table_args__ = (Index("ix_answers_traveler_id_alarm_id", "traveler_id", "alarm_id"),)

    traveler_id: UUID = primary()
    answer_id: UUID = primary()
    alarm_id: UUID
    contact_id: UUID | None = None
    answer: str
    via: str
    at: datetime = instant()


class AuditLine(Stored, table=True):
    """A line of a traveler's audit chain: `hash` covers the line and `previous`."""

    __tablename__ = "audit_log"
    # For retention, which cuts what is old and leaves the checkpoints that it wrote.
    __table_args__ = (partial_index("ix_audit_log_at", "at", where="action != 'checkpoint'"),)

    traveler_id: UUID = primary()
    position: int = primary()
    at: datetime = instant()
    actor: str
    action: str
    sealed: bytes | None = None
    hash: bytes
    previous: bytes


class Change(Stored, table=True):
    """A change in mid-trip that waits for its time: state pending, done or cancelled; a hand-over is `invited` until
    she who was asked has accepted."""

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_traveler_id_trip_id", "traveler_id", "trip_id"),
        partial_index("ix_changes_effective_at", "effective_at", where="state = 'pending'"),
    )

    traveler_id: UUID = primary()
    change_id: UUID = primary()
    trip_id: UUID
    kind: str
    sealed: bytes
    requested_at: datetime = instant()
    effective_at: datetime = instant()
    state: str = "pending"
    verified: bool = False


class Rehearsal(Stored, table=True):
    """A rehearsal of a trip's ladder, never an alarm: state running, silent or ended; `view`: JSON of what the core
    keeps and no query needs."""

    __tablename__ = "rehearsals"
    __table_args__ = (
        partial_index("ix_rehearsals_look_at", "look_at", where="look_at IS NOT NULL"),
        partial_index(
            "uq_rehearsals_traveler_id_trip_id", "traveler_id", "trip_id", where="ended_at IS NULL", unique=True
        ),
    )

    traveler_id: UUID = primary()
    rehearsal_id: UUID = primary()
    trip_id: UUID
    state: str
    view: dict[str, Any] = Field(default_factory=dict, sa_type=JSONText)
    started_at: datetime = instant()
    ended_at: datetime | None = instant_or_none()
    look_at: datetime | None = instant_or_none()
    version: int = 1


TRAVELER_WATCH = table(
    "traveler_watch",
    column("traveler_id", Uuid()),
    column("trip_id", Uuid()),
    column("deadline", UTCDateTime()),
    column("state"),
)
"""The view that traveler-facing code reads in place of a watch: no alarm, streak or strength shows in it."""
