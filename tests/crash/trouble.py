"""What is wrong with an installation when its processes begin, so that each must set it right and may be killed at it.

An inbox row that nobody can open, an alarm whose trip is gone, a sweep that was noted by a clock that is ahead, and a
source that has been silent for too long. Each is paged once, whoever dies over it. And texts of which nobody has heard:
as time goes by one after the other is asked about, or acted on.
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
from service.db.tables import Alarm, Outbox
from service.edges import Act
from service.usecases.follow_up import POLL_AFTER, SIGN_WITHIN
from service.usecases.proof import FAIL_OPEN_AFTER, Watermark, watermark, watermark_value

ALARMS, INBOX, OUTBOX = table_of(Alarm), table_of(Inbox), table_of(Outbox)
SOURCE = "twilio_sms"
OF_TROUBLE = tuple(
    point for act in (Act.SET_TEXT_ASIDE, Act.SET_ASIDE, Act.CLOCK, Act.PAGE) for point in (act.before, act.after)
)
"""The edges that are reached only by what is wrong at the beginning."""
SILENT, SILENT_APART = 40, timedelta(seconds=4)
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
        conn.execute(insert(OUTBOX), _silent_texts(alarm, now))
        put_state(conn, "sweep", {}, now + timedelta(hours=2))
        silent = Watermark(SOURCE, None, now - FAIL_OPEN_AFTER - timedelta(minutes=5))
        put_state(conn, f"watermark:{SOURCE}", watermark_value(silent), now)

    db, now = make_engine(database_url), datetime.now(UTC)
    try:
        tx.run(db, write)
    finally:
        db.close()


def _silent_texts(alarm: Mapping[str, object], now: datetime) -> list[dict[str, object]]:
    """Those of the alarm are to be told by another way; one of nobody's is to be asked about each time."""
    text = {
        "channel": "sms",
        "step": 1,
        "address_hash": b"nobody",
        "sealed": b"",
        "priority": 2,
        "state": "sent",
        "delivery": "sent",
        "available_at": now,
        "created_at": now,
        "provider": SOURCE,
        "provider_id": "SM" + "0" * 32,
    }
    of_alarm = {"kind": "alert", "alarm_id": alarm["alarm_id"], "contact_id": uuid4(), "polls": len(POLL_AFTER)}
    of_nobody = {"kind": "notice", "alarm_id": None, "contact_id": None, "polls": 0}
    return [
        {
            **text,
            **what,
            "traveler_id": alarm["traveler_id"],
            "trip_id": alarm["trip_id"],
            "outbox_id": uuid4(),
            "settled_at": now - after + place * SILENT_APART,
            "dedupe_key": f"silent:{what['kind']}:{place}",
        }
        for what, after in ((of_alarm, SIGN_WITHIN["sms"]), (of_nobody, POLL_AFTER[0]))
        for place in range(SILENT)
    ]


def is_read_again(database_url: str) -> bool:
    """Whether the source has been read whole."""
    db = make_engine(database_url)
    try:
        return tx.read(db, lambda conn: watermark(conn, SOURCE)).read_until is not None
    finally:
        db.close()
