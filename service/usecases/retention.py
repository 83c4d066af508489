"""The retention table (SAFETY.md 5.3): what is kept for how long, and how it goes.

The table is data, and the worker's housekeeping carries it out: in batches, each of which erases what is old and
nothing else, so that any number of workers may do it and one that was killed leaves nothing half erased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, literal_column, or_, select, update

from service.db.audit import cut_chains
from service.db.erasing import erase_cases, erase_trips
from service.db.routing import NIL, AckCode, Idempotency, Inbox, Link, SignUp, Tries
from service.db.sealed import SERVICE_KEY_LIFE, keys_used
from service.db.state import STATE as ENGINE_STATE
from service.db.state import get_state_at, put_state
from service.db.stored import table_of
from service.db.tables import Alarm, Contact, Outbox, Rehearsal, Trip
from service.db.trips import TripKey
from service.edges import Act
from service.usecases.context import Service
from service.usecases.forget_person import forget_person

ALARMS = table_of(Alarm)
CODES = table_of(AckCode)
CONTACTS = table_of(Contact)
IDEMPOTENCY = table_of(Idempotency)
INBOX = table_of(Inbox)
LINKS = table_of(Link)
OUTBOX = table_of(Outbox)
REHEARSALS = table_of(Rehearsal)
SIGN_UPS = table_of(SignUp)
TRIES = table_of(Tries)
TRIPS = table_of(Trip)

BATCH = 100
TRIPS_AT_ONCE = 20
WINDOW = 1000
ROUND_APART = timedelta(hours=6)
"""How often the tables are looked through for what has no index by its age."""
ROUND = "retention"

BEFORE_A_CASE = timedelta(days=7)
"""Texts that nobody understood belong to a case when they came so long before its alarm opened, until its close."""


class Old(NamedTuple):
    """What a rule works with. `before`: what is older than this is to go."""

    service: Service
    conn: Connection
    now: datetime
    before: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: `what` is kept for `kept`, counted from `since`, and how it `goes`.

    `erase` erases a batch of it and says whether there may be more; None for what the worker does not hold. `often`: in
    each round of housekeeping, because it is found at once.
    """

    what: str
    kept: timedelta
    since: str
    goes: str
    erase: Callable[[Old], bool] | None
    often: bool = False


def retire(service: Service) -> None:
    """Erase what has been kept long enough, by `RETENTION`.

    1. What is found at once, each time.  2. The rest every six hours, by whoever comes first.  3. Batch after batch,
    each in a transaction of its own.

    Killed here: a batch is erased whole or not at all; the rest goes in the next round.
    """
    is_round = service.run(partial(_begins_round, service.clock()), Act.HOUSE)
    for rule in RETENTION:
        if rule.erase is not None and (rule.often or is_round):
            _carry_out(service, rule)


def kept_for(what: str) -> timedelta:
    """How long the table keeps something.

    Raises:
        LookupError: it has no such row.
    """
    return next(rule.kept for rule in RETENTION if rule.what == what)


def _begins_round(now: datetime, conn: Connection) -> bool:
    last = get_state_at(conn, ROUND)
    # One that lies ahead was noted by a clock that was wrong.
    if last is not None and now - ROUND_APART < last <= now:
        return False
    put_state(conn, ROUND, {}, now)
    return True


def _carry_out(service: Service, rule: Rule) -> None:
    def batch(conn: Connection) -> bool:
        now = service.clock()
        return rule.erase is not None and rule.erase(Old(service, conn, now, now - rule.kept))

    while not service.wake.stopping.is_set() and service.run(batch, Act.HOUSE):
        pass


# How each of them goes.


def _keys_of_days(old: Old) -> bool:
    """What waits to be read or sent comes first, after a long downtime too."""
    waiting = keys_used(
        old.conn,
        (INBOX.c.sealed, INBOX.c.handled_at.is_(None)),
        (OUTBOX.c.sealed, OUTBOX.c.state.in_(("pending", "sending"))),
    )
    old.service.keys.erase_service_keys(old.conn, old.now, keep=waiting)
    return False


def _rows(table: Table, column: str) -> Callable[[Old], bool]:
    """Rows that are old by one of their own instants."""

    def erase(old: Old) -> bool:
        old.conn.execute(delete(table).where(table.c[column] <= old.before))
        return False

    return erase


def _counts(old: Old) -> bool:
    day = ENGINE_STATE.c.name == "sends", ENGINE_STATE.c.at <= old.before
    old.conn.execute(delete(ENGINE_STATE).where(*day))
    return False


