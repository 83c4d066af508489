"""A word that came along with something else she asked for: it counts like any text of hers."""

from __future__ import annotations

from uuid import uuid4

from service.db.trips import TripKey
from service.usecases.accept import Inbound, accept, text_name
from service.usecases.context import Service


def keep_word(service: Service, key: TripKey, word: str | None, *, sender: bytes, once: str | None) -> None:
    """Put the word into the inbox, before anything is done by it; None is none.

    The same word sent twice with the same form is one. Another word in the same form, come back with a mistake, counts
    too: it may be the one of duress.

    Args:
        sender: the hash of the token or session that it came with.
    """
    if word is None:
        return
    name = f"{key.trip_id}:change:{once}:{text_name(service, word)}" if once else str(uuid4())
    now = service.clock()
    accept(
        service,
        Inbound("api", name, sender, word, occurred_at=now, traveler_id=key.traveler_id, trip_id=key.trip_id),
    )
