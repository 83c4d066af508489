"""The day's codes, each of which is paid for: counted, paged about, and at the limit sent to known numbers alone.

Somebody who has codes sent to ever new numbers costs money and proves nothing. Whoever is known goes on signing in:
else a stranger could lock everybody out for a day. What both see is the same, and so is what is done for them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, exists, update

from service.core.wording import PageReason
from service.db.routing import NIL, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Outbox
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.limits import LONGEST, Limit, count, so_far
from service.usecases.work import Work

OUTBOX = table_of(Outbox)
OWNERS = table_of(PhoneOwner)

NEAR = 80
"""The share of the limit, in percent, at which the operator is paged for the first time."""


def note_code(work: Work) -> bool:
    """Count one more code of this day (of UTC), and page at four fifths of the limit and in full; whether there is
    still room for one to a number that nobody knows."""
    limit, day = work.service.limits.codes_a_day, f"{work.now:%Y-%m-%d}"
    so_far = count(work.service, work.conn, work.now, Limit("codes_today", limit, LONGEST).by(day))
    near = (limit * NEAR + 99) // 100
    if so_far == limit:
        telling.page_operator(work, PageReason.CODE_LIMIT, day, number=str(limit))
    elif so_far == near:
        telling.page_operator(work, PageReason.CODE_LIMIT_NEAR, day, number=str(so_far))
    return so_far <= limit


def codes_so_far(service: Service, conn: Connection, now: datetime) -> int:
    """How many were asked for on this day. Changes nothing."""
    return so_far(service, conn, now, Limit("codes_today", service.limits.codes_a_day, LONGEST).by(f"{now:%Y-%m-%d}"))


def keep_from_strangers(work: Work, phone: str) -> None:
    """Call back the code that was just written for a number, unless a traveler is known by it."""
    digest = work.service.keys.phone_hash(phone)
    is_known = exists().where(OWNERS.c.phone_hash == digest, OWNERS.c.contact_id == NIL)
    work.conn.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.traveler_id == NIL,
            OUTBOX.c.kind == "sign_up",
            OUTBOX.c.address_hash == digest,
            OUTBOX.c.created_at == work.now,
            OUTBOX.c.state == "pending",
            ~is_known,
        )
        .values(state="cancelled", settled_at=work.now)
    )
