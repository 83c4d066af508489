"""A trip as its traveler may see it on any phone: never an alarm, a streak or a strength.

It reads the view `traveler_watch` in place of the watch, and no alarm, so that whatever is wrong changes nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, select

from service.core.lifeline import is_unproven
from service.core.plan import Plan
from service.db import codec
from service.db.stored import table_of
from service.db.tables import TRAVELER_WATCH, Contact, Trip
from service.db.tables import Plan as PlanRow
from service.db.trips import TripKey
from service.usecases.agreed import without_agreed
from service.usecases.contacts import GONE
from service.usecases.context import Service
from service.usecases.links import check_in_link
from service.usecases.problems import NotFound
from service.usecases.try_passphrase import passphrase_opens
from service.usecases.waiting import (
    Asked,
    answered_after_end,
    as_shown,
    asked_of,
    passphrase_shown,
    people_gone,
    places_taken,
)

TRIPS = table_of(Trip)
PLANS = table_of(PlanRow)
CONTACTS = table_of(Contact)


@dataclass(frozen=True, slots=True)
class ShownContact:
    """A contact; `channels` in the order in which they are tried. `may_worry`: whether she may have the traveler asked
    for a sign; `unproven`: she was asked a week ago whether her addresses are still hers, and has not answered."""

    contact_id: UUID
    status: str
    name: str
    relation: str
    language: str
    role: str
    disclosure: str
    channels: tuple[Mapping[str, str], ...]
    may_worry: bool
    unproven: bool


@dataclass(frozen=True, slots=True)
class ShownTrip:
    """What a captured phone may show."""

    trip_id: UUID
    status: str
    next_deadline: datetime | None


@dataclass(frozen=True, slots=True)
class WholeTrip:
    """What the private page shows. `details` are the sections as the traveler gave them; `weekly`: whether her contacts
    have a word once a week."""

    shown: ShownTrip
    wording: str
    starts_at: datetime
    ends_at: datetime
    has_words: bool
    check_in_url: str | None
    plan: Plan | None
    contacts: tuple[ShownContact, ...]
    details: Mapping[str, Any]
    weekly: bool = False
    asked: tuple[Asked, ...] = ()


def show_trip(service: Service, key: TripKey, passphrase: str | None = None) -> ShownTrip | WholeTrip:
    """The whole trip, or its short form when it has words and the passphrase does not fit: without a word about it.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    row, shown, whole, stored = service.read(lambda conn: _with_passphrase(service, conn, key, now))
    is_open = not row["has_words"] or row["status"] == "draft"
    if is_open or (
        stored is not None and passphrase is not None and passphrase_opens(service, key, passphrase, stored)
    ):
        return whole
    return shown


def _with_passphrase(
    service: Service, conn: Connection, key: TripKey, now: datetime
) -> tuple[RowMapping, ShownTrip, WholeTrip, str | None]:
    row, shown, whole = _read(service, conn, key, now)
    return row, shown, whole, passphrase_shown(conn, service.keys, key, now, row["passphrase_hash"])


def _read(service: Service, conn: Connection, key: TripKey, now: datetime) -> tuple[RowMapping, ShownTrip, WholeTrip]:
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    row = conn.execute(select(TRIPS).where(of_trip)).mappings().first()
    if row is None:
        raise NotFound
    plan = plan_of(service, conn, key)
    shown = shown_of(service, conn, key, row, plan, now)
    details: dict[str, Any] = json.loads(service.keys.open(conn, b"trip", row["sealed"]))
    whole = WholeTrip(
        shown=shown,
        wording=row["wording"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        has_words=row["has_words"],
        check_in_url=check_in_link(service, conn, key) if row["status"] != "draft" else None,
        plan=plan,
        contacts=contacts_of(service, conn, key, now),
        # The question is never readable again, like the words.
        details=without_agreed(details),
        # Not of a trip that only an alarm keeps from its end: there nothing waits as far as she is shown.
        asked=asked_of(conn, key, now) if shown.status == "armed" else (),
        weekly=row["weekly_at"] is not None,
    )
    return row, shown, whole


def read_whole(service: Service, conn: Connection, key: TripKey, now: datetime) -> WholeTrip:
    """The whole trip. Who may see it is the caller's to know."""
    return _read(service, conn, key, now)[2]


def shown_of(
    service: Service, conn: Connection, key: TripKey, row: RowMapping, plan: Plan | None, now: datetime
) -> ShownTrip:
    if row["status"] != "armed" or plan is None:
        return ShownTrip(key.trip_id, row["status"], None)
    of_watch = (TRAVELER_WATCH.c.traveler_id == key.traveler_id) & (TRAVELER_WATCH.c.trip_id == key.trip_id)
    deadline: datetime | None = conn.execute(select(TRAVELER_WATCH.c.deadline).where(of_watch)).scalar()
    status, deadline = as_shown(conn, service.keys, key, now, armed_at=row["armed_at"], plan=plan, deadline=deadline)
    return ShownTrip(key.trip_id, status, deadline)


def plan_of(service: Service, conn: Connection, key: TripKey) -> Plan | None:
    query = select(PLANS.c.sealed).where(PLANS.c.traveler_id == key.traveler_id, PLANS.c.trip_id == key.trip_id)
    sealed = conn.execute(query).scalar()
    return None if sealed is None else codec.plan_from_json(json.loads(service.keys.open(conn, b"plan", sealed)))


def contacts_of(service: Service, conn: Connection, key: TripKey, now: datetime) -> tuple[ShownContact, ...]:
    """Her contacts in their order as she is shown it, but for those who are gone as far as she is shown."""
    query = select(CONTACTS).where(CONTACTS.c.traveler_id == key.traveler_id, CONTACTS.c.trip_id == key.trip_id)
    rows = conn.execute(query.order_by(CONTACTS.c.position)).mappings().all()
    gone = people_gone(conn, service.keys, key, now)
    places = {row["contact_id"]: row["position"] for row in rows}
    for new, old in places_taken(conn, service.keys, key, now):
        places[new] = places.get(old, 0)
    shown = sorted((row for row in rows if _is_shown(row, gone)), key=lambda row: places[row["contact_id"]])
    is_too_late = answered_after_end(conn, key, now)
    return tuple(_contact(service, conn, row, now, is_asked=is_too_late(row["accepted_at"])) for row in shown)


def _is_shown(row: RowMapping, gone: frozenset[UUID]) -> bool:
    return row["contact_id"] not in gone and row["status"] not in GONE - {"refused"}


def _contact(service: Service, conn: Connection, row: RowMapping, now: datetime, *, is_asked: bool) -> ShownContact:
    """`is_asked`: she is shown as still asked, although she has said yes."""
    said = json.loads(service.keys.open(conn, b"contact", row["sealed"]))
    return ShownContact(
        contact_id=row["contact_id"],
        status="invited" if is_asked and row["status"] == "accepted" else row["status"],
        name=said["name"],
        relation=said.get("relation") or "",
        language=row["language"],
        role=row["role"],
        disclosure=row["disclosure"],
        channels=tuple(said["channels"]),
        may_worry=row["worry_blocked_at"] is None,
        unproven=is_unproven(row["accepted_at"], row["proven_at"], now),
    )
