"""A few texts before she leaves that say that something on her list is still open.

They lie in the outbox from the moment of planning and are written anew whenever the list, the day or the wording
changes. None says what is open, so that who reads along learns nothing. In a trip that has begun and has words, or is
discreet, there are none: there the private page shows the list.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select

from service.core import wording
from service.core.checklist_times import STAYS_GOOD, ask_times
from service.core.wording_checklist import still_open as text_of
from service.db.stored import table_of
from service.db.tables import Outbox, Trip
from service.db.trips import Address, TripKey, TripState
from service.texts import translator
from service.usecases.alarm_facts import first_usable
from service.usecases.carriage import carriage_to
from service.usecases.checklist import is_asked, still_open
from service.usecases.numbers import zone_of_number
from service.usecases.work import Draft, Priority, Work

OUTBOX = table_of(Outbox)
TRIPS = table_of(Trip)

KIND = "traveler_notice"
NAME = "checklist:"
PAGE = "/trip/checklist"


def ask_before_leaving(work: Work, trip: TripState) -> None:
    """Write the texts of a trip as it stands after a change, in the place of those that still wait."""
    stop_asking_before(work, trip.key)
    address = first_usable(trip.traveler.addresses)
    if address is None or trip.starts_at <= work.now or not _may_be_asked(trip) or not still_open(trip):
        return
    of_trip = (TRIPS.c.traveler_id == trip.key.traveler_id) & (TRIPS.c.trip_id == trip.key.trip_id)
    planned_at = work.conn.execute(select(TRIPS.c.created_at).where(of_trip)).scalar_one()
    for at in ask_times(planned_at, trip.starts_at, zone_of_number(trip.traveler.phone), work.now):
        _write(work, trip, address, at)


def stop_asking_before(work: Work, key: TripKey) -> None:
    """Take away the texts that still wait, also those that this transaction was about to write. Nothing of them is
    kept: they come back in other words with the next change, and under the same names, which are those of their days.
    """
    work.take_back(f"{NAME}{key.trip_id}:")
    work.conn.execute(delete(OUTBOX).where(*_waits(key.traveler_id), OUTBOX.c.trip_id == key.trip_id))


def stop_asking_traveler(work: Work, traveler_id: UUID) -> None:
    """Take away those of all her trips: she has said STOP."""
    work.conn.execute(delete(OUTBOX).where(*_waits(traveler_id)))


def _may_be_asked(trip: TripState) -> bool:
    if not is_asked(trip.details):
        return False
    return trip.status == "draft" or (trip.status == "armed" and not trip.one_reply and trip.alarm is None)


def _write(work: Work, trip: TripState, address: Address, at: datetime) -> None:
    _, service = translator(trip.traveler.language), work.service
    link = service.public_url + PAGE if carriage_to(service, address.channel, address.address).links else ""
    work.send(
        Draft(
            kind=KIND,
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=text_of(_, discreet=trip.one_reply, link=link),
            subject=wording.reminder_subject(_),
            # One a day, whatever changes.
            dedupe_key=f"{NAME}{trip.key.trip_id}:{at:%Y-%m-%d}",
            priority=Priority.REMINDER,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            key_id=trip.key_id,
            available_at=at,
            valid_for=at - work.now + STAYS_GOOD,
            language=trip.traveler.language,
        )
    )


def _waits(traveler_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        OUTBOX.c.traveler_id == traveler_id,
        OUTBOX.c.kind == KIND,
        OUTBOX.c.dedupe_key.startswith(NAME),
        OUTBOX.c.state == "pending",
    )
