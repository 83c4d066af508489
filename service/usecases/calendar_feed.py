"""Her times as a calendar that she may carry away: as a file, or as a link that a calendar follows.

It shows no place, no person and no reason, under a name that she chose. It is drawn from the plan as she is shown it,
so nothing that is wrong changes it; and with daily times it does not tell whether she has answered.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from service.core.appointments import due_times
from service.core.ics import Appointment, Calendar
from service.core.plan import Plan
from service.core.wording_text import N_, tidy
from service.db.routing import Link
from service.db.stored import table_of
from service.db.tables import Change, Trip
from service.db.tables import Plan as PlanRow
from service.db.trips import TripKey
from service.usecases.changes import Pause
from service.usecases.context import Service
from service.usecases.drafts import ENDED, NOT_ARMED, load_locked
from service.usecases.links import base62
from service.usecases.problems import Conflict409, FieldProblem, Invalid, NotFound
from service.usecases.show_trip import plan_of, shown_of
from service.usecases.waiting import due, looks_ended, plan_shown
from service.usecases.work import Work

LINKS = table_of(Link)
TRIPS = table_of(Trip)
PLANS = table_of(PlanRow)
CHANGES = table_of(Change)

KIND = "calendar"
"""Of its links, and where they lead."""
TOKEN_BYTES, TOKEN_LETTERS = 32, 43
LONGEST_NAME = 60
EARLIEST = timedelta(hours=6)
FOLLOWED = timedelta(days=100)
"""How far a followed calendar looks ahead: it is asked for again long before."""
KEPT = timedelta(days=400)
"""How far a file looks ahead: nobody makes it anew."""
AFTER_THE_END = timedelta(days=14)
"""A trip does not end by its planned end, and what has ended is shown as cancelled for so long."""
TIMES = ("plan", "pause_until", "leg", "end")
"""The kinds of changes that move or end her times."""

NAME = "name"
RING = "ring_before_seconds"
TOO_LONG_A_NAME = N_("At most {max_length} characters.")
NO_NAME = N_("Give it a name.")
TOO_EARLY = N_("It can ring six hours before at most.")


@dataclass(frozen=True, slots=True)
class Shown:
    """How her times look in a calendar: `name` of each, and how long before it a phone rings (it rings at it too)."""

    name: str
    ring_before: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Feed:
    """A link that a calendar follows: `url` of the calendar, `webcal` the same for a phone to take up at a tap."""

    shown: Shown
    url: str
    webcal: str
    since: datetime


def feed_of(service: Service, key: TripKey) -> Feed | None:
    """The link of an armed trip, if she has made one. Who may see it is the caller's to know. Changes nothing."""
    return service.read(lambda conn: feed_in(service, conn, key))


def keep_feed(service: Service, key: TripKey, shown: Shown, *, anew: bool = False) -> Feed:
    """Make the link, or change what it shows; `anew`: under another address, and the one before leads nowhere.

    Raises:
        NotFound: no such trip of hers.
        Conflict409: it has not begun, or has ended.
        Invalid: the name is empty or too long, or it would ring too early.
    """
    shown, now = checked(shown), service.clock()

    def keep(conn: Connection) -> Feed:
        trip = load_locked(service, conn, key, now)
        if trip.status == "draft":
            raise Conflict409(NOT_ARMED, ("armed",))
        if looks_ended(conn, trip, now):
            raise Conflict409(ENDED, ("ended",))
        before = _row(conn, key)
        if anew and before is not None:
            conn.execute(delete(LINKS).where(_of(key)))
            before = None
        token = _opened(service, conn, before)[0] if before else base62(secrets.token_bytes(TOKEN_BYTES), TOKEN_LETTERS)
        sealed = service.keys.seal(conn, trip.key_id, b"link", _told(token, shown))
        work = Work(service, conn, now)
        if before is None:
            conn.execute(insert(LINKS), _values(service, key, token, sealed, now))
            work.audit.add(key.traveler_id, "traveler", "calendar:made")
        else:
            conn.execute(update(LINKS).where(_of(key)).values(sealed=sealed))
        work.flush()
        return _feed_at(service, token, shown, before.created_at if before else now)

    return service.run(keep)


def end_feed(service: Service, key: TripKey) -> None:
    """Let the link lead nowhere. What a calendar has copied stays in it; nothing is copied any more."""
    now = service.clock()

    def end(conn: Connection) -> None:
        if conn.execute(delete(LINKS).where(_of(key))).rowcount:
            work = Work(service, conn, now)
            work.audit.add(key.traveler_id, "traveler", "calendar:ended")
            work.flush()

    service.run(end)


def read_feed(service: Service, token: str) -> Calendar | None:
    """The calendar behind a link, None for one that leads nowhere. Changes nothing."""
    now = service.clock()
    digest = service.keys.token_hash(token)

    def read(conn: Connection) -> Calendar | None:
        query = select(LINKS).where(LINKS.c.token_hash == digest, LINKS.c.kind == KIND)
        row = conn.execute(query).first()
        if row is None:
            return None
        until = datetime.combine(now.date() + FOLLOWED, time(), UTC)
        key = TripKey(row.traveler_id, row.trip_id)
        try:
            return _calendar(service, conn, key, _opened(service, conn, row)[1], now, until, row.created_at)
        except NotFound:
            return None

    return service.read(read)


def calendar_file(service: Service, key: TripKey, shown: Shown) -> Calendar:
    """Her times up to the planned end of the trip, and two weeks beyond, to be taken up once. Changes nothing.

    Raises:
        NotFound: no such trip of hers, or it has no plan.
        Invalid: the name is empty or too long, or it would ring too early.
    """
    shown, now = checked(shown), service.clock()

    def read(conn: Connection) -> Calendar:
        of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
        ends_at = conn.execute(select(TRIPS.c.ends_at).where(of_trip)).scalar()
        if ends_at is None:
            raise NotFound
        until = min(now + KEPT, max(now, ends_at) + AFTER_THE_END)
        return _calendar(service, conn, key, shown, now, until, now)

    return service.read(read)


