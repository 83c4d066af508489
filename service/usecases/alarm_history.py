"""What has happened in an alarm, as facts with their instants: who was asked, who was told, who answered what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, select

from service.core.alarm import AlarmKind, AlarmView
from service.db.claims import MAY_HAVE_HEARD
from service.db.stored import table_of
from service.db.tables import Answer, Outbox
from service.db.trips import AlarmState, TripState

OUTBOX = table_of(Outbox)
ANSWERS = table_of(Answer)

ASKED_BEFORE = timedelta(hours=2)
"""Reminders so long before the first missed deadline belong to the story."""
AT_FIRST = timedelta(seconds=20)
"""Whatever went again sooner is told as one try."""
MOST_EVENTS = 200


class Happened(StrEnum):
    DUE = "due"
    ASKED = "asked"
    OPENED = "opened"
    ON_ITS_WAY = "on_its_way"
    TOLD = "told"
    ARRIVED = "arrived"
    TRIED_AGAIN = "tried_again"
    """It did not get through at first, and goes again."""
    FAILED = "failed"
    ANSWERED = "answered"
    SIGN = "sign"
    HANDED_OUT = "handed_out"
    FOUND_OUT = "found_out"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Event:
    """`contact_id` is whom it concerns; None is the traveler, or nobody. `channel` of a text; `answer` of an answer, or
    for whom a copy of the sheet was made; `picked_up`: whether somebody picked up a call, and pressed nothing."""

    at: datetime
    what: Happened
    contact_id: UUID | None = None
    channel: str = ""
    answer: str = ""
    picked_up: bool = False


def history(conn: Connection, trip: TripState, state: AlarmState) -> tuple[Event, ...]:
    """The story of an alarm, oldest first; of a long one its newest part."""
    events = [*_of_view(state.view), *_reminders(conn, trip, state.view), *_told(conn, trip, state)]
    events += _answers(conn, trip, state)
    return tuple(sorted(events, key=lambda event: event.at)[-MOST_EVENTS:])


def _of_view(view: AlarmView) -> Iterator[Event]:
    yield Event(view.opened_at, Happened.OPENED)
    for deadline in view.missed:
        yield Event(deadline, Happened.DUE)
    if view.last_sign_at is not None:
        yield Event(view.last_sign_at, Happened.SIGN)
    if view.closed_at is not None:
        yield Event(view.closed_at, Happened.CLOSED)


def _reminders(conn: Connection, trip: TripState, view: AlarmView) -> Iterator[Event]:
    """When she was asked, of a missed check-in: that we asked her before anybody else."""
    if not view.missed or view.kind is AlarmKind.DURESS:
        return
    query = select(OUTBOX.c.settled_at, OUTBOX.c.channel).where(
        OUTBOX.c.traveler_id == trip.key.traveler_id,
        OUTBOX.c.trip_id == trip.key.trip_id,
        OUTBOX.c.kind == "reminder",
        OUTBOX.c.state == "sent",
        OUTBOX.c.settled_at >= min(view.missed) - ASKED_BEFORE,
    )
    for row in conn.execute(query.order_by(OUTBOX.c.settled_at).limit(MOST_EVENTS)):
        yield Event(row.settled_at, Happened.ASKED, channel=row.channel)


def _told(conn: Connection, trip: TripState, state: AlarmState) -> Iterator[Event]:
    query = select(OUTBOX).where(
        OUTBOX.c.traveler_id == trip.key.traveler_id,
        OUTBOX.c.alarm_id == state.alarm_id,
        OUTBOX.c.kind == "alert",
        OUTBOX.c.state != "cancelled",
    )
    seen = set()
    places = {contact.contact_id: contact.position for contact in trip.contacts}
    rows = conn.execute(query).all()
    for row in sorted(rows, key=lambda row: (row.created_at, places.get(row.contact_id, -1), row.channel_index)):
        # An alarm that is written in two texts is told once.
        telling = (row.contact_id, row.channel, row.channel_index, row.step)
        if telling not in seen:
            seen.add(telling)
            what, heard = _of_text(row.state, row.delivery), row.error in MAY_HAVE_HEARD
            if row.settled_at and row.attempts > 1 and row.settled_at >= row.created_at + AT_FIRST:
                yield Event(row.created_at, Happened.TRIED_AGAIN, row.contact_id, row.channel, picked_up=heard)
            yield Event(row.settled_at or row.created_at, what, row.contact_id, row.channel, picked_up=heard)


def _of_text(state: str, delivery: str | None) -> Happened:
    if state == "failed":
        return Happened.FAILED
    if state in ("pending", "sending"):
        return Happened.TRIED_AGAIN if delivery in ("undelivered", "failed") else Happened.ON_ITS_WAY
    return Happened.ARRIVED if delivery in ("delivered", "read") else Happened.TOLD


def _answers(conn: Connection, trip: TripState, state: AlarmState) -> Iterator[Event]:
    query = select(ANSWERS.c.contact_id, ANSWERS.c.answer, ANSWERS.c.at).where(
        ANSWERS.c.traveler_id == trip.key.traveler_id, ANSWERS.c.alarm_id == state.alarm_id
    )
    for row in conn.execute(query.order_by(ANSWERS.c.at).limit(MOST_EVENTS)):
        yield Event(row.at, Happened.ANSWERED, row.contact_id, answer=row.answer)
