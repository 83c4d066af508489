"""Sends pages to the operator without the engine, when it is the engine that stands still."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import Connection, case, literal_column, null, or_, update

from service.db.claims import OUTBOX
from service.db.routing import NIL
from service.edges import Act
from service.usecases.claimed import Claimed, open_rows
from service.usecases.context import Service
from service.usecases.dispatch import send
from service.usecases.page_clock import set_right
from service.usecases.settle import settle_results


def send_pages(service: Service) -> int:
    """Send the pages that are due, one after the other; returns how many. Any process may: claims arbitrate. One whose
    clock is off goes by the database's: it may be the only one.

    Killed here: as `dispatch`; the lease runs out, and an engine that has come back takes over.

    Raises:
        StorageUnavailable: the database is away.
    """
    service = set_right(service)
    claimed = service.run(lambda conn: _claim(service, conn), Act.CLAIM)
    for row in claimed:
        settle_results(service, [(row, send(service, row))])
    return len(claimed)


def _claim(service: Service, conn: Connection) -> Sequence[Claimed]:
    now = service.clock()
    goes = or_(OUTBOX.c.valid_until.is_(None), OUTBOX.c.valid_until > now)
    rows = conn.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.traveler_id == NIL,
            OUTBOX.c.kind == "operator",
            # Written out, so that the planner takes the partial index.
            OUTBOX.c.priority == literal_column("0"),
            OUTBOX.c.state == literal_column("'pending'"),
            OUTBOX.c.available_at <= now,
            OUTBOX.c.channel.in_(list(service.notifiers)),
        )
        .values(
            state=case((goes, "sending"), else_="cancelled"),
            claim_token=case((goes, uuid4()), else_=null()),
            lease_until=case((goes, now + service.limits.lease), else_=null()),
            attempts=OUTBOX.c.attempts + case((goes, 1), else_=0),
            settled_at=case((goes, null()), else_=now),
        )
        .returning(*OUTBOX.c)
    ).all()
    return open_rows(service, conn, [row for row in rows if row.state == "sending"], now)
