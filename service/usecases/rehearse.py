"""Start a rehearsal: the whole ladder with every text marked as one, while nothing has happened.

Whether an alarm is open is not looked at here. The engine's next step knows it, and tells nobody then; the answer and
the page that shows the rehearsal are the same in both cases, so that nobody learns of an alarm by rehearsing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from service.core.rehearsal import end_rehearsal
from service.core.wording_text import N_
from service.db.rehearsals import begin_rehearsal, latest_rehearsal, put_rehearsals
from service.db.trips import TripKey
from service.edges import Act
from service.usecases.answer_once import answer_once
from service.usecases.context import Service
from service.usecases.drafts import ENDED, load_locked
from service.usecases.problems import Conflict409, TooManyTries
from service.usecases.waiting import looks_ended
from service.usecases.work import Work

NOBODY = N_("There is nobody yet whom we can tell: a trusted person has to accept first.")


class RehearsedLately(TooManyTries):
    """The last one began a few minutes ago: nobody may be pestered by rehearsals."""

    message = N_("There was a rehearsal a few minutes ago. Please wait a little before the next one.")


def start_rehearsal(service: Service, key: TripKey, *, once: str | None = None) -> UUID:
    """Begin to rehearse a draft or an armed trip; returns the rehearsal's id.

    Two never run at once, and none begins within 10 min of another (`Limits.rehearsals_apart`), so that nobody is
    pestered: while one runs that long it is returned, and after that it ends and a new one begins.

    Raises:
        NotFound: no such trip of hers.
        Conflict409: `missing` says what is needed first: accepted_contact; or the trip has ended.
        RehearsedLately: the last one began less than 10 min ago and has ended.
    """
    now = service.clock()

    def keep(conn: Connection) -> str:
        return str(_start(service, conn, key, now))

    call = f"rehearsal:{key.trip_id}"
    started = service.run(
        lambda conn: answer_once(conn, key.traveler_id, call, once, now, lambda: keep(conn)), Act.REHEARSE
    )
    service.wake.sweep.set()
    return UUID(started)


def _start(service: Service, conn: Connection, key: TripKey, now: datetime) -> UUID:
    # The trip's row is locked: of two starts at once the second finds the first one's rehearsal.
    trip = load_locked(service, conn, key, now)
    if looks_ended(conn, trip, now):
        raise Conflict409(ENDED, ("ended",))
    last = latest_rehearsal(conn, key)
    again_at = last.view.started_at + service.limits.rehearsals_apart if last is not None else now
    if last is not None and not last.view.is_over and now < again_at:
        return last.rehearsal_id
    if not any(person.can_be_told for person in trip.people):
        raise Conflict409(NOBODY, ("accepted_contact",))
    if now < again_at:
        raise RehearsedLately(again_at - now)
    if last is not None and not last.view.is_over:
        # Whoever has not answered yet must not keep her from trying again for a whole day.
        put_rehearsals(conn, [(replace(last, view=end_rehearsal(last.view, now)), None)], now)
    work = Work(service, conn, now)
    work.audit.add(key.traveler_id, "traveler", "rehearsal_started")
    rehearsal_id = begin_rehearsal(conn, key, now)
    work.flush()
    return rehearsal_id
