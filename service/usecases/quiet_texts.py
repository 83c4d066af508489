"""Texts to contacts while nothing is wrong, and the batches in which they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from service.core import wording
from service.db.trips import Address, ContactState, TripKey, TripState
from service.edges import Act
from service.texts import translator
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.work import Draft, Priority, Work

BATCH = 100

log = structlog.get_logger()


def write_to(
    work: Work,
    trip: TripState,
    contact: ContactState,
    address: Address,
    *,
    kind: str,
    body: str,
    key: str,
    valid_for: timedelta,
    ref_code: str | None = None,
) -> None:
    """A text to this contact by this address, good for `valid_for`; `key` names the occasion."""
    work.send(
        Draft(
            kind=kind,
            to=address.address,
            address_hash=address.hash,
            channel=address.channel,
            channel_index=address.index,
            body=body,
            subject=wording.news_subject(trip.traveler.name, translator(contact.language)),
            dedupe_key=key,
            priority=Priority.INVITATION,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            contact_id=contact.contact_id,
            key_id=trip.key_id,
            ref_code=ref_code,
            valid_for=valid_for,
            language=contact.tag,
        )
    )


def for_trips(
    service: Service, keys: Sequence[TripKey], write: Callable[[Service, Connection, Sequence[TripKey]], None]
) -> None:
    """Call `write` for some trips at a time, each time in a transaction. Where it raises, for each of them alone, so
    that one that cannot be handled keeps no other waiting; that one is tried again the next time.

    Killed here: what was written stands, and the rest is due as before.

    Raises:
        StorageUnavailable: the database is away.
    """
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        if not _is_written(service, batch, write) and len(batch) > 1:
            for key in batch:
                _is_written(service, [key], write)
    if keys:
        service.wake.outbox.set()


def _is_written(
    service: Service, keys: Sequence[TripKey], write: Callable[[Service, Connection, Sequence[TripKey]], None]
) -> bool:
    try:
        service.run(lambda conn: write(service, conn, keys), Act.HOUSE)
    except StorageUnavailable:
        raise
    except Exception:
        log.exception("quiet_texts_failed", trips=len(keys), trip_id=str(keys[0].trip_id))
        return False
    return True
