"""While one worker's transaction is open, another gets the rest at once, without waiting for it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from service.db import tx
from service.db.claims import (
    LEASE,
    Rows,
    claim_alarms,
    claim_inbox,
    claim_outbox,
    claim_watches,
    expired_leases,
)
from service.db.engine import Database
from tests.db.claims.making import NOW, add_alarm, add_message, add_text, add_watch

Claim = Callable[[Connection, int], Rows]

CLAIMS: dict[str, tuple[Callable[[Database], Any], Claim]] = {
    "inbox": (lambda db: add_text(db, uuid4().bytes), lambda conn, limit: claim_inbox(conn, NOW, limit)),
    "watches": (add_watch, lambda conn, limit: claim_watches(conn, NOW, limit)),
    "alarms": (add_alarm, lambda conn, limit: claim_alarms(conn, NOW, limit)),
    "outbox": (add_message, lambda conn, limit: claim_outbox(conn, NOW, limit, uuid4())),
    "leases": (
        lambda db: add_message(db, state="sending", lease_until=NOW),
        lambda conn, limit: expired_leases(conn, NOW + LEASE, limit, uuid4()),
    ),
}


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """SQLite has one transaction at a time, so nobody can be skipped."""
    return postgresql_url


@pytest.mark.parametrize("name", CLAIMS)
def test_a_worker_passes_over_what_another_holds(db: Database, name: str) -> None:
    add, claim = CLAIMS[name]
    for _ in range(5):
        add(db)

    def hold_two_and_let_another_claim(first: Connection) -> tuple[Rows, Rows]:
        held = claim(first, 2)
        return held, tx.run(db, lambda second: claim(second, 100))

    held, rest = tx.run(db, hold_two_and_let_another_claim)
    assert (len(held), len(rest)) == (2, 3)
    assert {row[0] for row in held}.isdisjoint({row[0] for row in rest})


def test_a_batch_never_holds_more_rows_than_asked_for(db: Database) -> None:
    for _ in range(30):
        add_message(db)
    assert len(tx.run(db, lambda conn: claim_outbox(conn, NOW, 7, uuid4()))) == 7
