"""What is kept of a traveler, as a file of her own: made when she asks for it, and kept nowhere.

It is made of what her pages show, so it tells of no alarm, and is the same after any word. While a trip with words runs
it leaves out who her people are and what she asked for: a file stays on a phone when its page has long been closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.db import codec
from service.db.stored import table_of
from service.db.tables import Change, CheckIn, Traveler, Trip
from service.db.trips import TripKey, phones_of
from service.usecases.calendar_feed import feed_in
from service.usecases.changes import ENDS
from service.usecases.context import Service
from service.usecases.problems import NotFound
from service.usecases.show_trip import ShownContact, ShownTrip, WholeTrip, read_whole, show_trip
from service.usecases.waiting import phones_shown, plan_shown
from service.usecases.work import Work

CHANGES = table_of(Change)
CHECK_INS = table_of(CheckIn)
TRAVELERS = table_of(Traveler)
TRIPS = table_of(Trip)

OF_HERSELF = ("name", "latin_name", "birth_date", "citizenship", "email")


def export_traveler(service: Service, traveler_id: UUID) -> dict[str, Any]:
    """Everything that she told us and may be shown, as JSON. Who may see it is the caller's to know. Changes nothing.

    Raises:
        NotFound: no such traveler.
    """
    now = service.clock()
    return service.read(lambda conn: _export(service, conn, traveler_id, now))


def export_short(service: Service, traveler_id: UUID) -> dict[str, Any]:
    """What of it a phone in other hands may show: the next planned times."""
    now = service.clock()

    def read(conn: Connection) -> dict[str, Any]:
        trips = (read_whole(service, conn, key, now).shown for key in _trips_of(conn, traveler_id))
        return {"made_at": now.isoformat(), "trips": [_short(shown) for shown in trips if shown.status == "armed"]}

    return service.read(read)


def guarding_trip(service: Service, traveler_id: UUID) -> TripKey | None:
    """The trip whose passphrase opens the file: the last one with words that she began, if any is kept. Who holds her
    phone could have ended it."""
    begun = TRIPS.c.traveler_id == traveler_id, TRIPS.c.has_words, TRIPS.c.status != "draft"
    query = select(TRIPS.c.trip_id).where(*begun).order_by(TRIPS.c.armed_at.desc(), TRIPS.c.trip_id).limit(1)
    trip_id: UUID | None = service.read(lambda conn: conn.execute(query).scalar())
    return None if trip_id is None else TripKey(traveler_id, trip_id)


def opens_file(service: Service, traveler_id: UUID, passphrase: str | None) -> bool:
    """Whether a passphrase, or none, opens the whole file. A wrong one is counted.

    Raises:
        StorageUnavailable: too many passphrases are tried at once, or the database is away.
    """
    key = guarding_trip(service, traveler_id)
    return key is None or isinstance(show_trip(service, key, passphrase), WholeTrip)


def note_export(service: Service, traveler_id: UUID) -> None:
    """Write down in her audit trail that a file was made."""

    def note(conn: Connection) -> None:
        work = Work(service, conn, service.clock())
        work.audit.add(traveler_id, "traveler", "exported")
        work.flush()

    service.run(note)


def _export(service: Service, conn: Connection, traveler_id: UUID, now: datetime) -> dict[str, Any]:
    query = select(TRAVELERS.c.sealed, TRAVELERS.c.language, TRAVELERS.c.created_at)
    row = conn.execute(query.where(TRAVELERS.c.traveler_id == traveler_id)).first()
    if row is None:
        raise NotFound
    told = json.loads(service.keys.open(conn, b"traveler", row.sealed))
    return {
        "made_at": now.isoformat(),
        "about_you": {
            **{name: told.get(name) or None for name in OF_HERSELF},
            "language": row.language,
            "numbers": list(phones_shown(conn, service.keys, traveler_id, phones_of(told), now)),
            "chats": [entry["address"] for entry in told.get("channels") or ()],
            "since": row.created_at.isoformat(),
        },
        "trips": [_trip(service, conn, key, now) for key in _trips_of(conn, traveler_id)],
    }


def _trips_of(conn: Connection, traveler_id: UUID) -> list[TripKey]:
    query = select(TRIPS.c.trip_id).where(TRIPS.c.traveler_id == traveler_id)
    ordered = query.order_by(TRIPS.c.created_at, TRIPS.c.trip_id)
    return [TripKey(traveler_id, trip_id) for trip_id in conn.execute(ordered).scalars()]


def _trip(service: Service, conn: Connection, key: TripKey, now: datetime) -> dict[str, Any]:
    trip = read_whole(service, conn, key, now)
    is_secret = trip.has_words and trip.shown.status == "armed"
    plan = plan_shown(conn, service.keys, key, now, trip.plan) if trip.plan else None
    feed = feed_in(service, conn, key)
    asked = [_instants({"kind": one.kind, "effective_at": one.effective_at}) for one in trip.asked]
    return {
        **_short(trip.shown),
        "wording": trip.wording,
        "starts_at": trip.starts_at.isoformat(),
        "ends_at": trip.ends_at.isoformat(),
        "details": dict(trip.details),
        "plan": codec.plan_to_json(plan) if plan else None,
        "people": None if is_secret else [_person(one) for one in trip.contacts],
        "asked_for": None if is_secret else asked,
        "answers": _answers(conn, key, now),
        # Not its address: whoever finds the file would see her times from then on.
        "calendar": _instants({"name": feed.shown.name, "since": feed.since}) if feed else None,
    }


def _short(trip: ShownTrip) -> dict[str, Any]:
    return _instants({"trip_id": str(trip.trip_id), "status": trip.status, "next_deadline": trip.next_deadline})


def _person(contact: ShownContact) -> dict[str, Any]:
    return {
        "name": contact.name,
        "relation": contact.relation,
        "language": contact.language,
        "status": contact.status,
        "role": contact.role,
        "disclosure": contact.disclosure,
        "channels": [dict(one) for one in contact.channels],
    }


def _answers(conn: Connection, key: TripKey, now: datetime) -> list[dict[str, Any]]:
    """When she answered, and by which way. What comes after an end counts no more, as far as she is shown."""
    of_trip = CHECK_INS.c.traveler_id == key.traveler_id, CHECK_INS.c.trip_id == key.trip_id
    query = select(CHECK_INS.c.occurred_at, CHECK_INS.c.source).where(*of_trip)
    ended_at = conn.execute(
        select(CHANGES.c.effective_at)
        .where(CHANGES.c.traveler_id == key.traveler_id, CHANGES.c.trip_id == key.trip_id)
        .where(CHANGES.c.kind.in_(ENDS), CHANGES.c.state.in_(("pending", "done")), CHANGES.c.effective_at <= now)
        .order_by(CHANGES.c.effective_at)
        .limit(1)
    ).scalar()
    if ended_at is not None:
        query = query.where(CHECK_INS.c.occurred_at <= ended_at)
    rows = conn.execute(query.order_by(CHECK_INS.c.occurred_at, CHECK_INS.c.inbox_id))
    return [_instants({"at": row.occurred_at, "by": row.source}) for row in rows]


def _instants(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one.isoformat() if isinstance(one, datetime) else one for name, one in values.items()}
