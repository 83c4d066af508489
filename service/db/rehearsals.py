"""Rehearsals as they are kept, and the messages that belong to one. Nothing in this module decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, Select, insert, select, update

from service.core.rehearsal import RehearsalState, RehearsalView, Rehearsed
from service.db.codec import instant_or_none
from service.db.rows import is_pair, pairs, update_all
from service.db.stored import table_of
from service.db.tables import Outbox, Rehearsal
from service.db.trip_state import TripKey

REHEARSALS = table_of(Rehearsal)
OUTBOX = table_of(Outbox)
KIND = "rehearsal"
"""The kind of its messages in the outbox, and of its links."""


@dataclass(frozen=True, slots=True)
class KeptRehearsal:
    """A rehearsal and the version of its row that was read."""

    rehearsal_id: UUID
    key: TripKey
    view: RehearsalView
    version: int


def dedupe_prefix(rehearsal_id: UUID) -> str:
    """How the dedupe keys of its messages begin, those that go by another address too."""
    return f"{KIND}:{rehearsal_id}:"


def kept(row: Row[Any]) -> KeptRehearsal:
    """A row of the table as a value."""
    key = TripKey(row.traveler_id, row.trip_id)
    return KeptRehearsal(row.rehearsal_id, key, _view(row), row.version)


def latest_rehearsal(conn: Connection, key: TripKey, rehearsal_id: UUID | None = None) -> KeptRehearsal | None:
    """The rehearsal of a trip that began last, or the named one."""
    query = select(REHEARSALS).where(REHEARSALS.c.traveler_id == key.traveler_id, REHEARSALS.c.trip_id == key.trip_id)
    if rehearsal_id is not None:
        query = query.where(REHEARSALS.c.rehearsal_id == rehearsal_id)
    row = conn.execute(query.order_by(REHEARSALS.c.started_at.desc()).limit(1)).first()
    return kept(row) if row is not None else None


def unended_rehearsals(conn: Connection, key: TripKey) -> list[KeptRehearsal]:
    """The rehearsal of this trip that has not ended, locked until the transaction ends; empty when there is none."""
    query = select(REHEARSALS).where(
        REHEARSALS.c.traveler_id == key.traveler_id,
        REHEARSALS.c.trip_id == key.trip_id,
        REHEARSALS.c.ended_at.is_(None),
    )
    return [kept(row) for row in conn.execute(query.with_for_update()).all()]


def named_rehearsal(conn: Connection, traveler_id: UUID, rehearsal_id: UUID) -> KeptRehearsal | None:
    """The rehearsal that a code or a link names, locked until the transaction ends."""
    query = select(REHEARSALS).where(REHEARSALS.c.traveler_id == traveler_id, REHEARSALS.c.rehearsal_id == rehearsal_id)
    row = conn.execute(query.with_for_update()).first()
    return kept(row) if row is not None else None


def begin_rehearsal(conn: Connection, key: TripKey, now: datetime) -> UUID:
    """A new one, to be looked at now.

    Raises:
        IntegrityError: one of this trip has not ended.
    """
    rehearsal_id = uuid4()
    values = _values(RehearsalView(started_at=now), now)
    names = {"traveler_id": key.traveler_id, "trip_id": key.trip_id, "rehearsal_id": rehearsal_id}
    conn.execute(insert(REHEARSALS), {**names, **values, "started_at": now, "version": 1})
    return rehearsal_id


def put_rehearsals(conn: Connection, changed: Sequence[tuple[KeptRehearsal, datetime | None]], now: datetime) -> None:
    """Write rehearsals, each with when to look at it again. The messages that wait of one that does not run any more
    are cancelled; what is being sent cannot be called back.

    Raises:
        Conflict: one of them has changed since it was read.
    """
    rows = [
        {
            "traveler_id": one.key.traveler_id,
            "rehearsal_id": one.rehearsal_id,
            "version": one.version,
            **_values(one.view, look_at),
        }
        for one, look_at in changed
    ]
    update_all(conn, REHEARSALS, rows, where=("traveler_id", "rehearsal_id"))
    for one, _ in changed:
        if one.view.state is not RehearsalState.RUNNING:
            cancel_messages(conn, one.key, now)


def rehearsing(conn: Connection, keys: Sequence[TripKey]) -> list[TripKey]:
    """Which of these trips have a rehearsal that has not ended."""
    dialect = conn.dialect.name
    found = conn.execute(_rehearsing_query(dialect, len(keys) > 1), pairs(dialect, keys))
    return [TripKey(row.traveler_id, row.trip_id) for row in found]


@lru_cache(maxsize=4)
def _rehearsing_query(dialect: str, several: bool) -> Select[tuple[UUID, UUID]]:
    of_trips = is_pair(dialect, REHEARSALS.c.traveler_id, REHEARSALS.c.trip_id, several=several)
    return select(REHEARSALS.c.traveler_id, REHEARSALS.c.trip_id).where(of_trips, REHEARSALS.c.ended_at.is_(None))


def silence(conn: Connection, key: TripKey, now: datetime) -> None:
    """A real alarm has opened: the rehearsal that runs tells nobody any more, and its next step is due now."""
    conn.execute(
        update(REHEARSALS)
        .where(
            REHEARSALS.c.traveler_id == key.traveler_id,
            REHEARSALS.c.trip_id == key.trip_id,
            REHEARSALS.c.state == RehearsalState.RUNNING.value,
        )
        .values(state=RehearsalState.SILENT.value, look_at=now, version=REHEARSALS.c.version + 1)
    )
    cancel_messages(conn, key, now)


def cancel_messages(conn: Connection, key: TripKey, now: datetime, *, contact_id: UUID | None = None) -> None:
    """Cancel what still waits to be sent of this trip's rehearsals, to everybody or to one contact."""
    statement = update(OUTBOX).where(
        OUTBOX.c.traveler_id == key.traveler_id,
        OUTBOX.c.trip_id == key.trip_id,
        OUTBOX.c.kind == KIND,
        OUTBOX.c.state == "pending",
    )
    if contact_id is not None:
        statement = statement.where(OUTBOX.c.contact_id == contact_id)
    conn.execute(statement.values(state="cancelled", settled_at=now))