def _refusers(old: Old) -> bool:
    """Those who were asked and said no; who did not answer at all is forgotten when the invitation expires."""
    query = (
        select(CONTACTS.c.traveler_id, CONTACTS.c.trip_id, CONTACTS.c.contact_id)
        .where(
            CONTACTS.c.status.in_(("refused", "expired")),
            CONTACTS.c.accepted_at.is_(None),
            CONTACTS.c.settled_at <= old.before,
            or_(CONTACTS.c.phone_hash.is_(None), CONTACTS.c.phone_hash != b""),
        )
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = old.conn.execute(query).all()
    trips = old.service.trips(old.conn, [TripKey(row.traveler_id, row.trip_id) for row in rows], old.now)
    for row in rows:
        forget_person(old.service, old.conn, trips[TripKey(row.traveler_id, row.trip_id)], row.contact_id)
    return len(rows) == BATCH


def _drafts(old: Old) -> bool:
    begun = TRIPS.c.status == "draft", TRIPS.c.starts_at <= old.before, TRIPS.c.created_at <= old.before
    return _trips(old, *begun)


def _ended_trips(old: Old) -> bool:
    """An alarm that was closed after the end, because somebody said that not all was well, counts from its close."""
    closed_lately = exists().where(*_of_trip(ALARMS), ALARMS.c.closed_at > old.before)
    return _trips(old, TRIPS.c.status == "ended", TRIPS.c.ended_at <= old.before, ~closed_lately)


def _trips(old: Old, *conditions: ColumnElement[bool]) -> bool:
    is_open = exists().where(*_of_trip(ALARMS), ALARMS.c.closed_at.is_(None))
    query = (
        select(TRIPS.c.traveler_id, TRIPS.c.trip_id)
        .where(*conditions, ~is_open, ~is_kept(old.now))
        .order_by(TRIPS.c.traveler_id, TRIPS.c.trip_id)
        .limit(TRIPS_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    found = [TripKey(row.traveler_id, row.trip_id) for row in old.conn.execute(query)]
    erase_trips(old.conn, old.service.keys, found)
    return len(found) == TRIPS_AT_ONCE


def _cases(old: Old) -> bool:
    held = exists().where(*_of_trip(ALARMS), is_kept(old.now))
    query = select(ALARMS.c.traveler_id, ALARMS.c.alarm_id).where(ALARMS.c.closed_at <= old.before, ~held).limit(BATCH)
    found = [(row.traveler_id, row.alarm_id) for row in old.conn.execute(query.with_for_update(skip_locked=True))]
    erase_cases(old.conn, found)
    return len(found) == BATCH


def _unclear_texts(old: Old) -> bool:
    """Not those of a case, or of a trip that is kept: its people may still come to understand them."""
    conn, last = old.conn, 0
    while True:
        query = (
            select(INBOX.c.inbox_id, INBOX.c.traveler_id, INBOX.c.trip_id, INBOX.c.received_at)
            # Written out: the planner takes the partial index only for a condition that it can see.
            .where(INBOX.c.result == literal_column("'ambiguous'"), INBOX.c.inbox_id > last)
            .where(INBOX.c.handled_at <= old.before, INBOX.c.sealed != b"")
            .order_by(INBOX.c.inbox_id)
            .limit(WINDOW)
        )
        rows = conn.execute(query).all()
        if not rows:
            return False
        cases, kept = _cases_of(conn, {row.traveler_id for row in rows}), _kept_of(old, {row.trip_id for row in rows})
        gone = [
            row.inbox_id
            for row in rows
            if (row.traveler_id, row.trip_id) not in kept
            and not any(case.covers(row.received_at) for case in cases[row.traveler_id, row.trip_id])
        ]
        conn.execute(update(INBOX).where(INBOX.c.inbox_id.in_(gone)).values(sealed=b""))
        last = rows[-1].inbox_id


class _Case(NamedTuple):
    opened_at: datetime
    closed_at: datetime | None

    def covers(self, received_at: datetime) -> bool:
        """Whether a text that came then is part of it."""
        return self.opened_at - BEFORE_A_CASE <= received_at and (
            self.closed_at is None or received_at <= self.closed_at
        )


def _cases_of(conn: Connection, travelers: Collection[UUID | None]) -> Mapping[tuple[UUID, UUID], list[_Case]]:
    query = select(ALARMS.c.traveler_id, ALARMS.c.trip_id, ALARMS.c.opened_at, ALARMS.c.closed_at)
    found: dict[tuple[UUID, UUID], list[_Case]] = defaultdict(list)
    for row in conn.execute(query.where(ALARMS.c.traveler_id.in_(travelers))):
        found[row.traveler_id, row.trip_id].append(_Case(row.opened_at, row.closed_at))
    return found


def _kept_of(old: Old, trips: Collection[UUID | None]) -> set[tuple[UUID, UUID]]:
    query = select(TRIPS.c.traveler_id, TRIPS.c.trip_id).where(TRIPS.c.trip_id.in_(trips), is_kept(old.now))
    return {(row.traveler_id, row.trip_id) for row in old.conn.execute(query)}


def _read_messages(old: Old) -> bool:
    """By their numbers, which rise with time: so the newest are not looked at. An unclear text stays with its case."""
    conn, last = old.conn, 0
    while True:
        query = (
            select(INBOX.c.inbox_id, INBOX.c.received_at, INBOX.c.handled_at, INBOX.c.result, INBOX.c.sealed != b"")
            .where(INBOX.c.inbox_id > last)
            .order_by(INBOX.c.inbox_id)
            .limit(WINDOW)
        )
        rows = conn.execute(query).all()
        gone = [
            number
            for number, _, handled_at, result, has_text in rows
            if handled_at is not None and handled_at <= old.before and not (has_text and result == "ambiguous")
        ]
        conn.execute(delete(INBOX).where(INBOX.c.inbox_id.in_(gone)))
        is_over = len(rows) < WINDOW or rows[-1].received_at > old.before
        if is_over or gone:
            return not is_over
        last = rows[-1].inbox_id


def _messages_of_nobody(old: Old) -> bool:
    """Codes and pages to the operator; what was sent for a trip goes with it."""
    settled = OUTBOX.c.traveler_id == NIL, OUTBOX.c.settled_at <= old.before
    old.conn.execute(delete(OUTBOX).where(*settled))
    return False


def _audit(old: Old) -> bool:
    return cut_chains(old.conn, old.service.keys, old.before, limit=BATCH) == BATCH


def is_kept(now: datetime) -> ColumnElement[bool]:
    """The condition on a row of the trips: whoever runs this keeps it, for a reason that is written down."""
    return and_(TRIPS.c.kept_until.is_not(None), TRIPS.c.kept_until > now)


def _of_trip(table: Table) -> tuple[ColumnElement[bool], ...]:
    return table.c.traveler_id == TRIPS.c.traveler_id, table.c.trip_id == TRIPS.c.trip_id


TRIP, CASE, NOT_ACCEPTED, UNCLEAR = "trip", "case of an alarm", "somebody who did not accept", "text nobody understood"
MESSAGES, AUDIT_TRAIL, BACKUPS = "text and address of a message", "audit trail", "backup"

RETENTION: tuple[Rule, ...] = (
    Rule(
        "number whose code was never typed",
        timedelta(days=2),
        "the end of its code",
        "the row, with all that was said",
        _rows(SIGN_UPS, "expires_at"),
        often=True,
    ),
    Rule(NOT_ACCEPTED, timedelta(days=7), "the question, or the no", "name, addresses, page and codes", _refusers),
    Rule("draft that never began", timedelta(days=30), "its planned beginning", "data key and rows", _drafts),
    Rule(TRIP, timedelta(days=30), "its end", "data key and rows: plan, words, people, sheet, check-ins", _ended_trips),
    Rule(CASE, timedelta(days=90), "its close", "the rows: alarm, answers, who was told", _cases),
    Rule(UNCLEAR, timedelta(days=7), "its reading, or with the case that it belongs to", "its text", _unclear_texts),
    Rule("that a message came", timedelta(days=30), "its reading", "the row", _read_messages),
    Rule(MESSAGES, SERVICE_KEY_LIFE, "the day", "the day's key, once all of it was sent", _keys_of_days, often=True),
    Rule("that a code or a page was sent", timedelta(days=30), "its sending", "the row", _messages_of_nobody),
    Rule("rehearsal", timedelta(days=30), "its end", "the row", _rows(REHEARSALS, "ended_at")),
    Rule("short code", timedelta(days=60), "its making", "the row", _rows(CODES, "created_at"), often=True),
    # For a while a late form is told what has happened.
    Rule("session or page", timedelta(days=7), "its end", "the row", _rows(LINKS, "expires_at"), often=True),
    Rule("first answer to a request", timedelta(days=2), "it", "the row", _rows(IDEMPOTENCY, "at"), often=True),
    Rule("count of tries", timedelta(days=1), "its beginning", "the row", _rows(TRIES, "since"), often=True),
    Rule("count of a day's messages", timedelta(days=2), "its last", "the row", _counts),
    Rule(AUDIT_TRAIL, timedelta(days=365), "each line", "a prefix; a checkpoint stays in its place", _audit),
    Rule(BACKUPS, timedelta(days=30), "its making", "the file: amanba backup --keep-days 30", None),
)
"""Everything else that is kept is a traveler's account, until she erases it, and that an address said STOP, as a keyed
hash, so that nothing is ever sent there again."""
