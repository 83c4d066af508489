"""Whether the engine keeps up with what is due: what the heartbeat to the outside goes by, beside completed sweeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from prometheus_client import Counter
from sqlalchemy import ColumnElement, Connection, Table, and_, literal_column, select, true

from service.db.claims import ALARMS, INBOX, OUTBOX, REHEARSALS, WATCHES, must_wait
from service.usecases.context import Service

LOOK_LATE_AFTER = timedelta(minutes=5)
"""An unread message holds a look for two minutes, and one that cannot be stepped is looked at later."""
READ_LATE_AFTER = timedelta(minutes=10)
SENT_LATE_AFTER = timedelta(minutes=10)

_PENDING, _SENDING = OUTBOX.c.state == literal_column("'pending'"), OUTBOX.c.state == literal_column("'sending'")

NO_VERDICT = ("unavailable", "no_answer", "list_unreachable", "not_listed", "lease_expired")
"""The errors of a message of which its provider has said nothing. What it refuses is another matter: one number that
takes no text must not look like an engine that stands still."""

HEARTBEATS = Counter("amanba_heartbeats_total", "Heartbeats to the outside: sent, failed or held back", ["result"])


class Behind(StrEnum):
    """What is late."""

    LOOKS = "looks"
    INBOX = "inbox"
    OUTBOX = "outbox"


def behind(service: Service) -> Behind | None:
    """The first thing that is late; None when the engine keeps up.

    Looks: a watch, an alarm or a rehearsal has been due for 5 min. Inbox: a message has been unread for 10 min.
    Outbox: a message that waits for no other has been due for 10 min, or its provider has kept silent as long.

    Raises:
        StorageUnavailable: the database is away, and nobody keeps up.
    """
    now = service.clock()
    return service.read(lambda conn: _behind(conn, now))


def _behind(conn: Connection, now: datetime) -> Behind | None:
    looks, reads, sends = now - LOOK_LATE_AFTER, now - READ_LATE_AFTER, now - SENT_LATE_AFTER
    silent = and_(OUTBOX.c.created_at <= sends, OUTBOX.c.error.in_(NO_VERDICT))
    places = (
        *((Behind.LOOKS, table, table.c.look_at <= looks) for table in (WATCHES, ALARMS, REHEARSALS)),
        (Behind.INBOX, INBOX, and_(INBOX.c.handled_at.is_(None), INBOX.c.received_at <= reads)),
        # One that may not go before another is as late as that one.
        (Behind.OUTBOX, OUTBOX, and_(_PENDING, OUTBOX.c.available_at <= sends, ~must_wait())),
        (Behind.OUTBOX, OUTBOX, and_(_PENDING, silent)),
        (Behind.OUTBOX, OUTBOX, and_(_SENDING, silent)),
    )
    return next((what for what, table, condition in places if _is_there(conn, table, condition)), None)


def _is_there(conn: Connection, table: Table, condition: ColumnElement[bool]) -> bool:
    return conn.execute(select(true()).select_from(table).where(condition).limit(1)).first() is not None
