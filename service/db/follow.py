"""Messages that were sent and of which nothing final is known: found without an index of their own on the hot path.

Those of an alarm are found by the open alarms, whose keys come first, so that the planner never reads the outbox whole;
those that belong to none by when they were settled. What is written here no other column's news is lost by: `polls` and
`chased` are written by nobody else, but for a message that goes again, which begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    false,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from service.db.claims import ALARMS, OUTBOX
from service.db.rows import is_pair, pairs
from service.db.types import UTCDateTime

Rows: TypeAlias = Sequence[Row[Any]]
Key: TypeAlias = tuple[UUID, UUID]

FINAL = ("delivered", "undelivered", "failed", "read")
"""A delivery that needs no question any more."""

_SINCE = bindparam("since", type_=UTCDateTime())
_UNTIL = bindparam("until", type_=UTCDateTime())
# Written out, not bound: the planner takes a partial index only for a condition that it can see.
_SENT: ColumnElement[bool] = OUTBOX.c.state == literal_column("'sent'")
_NOT_FINAL: ColumnElement[bool] = or_(OUTBOX.c.delivery.is_(None), OUTBOX.c.delivery.not_in(FINAL))


def open_alarms(conn: Connection) -> list[Key]:
    """The (traveler, alarm) of every open alarm."""
    query = select(ALARMS.c.traveler_id, ALARMS.c.alarm_id).where(ALARMS.c.closed_at.is_(None))
    return [(row.traveler_id, row.alarm_id) for row in conn.execute(query)]


def unsure_of_alarms(conn: Connection, alarms: Sequence[Key], since: datetime, until: datetime) -> Rows:
    """What was sent for these alarms in since < settled_at <= until and may have arrived or not."""
    if not alarms:
        return []
    dialect = conn.dialect.name
    query = _of_alarms(dialect, len(alarms) > 1)
    return conn.execute(query, {**pairs(dialect, alarms), "since": since, "until": until}).all()


def unsure_beside_alarms(
    conn: Connection, polls: int, since: datetime, until: datetime, providers: Sequence[str], limit: int
) -> Rows:
    """As `unsure_of_alarms`, of what belongs to no alarm and was asked about `polls` times; the longest ago first."""
    values = {"polls": polls, "since": since, "until": until, "providers": list(providers), "limit": limit}
    return conn.execute(_BESIDE_ALARMS, values).all()


def claim_polls(conn: Connection, wanted: Sequence[Key], polls: int) -> Rows:
    """Count one more question about these (traveler, message), each of which was asked about `polls` times.

    Those are returned that nobody else has counted meanwhile.
    """
    if not wanted:
        return []
    dialect = conn.dialect.name
    return conn.execute(_poll(dialect, len(wanted) > 1), {**pairs(dialect, wanted), "asked": polls}).all()


def claim_silent(conn: Connection, wanted: Sequence[Key]) -> Rows:
    """Mark these (traveler, message) as acted on; those are returned that nobody else has marked."""
    if not wanted:
        return []
    dialect = conn.dialect.name
    return conn.execute(_chase(dialect, len(wanted) > 1), pairs(dialect, wanted)).all()


@lru_cache(maxsize=4)
def _of_alarms(dialect: str, several: bool) -> Select[Any]:
    of_alarms = is_pair(dialect, OUTBOX.c.traveler_id, OUTBOX.c.alarm_id, several=several)
    sent_then = (OUTBOX.c.settled_at > _SINCE, OUTBOX.c.settled_at <= _UNTIL)
    return select(OUTBOX).where(of_alarms, _SENT, _NOT_FINAL, *sent_then).order_by(OUTBOX.c.settled_at)


_BESIDE_ALARMS = (
    select(OUTBOX)
    .where(
        OUTBOX.c.alarm_id.is_(None),
        _SENT,
        _NOT_FINAL,
        OUTBOX.c.settled_at > _SINCE,
        OUTBOX.c.settled_at <= _UNTIL,
        OUTBOX.c.polls == bindparam("polls"),
        OUTBOX.c.provider.in_(bindparam("providers", expanding=True)),
    )
    .order_by(OUTBOX.c.settled_at)
    .limit(bindparam("limit"))
)


@lru_cache(maxsize=4)
def _poll(dialect: str, several: bool) -> ReturningUpdate[Any]:
    wanted = is_pair(dialect, OUTBOX.c.traveler_id, OUTBOX.c.outbox_id, several=several)
    # Whoever waited for another worker's lock must see that it has counted.
    is_ours = (wanted, _SENT, OUTBOX.c.polls == bindparam("asked"))
    return update(OUTBOX).where(*is_ours).values(polls=OUTBOX.c.polls + 1).returning(*OUTBOX.c)


@lru_cache(maxsize=4)
def _chase(dialect: str, several: bool) -> ReturningUpdate[Any]:
    wanted = is_pair(dialect, OUTBOX.c.traveler_id, OUTBOX.c.outbox_id, several=several)
    is_ours = (wanted, _SENT, OUTBOX.c.chased == false())
    return update(OUTBOX).where(*is_ours).values(chased=true()).returning(*OUTBOX.c)
