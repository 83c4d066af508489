"""Workers that claim at the same time never work on the same row, and leave none."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Select, func, select

from service.db import tx
from service.db.claims import (
    ALARMS,
    INBOX,
    LEASE,
    OUTBOX,
    WATCHES,
    Form,
    claim_inbox,
    claim_outbox,
    claim_watches,
    expired_leases,
    finish_inbox,
)
from service.db.engine import Database
from service.db.rows import update_all
from service.db.settle import Settlement, settle_many
from tests.db.claims.making import MINUTE, NOW, add_alarm, add_message, add_text, add_watch

WORKERS = 4


def until_nothing_is_left(step: Callable[[], list[Any]]) -> list[Any]:
    """Run `step` in threads that start together, until each gets nothing; all that they got."""
    start = Barrier(WORKERS)

    def work(_: int) -> list[Any]:
        start.wait(timeout=10)
        got: list[Any] = []
        while batch := step():
            got += batch
        return got

    with ThreadPoolExecutor(WORKERS) as pool:
        return [row for rows in pool.map(work, range(WORKERS)) for row in rows]


def results(db: Database, query: Select[Any]) -> list[Any]:
    return list(tx.read(db, lambda conn: conn.execute(query).scalars().all()))


def test_each_text_is_read_by_one_worker_and_a_senders_in_their_order(db: Database, form: Form) -> None:
    senders = [bytes([n]) for n in range(10)]
    ids = [add_text(db, sender) for _ in range(4) for sender in senders]

    def read_before(conn: Connection, sender: bytes) -> str:
        earlier = select(func.count()).where(INBOX.c.sender == sender, INBOX.c.handled_at.is_not(None))
        return str(conn.execute(earlier).scalar_one())

    def read(conn: Connection) -> list[int]:
        rows = claim_inbox(conn, NOW, 3, form)
        changes = [{"inbox_id": row.inbox_id, "result": read_before(conn, row.sender)} for row in rows]
        finish_inbox(conn, NOW, changes)
        return [row.inbox_id for row in rows]

    def step() -> list[int]:
        return tx.run(db, read)

    got = until_nothing_is_left(step)
    # A worker may stop early while another holds the rows that block it; none is ever read twice.
    while rest := step():
        got += rest
    assert Counter(got) == Counter(ids)
    for sender in senders:
        in_order = select(INBOX.c.result).where(INBOX.c.sender == sender).order_by(INBOX.c.inbox_id)
        assert results(db, in_order) == ["0", "1", "2", "3"]


def test_each_due_watch_is_swept_by_one_worker(db: Database, form: Form) -> None:
    keys = [add_watch(db) for _ in range(40)]

    def sweep(conn: Connection) -> list[Any]:
        rows = claim_watches(conn, NOW, 5, form=form)
        changes = [
            {
                "traveler_id": row.traveler_id,
                "trip_id": row.trip_id,
                "version": row.version,
                "reminders": row.reminders + 1,
                "look_at": NOW + MINUTE,
            }
            for row in sorted(rows)
        ]
        update_all(conn, WATCHES, changes, where=("traveler_id", "trip_id"))
        return [(row.traveler_id, row.trip_id) for row in rows]

    got = until_nothing_is_left(lambda: tx.run(db, sweep))
    assert Counter(got) == Counter(keys)
    swept = tx.read(db, lambda conn: conn.execute(select(WATCHES.c.reminders, WATCHES.c.version)).all())
    assert swept == [(1, 2)] * 40


def test_each_message_is_claimed_and_settled_by_one_worker(db: Database, form: Form) -> None:
    alarms = [add_alarm(db, look_at=None) for _ in range(4)]
    ids = [add_message(db, alarms[n % 4], contact_id=uuid4()) for n in range(60)]

    def step() -> list[Any]:
        token = uuid4()
        rows = tx.run(db, lambda conn: claim_outbox(conn, NOW, 7, token, form=form))
        settled = [Settlement(row.traveler_id, row.outbox_id, token, "failed", row.alarm_id) for row in rows]
        mine = tx.run(db, lambda conn: settle_many(conn, NOW, settled))
        assert mine == {row.outbox_id for row in rows}
        return [row.outbox_id for row in rows]

    assert Counter(until_nothing_is_left(step)) == Counter(ids)
    settled = tx.read(db, lambda conn: conn.execute(select(OUTBOX.c.state, OUTBOX.c.attempts)).all())
    assert settled == [("failed", 1)] * 60
    looked_at = tx.read(db, lambda conn: conn.execute(select(ALARMS.c.look_at)).scalars().all())
    assert looked_at == [NOW] * 4


def test_each_expired_lease_is_taken_over_by_one_worker(db: Database, form: Form) -> None:
    ids = [add_message(db) for _ in range(30)]
    tx.run(db, lambda conn: claim_outbox(conn, NOW, 100, uuid4(), form=form))

    def step() -> list[Any]:
        rows = tx.run(db, lambda conn: expired_leases(conn, NOW + LEASE, 4, uuid4(), form=form))
        return [row.outbox_id for row in rows]

    assert Counter(until_nothing_is_left(step)) == Counter(ids)
