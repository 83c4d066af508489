"""Which messages may be sent now, in which order, and what their senders may still write of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.db import tx
from service.db.claims import LEASE, Form, claim_outbox, expired_leases
from service.db.engine import Database
from service.db.settle import Settlement, settle, settle_many
from tests.db.claims.making import (
    MINUTE,
    NOW,
    SECOND,
    add_alarm,
    add_message,
    alarm_row,
    close_alarm,
    message,
)

MOTHER, BROTHER = uuid4(), uuid4()
LATER = NOW + MINUTE


def claim(
    db: Database,
    form: Form,
    now: datetime = NOW,
    limit: int = 100,
    channels: Sequence[str] | None = None,
    token: UUID | None = None,
) -> list[UUID]:
    token = token or uuid4()
    rows = tx.run(db, lambda conn: claim_outbox(conn, now, limit, token, channels, form=form))
    return [row.outbox_id for row in rows]


def write(db: Database, outbox_id: UUID, state: str, **values: Any) -> bool:
    """Settle a row as whoever holds its claim."""
    row = message(db, outbox_id)
    settlement = Settlement(row.traveler_id, outbox_id, row.claim_token, state, row.alarm_id, **values)
    return tx.run(db, lambda conn: settle(conn, NOW, settlement))


def state(db: Database, outbox_id: UUID) -> str:
    found: str = message(db, outbox_id).state
    return found


def test_the_most_urgent_goes_first_then_what_waited_longest(db: Database, form: Form) -> None:
    reminder = add_message(db, kind="reminder", priority=4, available_at=NOW - MINUTE)
    alert = add_message(db, priority=2, available_at=NOW)
    older_alert = add_message(db, priority=2, available_at=NOW - SECOND)
    add_message(db, available_at=NOW + SECOND)

    assert claim(db, form, limit=2) == [older_alert, alert]
    assert claim(db, form) == [reminder]
    assert claim(db, form) == []


def test_a_claimed_row_bears_a_token_a_lease_and_an_attempt(db: Database, form: Form) -> None:
    token = uuid4()
    outbox_id = add_message(db)
    (row,) = tx.run(db, lambda conn: claim_outbox(conn, NOW, 10, token, form=form))
    assert (row.outbox_id, row.state, row.claim_token) == (outbox_id, "sending", token)
    assert (row.lease_until, row.attempts, row.sealed) == (NOW + LEASE, 1, b"sealed")
    assert row == message(db, outbox_id)


def test_only_the_channels_asked_for_are_claimed(db: Database, form: Form) -> None:
    sms, email = add_message(db, channel="sms"), add_message(db, channel="email")
    assert claim(db, form, channels=["email", "telegram"]) == [email]
    assert claim(db, form, channels=["sms"]) == [sms]


def test_of_the_channels_not_named_only_what_nobody_took_in_time_is_claimed(db: Database, form: Form) -> None:
    forgotten = add_message(db, channel="email", available_at=NOW - MINUTE)
    for channel, available_at in (("email", NOW - MINUTE + SECOND), ("sms", NOW - 2 * MINUTE)):
        add_message(db, channel=channel, available_at=available_at)
    rows = tx.run(
        db, lambda conn: claim_outbox(conn, NOW, 100, uuid4(), ["sms", "voice"], form=form, others_since=MINUTE)
    )
    assert [row.outbox_id for row in rows] == [forgotten]


def test_a_message_waits_for_an_earlier_one_of_its_alarm_person_and_channel(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    first = add_message(db, alarm, contact_id=MOTHER, created_at=NOW - MINUTE)
    second = add_message(db, alarm, contact_id=MOTHER, priority=0)
    elsewhere = [
        add_message(db, alarm, contact_id=BROTHER),
        add_message(db, alarm, contact_id=MOTHER, channel="voice"),
        add_message(db, (alarm[0], uuid4()), contact_id=MOTHER),
    ]
    assert set(claim(db, form)) == {first, *elsewhere}
    assert claim(db, form) == []

    # Not even when the first one has to be tried again later.
    assert write(db, first, "pending", available_at=LATER)
    assert claim(db, form) == []
    assert claim(db, form, LATER) == [first]
    assert write(db, first, "sent")
    assert claim(db, form, LATER) == [second]


def test_of_two_messages_written_at_once_the_lower_step_goes_first(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    second = add_message(db, alarm, contact_id=MOTHER, step=2)
    first = add_message(db, alarm, contact_id=MOTHER, step=1)
    assert claim(db, form) == [first]
    assert write(db, first, "failed")
    assert claim(db, form) == [second]


def test_messages_without_a_contact_do_not_wait_for_each_other(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    both = {add_message(db, alarm, kind="operator"), add_message(db, alarm, kind="operator")}
    assert set(claim(db, form)) == both


def test_alerts_of_a_closed_alarm_are_cancelled_and_other_messages_go(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    alert = add_message(db, alarm, contact_id=MOTHER)
    reply = add_message(db, alarm, contact_id=BROTHER, kind="reply")
    close_alarm(db, alarm)
    assert claim(db, form) == [reply]
    assert (state(db, alert), message(db, alert).settled_at, message(db, alert).attempts) == ("cancelled", NOW, 0)


def test_cancelling_one_row_does_not_end_a_claim(db: Database, form: Form) -> None:
    """A worker claims until it gets nothing: rows behind cancelled ones must not wait for the clock."""
    alarm = add_alarm(db)
    for minutes in (3, 2, 1):
        add_message(db, alarm, contact_id=MOTHER, created_at=NOW - minutes * MINUTE)
    reply = add_message(db, alarm, contact_id=MOTHER, kind="reply")
    close_alarm(db, alarm)
    assert claim(db, form, limit=1) == [reply]


def test_cancelled_rows_take_no_place_of_others(db: Database, form: Form) -> None:
    """Fewer than asked for means that there are no more."""
    for number in range(3):
        add_message(db, kind="reply", valid_until=NOW, available_at=NOW - (5 - number) * MINUTE)
    goes = [add_message(db, available_at=NOW - (2 - number) * SECOND) for number in range(3)]
    first = add_message(db, available_at=NOW - 9 * MINUTE)
    assert claim(db, form, limit=3) == [first, *goes[:2]]
    assert claim(db, form, limit=3) == goes[2:]


def test_what_is_too_late_to_say_is_not_said(db: Database, form: Form) -> None:
    stale = add_message(db, kind="reply", valid_until=NOW)
    fresh = add_message(db, kind="reply", valid_until=NOW + SECOND)
    assert claim(db, form) == [fresh]
    assert state(db, stale) == "cancelled"


@pytest.mark.parametrize("fate", ["sent", "unknown"])
def test_an_all_clear_goes_to_whom_an_alert_reached_or_may_have(db: Database, form: Form, fate: str) -> None:
    alarm = add_alarm(db)
    add_message(db, alarm, contact_id=MOTHER, state=fate, channel="voice", created_at=NOW - MINUTE)
    all_clear = add_message(db, alarm, contact_id=MOTHER, kind="all_clear")
    close_alarm(db, alarm)
    assert claim(db, form) == [all_clear]


def test_an_all_clear_to_somebody_never_told_is_cancelled(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    add_message(db, alarm, contact_id=MOTHER, state="failed", created_at=NOW - MINUTE)
    add_message(db, alarm, contact_id=BROTHER, state="sent", created_at=NOW - MINUTE)
    all_clear = add_message(db, alarm, contact_id=MOTHER, kind="all_clear")
    close_alarm(db, alarm)
    assert claim(db, form) == []
    assert state(db, all_clear) == "cancelled"


def test_an_all_clear_waits_until_it_is_known_whether_the_alert_left(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    alert = add_message(db, alarm, contact_id=MOTHER, channel="voice", created_at=NOW - MINUTE)
    assert claim(db, form) == [alert]
    all_clear = add_message(db, alarm, contact_id=MOTHER, kind="all_clear")
    close_alarm(db, alarm)
    assert claim(db, form) == []
    assert state(db, all_clear) == "pending"

    assert write(db, alert, "sent")
    assert claim(db, form) == [all_clear]


def test_an_alert_that_failed_while_its_alarm_closed_is_not_tried_again(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    alert = add_message(db, alarm, contact_id=MOTHER, created_at=NOW - MINUTE)
    assert claim(db, form) == [alert]
    all_clear = add_message(db, alarm, contact_id=MOTHER, kind="all_clear")
    close_alarm(db, alarm)
    assert write(db, alert, "pending", available_at=LATER)
    assert state(db, alert) == "cancelled"
    assert claim(db, form) == []
    assert state(db, all_clear) == "cancelled"


def test_an_all_clear_does_not_go_once_the_alarm_is_open_again(db: Database, form: Form) -> None:
    alarm = add_alarm(db)
    add_message(db, alarm, contact_id=MOTHER, state="sent", created_at=NOW - MINUTE)
    all_clear = add_message(db, alarm, contact_id=MOTHER, kind="all_clear")
    assert claim(db, form) == []
    assert state(db, all_clear) == "cancelled"


def test_a_settled_row_says_what_came_of_it(db: Database, form: Form) -> None:
    alarm = add_alarm(db, look_at=LATER)
    outbox_id = add_message(db, alarm, contact_id=MOTHER)
    claim(db, form)
    assert write(db, outbox_id, "sent", provider="twilio", provider_id="SM1", delivery="queued")

    row = message(db, outbox_id)
    assert (row.state, row.settled_at, row.lease_until) == ("sent", NOW, None)
    assert (row.provider, row.provider_id, row.delivery, row.error) == ("twilio", "SM1", "queued", None)
    # Its ladder waits longer now, which it sees when it looks: ten thousand need not look at once.
    assert (alarm_row(db, alarm).look_at, alarm_row(db, alarm).version) == (LATER, 1)


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_a_row_that_did_not_go_wakes_its_alarm(db: Database, form: Form, state: str) -> None:
    alarm = add_alarm(db, look_at=LATER)
    outbox_id = add_message(db, alarm, contact_id=MOTHER)
    claim(db, form)
    assert write(db, outbox_id, state)
    # The version rose, so that a sweep that read the alarm before cannot put its own time over this one.
    assert (alarm_row(db, alarm).look_at, alarm_row(db, alarm).version) == (NOW, 2)


def test_a_row_to_be_tried_again_is_pending_until_its_time(db: Database, form: Form) -> None:
    outbox_id = add_message(db)
    claim(db, form)
    assert write(db, outbox_id, "pending", available_at=LATER, error="busy")
    row = message(db, outbox_id)
    assert (row.state, row.available_at, row.settled_at, row.error) == ("pending", LATER, None, "busy")
    assert claim(db, form) == []
    assert claim(db, form, LATER) == [outbox_id]
    assert message(db, outbox_id).attempts == 2


def test_an_expired_lease_is_taken_over_once_and_the_first_sender_settles_nothing(db: Database, form: Form) -> None:
    first, second, third = uuid4(), uuid4(), uuid4()
    outbox_id = add_message(db)
    claim(db, form, token=first)

    def take_over(now: datetime, token: UUID) -> list[UUID]:
        rows = tx.run(db, lambda conn: expired_leases(conn, now, 10, token, form=form))
        assert all(row.claim_token == token for row in rows)
        return [row.outbox_id for row in rows]

    assert take_over(NOW + LEASE - SECOND, second) == []
    assert take_over(NOW + LEASE, second) == [outbox_id]
    assert take_over(NOW + LEASE, third) == []

    traveler_id = message(db, outbox_id).traveler_id

    def settle_as(token: UUID, state: str) -> bool:
        return tx.run(db, lambda conn: settle(conn, NOW, Settlement(traveler_id, outbox_id, token, state)))

    assert not settle_as(first, "pending")
    assert state(db, outbox_id) == "sending"
    assert settle_as(second, "sent")
    assert not settle_as(first, "failed")
    assert state(db, outbox_id) == "sent"


def test_a_batch_is_settled_but_for_the_rows_that_others_took_over(db: Database, form: Form) -> None:
    token, other = uuid4(), uuid4()
    lost = add_message(db)
    claim(db, form, token=token)
    tx.run(db, lambda conn: expired_leases(conn, NOW + LEASE, 10, other, form=form))
    kept = [add_message(db) for _ in range(3)]
    claim(db, form, token=token)

    batch = [Settlement(message(db, i).traveler_id, i, token, "sent") for i in (*kept, lost)]
    assert tx.run(db, lambda conn: settle_many(conn, NOW, batch)) == set(kept)
    assert [state(db, i) for i in kept] == ["sent"] * 3
    assert state(db, lost) == "sending"
    assert tx.run(db, lambda conn: settle_many(conn, NOW, [])) == set()
