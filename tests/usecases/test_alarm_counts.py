"""T47: how many alarms there were, by cause and by end, is known after they are erased; whose they were is not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from service.core.alarm import Outcome, close
from service.db.state import get_state
from service.db.stored import table_of
from service.db.tables import Alarm
from service.usecases.alarm_counts import STATE, alarm_counts, count_alarms
from service.usecases.alarms import put_alarm
from service.usecases.observe import observe
from service.usecases.work import Work
from tests.web.api_world import WORDS, World, world

__all__ = ["world"]

ALARMS = table_of(Alarm)


def ends(world: World, trip: str, outcome: Outcome) -> None:
    """Somebody has said how it ended."""
    state = world.state(trip)
    assert state.alarm is not None
    view = close(state.alarm.view, outcome, "operator", world.now)

    def write(conn: Any) -> None:
        work = Work(world.service, conn, world.now)
        put_alarm(work, state, view)
        work.flush()

    world.service.run(write)


def test_alarms_are_counted_by_cause_and_by_end_and_outlive_their_rows(world: World) -> None:
    """T47: the numbers stay, once each, and hold nobody."""
    asks, coerced = world.armed(), ""
    count_alarms(world.service)
    world.post(f"{asks}/sos")
    world.read_inbox()
    world.wait(minutes=5)
    world.token = ""
    world.sign_in("+77000000077")
    coerced = world.armed(words=True)
    world.post(f"{coerced}/check-ins", {"text": WORDS["duress"][0]})
    world.read_inbox()
    ends(world, asks, Outcome.HEARD_SAFE)
    world.wait(minutes=50)
    count_alarms(world.service)
    assert sum(counted(world).opened.values()) == 0, "once an hour"
    world.wait(minutes=20)
    for _ in range(3):
        count_alarms(world.service)
    world.service.run(lambda conn: conn.execute(delete(ALARMS)))
    world.wait(days=7)
    count_alarms(world.service)
    found = counted(world)
    assert {kind: number for kind, number in found.opened.items() if number} == {"sos": 1, "duress": 1}
    assert {outcome: number for outcome, number in found.ended.items() if number} == {"heard_safe": 1}
    assert found.traveler_weeks == pytest.approx(2 * (1 + 75 / 60 / 168), abs=0.01)
    kept = world.service.read(lambda conn: get_state(conn, STATE))
    assert set(kept) == {"until", "opened", "ended", "weeks"}


def test_whoever_runs_this_reads_them_of_every_kind(world: World) -> None:
    """T47: what there is none of shows as nought."""
    seen = {name: values for name, _, _, values in observe(world.service).labelled}
    assert seen["amanba_alarms_opened"] == {"unproven": 0, "missed": 0, "sos": 0, "duress": 0}
    assert set(seen["amanba_alarms_ended"].values()) == {0}


def counted(world: World) -> Any:
    return world.service.read(alarm_counts)
