"""Which inbox rows, watches and alarms a worker gets, and when they wait."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from service.db import tx
from service.db.claims import INBOX, Form, claim_alarms, claim_inbox, claim_watches, finish_inbox
from service.db.engine import Database
from service.db.errors import StorageUnavailable
from service.db.rows import insert_ignore
from tests.db.claims.making import MINUTE, NOW, SECOND, add_alarm, add_owner, add_text, add_watch


def unread(db: Database, form: Form, limit: int = 100) -> list[int]:
    return [row.inbox_id for row in tx.run(db, lambda conn: claim_inbox(conn, NOW, limit, form))]


def read(db: Database, *inbox_ids: int) -> None:
    changes = [{"inbox_id": inbox_id, "result": "check_in"} for inbox_id in inbox_ids]
    tx.run(db, lambda conn: finish_inbox(conn, NOW, changes))


def due_watches(db: Database, form: Form, **options: Any) -> list[tuple[Any, bool]]:
    rows = tx.run(db, lambda conn: claim_watches(conn, NOW, form=form, **options))
    return [((row.traveler_id, row.trip_id), row.unreadable) for row in rows]


def test_a_senders_texts_are_read_one_after_the_other(db: Database, form: Form) -> None:
    mother_1, daughter_1 = add_text(db, b"mother"), add_text(db, b"daughter")
    mother_2, mother_3 = add_text(db, b"mother"), add_text(db, b"mother")

    assert unread(db, form) == [mother_1, daughter_1]
    read(db, mother_1, daughter_1)
    assert unread(db, form) == [mother_2]
    read(db, mother_2)
    assert unread(db, form) == [mother_3]


def test_the_oldest_texts_are_read_first_and_no_more_than_asked_for(db: Database, form: Form) -> None:
    late = add_text(db, b"a", received_at=NOW)
    early = add_text(db, b"b", received_at=NOW - MINUTE)
    add_text(db, b"c", received_at=NOW + MINUTE)
    assert unread(db, form) == [early, late]
    assert unread(db, form, limit=1) == [early]


def test_what_was_read_carries_its_result_and_is_read_once(db: Database) -> None:
    inbox_id = add_text(db)
    traveler = uuid4()
    change = {"inbox_id": inbox_id, "result": "check_in", "traveler_id": traveler}
    tx.run(db, lambda conn: finish_inbox(conn, NOW, [change]))

    row = tx.read(db, lambda conn: conn.execute(INBOX.select()).one())
    assert (row.handled_at, row.result, row.traveler_id) == (NOW, "check_in", traveler)
    with pytest.raises(StorageUnavailable, match="1 of 1 inbox rows had been read"):
        read(db, inbox_id)


def test_watches_come_when_they_are_due_the_longest_waiting_first(db: Database, form: Form) -> None:
    due = add_watch(db)
    overdue = add_watch(db, look_at=NOW - MINUTE)
    add_watch(db, look_at=NOW + SECOND)
    add_watch(db, look_at=None)

    assert due_watches(db, form) == [(overdue, False), (due, False)]
    assert due_watches(db, form, limit=1) == [(overdue, False)]
    assert due_watches(db, form, only=due) == [(due, False)]


@pytest.mark.parametrize("whose", ["her own", "a contact's", "known at once"])
def test_an_unread_message_holds_a_watch_for_two_minutes_at_most(db: Database, form: Form, whose: str) -> None:
    held = add_watch(db)
    free = add_watch(db)
    received_at = NOW - 2 * MINUTE + SECOND
    if whose == "known at once":
        inbox_id = add_text(db, b"token", traveler_id=held[0], received_at=received_at)
    else:
        add_owner(db, b"+7701", held[0], *([uuid4()] if whose == "a contact's" else []))
        inbox_id = add_text(db, b"+7701", received_at=received_at)

    assert due_watches(db, form) == [(free, False)]

    # Two minutes after it came it holds nothing any more, and the alarm will say that it could not be read.
    tx.run(db, lambda conn: conn.execute(INBOX.update().values(received_at=NOW - 2 * MINUTE)))
    assert dict(due_watches(db, form)) == {held: True, free: False}

    read(db, inbox_id)
    assert dict(due_watches(db, form)) == {held: False, free: False}


def test_a_stream_of_messages_does_not_hold_a_watch_for_ever(db: Database, form: Form) -> None:
    held = add_watch(db)
    add_owner(db, b"her phone", held[0])
    for seconds in (130, 90, 50, 10):
        add_text(db, b"her phone", received_at=NOW - timedelta(seconds=seconds))
    assert due_watches(db, form) == [(held, True)]


def test_a_number_that_two_travelers_share_holds_both(db: Database, form: Form) -> None:
    """One mother may be the contact of two daughters."""
    first, second = add_watch(db), add_watch(db)
    for traveler_id, _ in (first, second):
        add_owner(db, b"mother", traveler_id, uuid4())
    add_text(db, b"mother")
    assert due_watches(db, form) == []


def test_messages_of_strangers_hold_nothing(db: Database, form: Form) -> None:
    due = add_watch(db)
    add_text(db, b"stranger")
    assert due_watches(db, form) == [(due, False)]


def test_alarms_come_and_wait_as_watches_do(db: Database, form: Form) -> None:
    held, free = add_alarm(db), add_alarm(db)
    add_alarm(db, look_at=None)
    add_owner(db, b"her phone", held[0])
    add_text(db, b"her phone")

    rows = tx.run(db, lambda conn: claim_alarms(conn, NOW, form=form))
    assert [(row.traveler_id, row.alarm_id) for row in rows] == [free]
    assert tx.run(db, lambda conn: claim_alarms(conn, NOW, only=held, form=form)) == []


def test_a_source_can_deliver_the_same_message_twice_and_it_is_one_row(db: Database) -> None:
    row = {
        "source": "twilio",
        "provider_id": "SM1",
        "sender": b"s",
        "sealed": b"x",
        "occurred_at": NOW,
        "received_at": NOW,
    }
    assert tx.run(db, lambda conn: insert_ignore(conn, INBOX, [row, {**row, "provider_id": "SM2"}])) == 2
    assert tx.run(db, lambda conn: insert_ignore(conn, INBOX, [row, {**row, "provider_id": "SM3"}])) == 1
    assert tx.run(db, lambda conn: insert_ignore(conn, INBOX, [])) == 0
    with pytest.raises(Exception, match=r"(?i)unique"):
        tx.run(db, lambda conn: conn.execute(insert(INBOX), row))
