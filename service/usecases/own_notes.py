"""What a traveler writes down for herself while her trip runs: who has her passport, what she sees, what seemed odd.

It changes nothing but what the sheet will say, and tells nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from service.core.own_notes import (
    Holder,
    OwnNotes,
    read_own,
    with_joined,
    with_note,
    with_passport,
    with_signs,
    without_note,
)
from service.db.trips import TripKey
from service.usecases.ask_later import ask_for_the_rest
from service.usecases.context import Service
from service.usecases.drafts import ENDED, NOT_ARMED, write_details
from service.usecases.problems import Conflict409, Invalid, NotFound
from service.usecases.show_trip import WholeTrip, read_whole
from service.usecases.unknown_facts import open_fields
from service.usecases.waiting import looks_ended
from service.usecases.work import Work

Change = Callable[[Mapping[str, Any], datetime], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What she has written down. `zone`: the clock at her destination (IANA). `ask_passport`: she has arrived by plan,
    and has not said yet who has her passport. `is_open`: no passphrase stands before it."""

    notes: OwnNotes
    zone: str
    ask_passport: bool
    is_open: bool


def show_own(service: Service, key: TripKey) -> OwnPage:
    """Whether her browser may see it, the caller knows. Changes nothing, and reads no alarm.

    Raises:
        NotFound: no such trip of hers.
    """
    now = service.clock()
    whole = service.read(lambda conn: read_whole(service, conn, key, now))
    notes = read_own(whole.details)
    zone = str((whole.details.get("destination") or {}).get("zone") or "UTC")
    return OwnPage(notes, zone, asks_passport(whole, now), not whole.has_words)


def asks_passport(whole: WholeTrip, now: datetime) -> bool:
    """Whether she has arrived by plan and has not said yet who has her passport."""
    return read_own(whole.details).passport is None and whole.starts_at <= now


def tell_passport(service: Service, key: TripKey, holder: Holder) -> None:
    """Say who has her passport now. Nobody is asked for it again by text.

    Raises:
        NotFound: no such trip of hers.
        Conflict409: it is not armed, or has ended. So it is with all of these.
    """
    _write(service, key, "passport_told", lambda details, now: with_passport(details, holder, now))


def keep_signs(service: Service, key: TripKey, signs: Iterable[str]) -> None:
    """Put what she sees at work on the sheet, for good."""
    names = tuple(signs)
    _write(service, key, "signs_kept", lambda details, now: with_signs(details, names, now))


def keep_note(service: Service, key: TripKey, text: str, *, joined: bool) -> None:
    """Keep a note about something odd; `joined`: on the sheet too, for good.

    Raises:
        Invalid: nothing is said, or there is no room for more.
    """
    try:
        _write(service, key, "note_kept", lambda details, now: with_note(details, text, now, joined=joined))
    except ValueError as refused:
        raise Invalid.of("text", str(refused)) from refused


def join_note(service: Service, key: TripKey, number: int) -> None:
    """Put a note on the sheet, for good."""
    _write(service, key, "note_joined", lambda details, _now: with_joined(details, number))


def erase_note(service: Service, key: TripKey, number: int) -> None:
    """Erase a note that does not stand on the sheet."""
    _write(service, key, "note_erased", lambda details, _now: without_note(details, number))


def _write(service: Service, key: TripKey, action: str, change: Change) -> None:
    now = service.clock()

    def keep(conn: Connection) -> None:
        # Changes that come due write the details too, under the same lock.
        trip = service.trip(conn, key, now, lock=True)
        if trip is None:
            raise NotFound
        if looks_ended(conn, trip, now):
            raise Conflict409(ENDED, ("ended",))
        if trip.status != "armed":
            raise Conflict409(NOT_ARMED)
        details = change(trip.details, now)
        if details == trip.details:
            return
        write_details(service, conn, trip, details)
        work = Work(service, conn, now)
        if action == "passport_told":
            ask_for_the_rest(work, replace(trip, details=details), open_fields(details))
        work.audit.add(key.traveler_id, "traveler", action, trip.key_id)
        work.flush()

    service.run(keep)
