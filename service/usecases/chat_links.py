"""A link that joins a chat to a person: one press in it writes to us first, and tells us whose the chat is.

A link works once and for some days. Nothing of it is stored but its keyed hash, and its token sealed for the pages that
show it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, select, update

from notifiers.base import WrittenToFirst
from service.db.routing import Link
from service.db.stored import table_of
from service.db.trips import TripKey, TripState
from service.usecases.context import Service
from service.usecases.links import base62
from service.usecases.work import Work

LINKS = table_of(Link)

TELEGRAM = "telegram"
"""The channel, the name of its source, and what its links are called."""
LIVES = timedelta(days=7)
"""As long as an invitation waits for its answer."""
START = "/start "
"""How a text begins that brings a link's token."""
TOKEN_LETTERS = 22


@dataclass(frozen=True, slots=True)
class ChatLink:
    """A link that is still good: `token` is what the chat brings, `until` the end of it (UTC). `duress`: it was asked
    for with a word of duress. `own`: a contact asked for it on her own page; any other was given to the traveler."""

    token_hash: bytes
    key: TripKey
    contact_id: UUID | None
    token: str
    until: datetime
    duress: bool
    own: bool


class Text(Protocol):
    """What is needed of an inbox row."""

    @property
    def inbox_id(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def text(self) -> str: ...


def is_offered(service: Service) -> bool:
    """Whether people can join a chat here."""
    return isinstance(service.notifiers.get(TELEGRAM), WrittenToFirst)


def address_of_link(service: Service, token: str) -> str:
    """The address to press; "" for no token, or while the provider cannot be asked under which name it knows us.

    It may ask the provider: never within a transaction.
    """
    one: object = service.notifiers.get(TELEGRAM)
    return (one.link_for(token) or "") if token and isinstance(one, WrittenToFirst) else ""


def make_chat_link(
    work: Work, trip: TripState, contact_id: UUID | None, *, duress: bool = False, own: bool = False
) -> str:
    """The token of a new link for a contact, or with None for the traveler; the one before it works no more."""
    end_chat_links(work.conn, trip.key, contact_id, work.now)
    token = base62(secrets.token_bytes(32), TOKEN_LETTERS)
    kept = json.dumps({"token": token, "duress": duress, "own": own}).encode()
    work.keep_link(
        {
            "token_hash": work.service.keys.token_hash(token),
            "kind": TELEGRAM,
            "traveler_id": trip.key.traveler_id,
            "trip_id": trip.key.trip_id,
            "contact_id": contact_id,
            "sealed": work.service.keys.seal(work.conn, trip.key_id, b"link", kept),
            "created_at": work.now,
            "expires_at": work.now + LIVES,
            "used": 0,
        }
    )
    return token


def end_chat_links(conn: Connection, key: TripKey, contact_id: UUID | None, now: datetime) -> None:
    """What was given out for this person joins no chat any more."""
    whose = LINKS.c.contact_id == contact_id if contact_id is not None else LINKS.c.contact_id.is_(None)
    of_trip = (LINKS.c.traveler_id == key.traveler_id) & (LINKS.c.trip_id == key.trip_id)
    conn.execute(update(LINKS).where(of_trip, whose, LINKS.c.kind == TELEGRAM).values(used=1, expires_at=now))


def waiting_links(service: Service, conn: Connection, key: TripKey, now: datetime) -> dict[UUID | None, ChatLink]:
    """The links of a trip that are still good, by contact; the traveler's under None."""
    of_trip = (LINKS.c.traveler_id == key.traveler_id) & (LINKS.c.trip_id == key.trip_id)
    query = select(LINKS).where(of_trip, LINKS.c.kind == TELEGRAM, LINKS.c.used == 0, LINKS.c.expires_at > now)
    return {row.contact_id: _opened(service, conn, row) for row in conn.execute(query)}


def links_brought(service: Service, conn: Connection, texts: Iterable[Text]) -> Mapping[int, ChatLink | None]:
    """The links whose tokens these texts bring, locked, by inbox id; None for a token that joins nothing now. Texts
    that bring none are not named."""
    hashes = {
        one.inbox_id: service.keys.token_hash(one.text.removeprefix(START).strip())
        for one in texts
        if one.source == TELEGRAM and one.text.startswith(START)
    }
    if not hashes:
        return {}
    query = select(LINKS).where(LINKS.c.token_hash.in_(set(hashes.values())), LINKS.c.kind == TELEGRAM)
    now = service.clock()
    rows = {row.token_hash: row for row in conn.execute(query.with_for_update())}
    good = {
        digest: _opened(service, conn, row) for digest, row in rows.items() if not row.used and row.expires_at > now
    }
    return {inbox_id: good.get(digest) for inbox_id, digest in hashes.items()}


def use_up(conn: Connection, link: ChatLink, now: datetime) -> bool:
    """Whether the link was still good; from now on it is not."""
    this = (LINKS.c.token_hash == link.token_hash) & (LINKS.c.used == 0)
    return conn.execute(update(LINKS).where(this).values(used=1, expires_at=now)).rowcount == 1


def _opened(service: Service, conn: Connection, row: Any) -> ChatLink:
    said = json.loads(service.keys.open(conn, b"link", row.sealed))
    key = TripKey(row.traveler_id, row.trip_id)
    duress, own = bool(said.get("duress")), bool(said.get("own"))
    return ChatLink(row.token_hash, key, row.contact_id, said["token"], row.expires_at, duress, own)
