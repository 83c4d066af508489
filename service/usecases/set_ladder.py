"""Whom an alarm tells, in which order and how fast: the traveler's own ladder, in the place of the default one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, insert

from service.core.ladder import REPEAT, Rung
from service.core.wording_text import N_
from service.db.stored import table_of
from service.db.tables import Rung as RungRow
from service.db.trips import TripKey, TripState
from service.usecases.contacts import GONE
from service.usecases.context import Service
from service.usecases.drafts import load_draft, set_columns
from service.usecases.problems import NEEDED, TOO_LONG_A_TIME, TOO_MANY_HERE, UNKNOWN_CONTACT, Problems
from service.usecases.work import Work

RUNGS = table_of(RungRow)
MOST_RUNGS = 20
LONGEST_WAIT = timedelta(hours=24)
WAIT_TOO_SHORT = N_("At least {seconds} seconds.")


@dataclass(frozen=True, slots=True)
class RungForm:
    contacts: tuple[UUID, ...]
    wait: timedelta


@dataclass(frozen=True, slots=True)
class LadderForm:
    rungs: tuple[RungForm, ...]
    repeat: timedelta = REPEAT

    @property
    def is_usual(self) -> bool:
        """Whether it names nobody: then the usual order counts, which follows who has accepted."""
        return not self.rungs

    @property
    def told(self) -> tuple[Rung, ...]:
        """Whom each rung tells, by their ids."""
        return tuple(Rung(tuple(dict.fromkeys(map(str, one.contacts))), one.wait) for one in self.rungs)


USUAL = LadderForm(())


def set_ladder(service: Service, key: TripKey, form: LadderForm) -> None:
    """Store the ladder of a draft.

    Raises:
        Invalid, NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def keep(conn: Connection) -> None:
        trip = load_draft(service, conn, key, now)
        check_ladder(service, trip, form)
        write_ladder(conn, key, form)
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "ladder_set")
        work.flush()

    service.run(keep)


def clear_ladder(service: Service, key: TripKey) -> None:
    """Go back to the usual order, which follows who has accepted.

    Raises:
        NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def drop(conn: Connection) -> None:
        load_draft(service, conn, key, now)
        write_ladder(conn, key, USUAL)
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "ladder_cleared")
        work.flush()

    service.run(drop)


def check_ladder(service: Service, trip: TripState, form: LadderForm, path: str = "") -> None:
    """Raise `Invalid` unless every rung names people of this trip and waits a sensible time."""
    problems = Problems()
    known = {contact.contact_id for contact in trip.contacts if contact.status not in GONE}
    if not form.rungs:
        problems.add(f"{path}rungs", NEEDED)
    if len(form.rungs) > MOST_RUNGS:
        problems.add(f"{path}rungs", TOO_MANY_HERE)
    for index, rung in enumerate(form.rungs):
        place = f"{path}rungs[{index}]"
        if not rung.contacts:
            problems.add(f"{place}.contacts", NEEDED)
        for number, contact_id in enumerate(rung.contacts):
            if contact_id not in known:
                problems.add(f"{place}.contacts[{number}]", UNKNOWN_CONTACT)
        _check_wait(service, problems, f"{place}.wait_seconds", rung.wait)
    _check_wait(service, problems, f"{path}repeat_seconds", form.repeat)
    problems.refuse()


def write_ladder(conn: Connection, key: TripKey, form: LadderForm) -> None:
    """Put this ladder in the place of the trip's; the usual one is none."""
    conn.execute(delete(RUNGS).where(RUNGS.c.traveler_id == key.traveler_id, RUNGS.c.trip_id == key.trip_id))
    if form.is_usual:
        set_columns(conn, key, repeat_seconds=None)
        return
    rows = [
        {
            "traveler_id": key.traveler_id,
            "trip_id": key.trip_id,
            "position": position,
            "contact_ids": [str(contact_id) for contact_id in dict.fromkeys(rung.contacts)],
            "wait_seconds": int(rung.wait.total_seconds()),
        }
        for position, rung in enumerate(form.rungs)
    ]
    conn.execute(insert(RUNGS), rows)
    set_columns(conn, key, repeat_seconds=int(form.repeat.total_seconds()))


def _check_wait(service: Service, problems: Problems, name: str, wait: timedelta) -> None:
    least = service.limits.wait_at_least
    if wait < least:
        problems.add(name, WAIT_TOO_SHORT, seconds=int(least.total_seconds()))
    elif wait > LONGEST_WAIT:
        problems.add(name, TOO_LONG_A_TIME)
