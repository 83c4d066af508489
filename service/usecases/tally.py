"""What this process has sent since it was last written down: how much, and by which trips much of it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from uuid import UUID

from service.db.trips import TripKey

LOOK_EVERY = 8
"""A trip is looked at each time that it has sent so many more messages by this process."""
MOST_TRIPS = 5000


class Tally:
    """Counts sends; any thread may.

    Of trips it keeps those that send most (Misra and Gries): when there are too many, each counts one less and those
    at nought are forgotten, so that memory does not grow with the number of trips.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._by_trip: dict[TripKey, int] = {}
        self._to_look_at: set[TripKey] = set()

    def add(self, traveler_id: UUID, trip_id: UUID | None) -> None:
        """One message has left."""
        with self._lock:
            self._count += 1
            if trip_id is not None:
                self._add_to(TripKey(traveler_id, trip_id))

    def take(self) -> tuple[int, frozenset[TripKey]]:
        """How many messages have left since the last call, and the trips whose count is to be looked at."""
        with self._lock:
            taken = self._count, frozenset(self._to_look_at)
            self._count, self._to_look_at = 0, set()
        return taken

    def give_back(self, count: int, trips: Iterable[TripKey]) -> None:
        """What was taken could not be written down."""
        with self._lock:
            self._count += count
            self._to_look_at.update(trips)

    def _add_to(self, key: TripKey) -> None:
        if key not in self._by_trip and len(self._by_trip) >= MOST_TRIPS:
            self._by_trip = {trip: count - 1 for trip, count in self._by_trip.items() if count > 1}
        count = self._by_trip.get(key, 0) + 1
        self._by_trip[key] = count
        if count % LOOK_EVERY == 0:
            self._to_look_at.add(key)
