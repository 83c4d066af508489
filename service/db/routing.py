"""The tables that say whose a message, number, link or code is. Small, and not distributed by traveler."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from service.db.stored import ROW_NUMBER, Stored, instant, instant_or_none, partial_index, primary
from service.db.types import JSONText

NIL = UUID(int=0)
"""In place of a contact's id: the traveler herself."""


class Inbox(Stored, table=True):
    """All that comes in, before anybody reads it. `sender`: keyed hash of a number or token; `media`: count
    of attachments; whose it is (traveler, trip, contact, alarm) is known at once for links and the API; of others it is
    noted when their text is kept because nobody understood it (result `ambiguous`)."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("uq_inbox_source_provider_id", "source", "provider_id", unique=True),
        partial_index("ix_inbox_received_at", "received_at", where="handled_at IS NULL"),
        # What nobody understood, for the pages of an alarm.
        partial_index("ix_inbox_unclear", "traveler_id", "trip_id", where="result = 'ambiguous'"),
        partial_index("ix_inbox_sender", "sender", "inbox_id", where="handled_at IS NULL"),
        # An id that retention freed is never given again: check-ins name it.
        {"sqlite_autoincrement": True},
    )

    inbox_id: int | None = Field(default=None, primary_key=True, sa_type=ROW_NUMBER)
    source: str
    provider_id: str
    sender: bytes
    traveler_id: UUID | None = None
    trip_id: UUID | None = None
    contact_id: UUID | None = None
    alarm_id: UUID | None = None
    sealed: bytes
    media: int = 0
    occurred_at: datetime = instant()
    received_at: datetime = instant()
    handled_at: datetime | None = instant_or_none()
    result: str | None = None


class PhoneOwner(Stored, table=True):
    """Whose a number is: the traveler's (`contact_id` NIL; armed in one trip at most) or contacts'. `heard`: JSON of
    when a text last came from the traveler's number while no trip of hers was armed, by its source."""

    __tablename__ = "phone_owners"
    __table_args__ = (
        Index("ix_phone_owners_traveler_id", "traveler_id"),
        partial_index(
            "uq_phone_owners_armed",
            "phone_hash",
            where=f"armed AND contact_id = '{NIL.hex}'",
            unique=True,
        ),
    )

    phone_hash: bytes = primary()
    traveler_id: UUID = primary()
    contact_id: UUID = Field(default=NIL, primary_key=True)
    trip_id: UUID | None = None
    armed: bool = False
    heard: dict[str, str] | None = Field(default=None, sa_type=JSONText)


class Link(Stored, table=True):
    """A token's keyed hash and what it opens: check_in, api, session, alarm, invitation, rehearsal, calendar and more.
    `used` counts wrong secrets; `private_until`: how long a session shows the private page of the trip it names."""

    __tablename__ = "links"
    __table_args__ = (
        Index("ix_links_traveler_id", "traveler_id"),
        partial_index("ix_links_expires_at", "expires_at", where="expires_at IS NOT NULL"),
    )

    token_hash: bytes = primary()
    kind: str
    traveler_id: UUID
    trip_id: UUID | None = None
    contact_id: UUID | None = None
    alarm_id: UUID | None = None
    rehearsal_id: UUID | None = None
    sealed: bytes | None = None
    created_at: datetime = instant()
    expires_at: datetime | None = instant_or_none()
    used: int = 0
    private_until: datetime | None = instant_or_none()


class AckCode(Stored, table=True):
    """A short code that a contact may text to name an alarm, a rehearsal or an invitation."""

    __tablename__ = "ack_codes"
    __table_args__ = (
        Index("ix_ack_codes_traveler_id", "traveler_id"),
        Index("ix_ack_codes_created_at", "created_at"),
    )

    code: str = primary()
    traveler_id: UUID
    alarm_id: UUID | None = None
    rehearsal_id: UUID | None = None
    contact_id: UUID | None = None
    created_at: datetime = instant()


class Suppression(Stored, table=True):
    """A number pair that said STOP."""

    __tablename__ = "suppressions"

    address_hash: bytes = primary()
    sender: str = primary()
    at: datetime = instant()


class EngineState(Stored, table=True):
    """Watermarks, heartbeats and counters of the installation, by name."""

    __tablename__ = "engine_state"

    name: str = primary()
    value: Any = Field(sa_type=JSONText)
    at: datetime = instant()


class SignUp(Stored, table=True):
    """A number that is being proven by a code, before there is a traveler."""

    __tablename__ = "sign_ups"

    phone_hash: bytes = primary()
    code_hash: bytes
    sealed: bytes
    attempts: int = 0
    expires_at: datetime = instant()
    locked_until: datetime | None = instant_or_none()
    created_at: datetime = instant()


class Tries(Stored, table=True):
    """How often something was tried, such as a sign-up from one address: `subject` is a keyed hash of what and by whom,
    `since` when the present count began."""

    __tablename__ = "tries"
    __table_args__ = (Index("ix_tries_since", "since"),)

    subject: bytes = primary()
    since: datetime = instant()
    count: int = 0


class Idempotency(Stored, table=True):
    """The first answer to an API request, given again to its repeats."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("ix_idempotency_at", "at"),)

    traveler_id: UUID = primary()
    key: str = primary()
    status: int
    body: str
    at: datetime = instant()
