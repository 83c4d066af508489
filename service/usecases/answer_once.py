"""Repeats of a request: its first answer is given again, and nothing is done a second time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from service.db.routing import Idempotency
from service.db.rows import insert_ignore
from service.db.stored import table_of

ANSWERS = table_of(Idempotency)


def answer_once(
    conn: Connection, traveler_id: UUID, call: str, key: str | None, now: datetime, act: Callable[[], Any]
) -> Any:
    """What `act` returned (a JSON value) when `key` was first used for `call`; without a key, what it returns now.

    The key is taken before anything is done and stands in the same transaction: of two requests at once the second
    waits for the first, and one that failed leaves no trace.
    """
    if key is None:
        return act()
    name = _name(call, key)
    row = {"traveler_id": traveler_id, "key": name, "status": 0, "body": "", "at": now}
    same = (ANSWERS.c.traveler_id == traveler_id) & (ANSWERS.c.key == name)
    if insert_ignore(conn, ANSWERS, [row]) == 0:
        return json.loads(conn.execute(select(ANSWERS.c.body).where(same)).scalar_one())
    answer = act()
    body = json.dumps(answer, ensure_ascii=False)
    conn.execute(update(ANSWERS).where(same).values(status=200, body=body))
    return answer


def was_answered(conn: Connection, traveler_id: UUID, call: str, key: str | None) -> bool:
    """Whether `key` has been used for `call`."""
    if key is None:
        return False
    same = (ANSWERS.c.traveler_id == traveler_id) & (ANSWERS.c.key == _name(call, key))
    return conn.execute(select(ANSWERS.c.key).where(same)).first() is not None


def _name(call: str, key: str) -> str:
    return f"{call}:{hashlib.sha256(key.encode()).hexdigest()}"
