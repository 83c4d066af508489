"""Sessions of a browser: opened by a code, ended by time or by leaving, and for minutes open to the private page.

A session lies on a phone that somebody else may hold. So it ends for good when it is left, and what a passphrase
opened closes by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from service.db.routing import Link
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.try_passphrase import passphrase_opens
from service.usecases.waiting import passphrase_shown

LINKS = table_of(Link)
TRIPS = table_of(Trip)

PRIVATE_FOR = timedelta(minutes=10)
WRONG_PASSPHRASES = 10
"""In one session; after them none is right until she signs in anew."""


@dataclass(frozen=True, slots=True)
class Session:
    """Whose browser it is. `private_trip`: the trip whose private page is open just now."""

    traveler_id: UUID
    token_hash: bytes
    private_trip: UUID | None = None

    def sees(self, trip_id: UUID) -> bool:
        return self.private_trip == trip_id


def find_session(service: Service, token: str) -> Session | None:
    """The session of a token, or None when there is none or it has ended. Changes nothing."""
    digest = service.keys.token_hash(token)
    query = select(LINKS).where(LINKS.c.token_hash == digest, LINKS.c.kind == "session")
    row = service.read(lambda conn: conn.execute(query).first())
    now = service.clock()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    is_open = row.private_until is not None and row.private_until > now
    return Session(row.traveler_id, digest, row.trip_id if is_open else None)


def end_session(service: Service, token: str) -> None:
    """Forget a session; one that is not there is forgotten already."""
    digest = service.keys.token_hash(token)
    gone = delete(LINKS).where(LINKS.c.token_hash == digest, LINKS.c.kind == "session")
    service.run(lambda conn: conn.execute(gone))


def end_all_sessions(service: Service, traveler_id: UUID) -> None:
    """Forget all her sessions, this one too, and the tokens of programs: for a phone that she has lost."""
    gone = delete(LINKS).where(LINKS.c.traveler_id == traveler_id, LINKS.c.kind.in_(("session", "api")))
    service.run(lambda conn: conn.execute(gone))


def open_private(service: Service, session: Session, key: TripKey, passphrase: str) -> bool:
    """Open the private page of a trip of hers for 10 minutes; False when the passphrase does not fit.

    Each is counted in the session before it is tried, so that many at once are no more than one after another; wrong
    ones also for the trip, by `passphrase_opens`, so that another session has no more tries.

    Raises:
        StorageUnavailable: too many passphrases are tried at once, or the database is away.
    """
    of_session = (LINKS.c.token_hash == session.token_hash) & (LINKS.c.kind == "session")
    count = update(LINKS).where(of_session, LINKS.c.used < WRONG_PASSPHRASES).values(used=LINKS.c.used + 1)
    may_try = service.run(lambda conn: conn.execute(count).rowcount == 1)
    stored = service.read(lambda conn: _stored(service, conn, key))
    if stored is None or not passphrase_opens(service, key, passphrase, stored) or not may_try:
        return False
    opened = {"trip_id": key.trip_id, "private_until": service.clock() + PRIVATE_FOR, "used": 0}
    service.run(lambda conn: conn.execute(update(LINKS).where(of_session).values(**opened)))
    return True


def close_private(service: Service, session: Session) -> None:
    """Close the private page."""
    of_session = LINKS.c.token_hash == session.token_hash
    service.run(lambda conn: conn.execute(update(LINKS).where(of_session).values(private_until=None, trip_id=None)))


def _stored(service: Service, conn: Connection, key: TripKey) -> str | None:
    """The trip's passphrase as it is stored."""
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    stored: str | None = conn.execute(select(TRIPS.c.passphrase_hash).where(of_trip)).scalar()
    return passphrase_shown(conn, service.keys, key, service.clock(), stored)
