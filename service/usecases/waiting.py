"""Changes that wait for their time: found, and shown as if they had taken effect once it has come.

A change whose time has come waits on while an alarm is open. What the traveler sees must not tell that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from service.core.plan import Plan, QuietSpan, keep_pauses
from service.core.watch import WatchView, replan
from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.tables import Change as ChangeRow
from service.db.tables import Trip
from service.db.trips import TripKey, TripState
from service.usecases.changes import ENDS, End, Pause, RemoveContact, RemoveNumber, TakeOver, Waiting, from_json
from service.usecases.set_ladder import LadderForm
from service.usecases.set_words import Fingerprints

CHANGES = table_of(ChangeRow)
TRIPS = table_of(Trip)


@dataclass(frozen=True, slots=True)
class Asked:
    """A change that waits. `kind` as in the JSON API; `effective_at`: when it takes effect (UTC), None for the end of
    the trip, which waits for one of her people."""

    change_id: UUID
    kind: str
    effective_at: datetime | None


def asked_of(conn: Connection, key: TripKey, now: datetime) -> tuple[Asked, ...]:
    """What was asked for and still waits as its traveler is shown it, the earliest first. It reads no alarm.

    What is due waits for nothing that she may know of.
    """
    query = (
        select(CHANGES.c.change_id, CHANGES.c.kind, CHANGES.c.effective_at)
        .where(CHANGES.c.traveler_id == key.traveler_id, CHANGES.c.trip_id == key.trip_id)
        .where(CHANGES.c.state == "pending", CHANGES.c.effective_at > now)
        .order_by(CHANGES.c.effective_at, CHANGES.c.requested_at)
    )
    found = [Asked(row.change_id, row.kind, row.effective_at) for row in conn.execute(query)]
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    end_asked = conn.execute(select(TRIPS.c.end_requested_at).where(of_trip)).scalar()
    if end_asked is not None and not ends_by_now(conn, key, now):
        found.append(Asked(key.trip_id, "end", None))
    return tuple(found)


def due(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> list[tuple[UUID, Waiting]]:
    """The trip's changes whose time has come, in order, by their ids; behind an end nothing takes effect any more."""
    rows = _rows(conn, key, now)
    last = next((place for place, row in enumerate(rows, start=1) if row["kind"] in ENDS), len(rows))
    return [(row["change_id"], _open(conn, keys, row)) for row in rows[:last]]


def ends_by_now(conn: Connection, key: TripKey, now: datetime) -> bool:
    """Whether an end of the trip has taken effect or only waits for an alarm's close."""
    return any(row["kind"] in ENDS for row in _rows(conn, key, now))


def answered_after_end(conn: Connection, key: TripKey, now: datetime) -> Callable[[datetime | None], bool]:
    """Whether a yes of that instant came after an end that only an alarm holds back: where it has ended, it counts for
    nothing and is not shown."""
    ended_at = next((row["effective_at"] for row in _rows(conn, key, now) if row["kind"] in ENDS), None)
    return lambda at: ended_at is not None and at is not None and at > ended_at


def looks_ended(conn: Connection, trip: TripState, now: datetime) -> bool:
    """Whether the trip has ended for whoever asks: one that an alarm holds back answers alike."""
    return trip.status == "ended" or ends_by_now(conn, trip.key, now)


def as_shown(
    conn: Connection,
    keys: Keyring,
    key: TripKey,
    now: datetime,
    *,
    armed_at: datetime,
    plan: Plan,
    deadline: datetime | None,
) -> tuple[str, datetime | None]:
    """Status and next deadline of an armed trip as its traveler sees them: as if nothing that is due still waited.

    Reminders of another deadline than this one would tell her reader that something holds a change back.
    """
    for _, waiting in due(conn, keys, key, now):
        if isinstance(waiting, End):
            return "ended", None
        if isinstance(waiting, Pause | Plan):
            plan = changed_plan(plan, waiting, now, pauses_until(conn, keys, key, now))
            deadline = replan(WatchView(armed_at, deadline), plan, now, may_postpone=True).deadline
    return "armed", deadline


