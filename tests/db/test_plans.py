"""How SQLite finds the rows of a batch: by their keys, one by one, however long the table is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event, select

from service.db import tables, tx
from service.db.engine import Database, make_engine
from service.db.follow import unsure_beside_alarms, unsure_of_alarms
from service.db.rows import is_pair, pairs
from service.db.stored import table_of
from service.usecases.accept_taps import received_at
from service.usecases.replies import answered_lately
from service.usecases.retention import AUDIT_TRAIL, RETENTION, Old

TRIPS = table_of(tables.Trip)
NOW, A_DAY = datetime(2026, 12, 1, tzinfo=UTC), timedelta(days=1)


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    made = make_engine(sqlite_url)
    yield made
    made.close()


def plan_of(db: Database, asks: Any, within: Any = tx.read) -> str:
    """What SQLite does for the one query that `asks` makes of a connection."""
    asked: list[tuple[str, Any]] = []

    def work(conn: Connection) -> str:
        event.listen(conn, "before_cursor_execute", lambda _c, _k, query, values, *_: asked.append((query, values)))
        asks(conn)
        [(query, values)] = asked
        return " ".join(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values))

    return str(within(db, work))


@pytest.mark.parametrize("count", [1, 2, 100])
def test_trips_are_found_by_their_keys(db: Database, count: int) -> None:
    wanted = [(uuid4(), uuid4()) for _ in range(count)]
    query = select(TRIPS).where(is_pair("sqlite", TRIPS.c.traveler_id, TRIPS.c.trip_id, several=count > 1))
    plan = plan_of(db, lambda conn: conn.execute(query, pairs("sqlite", wanted)))
    assert "SEARCH trips USING INDEX" in plan
    assert "SCAN trips" not in plan


def test_what_came_before_is_found_by_its_id(db: Database) -> None:
    ids = [(source, f"SM{number}") for source in ("twilio_sms", "check_in") for number in range(50)]
    plan = plan_of(db, lambda conn: received_at(conn, ids))
    assert "SEARCH inbox USING INDEX uq_inbox_source_provider_id" in plan
    assert "SCAN inbox" not in plan


@pytest.mark.parametrize("count", [1, 2, 100])
def test_what_was_sent_is_followed_up_without_reading_all_that_was(db: Database, count: int) -> None:
    alarms = [(uuid4(), uuid4()) for _ in range(count)]
    plan = plan_of(db, lambda conn: unsure_of_alarms(conn, alarms, NOW - A_DAY, NOW))
    assert "SEARCH outbox USING INDEX ix_outbox_traveler_id_alarm_id_contact_id" in plan
    assert "SCAN outbox" not in plan
    plan = plan_of(db, lambda conn: unsure_beside_alarms(conn, 0, NOW - A_DAY, NOW, ["twilio_sms"], 100))
    assert "SEARCH outbox USING INDEX ix_outbox_sent_beside_alarms" in plan
    assert "SCAN outbox" not in plan


@pytest.mark.parametrize("count", [1, 2, 100])
def test_answers_of_the_last_hour_are_counted_without_reading_all_that_was_sent(db: Database, count: int) -> None:
    numbers = [uuid4().bytes for _ in range(count)]
    plan = plan_of(db, lambda conn: answered_lately(conn, numbers, NOW))
    assert "SEARCH outbox USING INDEX ix_outbox_replies" in plan
    assert "SCAN outbox" not in plan


@pytest.mark.parametrize(
    ("what", "index"),
    [
        ("short code", "ix_ack_codes_created_at"),
        ("session or page", "ix_links_expires_at"),
        ("first answer to a request", "ix_idempotency_at"),
        (AUDIT_TRAIL, "ix_audit_log_at"),
    ],
)
def test_what_was_kept_long_enough_is_found_without_reading_all_that_is_kept(
    db: Database, what: str, index: str
) -> None:
    erase: Any = next(rule.erase for rule in RETENTION if rule.what == what)
    service = SimpleNamespace(keys=None)
    plan = plan_of(db, lambda conn: erase(Old(service, conn, NOW, NOW - A_DAY)), within=tx.run)  # type: ignore[arg-type]
    assert index in plan
    assert "SCAN" not in plan
