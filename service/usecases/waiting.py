"""Changes that wait for their time: found, and shown as if they had taken effect once it has come.

A change whose time has come waits on while an alarm is open. What the traveler sees must not tell that.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from service.db.sealed import Keyring
from service.db.stored import table_of
from service.db.tables import Change as ChangeRow
from service.db.trips import TripKey
from service.usecases.changes import Waiting, from_json

CHANGES = table_of(ChangeRow)


def due(conn: Connection, keys: Keyring, key: TripKey, now: datetime) -> list[tuple[UUID, Waiting]]:
    """The trip's changes whose time has come, in order, by their ids."""
    return [(row["change_id"], _open(conn, keys, row)) for row in _rows(conn, key, now)]


def ends_by_now(conn: Connection, key: TripKey, now: datetime) -> bool:
    """Whether an end of the trip has taken effect or only waits for an alarm's close."""
    return any(row["kind"] == "end" for row in _rows(conn, key, now))


def is_due(now: datetime) -> ColumnElement[bool]:
    """The condition on a row of the changes."""
    return (CHANGES.c.state == "pending") & (CHANGES.c.effective_at <= now)


def _rows(conn: Connection, key: TripKey, now: datetime) -> Sequence[RowMapping]:
    of_trip = (CHANGES.c.traveler_id == key.traveler_id) & (CHANGES.c.trip_id == key.trip_id)
    query = select(CHANGES).where(of_trip, is_due(now)).order_by(CHANGES.c.effective_at, CHANGES.c.requested_at)
    return conn.execute(query).mappings().all()


def _open(conn: Connection, keys: Keyring, row: RowMapping) -> Waiting:
    value: dict[str, Any] = json.loads(keys.open(conn, b"change", row["sealed"]))
    return from_json(row["kind"], value)
