"""What the engine's hot paths may cost at most, with wide margins: CPU, which other programs hardly change, and plans.

How fast they are `make bench` says; here it shows when one becomes several times dearer, or reads a whole table.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import psycopg
import pytest
from sqlalchemy import Select, make_url, text
from sqlalchemy.dialects.postgresql import asyncpg

from service.db import tables, tx
from service.db.claims import Form, _due_query
from service.db.engine import make_engine
from service.db.look import LOOK
from service.db.stored import table_of
from service.usecases.sweep import ALARMS, WATCHES, Stepper, sweep_alarms, sweep_watches
from tests.bench.seeding import fill_watches, seed
from tests.bench.sweeps import SECRETS, missed_at, served

DUE = 200
WARM_UP = 50
TO_OPEN_MS = 1.0
"""Three times what it takes on a busy machine; to read whole trips took more."""
TO_TELL_MS = 5.0
MANY = 20_000


def test_an_alarm_is_opened_and_told_at_little_cost(database_url: str) -> None:
    now = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)
    plan, watch = missed_at(now)
    seed(database_url, SECRETS, WARM_UP + DUE, 1, now=now - timedelta(hours=12), plan=plan, watch=lambda _: watch)
    with served(database_url, lambda: now) as service:
        for batch, table, most in ((sweep_watches, WATCHES, TO_OPEN_MS), (sweep_alarms, ALARMS, TO_TELL_MS)):
            Stepper(service, batch, table, WARM_UP).batch()
            stepper = Stepper(service, batch, table, DUE)
            began = process_time()
            stepper.batch()
            took = 1000 * (process_time() - began) / DUE
            assert stepper.count == DUE
            assert took < most, f"{table.name}: {took:.2f} CPU ms each"


def test_a_look_reads_the_first_entry_of_an_index_on_sqlite(sqlite_url: str) -> None:
    db = make_engine(sqlite_url)
    plan = tx.read(db, lambda conn: conn.execute(text(f"EXPLAIN QUERY PLAN {LOOK}")).all())
    db.close()
    said = " ".join(str(row[3]) for row in plan)
    for name in ("watches", "alarms", "rehearsals"):
        assert f"SEARCH {name} USING COVERING INDEX ix_{name}_look_at" in said, said


@pytest.mark.parametrize("asks_for_rows", [False, True], ids=["look", "claim"])
def test_an_idle_pass_reads_the_index_alone_on_postgresql(postgresql_url: str, asks_for_rows: bool) -> None:
    fill_watches(postgresql_url, MANY)
    statement = _due_query(table_of(tables.Watch), False, Form.SKIP_LOCKED) if asks_for_rows else LOOK
    url = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        # A prepared statement is planned for any moment: no plan that suits only the present one may do.
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE asked AS {_numbered(statement)}".encode())
        values = b"(now(), now(), 100)" if asks_for_rows else b""
        said = "\n".join(row[0] for row in connection.execute(b"EXPLAIN EXECUTE asked" + values))
    assert "using ix_watches_look_at on watches" in said, said
    assert "Seq Scan on watches" not in said
    assert "Sort" not in said


def _numbered(statement: Select[Any]) -> str:
    """As PREPARE wants it: $1 for the first value."""
    return str(statement.compile(dialect=asyncpg.dialect()))  # type: ignore[no-untyped-call]
