"""What is wrong with an installation when its processes begin, so that each must set it right and may be killed at it.

An inbox row that nobody can open, an alarm whose trip is gone, a sweep that was noted by a clock that is ahead, and a
source that has been silent for too long. Each is paged once, whoever dies over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, insert

from service.db import tx
from service.db.engine import make_engine
from service.db.routing import Inbox
from service.db.state import put_state
from service.db.stored import table_of
from service.db.tables import Alarm
from service.edges import Act
from service.usecases.proof import FAIL_OPEN_AFTER, Watermark, watermark, watermark_value

ALARMS, INBOX = table_of(Alarm), table_of(Inbox)
SOURCE = "twilio_sms"
OF_TROUBLE = tuple(
    point for act in (Act.SET_TEXT_ASIDE, Act.SET_ASIDE, Act.CLOCK, Act.PAGE) for point in (act.before, act.after)
)
"""The edges that are reached only by what is wrong at the beginning."""
PAGES: Mapping[str, str] = {
    "an unreadable text": "A message that came in could not be handled",
    "an alarm without its trip": "A trip cannot be looked at",
    "a clock that was ahead": "Our clock was set back",
    "a silent source": f"{SOURCE} cannot be read since",
}
"""What is wrong, and of what the page says so."""


def make_trouble(database_url: str) -> None:
    """Put it into a database on which nothing runs yet."""

    def write(conn: Connection) -> None:
        text = {"source": SOURCE, "provider_id": "unreadable", "sender": b"nobody", "sealed": b"?" * 60}
        conn.execute(insert(INBOX).values(**text, occurred_at=now, received_at=now))
        alarm = {"traveler_id": uuid4(), "alarm_id": uuid4(), "trip_id": uuid4(), "kind": "missed", "state": "open"}
        conn.execute(insert(ALARMS).values(**alarm, view={}, opened_at=now, look_at=now))
        put_state(conn, "sweep", {}, now + timedelta(hours=2))
        silent = Watermark(SOURCE, None, now - FAIL_OPEN_AFTER - timedelta(minutes=5))
        put_state(conn, f"watermark:{SOURCE}", watermark_value(silent), now)

    db, now = make_engine(database_url), datetime.now(UTC)
    try:
        tx.run(db, write)
    finally:
        db.close()


def is_read_again(database_url: str) -> bool:
    """Whether the source has been read whole."""
    db = make_engine(database_url)
    try:
        return tx.read(db, lambda conn: watermark(conn, SOURCE)).read_until is not None
    finally:
        db.close()
