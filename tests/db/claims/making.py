"""Rows as a test needs them: what it does not name does not matter to it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select

from service.db import tx
from service.db.claims import ALARMS, INBOX, OUTBOX, OWNERS, WATCHES
from service.db.engine import Database
from service.db.routing import NIL

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def add_watch(db: Database, traveler_id: UUID | None = None, **values: Any) -> tuple[UUID, UUID]:
    """A watch that is due; its key."""
    key = {"traveler_id": traveler_id or uuid4(), "trip_id": uuid4()}
    given = {"state": "armed", "armed_at": NOW - 60 * MINUTE, "look_at": NOW}
    tx.run(db, lambda conn: conn.execute(insert(WATCHES), {**given, **key, **values}))
    return key["traveler_id"], key["trip_id"]


def add_alarm(db: Database, traveler_id: UUID | None = None, **values: Any) -> tuple[UUID, UUID]:
    """An open alarm that is due; its key."""
    key = {"traveler_id": traveler_id or uuid4(), "alarm_id": uuid4()}
    given = {"trip_id": uuid4(), "kind": "missed", "state": "open", "opened_at": NOW, "look_at": NOW}
    tx.run(db, lambda conn: conn.execute(insert(ALARMS), {**given, **key, **values}))
    return key["traveler_id"], key["alarm_id"]


def close_alarm(db: Database, alarm: tuple[UUID, UUID]) -> None:
    statement = ALARMS.update().where(ALARMS.c.alarm_id == alarm[1]).values(state="closed", closed_at=NOW)
    tx.run(db, lambda conn: conn.execute(statement))


def add_message(db: Database, alarm: tuple[UUID, UUID] | None = None, **values: Any) -> UUID:
    """A pending alert, of an alarm if one is given; its id."""
    outbox_id = uuid4()
    given: dict[str, Any] = {
        "traveler_id": alarm[0] if alarm else uuid4(),
        "alarm_id": alarm[1] if alarm else None,
        "kind": "alert",
        "channel": "sms",
        "address_hash": b"address",
        "sealed": b"sealed",
        "priority": 2,
        "available_at": NOW,
        "dedupe_key": str(outbox_id),
        "created_at": NOW,
    }
    tx.run(db, lambda conn: conn.execute(insert(OUTBOX), {**given, "outbox_id": outbox_id, **values}))
    return outbox_id


def add_text(db: Database, sender: bytes = b"+48500000001", **values: Any) -> int:
    """An unread inbox row that has just come; its id."""
    given = {
        "source": "sms",
        "provider_id": str(uuid4()),
        "sender": sender,
        "sealed": b"sealed",
        "occurred_at": NOW,
        "received_at": NOW,
    }

    def add(conn: Connection) -> int:
        (inbox_id,) = conn.execute(insert(INBOX), {**given, **values}).inserted_primary_key or (0,)
        return int(inbox_id)

    return tx.run(db, add)


def add_owner(db: Database, phone_hash: bytes, traveler_id: UUID, contact_id: UUID = NIL) -> None:
    row = {"phone_hash": phone_hash, "traveler_id": traveler_id, "contact_id": contact_id}
    tx.run(db, lambda conn: conn.execute(insert(OWNERS), row))


def message(db: Database, outbox_id: UUID) -> Any:
    """An outbox row as it stands."""
    return tx.read(db, lambda conn: conn.execute(select(OUTBOX).where(OUTBOX.c.outbox_id == outbox_id)).one())


def alarm_row(db: Database, alarm: tuple[UUID, UUID]) -> Any:
    """An alarm's row as it stands."""
    return tx.read(db, lambda conn: conn.execute(select(ALARMS).where(ALARMS.c.alarm_id == alarm[1])).one())
