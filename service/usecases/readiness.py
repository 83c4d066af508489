"""What a draft lacks before it may begin, and what had better be mended first although it may begin without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripKey, TripState
from service.usecases.arm import missing
from service.usecases.contacts import GONE
from service.usecases.context import Service
from service.usecases.phone_proof import heard_at
from service.usecases.problems import NotFound
from service.usecases.unknown_facts import is_known, open_fields

TRIPS = table_of(Trip)

NEEDED_FIRST = ("destination.address", "employer.name", "consulate.name")
"""What those who look for somebody ask first (keys of `LATER`), also when nobody said that it comes later."""
ADVISED_PEOPLE = 2
SMS = "sms"


@dataclass(frozen=True, slots=True)
class PhoneProof:
    """One number of hers. The code of the sign-in proved that it receives; `heard_at` (UTC) proves the other way, and
    is None while no text has come from it since the trip was planned. `suppressed`: it said STOP."""

    number: str
    heard_at: datetime | None
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Readiness:
    """`blocking`: the codes of `arm.missing`; the trip begins only without any. The rest is advice.

    `unknown`: facts (keys of `LATER`) that nobody knows yet. `asked`: the names of people who have not answered the
    invitation. `alone`: fewer than two people are trusted. `phones`: her numbers that can check in by text, and
    `number_to_text` where to; None when texts cannot come in here.
    """

    blocking: tuple[str, ...]
    unknown: tuple[str, ...]
    asked: tuple[str, ...]
    alone: bool
    phones: tuple[PhoneProof, ...]
    number_to_text: str | None


def show_readiness(service: Service, key: TripKey) -> Readiness:
    """How ready a draft is. Changes nothing.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, key, now))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> Readiness:
    trip = service.planned_trip(conn, key, now)
    if trip is None:
        raise NotFound
    listed = open_fields(trip.details)
    lacking = (field for field in NEEDED_FIRST if field not in listed and not is_known(trip.details, field))
    people = [contact for contact in trip.contacts if contact.status not in GONE]
    return Readiness(
        blocking=tuple(missing(service, conn, trip, now)),
        unknown=(*listed, *lacking),
        asked=tuple(contact.name for contact in people if not contact.accepted),
        alone=len(people) < ADVISED_PEOPLE,
        phones=_phones(service, conn, trip),
        number_to_text=service.number_to_text,
    )


def _phones(service: Service, conn: Connection, trip: TripState) -> tuple[PhoneProof, ...]:
    of_trip = (TRIPS.c.traveler_id == trip.key.traveler_id) & (TRIPS.c.trip_id == trip.key.trip_id)
    planned_at = conn.execute(select(TRIPS.c.created_at).where(of_trip)).scalar_one()
    sources = service.senders.get(SMS, ())
    return tuple(
        PhoneProof(
            address.address,
            heard_at(conn, trip.key.traveler_id, address.hash, sources, planned_at),
            address.suppressed,
        )
        for address in trip.traveler.addresses
        if address.channel == SMS
    )
