"""One text, a day after she arrives, that asks for what she wanted to tell later, and who has her passport.

It lies in the outbox from the moment of arming. A trip with words and a discreet one get none: there the private page
shows what is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from service.core import wording, wording_later
from service.core.own_notes import read_own
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
PAGE = "/later"


def ask_later(work: Work, trip: TripState) -> None:
    """Write the text of a trip that is being armed, to go out 24 h after its first leg begins, or after now."""
    _write(work, trip, open_fields(trip.details), max(trip.starts_at, work.now) + AFTER_ARRIVAL)


def ask_for_the_rest(work: Work, trip: TripState, fields: Sequence[str]) -> None:
    """She has told something, or a number is hers no more: a text that still waits asks for `fields` alone, and for her
    passport while she has not said who has it, by the first address that she has now; or for nothing."""
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


def _write(work: Work, trip: TripState, fields: Sequence[str], at: datetime) -> None:
    address = first_usable(trip.traveler.addresses)
    passport = read_own(trip.details).passport is None
    if address is None or not (fields or passport) or trip.one_reply:
        return
    _, service = translator(trip.traveler.language), work.service
    link = service.public_url + PAGE if carriage_to(service, address.channel, address.address).links else ""
    work.send(
        Draft(
            kind="traveler_notice",
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


def _name(key: TripKey) -> str:
    return f"later:{key.trip_id}"


def _waits(key: TripKey) -> tuple[ColumnElement[bool], ...]:
    return (
        OUTBOX.c.traveler_id == key.traveler_id,
        OUTBOX.c.dedupe_key == _name(key),
        OUTBOX.c.state == "pending",
    )