def checked(shown: Shown) -> Shown:
    """The same with a name of one line.

    Raises:
        Invalid: see `keep_feed`.
    """
    name, problems = tidy(shown.name), []
    if not name:
        problems.append(FieldProblem(NAME, NO_NAME))
    if len(name) > LONGEST_NAME:
        problems.append(FieldProblem(NAME, TOO_LONG_A_NAME, {"max_length": LONGEST_NAME}))
    if not timedelta() <= shown.ring_before <= EARLIEST:
        problems.append(FieldProblem(RING, TOO_EARLY))
    if problems:
        raise Invalid(problems)
    return Shown(name, shown.ring_before)


def _calendar(
    service: Service, conn: Connection, key: TripKey, shown: Shown, now: datetime, until: datetime, made: datetime
) -> Calendar:
    of_trip = (TRIPS.c.traveler_id == key.traveler_id) & (TRIPS.c.trip_id == key.trip_id)
    row = conn.execute(select(TRIPS).where(of_trip)).mappings().first()
    stored = plan_of(service, conn, key)
    if row is None or stored is None:
        raise NotFound
    trip = shown_of(service, conn, key, row, stored, now)
    plan = plan_shown(conn, service.keys, key, now, stored)
    version = _version(service, conn, key, now)
    has_ended = trip.status == "ended"
    coming = trip.next_deadline
    if has_ended:
        # What a calendar may still hold is cancelled.
        until, version = now + AFTER_THE_END, version + 1
        coming = now + plan.every if plan.every is not None else None
    found = due_times(plan, now, until, coming=coming, version=version)
    return Calendar(
        shown.name,
        tuple(Appointment(_uid(service, key, one.name), one.at, one.revision, one.off or has_ended) for one in found),
        revised_at=_revised(conn, key, plan, trip.next_deadline, now, made),
        rings=(shown.ring_before, timedelta()),
    )


def _version(service: Service, conn: Connection, key: TripKey, now: datetime) -> int:
    """How often the plan was changed as she is shown it: what is due counts, whatever may hold it back."""
    query = select(PLANS.c.version).where(PLANS.c.traveler_id == key.traveler_id, PLANS.c.trip_id == key.trip_id)
    stored: int = conn.execute(query).scalar() or 1
    return stored + sum(isinstance(waiting, Pause | Plan) for _, waiting in due(conn, service.keys, key, now))


def _revised(
    conn: Connection, key: TripKey, plan: Plan, coming: datetime | None, now: datetime, made: datetime
) -> datetime:
    """When her times were last changed, or today's beginning (UTC): what counts at once leaves no instant. An
    interval's times move with each answer."""
    query = select(func.max(CHANGES.c.effective_at)).where(
        CHANGES.c.traveler_id == key.traveler_id,
        CHANGES.c.trip_id == key.trip_id,
        CHANGES.c.kind.in_(TIMES),
        CHANGES.c.state.in_(("pending", "done")),
        CHANGES.c.effective_at <= now,
    )
    changed: datetime | None = conn.execute(query).scalar()
    moved = coming - plan.every if plan.every is not None and coming is not None else None
    today = datetime.combine(now.date(), time(), UTC)
    return min(now, max(at for at in (made, changed, moved, today) if at is not None)).replace(microsecond=0)


def _uid(service: Service, key: TripKey, name: str) -> str:
    """The same for the same time of the same trip, and it tells nobody whose it is."""
    digest = service.keys.token_hash(f"calendar:{key.traveler_id}:{key.trip_id}:{name}")
    return str(UUID(bytes=digest[:16], version=5))


def feed_in(service: Service, conn: Connection, key: TripKey) -> Feed | None:
    """The same within a transaction."""
    row = _row(conn, key)
    if row is None:
        return None
    token, shown = _opened(service, conn, row)
    return _feed_at(service, token, shown, row.created_at)


def _feed_at(service: Service, token: str, shown: Shown, since: datetime) -> Feed:
    url = f"{service.public_url}/{KIND}/{token}.ics"
    return Feed(shown, url, f"webcal:{url.partition(':')[2]}", since)


def _row(conn: Connection, key: TripKey) -> Row[tuple[object, ...]] | None:
    return conn.execute(select(LINKS).where(_of(key)).order_by(LINKS.c.created_at.desc()).limit(1)).first()


def _of(key: TripKey) -> ColumnElement[bool]:
    of_trip = (LINKS.c.traveler_id == key.traveler_id) & (LINKS.c.trip_id == key.trip_id)
    return of_trip & (LINKS.c.kind == KIND)


def _told(token: str, shown: Shown) -> bytes:
    told = {"token": token, NAME: shown.name, RING: round(shown.ring_before.total_seconds())}
    return json.dumps(told, ensure_ascii=False).encode()


def _opened(service: Service, conn: Connection, row: Row[tuple[object, ...]]) -> tuple[str, Shown]:
    told = json.loads(service.keys.open(conn, b"link", row.sealed))
    return str(told["token"]), Shown(told[NAME], timedelta(seconds=told[RING]))


def _values(service: Service, key: TripKey, token: str, sealed: bytes, now: datetime) -> dict[str, object]:
    return {
        "token_hash": service.keys.token_hash(token),
        "kind": KIND,
        "traveler_id": key.traveler_id,
        "trip_id": key.trip_id,
        "sealed": sealed,
        "created_at": now,
        "used": 0,
    }
