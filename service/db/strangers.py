"""What unknown numbers send is set aside many at a time, so that a flood of it keeps no known sender waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, select, update

from service.db.claims import Form, form_of
from service.db.routing import Inbox, PhoneOwner
from service.db.stored import table_of

INBOX, OWNERS = table_of(Inbox), table_of(PhoneOwner)
UNKNOWN_SENDER = "unknown_sender"


def pass_over_strangers(
    conn: Connection, now: datetime, limit: int, may_mean_something: Callable[[bytes], bool]
) -> int:
    """Mark unread texts of numbers that nobody here has as read, of up to `limit`, the oldest first; how many.

    As when each is read: they mean nothing, nothing of them is kept but that they came, and nobody is answered. One of
    which `may_mean_something` says so (it gets what is sealed) is left to be read.
    Killed here: none is marked.
    """
    known = exists().where(OWNERS.c.phone_hash == INBOX.c.sender)
    strangers = (
        select(INBOX.c.inbox_id, INBOX.c.sealed)
        .where(INBOX.c.handled_at.is_(None), INBOX.c.received_at <= now, INBOX.c.traveler_id.is_(None), ~known)
        .order_by(INBOX.c.received_at)
        .limit(limit)
    )
    if form_of(conn) is Form.SKIP_LOCKED:
        strangers = strangers.with_for_update(skip_locked=True)
    meaningless = [row.inbox_id for row in conn.execute(strangers) if not may_mean_something(row.sealed)]
    if not meaningless:
        return 0
    passed = update(INBOX).where(
        INBOX.c.inbox_id.in_(bindparam("passed", expanding=True)), INBOX.c.handled_at.is_(None)
    )
    values = {"passed": meaningless}
    return conn.execute(passed.values(handled_at=now, result=UNKNOWN_SENDER, sealed=b""), values).rowcount
