"""The installation's own state by name: watermarks, heartbeats, counters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from service.db.routing import EngineState
from service.db.rows import insert_ignore
from service.db.stored import table_of

STATE = table_of(EngineState)


def get_state(conn: Connection, name: str) -> Any:
    """The value kept under `name`, or None."""
    return conn.execute(select(STATE.c.value).where(STATE.c.name == name)).scalar_one_or_none()


def get_state_at(conn: Connection, name: str) -> datetime | None:
    """When the value under `name` was last written."""
    return conn.execute(select(STATE.c.at).where(STATE.c.name == name)).scalar_one_or_none()


def lock_state(conn: Connection, name: str, at: datetime) -> Any:
    """The value kept under `name`, an empty object at first.

    Until the transaction ends nobody else writes it, or reads it by this function.
    """
    insert_ignore(conn, STATE, [{"name": name, "value": {}, "at": at}])
    return conn.execute(select(STATE.c.value).where(STATE.c.name == name).with_for_update()).scalar_one()


def put_state(conn: Connection, name: str, value: Any, at: datetime) -> None:
    """Keep `value` under `name`."""
    if conn.execute(update(STATE).where(STATE.c.name == name).values(value=value, at=at)).rowcount == 0:
        insert_ignore(conn, STATE, [{"name": name, "value": value, "at": at}])
