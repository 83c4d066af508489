"""Whether a person has answered what a message told or asked her: she knows, and does not get the same again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from service.db.stored import table_of
from service.db.tables import Answer, Contact

ANSWERS = table_of(Answer)
CONTACTS = table_of(Contact)


def has_answered(conn: Connection, row: Any) -> bool:
    """Whether she has answered the alarm since this outbox row was written, or the invitation; else false."""
    if row.kind == "invitation":
        return _has_settled(conn, row)
    if row.kind != "alert":
        return False
    query = select(ANSWERS.c.answer_id).where(
        ANSWERS.c.traveler_id == row.traveler_id,
        ANSWERS.c.alarm_id == row.alarm_id,
        ANSWERS.c.contact_id == row.contact_id,
        ANSWERS.c.at >= row.created_at,
    )
    return conn.execute(query.limit(1)).first() is not None


def _has_settled(conn: Connection, row: Any) -> bool:
    """Whether she has said yes or no, or is asked no more."""
    query = select(CONTACTS.c.status).where(
        CONTACTS.c.traveler_id == row.traveler_id, CONTACTS.c.contact_id == row.contact_id
    )
    return bool(conn.execute(query).scalar() != "invited")
