"""A change of an armed trip, asked for by the API or a form: with one of her words or without."""

from __future__ import annotations

from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey
from service.usecases.answer_once import answer_once
from service.usecases.change_trip import request_in
from service.usecases.changes import Change, RemoveContact
from service.usecases.context import Service
from service.usecases.drafts import ENDED, NOT_ARMED
from service.usecases.problems import Conflict409, NotFound
from service.usecases.request_word import keep_word
from service.usecases.said_words import SAFE, Said, said_in, word_kind
from service.usecases.waiting import ends_by_now
from service.usecases.work import Work

TRIPS = table_of(Trip)


def request_change(
    service: Service, key: TripKey, change: Change, *, word: str | None, sender: bytes, once: str | None = None
) -> bool:
    """Ask for a change of an armed trip, with a safe word or without.

    1. The word goes into the inbox like any text of hers: one of duress raises its alarm there.  2. The change takes
    effect or waits; with a word of either kind it waits for nothing but that the word has been read.
    The safe word with which an unsafe contact is removed comes second: an alarm that it ends must not tell her so.
    Killed here: what came first counts, and a repeat of the request does the rest.

    Returns:
        Whether the times by which she is asked have changed with it: at once, and for any word. A repeat returns the
        same.

    Args:
        sender: the hash of the token or session that asked.

    Raises:
        NotFound, Conflict409: no such trip, or it is not armed.
        Invalid: fields that cannot be used.
    """
    now = service.clock()
    service.read(lambda conn: _refuse_draft(conn, key))
    is_second = _is_unsafe(change) and _is_safe(service, key, word)
    if not is_second:
        keep_word(service, key, word, sender=sender, once=once)

    def keep(conn: Connection) -> bool:
        trip = service.trip(conn, key, now, lock=True)
        if trip is None:
            raise NotFound
        if _refuse_draft(conn, key) == "ended" or ends_by_now(conn, key, now):
            # An end that waits for an alarm's close looks like an end.
            raise Conflict409(ENDED, ("ended",))
        work = Work(service, conn, now)
        said = said_in(conn, service.keys, trip, word, now) if word is not None else Said()
        # Words that only wait to be hers remove nobody at once: whoever holds her phone may have asked for them.
        may_be_forced = said.is_duress or (said.is_word and _is_unsafe(change) and said.in_force != SAFE)
        changed = request_in(work, trip, change, verified=said.shown is not None, duress=may_be_forced)
        if changed.watch is not None and changed.watch != trip.watch:
            work.save_watch(changed, changed.watch, now)
        work.flush()
        return changed.plan is not trip.plan

    call = f"changes:{key.trip_id}"
    try:
        counts = service.run(lambda conn: answer_once(conn, key.traveler_id, call, once, now, lambda: keep(conn)))
    finally:
        # It counts as well when what came with it was refused.
        if is_second:
            keep_word(service, key, word, sender=sender, once=once)
    service.wake.sweep.set()
    service.wake.outbox.set()
    return bool(counts)


def _is_unsafe(change: Change) -> bool:
    return isinstance(change, RemoveContact) and change.unsafe


def _is_safe(service: Service, key: TripKey, word: str | None) -> bool:
    trip = service.read(lambda conn: service.trip(conn, key, service.clock())) if word is not None else None
    return trip is not None and word is not None and word_kind(trip, word) == SAFE


def _refuse_draft(conn: Connection, key: TripKey) -> str:
    query = select(TRIPS.c.status).where(TRIPS.c.traveler_id == key.traveler_id, TRIPS.c.trip_id == key.trip_id)
    status: str | None = conn.execute(query).scalar()
    if status is None:
        raise NotFound
    if status == "draft":
        raise Conflict409(NOT_ARMED, ("not_armed",))
    return status
