"""Her own page: when the next answer is due, and what follows without one.

All of it comes from the plan and from what the view `traveler_watch` shows, so that whatever is wrong changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from service.core.ladder import Ladder, Person, Role, Rung, default_ladder
from service.core.plan import Plan, leg_at, previous_deadline
from service.db.stored import table_of
from service.db.tables import Rung as RungRow
from service.db.tables import Traveler, Trip
from service.db.trips import TripKey
from service.usecases.context import Service
from service.usecases.foresee import Foreseen, foresee_missed
from service.usecases.my_trip import MyTrip
from service.usecases.numbers import zone_of_number
from service.usecases.problems import NotFound
from service.usecases.show_check_in import after_check_in
from service.usecases.show_trip import ShownContact, contacts_of, plan_of, shown_of
from service.usecases.waiting import ladder_held

TRIPS = table_of(Trip)
RUNGS = table_of(RungRow)
TRAVELERS = table_of(Traveler)


@dataclass(frozen=True, slots=True)
class Home:
    """What her page shows. Instants are in UTC; zones are IANA names.

    `due`: the next answer; None when none is planned or the trip has ended. `since`: the one before it, where the arch
    begins. `due_after`: the one that follows when she answers now. `foreseen`: what follows without an answer; None in
    a trip with words or a discreet one. `ahead`: by plan she has not left yet. `caseworkers`: ids among the people
    foreseen to be told.
    """

    now: datetime
    ended: bool
    due: datetime | None
    since: datetime
    due_after: datetime | None
    zone: str
    city: str
    home_zone: str
    foreseen: Foreseen | None
    ahead: bool
    caseworkers: frozenset[str] = frozenset()


def show_home(service: Service, trip: MyTrip) -> Home:
    """The page of an armed trip. Changes nothing.

    Raises:
        NotFound: the trip is gone.
    """
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, trip.key, now))


def _show(service: Service, conn: Connection, key: TripKey, now: datetime) -> Home:
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    row = conn.execute(select(TRIPS).where(of_trip)).mappings().first()
    plan = plan_of(service, conn, key)
    if row is None or plan is None:
        raise NotFound
    shown = shown_of(service, conn, key, row, plan, now)
    due = shown.next_deadline
    leg = leg_at(plan, now)
    people: tuple[Person, ...] = ()
    foreseen = None
    if due is not None and not row["has_words"] and row["wording"] != "discreet":
        people = _people(contacts_of(service, conn, key, now))
        foreseen = foresee_missed(plan, _ladder(service, conn, key, row, people, now), people, due)
    return Home(
        now=now,
        ended=shown.status == "ended",
        due=due,
        since=_since(plan, due, row["armed_at"], now),
        due_after=after_check_in(due, plan, now),
        zone=leg.zone,
        city=leg.city,
        home_zone=_home_zone(service, conn, key),
        foreseen=foreseen,
        ahead=row["starts_at"] > now,
        caseworkers=frozenset(person.id for person in people if person.role is Role.CASEWORKER),
    )


def _home_zone(service: Service, conn: Connection, key: TripKey) -> str:
    sealed = conn.execute(select(TRAVELERS.c.sealed).where(TRAVELERS.c.traveler_id == key.traveler_id)).scalar_one()
    return zone_of_number(json.loads(service.keys.open(conn, b"traveler", sealed))["phone"])


def _since(plan: Plan, due: datetime | None, armed_at: datetime, now: datetime) -> datetime:
    before = previous_deadline(plan, due) if due is not None else None
    return min(now, max(before or armed_at, armed_at))


def _people(contacts: tuple[ShownContact, ...]) -> tuple[Person, ...]:
    return tuple(
        Person(str(one.contact_id), Role(one.role), one.status == "accepted", reachable=True) for one in contacts
    )


def _ladder(
    service: Service, conn: Connection, key: TripKey, trip: RowMapping, people: tuple[Person, ...], now: datetime
) -> Ladder:
    """Hers, or the default one."""
    held = ladder_held(conn, service.keys, key, now)
    if held is not None:
        return default_ladder(people) if held.is_usual else Ladder(held.told, held.repeat)
    repeat = timedelta(seconds=trip["repeat_seconds"]) if trip["repeat_seconds"] else None
    standard = default_ladder(people) if repeat is None else default_ladder(people, repeat)
    query = select(RUNGS).where(RUNGS.c.traveler_id == key.traveler_id, RUNGS.c.trip_id == key.trip_id)
    rows: Any = conn.execute(query.order_by(RUNGS.c.position)).mappings().all()
    rungs = tuple(Rung(tuple(row["contact_ids"]), timedelta(seconds=row["wait_seconds"])) for row in rows)
    return Ladder(rungs, standard.repeat) if rungs else standard
