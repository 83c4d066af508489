"""A rehearsal is claimed as an alarm is, and its texts leave only while it runs."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from service.db import tx
from service.db.claims import REHEARSALS, Form, claim_outbox, claim_rehearsals
from service.db.engine import Database
from service.db.rehearsals import kept, put_rehearsals, silence
from service.db.trip_state import TripKey
from tests.db.claims.making import MINUTE, NOW, add_message, message

VIEW: dict[str, Any] = {"rung": -1, "rung_at": None, "is_silent": False, "told": []}


def add_rehearsal(db: Database, **values: Any) -> TripKey:
    """A rehearsal that runs and is due; its trip."""
    key = TripKey(uuid4(), uuid4())
    given = {"rehearsal_id": uuid4(), "state": "running", "view": VIEW, "started_at": NOW, "look_at": NOW, "version": 1}
    row = {**given, "traveler_id": key.traveler_id, "trip_id": key.trip_id, **values}
    tx.run(db, lambda conn: conn.execute(insert(REHEARSALS), row))
    return key


def add_text_of(db: Database, key: TripKey) -> UUID:
    return add_message(db, traveler_id=key.traveler_id, trip_id=key.trip_id, kind="rehearsal")


def claim(db: Database, form: Form) -> list[UUID]:
    rows = tx.run(db, lambda conn: claim_outbox(conn, NOW, 100, uuid4(), form=form))
    return [row.outbox_id for row in rows]


def test_only_due_ones_and_what_is_put_is_due_when_it_says(db: Database, form: Form) -> None:
    key = add_rehearsal(db)
    add_rehearsal(db, look_at=NOW + MINUTE)
    [row] = tx.run(db, lambda conn: claim_rehearsals(conn, NOW, form=form))
    assert TripKey(row.traveler_id, row.trip_id) == key
    tx.run(db, lambda conn: put_rehearsals(conn, [(kept(row), NOW + 2 * MINUTE)], NOW))
    assert tx.run(db, lambda conn: claim_rehearsals(conn, NOW + MINUTE - MINUTE / 2, form=form)) == []
    assert len(tx.run(db, lambda conn: claim_rehearsals(conn, NOW + 2 * MINUTE, form=form))) == 2


@pytest.mark.parametrize(
    ("values", "goes"),
    [({}, True), ({"state": "silent"}, False), ({"state": "ended", "ended_at": NOW, "look_at": None}, False)],
)
def test_a_text_leaves_only_while_its_rehearsal_runs(
    db: Database, form: Form, values: dict[str, Any], goes: bool
) -> None:
    text = add_text_of(db, add_rehearsal(db, **values))
    assert claim(db, form) == ([text] if goes else [])
    assert message(db, text).state == ("sending" if goes else "cancelled")


def test_silence_takes_back_what_waits_and_is_seen_by_the_next_step(db: Database, form: Form) -> None:
    key = add_rehearsal(db, look_at=NOW + MINUTE)
    text = add_text_of(db, key)
    other = add_text_of(db, add_rehearsal(db))
    tx.run(db, lambda conn: silence(conn, key, NOW))
    assert message(db, text).state == "cancelled"
    assert message(db, other).state == "pending"
    due = [kept(row) for row in tx.run(db, lambda conn: claim_rehearsals(conn, NOW, form=form))]
    assert [one.view.is_silent for one in due if one.key == key] == [True]
