"""Instants keep their meaning in storage, and values without a zone never get there."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from service.db import tx
from service.db.engine import Database
from service.db.routing import EngineState
from service.db.stored import table_of
from service.db.types import NaiveDatetime

STATE = table_of(EngineState)


def keep(db: Database, name: str, at: datetime, value: Any = 0) -> None:
    tx.run(db, lambda conn: conn.execute(insert(STATE), {"name": name, "value": value, "at": at}))


def test_an_instant_comes_back_in_utc_to_the_microsecond(db: Database) -> None:
    in_antalya = datetime(2026, 11, 22, 23, 30, 0, 1, tzinfo=ZoneInfo("Europe/Istanbul"))
    keep(db, "given", in_antalya)
    stored = tx.read(db, lambda conn: conn.execute(select(STATE.c.at)).scalar_one())
    assert stored == in_antalya
    assert stored.isoformat() == "2026-11-22T20:30:00.000001+00:00"


def test_a_time_without_a_zone_is_neither_stored_nor_compared(db: Database) -> None:
    naive = datetime(2026, 11, 22, 20, 30)  # noqa: DTZ001 - what must be refused
    with pytest.raises(StatementError) as refusal:
        keep(db, "given", naive)
    assert isinstance(refusal.value.orig, NaiveDatetime)
    with pytest.raises(StatementError):
        tx.read(db, lambda conn: conn.execute(select(STATE).where(STATE.c.at < naive)).all())


def test_instants_are_ordered_as_instants_whatever_zone_they_were_given_in(db: Database) -> None:
    first = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    second = datetime(2026, 11, 22, 15, 0, 0, 500, tzinfo=timezone(timedelta(hours=-5, minutes=-1)))
    third = datetime(2026, 11, 23, 1, 2, tzinfo=timezone(timedelta(hours=5)))
    for name, at in (("third", third), ("first", first), ("second", second)):
        keep(db, name, at)
    names = tx.read(db, lambda conn: conn.execute(select(STATE.c.name).order_by(STATE.c.at)).scalars().all())
    assert names == ["first", "second", "third"]
    after = select(STATE.c.name).where(STATE.c.at > first)
    assert set(tx.read(db, lambda conn: conn.execute(after).scalars().all())) == {"second", "third"}


@pytest.mark.parametrize("value", [[], {}, 0, "", "Аманба?", [1, "қ", {"a": [None, True, 1.5]}]])
def test_a_small_value_comes_back_as_it_was(db: Database, value: Any) -> None:
    keep(db, "given", datetime(2026, 11, 22, tzinfo=UTC), value)
    assert tx.read(db, lambda conn: conn.execute(select(STATE.c.value)).scalar_one()) == value
