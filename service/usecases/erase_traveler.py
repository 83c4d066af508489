"""A traveler has everything erased that is kept of her: at once, or from a running trip like any change that ends it.

Whoever holds her phone can ask for it too. So in a running trip it waits for the cooling-off unless one of her words
came along, and her people are told at once. An open alarm goes on until its close, and nothing tells that it does: her
pages are gone, and who signs in with her number is somebody new.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select

from service.core.alarm import LINK_LIVES_AFTER_CLOSE, AlarmKind
from service.db import erasing
from service.db.routing import NIL
from service.db.stored import table_of
from service.db.tables import Alarm, Change, Outbox, Traveler, Trip
from service.edges import Act
from service.usecases.changes import ERASE, Erase
from service.usecases.context import Service
from service.usecases.my_trip import MyTrip, my_trip
from service.usecases.problems import NotFound
from service.usecases.request_change import request_change
from service.usecases.retention import TRIP, is_kept, kept_for
from service.usecases.work import Work

ALARMS = table_of(Alarm)
CHANGES = table_of(Change)
OUTBOX = table_of(Outbox)
TRAVELERS = table_of(Traveler)
TRIPS = table_of(Trip)

BATCH = 20
LAST_MESSAGES = timedelta(days=2)
"""How long what is still to be told, that the trip has ended, say, may hold an erasure."""


def request_erasure(
    service: Service, traveler_id: UUID, *, word: str | None = None, sender: bytes, once: str | None = None
) -> MyTrip | None:
    """Have everything erased; the running trip that it ends, if there is one.

    1. In a running trip it is a change like any other: with one of her words at once, else after the cooling-off, and
    her people are told.  2. Without one it is done now.  3. Once it has taken effect her sessions, her programs' tokens
    and her page for an OK are gone.  4. The rest goes as soon as nobody needs it: see `erase_who_asked`.
    Killed here: a repeat of the request does what is left.

    Args:
        word: what was given as one of her words.
        sender: the hash of the token or session that asked.

    Raises:
        NotFound: no such traveler.
    """
    trip = my_trip(service, traveler_id)
    if trip is not None and trip.armed:
        request_change(service, trip.key, Erase(), word=word if trip.has_words else None, sender=sender, once=once)
    else:
        service.run(lambda conn: _ask_now(service, conn, traveler_id))
    service.run(lambda conn: close_doors(conn, service.clock(), traveler_id))
    # What nobody needs any more goes in this moment; an engine does the same later.
    service.run(lambda conn: _erase_batch(service, conn, only=traveler_id))
    return trip if trip is not None and trip.armed else None


def has_left(conn: Connection, traveler_id: UUID, now: datetime) -> bool:
    """Whether this traveler has been erased as far as anybody is shown: who signs in with her number is new."""
    query = select(CHANGES.c.change_id).where(CHANGES.c.traveler_id == traveler_id, _in_effect(now))
    return conn.execute(query.limit(1)).first() is not None


def erase_who_asked(service: Service) -> None:
    """Erase everybody who asked for it, whose trips have ended, and whom nothing more is told about.

    1. The doors of those for whom it has taken effect are closed, also while an alarm holds the rest.  2. In batches,
    each whole: the keys first, then the rows.

    Killed here: a batch is erased whole or not at all.
    """
    service.run(lambda conn: close_doors(conn, service.clock()), Act.HOUSE)
    while service.run(partial(_erase_batch, service), Act.HOUSE) == BATCH:
        pass


def close_doors(conn: Connection, now: datetime, only: UUID | None = None) -> int:
    """End sessions, tokens and pages for an OK of those who have left, or of one if she has; how many."""
    query = select(CHANGES.c.traveler_id).where(_in_effect(now)).distinct()
    if only is not None:
        query = query.where(CHANGES.c.traveler_id == only)
    return erasing.close_doors(conn, conn.execute(query).scalars().all())


def _ask_now(service: Service, conn: Connection, traveler_id: UUID) -> None:
    """With no trip under way it takes effect in this moment; a trip that only an alarm still holds open holds it."""
    now = service.clock()
    row = conn.execute(
        select(TRAVELERS.c.key_id).where(TRAVELERS.c.traveler_id == traveler_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound
    values = {
        "traveler_id": traveler_id,
        "change_id": uuid4(),
        # Of no trip.
        "trip_id": NIL,
        "kind": ERASE,
        "sealed": service.keys.seal(conn, row.key_id, b"change", b"{}"),
        "requested_at": now,
        "effective_at": now,
        "state": "done",
        "verified": False,
    }
    conn.execute(insert(CHANGES), values)
    work = Work(service, conn, now)
    work.audit.add(traveler_id, "traveler", f"change_asked:{ERASE}")
    work.flush()


def _in_effect(now: datetime) -> ColumnElement[bool]:
    asked = CHANGES.c.kind == ERASE, CHANGES.c.state.in_(("pending", "done")), CHANGES.c.effective_at <= now
    return and_(*asked)


def _erase_batch(service: Service, conn: Connection, only: UUID | None = None) -> int:
    now = service.clock()
    found = _ready(conn, now, only)
    erasing.erase_travelers(conn, service.keys, found)
    return len(found)


def _closed_lately(now: datetime) -> ColumnElement[bool]:
    """Whether an alarm of hers has ended so lately that it is still needed: somebody may say yet that not all is well.
    And who asked while she was in danger may not have been free: then it stays as long as any trip does after its end.
    """
    in_danger = ALARMS.c.kind.in_((AlarmKind.SOS.value, AlarmKind.DURESS.value))
    asked_then = ALARMS.c.closed_at > CHANGES.c.requested_at, ALARMS.c.closed_at > now - kept_for(TRIP)
    lately = or_(ALARMS.c.closed_at > now - LINK_LIVES_AFTER_CLOSE, and_(in_danger, *asked_then))
    return exists().where(ALARMS.c.traveler_id == CHANGES.c.traveler_id, lately)


def _ready(conn: Connection, now: datetime, only: UUID | None) -> Sequence[UUID]:
    """Those who asked, and whom no trip, no alarm, no hold and no message needs any more."""
    hers = TRIPS.c.traveler_id == CHANGES.c.traveler_id
    runs = exists().where(hers, or_(TRIPS.c.status == "armed", is_kept(now)))
    is_open = exists().where(ALARMS.c.traveler_id == CHANGES.c.traveler_id, ALARMS.c.closed_at.is_(None))
    to_tell = exists().where(OUTBOX.c.traveler_id == CHANGES.c.traveler_id, OUTBOX.c.state.in_(("pending", "sending")))
    asked = CHANGES.c.kind == ERASE, CHANGES.c.state == "done"
    query = select(CHANGES.c.traveler_id).where(*asked, ~runs, ~is_open, ~_closed_lately(now)).distinct()
    query = query.where(or_(~to_tell, CHANGES.c.effective_at <= now - LAST_MESSAGES))
    if only is not None:
        query = query.where(CHANGES.c.traveler_id == only)
    return conn.execute(query.limit(BATCH)).scalars().all()
