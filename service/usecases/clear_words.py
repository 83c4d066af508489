"""Take the words off a draft again: its traveler wants none, or has forgotten them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, delete

from service.db.stored import table_of
from service.db.tables import Word
from service.usecases.agreed import without_agreed
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.drafts import TripKey, load_draft, set_columns, write_details
from service.usecases.work import Work

WORDS = table_of(Word)


def clear_words(service: Service, key: TripKey) -> None:
    """Forget the words of a draft, its question and its passphrase. Without words nothing happens.

    Raises:
        NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def drop(conn: Connection) -> None:
        trip = load_draft(service, conn, key, now)
        if not trip.has_words:
            return
        conn.execute(delete(WORDS).where(WORDS.c.traveler_id == key.traveler_id, WORDS.c.trip_id == key.trip_id))
        write_details(service, conn, trip, without_agreed(trip.details))
        set_columns(conn, key, has_words=False, word_key=None, passphrase_hash=None)
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "words_cleared")
        ask_before_leaving(work, replace(trip, details=without_agreed(trip.details), has_words=False))
        work.flush()

    service.run(drop)