def is_paused(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> bool:
    """Whether a pause that was asked for lasts, in force or held back by an alarm."""
    return bool(pauses_until(conn, keys, key, now))


def pauses_until(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> frozenset[datetime]:
    """The ends of the pauses that were asked for and last, in force or held back by an alarm."""
    query = select(CHANGES).where(
        CHANGES.c.traveler_id == key.traveler_id,
        CHANGES.c.trip_id == key.trip_id,
        CHANGES.c.kind == "pause_until",
        CHANGES.c.state.in_(("pending", "done")),
        CHANGES.c.effective_at <= now,
    )
    pauses = (_open(conn, keys, row) for row in conn.execute(query).mappings())
    return frozenset(pause.until for pause in pauses if isinstance(pause, Pause) and now < pause.until)


def people_gone(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> frozenset[UUID]:
    """The contacts who have left the list by now, or whom only an alarm still holds on it."""
    gone = (waiting for _, waiting in due(conn, keys, key, now) if isinstance(waiting, RemoveContact | TakeOver))
    return frozenset(waiting.contact_id for waiting in gone)


def places_taken(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> tuple[tuple[UUID, UUID], ...]:
    """Who stands in whose place by now (the new one, the old one), in the order in which it came about, where only an
    alarm holds it back."""
    taken = (waiting for _, waiting in due(conn, keys, key, now) if isinstance(waiting, TakeOver))
    return tuple((waiting.to, waiting.contact_id) for waiting in taken)


def numbers_gone(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> frozenset[str]:
    """The traveler's numbers that were taken off by now and that only an alarm still keeps as hers.

    What comes from them still counts. Nothing may go to them: it would tell whoever holds one that something holds
    the change back.
    """
    gone = (waiting for _, waiting in due(conn, keys, key, now) if isinstance(waiting, RemoveNumber))
    return frozenset(waiting.phone for waiting in gone)


def phones_shown(
    conn: Connection, keys: Keyring, traveler_id: UUID, phones: Sequence[str], now: datetime
) -> tuple[str, ...]:
    """A traveler's numbers as far as she is shown, of all that are stored."""
    armed = select(TRIPS.c.trip_id).where(TRIPS.c.traveler_id == traveler_id, TRIPS.c.status == "armed")
    trips = conn.execute(armed).scalars().all()
    gone = {phone for trip_id in trips for phone in numbers_gone(conn, keys, TripKey(traveler_id, trip_id), now)}
    return tuple(phone for phone in phones if phone not in gone)


def ladder_held(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> LadderForm | None:
    """The order of her people that she is shown, where it is another than the one in force."""
    held = [waiting for _, waiting in due(conn, keys, key, now) if isinstance(waiting, LadderForm)]
    return held[-1] if held else None


def words_held(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> Fingerprints | None:
    """The words that she is shown to have, where they are others than those in force."""
    held = [waiting for _, waiting in due(conn, keys, key, now) if isinstance(waiting, Fingerprints)]
    return held[-1] if held else None


def passphrase_shown(conn: Connection, keys: Keyring, key: TripKey, now: datetime, stored: str | None) -> str | None:
    """The passphrase (its hash) that opens her private page: of other words that an alarm holds back, theirs."""
    held = words_held(conn, keys, key, now)
    return stored if held is None else held.passphrase_hash


def plan_shown(conn: Connection, keys: Keyring, key: TripKey, now: datetime, plan: Plan) -> Plan:
    """The plan as its traveler sees it: as if no change that is due still waited for anything."""
    for _, waiting in due(conn, keys, key, now):
        if isinstance(waiting, Pause | Plan):
            plan = changed_plan(plan, waiting, now, pauses_until(conn, keys, key, now))
    return plan


def changed_plan(plan: Plan, waiting: Pause | Plan, now: datetime, until: Collection[datetime]) -> Plan:
    """The plan that a waiting pause or plan makes of the one in force, whose legs and running pauses go on; `until`:
    the ends of these."""
    if isinstance(waiting, Pause):
        return plan if waiting.until <= now else replace(plan, quiet=(*plan.quiet, QuietSpan(now, waiting.until)))
    first = replace(plan.legs[0], zone=waiting.legs[0].zone)
    return keep_pauses(replace(waiting, legs=(first, *plan.legs[1:])), plan, now, until)


def is_due(now: datetime) -> ColumnElement[bool]:
    """The condition on a row of the changes."""
    return (CHANGES.c.state == "pending") & (CHANGES.c.effective_at <= now)


def _rows(conn: Connection, key: TripKey, now: datetime) -> Sequence[RowMapping]:
    of_trip = (CHANGES.c.traveler_id == key.traveler_id) & (CHANGES.c.trip_id == key.trip_id)
    query = select(CHANGES).where(of_trip, is_due(now)).order_by(CHANGES.c.effective_at, CHANGES.c.requested_at)
    return conn.execute(query).mappings().all()


def _open(conn: Connection, keys: Keyring, row: RowMapping) -> Waiting:
    value: dict[str, Any] = json.loads(keys.open(conn, b"change", row["sealed"]))
    return from_json(row["kind"], value)
