"""What a story's engine has to do: which of its jobs would find something, and when one will again.

One statement answers it; to run all jobs in vain takes a dozen transactions. The conditions are those of
`service.db.claims` or weaker, so that a job that is passed over would have found nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, or_, select

from service.db import tables
from service.db.routing import Inbox
from service.db.stored import table_of
from service.db.types import UTCDateTime

WATCHES, ALARMS = table_of(tables.Watch), table_of(tables.Alarm)
CHANGES, OUTBOX = table_of(tables.Change), table_of(tables.Outbox)
REHEARSALS, INBOX = table_of(tables.Rehearsal), table_of(Inbox)

_NOW = bindparam("now", type_=UTCDateTime())
_PENDING, _SENDING = OUTBOX.c.state == "pending", OUTBOX.c.state == "sending"
_LOOKED_AT = (WATCHES.c.look_at, ALARMS.c.look_at, REHEARSALS.c.look_at)


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to do at a moment. `looks`: a watch, an alarm or a rehearsal is to be stepped."""

    inbox: bool
    changes: bool
    looks: bool
    outbox: bool
    leases: bool

    @property
    def nothing(self) -> bool:
        return not (self.inbox or self.changes or self.looks or self.outbox)


_DUE = select(
    exists().where(INBOX.c.handled_at.is_(None), INBOX.c.received_at <= _NOW),
    exists().where(CHANGES.c.state == "pending", CHANGES.c.effective_at <= _NOW),
    or_(*(exists().where(column <= _NOW) for column in _LOOKED_AT)),
    exists().where(_PENDING, OUTBOX.c.available_at <= _NOW),
    exists().where(_SENDING, OUTBOX.c.lease_until <= _NOW),
)


def due(conn: Connection, now: datetime) -> Due:
    """What the engine would find at this moment."""
    return Due(*conn.execute(_DUE, {"now": now}).one())


def _first(column: ColumnElement[datetime], *when: ColumnElement[bool]) -> ColumnElement[datetime]:
    return select(func.min(column)).where(column > _NOW, *when).scalar_subquery()


_NEXT = select(
    *(_first(column) for column in _LOOKED_AT),
    _first(CHANGES.c.effective_at),
    _first(OUTBOX.c.available_at, _PENDING),
    _first(OUTBOX.c.lease_until, _SENDING),
)


def next_instant(conn: Connection, now: datetime) -> datetime | None:
    """The next moment at which a row asks to be looked at."""
    return min((moment for moment in conn.execute(_NEXT, {"now": now}).one() if moment is not None), default=None)
