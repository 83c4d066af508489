"""Whether texts from a phone reach us: proven by one that came, before anything depends on it.

The code of the sign-in proves the other way only: that our texts reach her.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from service.db.routing import NIL, PhoneOwner
from service.db.stored import table_of

OWNERS = table_of(PhoneOwner)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A traveler of whose trips none is armed. `heard`: when her number was heard from, by source (ISO 8601)."""

    traveler_id: UUID
    heard: Mapping[str, str]


def note_heard(conn: Connection, number: bytes, source: str, at: datetime, whose: Iterable[Waiting]) -> None:
    """Keep that a text came from this number (its keyed hash) by this source; an armed trip's check-ins tell it."""
    for waiting in whose:
        of_her = (OWNERS.c.phone_hash == number) & (OWNERS.c.traveler_id == waiting.traveler_id)
        heard = {**waiting.heard, source: at.isoformat()}
        conn.execute(update(OWNERS).where(of_her, OWNERS.c.contact_id == NIL).values(heard=heard))


def note_heard_between(conn: Connection, traveler_id: UUID, number: bytes, source: str, at: datetime) -> None:
    """The same for one whose trip only an alarm holds back: she plans the next one, and must see that she was heard."""
    of_her = (OWNERS.c.phone_hash == number) & (OWNERS.c.traveler_id == traveler_id) & (OWNERS.c.contact_id == NIL)
    before = conn.execute(select(OWNERS.c.heard).where(of_her)).scalar() or {}
    note_heard(conn, number, source, at, [Waiting(traveler_id, before)])


def heard_at(
    conn: Connection, traveler_id: UUID, number: bytes, sources: Iterable[str], since: datetime
) -> datetime | None:
    """When a text last came from her number by any of these sources; None when none came since then."""
    query = select(OWNERS.c.heard).where(
        OWNERS.c.phone_hash == number, OWNERS.c.traveler_id == traveler_id, OWNERS.c.contact_id == NIL
    )
    heard = conn.execute(query).scalar() or {}
    times = (datetime.fromisoformat(heard[source]) for source in sources if source in heard)
    return max((at for at in times if at >= since), default=None)
