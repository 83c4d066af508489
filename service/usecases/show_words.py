"""How a draft speaks to its traveler, and whether it has words; the words themselves nobody can read again."""

from __future__ import annotations

from dataclasses import dataclass

from service.core.wording import Wording
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.problems import NotFound


@dataclass(frozen=True, slots=True)
class ShownWords:
    """`language`: the tag in which her texts are written."""

    wording: Wording
    has_words: bool
    language: str


def show_words(service: Service, key: TripKey) -> ShownWords:
    """What may be shown of a draft's words. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    trip = service.read(lambda conn: service.planned_trip(conn, key, now))
    if trip is None:
        raise NotFound
    return ShownWords(Wording(trip.wording), trip.has_words, trip.traveler.language)
