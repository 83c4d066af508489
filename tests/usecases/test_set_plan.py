"""The plan of a draft: on the legs of its trip, within the bounds of the installation, replaced as a whole."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from service.core.plan import Leg
from service.usecases.context import Limits
from service.usecases.problems import Invalid
from service.usecases.set_ladder import LadderForm, RungForm, set_ladder
from service.usecases.set_plan import PlanForm, set_plan
from tests.easy import one_database
from tests.web.api_world import EVENINGS, NOW, World, world

__all__ = ["world"]

SECOND = timedelta(seconds=1)
FAST = PlanForm(every=timedelta(seconds=90), grace=timedelta(seconds=40), remind_before=timedelta(seconds=20))


@one_database
def test_a_demonstration_goes_by_seconds_and_nothing_else_does(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    key = world.state(trip).key
    with pytest.raises(Invalid) as refused:
        set_plan(world.service, key, FAST)
    assert [one.field for one in refused.value.problems] == ["every_hours", "grace_seconds"]

    limits = Limits(grace_at_least=SECOND, wait_at_least=SECOND, recurring_apart=SECOND)
    demo = replace(world.service, limits=limits, demo=True)
    first, second, *_ = set_plan(demo, key, FAST)
    assert (first, second) == (NOW + timedelta(seconds=90), NOW + timedelta(seconds=180))

    rungs = (RungForm((UUID(world.contact(trip)),), timedelta(seconds=30)),)
    set_ladder(demo, key, LadderForm(rungs, timedelta(seconds=60)))
    with pytest.raises(Invalid):
        set_ladder(world.service, key, LadderForm(rungs, timedelta(seconds=60)))


@one_database
def test_the_destination_is_the_first_leg_and_the_zone_may_be_another(world: World) -> None:
    world.sign_in()
    leg = {"from": "2026-12-10T00:00:00+04:00", "country": "GE", "city": "Batumi", "zone": "Asia/Tbilisi"}
    trip = world.trip(legs=[leg])
    world.put(f"{trip}/plan", {**EVENINGS, "zone": "Asia/Almaty"})
    plan = world.state(trip).plan
    assert plan is not None
    assert plan.legs == (
        Leg(NOW.replace(month=11, day=30, hour=19), "Asia/Almaty", "TR", "Antalya"),
        Leg(NOW.replace(day=9, hour=20), "Asia/Tbilisi", "GE", "Batumi"),
    )


@one_database
def test_a_plan_is_shown_as_it_is_taken(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    quiet = {"from": "2026-12-05T10:00:00+00:00", "to": "2026-12-05T20:00:00+00:00"}
    for plan in (
        {"daily": [{"time": "08:00", "weekdays": ["MO", "FR"]}, {"time": "20:00:30"}], "quiet": [quiet]},
        {"every_hours": 12.5, "once": ["2026-12-03T14:30:00+04:00"], "max_weak": 5, "grace_seconds": 600},
    ):
        first = world.put(f"{trip}/plan", plan).json()
        shown = world.get(trip).json()["plan"]
        assert world.put(f"{trip}/plan", shown).json() == first
        assert world.get(trip).json()["plan"] == shown
