"""Whether anything is due by the clock: what each tick asks first, at a cost that does not grow with the tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, func, literal_column, select

from service.db.routing import EngineState
from service.db.stored import table_of
from service.db.tables import Alarm, Rehearsal, Watch

STATE = table_of(EngineState)

SWEEP = "sweep"
"""The name under which the last completed sweep is noted."""


@dataclass(frozen=True, slots=True)
class Look:
    """The first moment that a watch, an alarm and a rehearsal ask for, and when a completed sweep was noted last."""

    watches: datetime | None
    alarms: datetime | None
    rehearsals: datetime | None
    noted: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Whether anything is to be stepped."""
        return any(at is not None and at <= now for at in (self.watches, self.alarms, self.rehearsals))


def look(conn: Connection) -> Look:
    """Four look-ups by index in one statement."""
    watches, alarms, rehearsals, noted = conn.execute(LOOK).one()
    return Look(watches, alarms, rehearsals, noted)


def _first(table: Table) -> ColumnElement[datetime]:
    # Not EXISTS (... <= now): without the value at hand the planner may think that any row will do, and read them all.
    # That it is not null is said because it is the condition of the index.
    return select(func.min(table.c.look_at)).where(table.c.look_at.is_not(None)).scalar_subquery()


LOOK = select(
    _first(table_of(Watch)),
    _first(table_of(Alarm)),
    _first(table_of(Rehearsal)),
    select(STATE.c.at).where(STATE.c.name == literal_column(f"'{SWEEP}'")).scalar_subquery(),
)
"""The statement of `look`, which takes no values."""
