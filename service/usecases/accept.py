"""ACCEPT: whatever comes in becomes a row in the inbox before anything else is done with it.

Webhooks, links, messengers, the API, simulated phones and the provider's own list all come through here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, and_, literal, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from service.db.routing import Inbox, Link
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.db.types import UTCDateTime
from service.edges import Act
from service.usecases.context import Service

INBOX = table_of(Inbox)
LINKS = table_of(Link)

OWN_CLOCK = frozenset({"http", "android"})
"""Sources whose clock we do not trust further than this:"""
CLOCK_TRUSTED_WITHIN = timedelta(minutes=5)
MOST_WRONG = 5
"""Wrong secrets; then a link is locked."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Something that came in. `sender` is the keyed hash of the number or token that it came from.

    `address` is that number itself, for a reply, and is sealed with the text. Whose it is (traveler, trip, contact,
    alarm) is given only where the sender proved it by a link or a token.
    """

    source: str
    provider_id: str
    sender: bytes
    text: str
    occurred_at: datetime | None = None
    address: str | None = None
    media: int = 0
    traveler_id: UUID | None = None
    trip_id: UUID | None = None
    contact_id: UUID | None = None
    alarm_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AcceptedInbound:
    """What became of it: `new` is false for a repeat, and `received_at` is then the first one's."""

    new: bool
    received_at: datetime


def accept(service: Service, inbound: Inbound) -> AcceptedInbound:
    """Keep one inbound message. When this returns it is committed.

    Raises:
        StorageUnavailable: nothing was kept; the caller answers 503, never 200.
    """
    return accept_all(service, [inbound])[0]


def accept_all(service: Service, batch: Sequence[Inbound]) -> list[AcceptedInbound]:
    """Keep many in one transaction, in order. A repeated (source, provider_id) is kept once."""
    now = service.clock()

    def keep(conn: Connection) -> list[AcceptedInbound]:
        unique = {(one.source, one.provider_id): one for one in reversed(batch)}
        key_id = service.keys.service_key(conn, now)
        rows = [_row(service, conn, key_id, one, now) for one in reversed(unique.values())]
        new = insert_ignore(conn, INBOX, rows)
        first = {} if new == len(batch) else _received(conn, list(unique))
        return [_outcome(one, first, now) for one in batch]

    accepted = service.run(keep, Act.ACCEPT)
    service.wake.inbox.set()
    return accepted


def accept_link(
    service: Service, token: str, kind: str, nonce: str, text: str, now: datetime | None = None
) -> AcceptedInbound | None:
    """Keep what a link's form sent, in one statement that also proves the link; None when there is no such link.

    The form's nonce and its text are the provider id: a double tap is one row and the same page, and another text in
    the same form, after going back, counts too: it may be a word of duress.
    """
    moment = now or service.clock()
    digest = service.keys.token_hash(token)

    def keep(conn: Connection) -> AcceptedInbound | None:
        key_id = service.keys.service_key(conn, moment)
        sealed = service.keys.seal(conn, key_id, b"inbox", _body(text, None))
        provider_id = f"{digest.hex()[:16]}:{nonce}:{text_name(service, text)}"
        alive = and_(
            LINKS.c.token_hash == digest,
            LINKS.c.kind == kind,
            or_(LINKS.c.expires_at.is_(None), LINKS.c.expires_at > moment),
            # A page that too many wrong secrets have locked takes nothing; texts still do.
            LINKS.c.used < MOST_WRONG,
        )
        chosen = select(
            literal(kind),
            literal(provider_id),
            LINKS.c.token_hash,
            LINKS.c.traveler_id,
            LINKS.c.trip_id,
            LINKS.c.contact_id,
            LINKS.c.alarm_id,
            literal(sealed),
            literal(0),
            literal(moment, UTCDateTime),
            literal(moment, UTCDateTime),
        ).where(alive)
        names = ["source", "provider_id", "sender", "traveler_id", "trip_id", "contact_id", "alarm_id"]
        names += ["sealed", "media", "occurred_at", "received_at"]
        build = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
        statement = build(INBOX).from_select(names, chosen).on_conflict_do_nothing()
        if conn.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1:
            return AcceptedInbound(True, moment)
        if conn.execute(select(LINKS.c.token_hash).where(alive)).first() is None:
            return None
        received = _received(conn, [(kind, provider_id)]).get((kind, provider_id), moment)
        return AcceptedInbound(False, received)

    accepted = service.run(keep, Act.ACCEPT)
    service.wake.inbox.set()
    return accepted


def text_name(service: Service, text: str) -> str:
    """A name for a text that tells it from others and leads nowhere back to it."""
    return service.keys.token_hash(f"text:{text}").hex()[:12]


def happened_at(inbound: Inbound, received_at: datetime) -> datetime:
    """When it happened: the provider's time, never later than ours, or ours where the clock is not to be trusted."""
    said = inbound.occurred_at or received_at
    if inbound.source in OWN_CLOCK and abs(said - received_at) > CLOCK_TRUSTED_WITHIN:
        return received_at
    return min(said, received_at)


def _body(text: str, address: str | None) -> bytes:
    return json.dumps({"text": text, "from": address}, ensure_ascii=False).encode()


def _row(service: Service, conn: Connection, key_id: UUID, one: Inbound, now: datetime) -> dict[str, object]:
    return {
        "source": one.source,
        "provider_id": one.provider_id,
        "sender": one.sender,
        "traveler_id": one.traveler_id,
        "trip_id": one.trip_id,
        "contact_id": one.contact_id,
        "alarm_id": one.alarm_id,
        "sealed": service.keys.seal(conn, key_id, b"inbox", _body(one.text, one.address)),
        "media": one.media,
        "occurred_at": happened_at(one, now),
        "received_at": now,
    }


def _received(conn: Connection, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    query = select(INBOX.c.source, INBOX.c.provider_id, INBOX.c.received_at).where(
        tuple_(INBOX.c.source, INBOX.c.provider_id).in_(ids)
    )
    return {(row.source, row.provider_id): row.received_at for row in conn.execute(query)}


def _outcome(one: Inbound, first: dict[tuple[str, str], datetime], now: datetime) -> AcceptedInbound:
    received = first.get((one.source, one.provider_id), now)
    return AcceptedInbound(received == now, received)
