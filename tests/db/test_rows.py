"""A batch of rows keeps what a single one does, also where it is handed over as one text."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from service.db import tx
from service.db.engine import Database
from service.db.routing import EngineState
from service.db.rows import insert_all
from service.db.stored import table_of
from service.db.types import NaiveDatetime

STATE = table_of(EngineState)
FIRST = datetime(2026, 11, 22, 20, 30, 0, 1, tzinfo=UTC)


def keep(db: Database, *moments: datetime) -> None:
    rows = [{"name": f"{number}", "value": ["қ", None], "at": at} for number, at in enumerate(moments)]
    tx.run(db, lambda conn: insert_all(conn, STATE, rows))


def kept(db: Database) -> list[datetime]:
    return list(tx.read(db, lambda conn: conn.execute(select(STATE.c.at).order_by(STATE.c.name)).scalars()))


def test_instants_of_a_batch_come_back_in_utc_whatever_zone_they_were_given_in(db: Database) -> None:
    zones = (UTC, ZoneInfo("Asia/Almaty"), ZoneInfo("Europe/Istanbul"), timezone(timedelta(hours=-5, minutes=-1)))
    with freeze_time(FIRST):
        frozen = datetime.now(UTC)
    keep(db, *[FIRST.astimezone(zone) for zone in zones], frozen, frozen)
    assert [at.isoformat() for at in kept(db)] == ["2026-11-22T20:30:00.000001+00:00"] * 6
    assert tx.read(db, lambda conn: conn.execute(select(STATE.c.value).limit(1)).scalar_one()) == ["қ", None]


def test_one_time_without_a_zone_keeps_the_whole_batch_out(db: Database) -> None:
    naive = FIRST.replace(tzinfo=None)
    with pytest.raises((StatementError, NaiveDatetime)):
        keep(db, *[FIRST] * 5, naive)
    assert kept(db) == []
