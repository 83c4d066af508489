"""Changes that waited take effect: when their time has come, her messages have been read and no alarm is open.

Of a pause and of other times her reminders tell. So these take effect on any day, and the alarm goes on without them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, Select, Uuid, bindparam, exists, literal_column, or_, select, update

from service.core.plan import Plan
from service.core.watch import replan
from service.core.wording import ContactNotice
from service.db.routing import NIL, Inbox, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Alarm, Trip
from service.db.trips import TripKey, TripState
from service.db.types import UTCDateTime
from service.edges import Act
from service.usecases.ask_later import ask_for_the_rest, stop_asking
from service.usecases.changes import End, Erase, Pause, RemoveContact, RemoveNumber, TakeOver, Waiting
from service.usecases.checklist_asking import stop_asking_before
from service.usecases.contacts import retire_in
from service.usecases.context import Service
from service.usecases.end_trip import finish, notice_of_end
from service.usecases.hand_over import may_take_over, settle_hand_over, take_over_in
from service.usecases.her_numbers import drop_number_in
from service.usecases.reachability import page_if_last
from service.usecases.remove_unsafe import silence_contact
from service.usecases.set_ladder import LadderForm, write_ladder
from service.usecases.set_plan import write_plan
from service.usecases.set_words import Fingerprints, write_words
from service.usecases.unknown_facts import open_fields
from service.usecases.waiting import CHANGES, changed_plan, due, pauses_until
from service.usecases.work import Work, cancel_reminders

ALARMS = table_of(Alarm)
TRIPS = table_of(Trip)
INBOX = table_of(Inbox)
OWNERS = table_of(PhoneOwner)
BATCH = 100
TIMES = ("pause_until", "plan")
"""Kinds of changes that an open alarm does not hold."""
WORDS_KIND = "words"
"""Held only where they take the place of others: first ones hide her pages, and that they do not would tell."""


def apply_due(service: Service, now: datetime) -> int:
    """Apply the changes whose time has come; how many.

    1. Find trips with such a change, without an open alarm that holds it and without an unread message of hers: one
    that came with the change may be a word of duress, and its alarm opens first.  2. Each in a transaction of its own:
    lock the trip, look again, apply its changes in order.

    Killed here: a trip's changes that are not held have all taken effect or none has.
    """
    keys = service.read(lambda conn: _ready(conn, now))
    count = 0
    for key in keys:
        if service.wake.stopping.is_set():
            break
        count += service.run(partial(_apply_of_trip, service, key, now), Act.CHANGE)
    if count:
        service.wake.sweep.set()
        service.wake.outbox.set()
    return count


def _ready(conn: Connection, now: datetime, key: TripKey | None = None) -> list[TripKey]:
    values = {"now": now} if key is None else {"now": now, **key._asdict()}
    return [TripKey(row.traveler_id, row.trip_id) for row in conn.execute(_ready_query(key is not None), values)]


@lru_cache(maxsize=2)
def _ready_query(of_one: bool) -> Select[Any]:
    """Asked with each tick, so it is built once."""
    open_alarm = exists().where(
        ALARMS.c.traveler_id == CHANGES.c.traveler_id,
        ALARMS.c.trip_id == CHANGES.c.trip_id,
        ALARMS.c.closed_at.is_(None),
    )
    her_numbers = select(OWNERS.c.phone_hash).where(
        OWNERS.c.traveler_id == CHANGES.c.traveler_id, OWNERS.c.contact_id == NIL
    )
    unread = exists().where(
        INBOX.c.handled_at.is_(None),
        or_(INBOX.c.traveler_id == CHANGES.c.traveler_id, INBOX.c.sender.in_(her_numbers)),
    )
    # Written out, not bound: the index holds only what is pending, and the planner must see that this is asked for.
    pending = CHANGES.c.state == literal_column("'pending'")
    is_due = CHANGES.c.effective_at <= bindparam("now", type_=UTCDateTime())
    query = select(CHANGES.c.traveler_id, CHANGES.c.trip_id).where(pending, is_due, ~unread)
    same = TRIPS.c.traveler_id == CHANGES.c.traveler_id, TRIPS.c.trip_id == CHANGES.c.trip_id
    first_words = (CHANGES.c.kind == WORDS_KIND) & exists().where(*same, ~TRIPS.c.has_words)
    query = query.where(or_(~open_alarm, CHANGES.c.kind.in_(TIMES), first_words)).distinct()
    if of_one:
        traveler, trip = bindparam("traveler_id", type_=Uuid()), bindparam("trip_id", type_=Uuid())
        query = query.where(CHANGES.c.traveler_id == traveler, CHANGES.c.trip_id == trip)
    return query.limit(BATCH)


def _apply_of_trip(service: Service, key: TripKey, now: datetime, conn: Connection) -> int:
    trip = service.trip(conn, key, now, lock=True)
    # Under the lock nothing can have been read meanwhile that was not written: look again.
    if trip is None or not _ready(conn, now, key):
        return 0
    changes = [
        (change_id, waiting)
        for change_id, waiting in due(conn, service.keys, key, now)
        if trip.alarm is None or _goes_beside_an_alarm(trip, waiting)
    ]
    work = Work(service, conn, now)
    before = trip.watch
    for change_id, waiting in changes:
        applies = trip.status == "armed" and not (isinstance(waiting, TakeOver) and not may_take_over(trip, waiting))
        if applies:
            trip = _apply(work, trip, waiting)
        # She may have come home before the time came at which she wanted to be erased.
        applies = applies or isinstance(waiting, Erase)
        conn.execute(
            update(CHANGES)
            .where(CHANGES.c.traveler_id == key.traveler_id, CHANGES.c.change_id == change_id)
            .values(state="done" if applies else "cancelled")
        )
        work.audit.add(key.traveler_id, "engine", "change_applied" if applies else "change_cancelled")
    if trip.watch is not None and trip.watch != before:
        cancel_reminders(conn, trip, now)
        work.save_watch(trip, trip.watch, now if trip.status == "armed" else None)
    work.flush()
    return len(changes)


def _goes_beside_an_alarm(trip: TripState, waiting: Waiting) -> bool:
    return isinstance(waiting, Pause | Plan) or (isinstance(waiting, Fingerprints) and not trip.has_words)


def _apply(work: Work, trip: TripState, waiting: Waiting) -> TripState:
    match waiting:
        case Erase():
            # Whoever holds her phone can ask for it: nobody has said that she is home.
            return finish(work, trip, "traveler", ContactNotice.ERASED)
        case End():
            return finish(work, trip, "traveler", notice_of_end(work, trip))
        case RemoveContact():
            return _leave(work, trip, waiting)
        case TakeOver():
            return take_over_in(work, trip, waiting)
        case RemoveNumber(phone):
            return drop_number_in(work, trip, phone)
        case LadderForm():
            write_ladder(work.conn, trip.key, waiting)
            return trip
        case Fingerprints():
            write_words(work, trip, waiting)
            stop_asking(work, trip.key)
            stop_asking_before(work, trip.key)
            return replace(trip, details=waiting.agreed_into(trip.details), has_words=True)
        case Pause() | Plan():
            return _postpone(work, trip, waiting)


def _leave(work: Work, trip: TripState, waiting: RemoveContact) -> TripState:
    contact = trip.contact(waiting.contact_id)
    if contact is None or contact.status == "removed":
        return trip
    retire_in(work, trip, contact.contact_id)
    if waiting.unsafe:
        silence_contact(work.conn, trip.key, contact.contact_id, work.now)
    settle_hand_over(work, trip, contact, accepts=False)
    trip = trip.with_contact(replace(contact, status="removed"))
    page_if_last(work, trip, contact)
    return trip


def _postpone(work: Work, trip: TripState, waiting: Pause | Plan) -> TripState:
    if trip.plan is None or trip.watch is None:
        return trip
    until = pauses_until(work.conn, work.service.keys, trip.key, work.now)
    plan = changed_plan(trip.plan, waiting, work.now, until)
    write_plan(work.service, work.conn, trip, plan)
    trip = replace(trip, plan=plan, watch=replan(trip.watch, plan, work.now, may_postpone=True))
    ask_for_the_rest(work, trip, open_fields(trip.details))
    return trip
