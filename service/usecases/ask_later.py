"""One text, a day after she arrives, that asks for what she wanted to tell later, and who has her passport.

It lies in the outbox from the moment of arming, and goes by day, in no pause, and not while an alarm is open or once
she has said that she is home. A trip with words and a discreet one get none: there the private page shows what is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from service.core import wording, wording_later
from service.core.lifeline import may_ask_at
from service.core.own_notes import read_own
from service.db.rows import is_pair, pairs
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import TripKey, TripState
from service.texts import translator
from service.usecases.alarm_facts import first_usable
from service.usecases.carriage import carriage_to
from service.usecases.unknown_facts import open_fields
from service.usecases.work import Draft, Priority, Work

OUTBOX = table_of(Outbox)

AFTER_ARRIVAL = timedelta(hours=24)
STAYS_GOOD = timedelta(days=5)
KIND = "traveler_notice"
NAME = "later:"
PAGE = "/later"


def ask_later(work: Work, trip: TripState) -> None:
    """Write the text, to go out 24 h after the first leg begins, or after now. Where it has left already it does not
    leave again."""
    _write(work, trip, open_fields(trip.details), max(trip.starts_at, work.now) + AFTER_ARRIVAL)


def ask_again(work: Work, trip: TripState) -> None:
    """What kept the text back is over: it is written anew, unless she has been there for days."""
    if work.now < trip.starts_at + STAYS_GOOD:
        ask_later(work, trip)


def ask_for_the_rest(work: Work, trip: TripState, fields: Sequence[str]) -> None:
    """She has told something, her times have changed, or a number is hers no more: a text that still waits asks for
    `fields` alone, and for her passport while she has not said who has it, by the first address that she has now; or
    for nothing."""
    waiting = stop_asking(work, trip.key)
    if waiting is not None:
        _write(work, trip, fields, waiting)


def stop_asking(work: Work, key: TripKey) -> datetime | None:
    """Cancel the text, if it still waits or this transaction was about to write it; when it was to go out."""
    unwritten = work.take_back(_name(key))
    waiting = work.conn.execute(select(OUTBOX.c.outbox_id, OUTBOX.c.available_at).where(*_waits(key))).first()
    if waiting is None:
        return unwritten[0].available_at if unwritten else None
    # Its name becomes free for a text that asks for less.
    gone = {"state": "cancelled", "settled_at": work.now, "dedupe_key": f"{_name(key)}:{waiting.outbox_id}"}
    work.conn.execute(update(OUTBOX).where(*_waits(key)).values(**gone))
    at: datetime = waiting.available_at
    return at


def keep_back(work: Work, keys: Sequence[TripKey]) -> None:
    """An alarm has opened in these trips: their texts that still wait do not go."""
    dialect = work.conn.dialect.name
    of_trips = is_pair(dialect, OUTBOX.c.traveler_id, OUTBOX.c.trip_id, several=len(keys) > 1)
    asks = OUTBOX.c.kind == KIND, OUTBOX.c.dedupe_key.startswith(NAME), OUTBOX.c.state == "pending"
    # Not one that may have left: its name must stay, so that it does not go again.
    work.conn.execute(delete(OUTBOX).where(of_trips, *asks, OUTBOX.c.attempts == 0), pairs(dialect, keys))


def _write(work: Work, trip: TripState, fields: Sequence[str], earliest: datetime) -> None:
    address = first_usable(trip.traveler.addresses)
    passport = read_own(trip.details).passport is None
    if address is None or trip.plan is None or not (fields or passport) or not _may_be_asked(trip):
        return
    at = may_ask_at(trip.plan, earliest)
    if at >= trip.ends_at:
        return
    _, service = translator(trip.traveler.language), work.service
    link = service.public_url + PAGE if carriage_to(service, address.channel, address.address).links else ""
    work.send(
        Draft(
            kind=KIND,
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=wording_later.ask_later(fields, _, count=service.segments, link=link, passport=passport),
            subject=wording.reminder_subject(_),
            dedupe_key=_name(trip.key),
            priority=Priority.REPLY,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            key_id=trip.key_id,
            available_at=at,
            valid_for=at - work.now + STAYS_GOOD,
            language=trip.traveler.language,
        )
    )


def _may_be_asked(trip: TripState) -> bool:
    return not trip.one_reply and trip.alarm is None and trip.end_requested_at is None


def _name(key: TripKey) -> str:
    return f"{NAME}{key.trip_id}"


def _waits(key: TripKey) -> tuple[ColumnElement[bool], ...]:
    return (
        OUTBOX.c.traveler_id == key.traveler_id,
        OUTBOX.c.dedupe_key == _name(key),
        OUTBOX.c.state == "pending",
    )
