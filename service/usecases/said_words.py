"""Which of her words a text is: of those in force, and of those that she is shown to have.

Other words that were asked for wait as long as an alarm is open. Whoever asked for them may try them out, and the old
ones too: so what can be seen to depend on a word depends on those that are shown. What protects her depends on either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from service.core import words
from service.db.sealed import Keyring
from service.db.trips import TripState
from service.usecases.waiting import words_held

SAFE, DURESS = "safe", "duress"


class Said(NamedTuple):
    """The kind of word (safe or duress) that a text is, if any, among those in force and among those shown."""

    in_force: str | None = None
    shown: str | None = None

    @property
    def is_duress(self) -> bool:
        return DURESS in self

    @property
    def is_word(self) -> bool:
        return any(self)


def said_in(conn: Connection, keys: Keyring, trip: TripState, text: str, now: datetime) -> Said:
    """What a text is in her trip. Compares against all words, in constant time."""
    kind = word_kind(trip, text)
    held = words_held(conn, keys, trip.key, now) if trip.alarm is not None and trip.has_words else None
    return Said(kind, kind if held is None else _kind(held.word_key, held.words, text))


def word_kind(trip: TripState, text: str) -> str | None:
    """Which kind of word in force this text is, if any."""
    if not trip.has_words or trip.word_key is None:
        return None
    return _kind(trip.word_key, trip.words, text)


def _kind(key: bytes, known: Sequence[tuple[str, bytes]], text: str) -> str | None:
    index = words.match(key, text, [fingerprint for _, fingerprint in known])
    return None if index is None else known[index][0]
