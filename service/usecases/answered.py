"""Whether a person has answered the alarm that a message told her of: she knows, and is not told of the same again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import Answer

ANSWERS = table_of(Answer)


def has_answered(conn: Connection, row: Any) -> bool:
    """Whether she has answered since this outbox row was written; false for what is no alarm's telling."""
    if row.kind != "alert":
        return False
    query = select(ANSWERS.c.answer_id).where(
        ANSWERS.c.traveler_id == row.traveler_id,
        ANSWERS.c.alarm_id == row.alarm_id,
        ANSWERS.c.contact_id == row.contact_id,
        ANSWERS.c.at >= row.created_at,
    )
    return conn.execute(query.limit(1)).first() is not None
