"""Who has not left yet asks by a text: about an offer, and whom to call where she goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import select

from service.core.reply import Reading
from service.db import tables
from service.db.stored import table_of
from service.db.trips import TripKey
from service.usecases.by_text import answer_to_traveler, asked_in
from service.usecases.phone_proof import Waiting
from service.usecases.replies import say_to_traveler
from service.usecases.work import Work

TRIPS = table_of(tables.Trip)


class Message(Protocol):
    """What is needed of an inbox row."""

    @property
    def inbox_id(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def address(self) -> str | None: ...


def answer_draft(work: Work, message: Message, reading: Reading, whose: Sequence[Waiting]) -> bool:
    """Answer what the traveler of a drafted trip asks; whether she was answered.

    Silence is kept, as to any number without a trip, where she has drafted none; and where one of the drafts says that
    every text of hers gets the same answer, whoever of those with this number it is.
    """
    asked = asked_in(message.text, reading)
    if asked is None or asked.is_cry:
        return False
    drafts = (
        select(TRIPS.c.traveler_id, TRIPS.c.trip_id)
        .where(TRIPS.c.traveler_id.in_([one.traveler_id for one in whose]), TRIPS.c.status == "draft")
        .order_by(TRIPS.c.created_at.desc())
    )
    keys = [TripKey(row.traveler_id, row.trip_id) for row in work.conn.execute(drafts)]
    trips = work.service.trips(work.conn, keys, work.now)
    if not trips or any(trip.one_reply for trip in trips.values()):
        return False
    trip = trips[next(key for key in keys if key in trips)]
    say_to_traveler(
        work,
        trip,
        message.inbox_id,
        message.address,
        lambda carriage: answer_to_traveler(work, trip, asked, carriage, is_before=True),
    )
    return True