def messages_of(conn: Connection, traveler_id: UUID, rehearsal_id: UUID) -> Sequence[Any]:
    """Its messages, oldest first: to whom, by which address, at which rung (`step`), and what became of them."""
    columns = (OUTBOX.c.contact_id, OUTBOX.c.channel, OUTBOX.c.address_hash, OUTBOX.c.step)
    query = select(*columns, OUTBOX.c.state, OUTBOX.c.delivery, OUTBOX.c.error, OUTBOX.c.settled_at).where(
        OUTBOX.c.traveler_id == traveler_id,
        OUTBOX.c.kind == KIND,
        OUTBOX.c.dedupe_key.startswith(dedupe_prefix(rehearsal_id)),
    )
    return conn.execute(query.order_by(OUTBOX.c.created_at, OUTBOX.c.outbox_id)).all()


def usual_deliveries(conn: Connection, key: TripKey) -> dict[bytes, str | None]:
    """How the last invitation or rehearsal to each address of this trip's contacts fared, by the provider's reports."""
    query = select(OUTBOX.c.address_hash, OUTBOX.c.delivery).where(
        OUTBOX.c.traveler_id == key.traveler_id,
        OUTBOX.c.trip_id == key.trip_id,
        OUTBOX.c.kind.in_(("invitation", KIND)),
        OUTBOX.c.state == "sent",
    )
    return {row.address_hash: row.delivery for row in conn.execute(query.order_by(OUTBOX.c.created_at))}


def first_accepted(messages: Sequence[Any], view: RehearsalView) -> RehearsalView:
    """The rehearsal with the moment at which a provider first took a message of its present rung."""
    sent = [row.settled_at for row in messages if row.step == view.rung and row.state == "sent" and row.settled_at]
    return replace(view, accepted_at=min(sent, default=None))


def _values(view: RehearsalView, look_at: datetime | None) -> dict[str, Any]:
    return {
        "state": view.state.value,
        "view": {
            "rung": view.rung,
            "rung_at": view.rung_at,
            "is_silent": view.is_silent,
            "told": [[one.person, one.at, one.answered_at, one.via] for one in view.told],
        },
        "ended_at": view.ended_at,
        "look_at": look_at,
    }


def _view(row: Row[Any]) -> RehearsalView:
    at = datetime.fromisoformat
    return RehearsalView(
        started_at=row.started_at,
        # `silence` writes the state alone.
        is_silent=row.view["is_silent"] or row.state == RehearsalState.SILENT.value,
        rung=row.view["rung"],
        rung_at=instant_or_none(row.view["rung_at"]),
        told=tuple(
            Rehearsed(person, at(told), instant_or_none(answered), via)
            for person, told, answered, via in row.view["told"]
        ),
        ended_at=row.ended_at,
    )
