"""What was asked for and still waits is taken back: by one of her words, and without words by herself alone.

Whoever holds her phone could take back what she asked for when nobody stood beside her: whom to remove, say. So in a
trip with words nothing is taken back without one, and nothing says so.
"""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import Connection, select, update

from service.core.wording import ContactNotice
from service.core.wording_text import N_
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.tables import Change as ChangeRow
from service.db.trips import TripState
from service.usecases import telling
from service.usecases.changes import RemoveContact, TakeOver, Undo, from_json
from service.usecases.end_trip import take_back_end
from service.usecases.problems import Invalid
from service.usecases.waiting import asked_of
from service.usecases.work import Work

CHANGES = table_of(ChangeRow)

NOTHING_WAITS = N_("This does not wait any more.")


def undo_in(work: Work, trip: TripState, change: Undo, *, verified: bool, duress: bool) -> TripState:
    """Take back what waits, within a transaction; the trip as it then is.

    `verified`, `duress`: as in `request_in`.

    Raises:
        Invalid: it does not wait, as far as she is shown.
    """
    waits = next((one for one in asked_of(work.conn, trip.key, work.now) if one.change_id == change.change_id), None)
    if waits is None:
        raise Invalid.of("undo", NOTHING_WAITS)
    if trip.has_words and not verified:
        return trip
    unaware: tuple[str, ...] = ()
    if waits.change_id == trip.key.trip_id:
        trip = take_back_end(work, trip)
    else:
        unaware = _cancel(work, trip, waits.change_id)
    work.audit.add(trip.key.traveler_id, "traveler", f"change_undone:{waits.kind}")
    if not duress:
        telling.tell_others(work, trip, ContactNotice.CHANGE_UNDONE, but=unaware)
    return trip


def _cancel(work: Work, trip: TripState, change_id: UUID) -> tuple[str, ...]:
    """Whom nobody told of it: she who was to leave."""
    this = (CHANGES.c.traveler_id == trip.key.traveler_id) & (CHANGES.c.change_id == change_id)
    row = work.conn.execute(select(CHANGES.c.kind, CHANGES.c.sealed).where(this)).one()
    work.conn.execute(update(CHANGES).where(this).values(state="cancelled"))
    return _unaware(work.conn, work.service.keys, row.kind, row.sealed)


def _unaware(conn: Connection, keys: Keyring, kind: str, sealed: bytes) -> tuple[str, ...]:
    waiting = from_json(kind, json.loads(keys.open(conn, b"change", sealed)))
    return (str(waiting.contact_id),) if isinstance(waiting, RemoveContact | TakeOver) else ()
