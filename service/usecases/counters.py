"""What this process counted: what became of messages, and how late alarms reached the first person.

Each process counts what it settled itself and begins at nought when it starts, as Prometheus expects: add up the
processes, and ask for rates. `amanba_sends_total` has the states of the outbox (`sent`, `failed`, `unknown`,
`cancelled`) and `pending` for what is to be tried again. `amanba_lateness_seconds` runs from the moment at which an
alarm was due (the first missed deadline and its grace; for other kinds when it opened) to the moment at which a
provider took the first text about it, so that downtime shows in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from prometheus_client import Counter, Histogram
from sqlalchemy import ColumnElement, Connection, FromClause, and_, bindparam, exists, select

from service.db.stored import table_of
from service.db.tables import Alarm, Outbox

OUTBOX = table_of(Outbox)
ALARMS = table_of(Alarm)

SENDS = Counter("amanba_sends_total", "What became of messages, by channel and state", ["channel", "state"])
LATENESS = Histogram(
    "amanba_lateness_seconds",
    "From the moment an alarm was due until the first person was told",
    buckets=(1, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 4 * 3600, 24 * 3600),
)


def first_told(conn: Connection, now: datetime, told_by: Iterable[UUID]) -> list[float]:
    """How late, in seconds, each alarm is of which one of these rows told the first person.

    Asked in the transaction that settles the rows; the caller counts the answer once it is committed.
    """
    ids = list(told_by)
    if not ids:
        return []
    return [_late(row, now) for row in conn.execute(_FIRST_TOLD, {"ids": ids})]


def count(sends: Sequence[tuple[str, str]], lateness: Sequence[float]) -> None:
    """Count settled messages, as (channel, state), and first tellings."""
    for channel, state in sends:
        SENDS.labels(channel=channel, state=state).inc()
    for seconds in lateness:
        LATENESS.observe(seconds)


def _late(row: Any, now: datetime) -> float:
    due_at = row.view.get("due_at")
    due: datetime = datetime.fromisoformat(due_at) if due_at else row.opened_at
    return max(0.0, (now - due).total_seconds())


def _is_told(row: FromClause) -> ColumnElement[bool]:
    return and_(row.c.kind == "alert", row.c.state == "sent")


_BEFORE = OUTBOX.alias("before")
_FIRST_TOLD = (
    select(ALARMS.c.alarm_id, ALARMS.c.opened_at, ALARMS.c.view)
    .join_from(
        OUTBOX, ALARMS, and_(ALARMS.c.traveler_id == OUTBOX.c.traveler_id, ALARMS.c.alarm_id == OUTBOX.c.alarm_id)
    )
    .where(
        OUTBOX.c.outbox_id.in_(bindparam("ids", expanding=True)),
        _is_told(OUTBOX),
        ~exists().where(
            _BEFORE.c.traveler_id == OUTBOX.c.traveler_id,
            _BEFORE.c.alarm_id == OUTBOX.c.alarm_id,
            _BEFORE.c.outbox_id.not_in(bindparam("ids", expanding=True)),
            _is_told(_BEFORE),
        ),
    )
    .distinct()
)
