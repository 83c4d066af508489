"""What a plan would mean is what the switch then does, and asking changes nothing."""

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest

from service.core.plan import DailyTime
from service.db.trips import TripKey
from service.usecases.arm import arm
from service.usecases.foresee import foresee
from service.usecases.preview_plan import preview_plan
from service.usecases.problems import Invalid, NotFound
from service.usecases.set_plan import PlanForm, set_plan
from tests.web.api_world import World
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]

HOUR = timedelta(hours=1)
EVENING = PlanForm(daily=(DailyTime(time(20)),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-12-{text}+03:00")


def test_it_says_when_we_ask_and_when_somebody_hears(forms_once: FormWorld) -> None:
    key = planned(forms_once)
    shown = preview_plan(forms_once.service, key, EVENING)
    assert [due.at for due in shown.dues] == [at(f"0{day}T20:00") for day in range(1, 6)]
    first = shown.dues[0]
    assert first.reminders == (at("01T19:30"), at("01T20:00"), at("01T20:30"))
    assert first.told_at == at("01T21:00")
    assert (first.leg.city, shown.home_zone) == ("Antalya", "Asia/Almaty")


@pytest.mark.parametrize(
    "form",
    [
        EVENING,
        PlanForm(every=24 * HOUR, grace=2 * HOUR, remind_before=timedelta(minutes=10)),
        PlanForm(daily=(DailyTime(time(9)), DailyTime(time(20), frozenset({1}))), once=(at("01T14:30"),)),
    ],
    ids=["daily", "every", "mixed"],
)
def test_the_switch_does_what_was_shown(forms_once: FormWorld, form: PlanForm) -> None:
    key = planned(forms_once)
    trip = f"/trips/{key.trip_id}"
    forms_once.contact(trip)
    first = preview_plan(forms_once.service, key, form).dues[0]
    set_plan(forms_once.service, key, form)
    arm(forms_once.service, key)
    foreseen = foresee(forms_once.state(trip), forms_once.now)
    assert foreseen.reminders == first.reminders
    assert (foreseen.opens_at, foreseen.tellings[0].at) == (first.told_at, first.told_at)


def test_a_reminder_that_lies_in_the_past_is_not_promised(forms_once: FormWorld) -> None:
    key = planned(forms_once)
    soon = PlanForm(once=(forms_once.now + timedelta(minutes=20),))
    assert preview_plan(forms_once.service, key, soon).dues[0].reminders == (
        forms_once.now + timedelta(minutes=20),
        forms_once.now + timedelta(minutes=50),
    )


def test_looking_changes_nothing_and_needs_a_plan_that_may_be_stored(forms_once: FormWorld) -> None:
    key = planned(forms_once)
    preview_plan(forms_once.service, key, EVENING)
    assert forms_once.state(f"/trips/{key.trip_id}").plan is None
    with pytest.raises(Invalid) as refused:
        preview_plan(forms_once.service, key, PlanForm(every=HOUR))
    assert [problem.field for problem in refused.value.problems] == ["every_hours"]
    with pytest.raises(NotFound):
        preview_plan(forms_once.service, key._replace(traveler_id=uuid4()), EVENING)


def planned(world: World) -> TripKey:
    world.sign_in()
    trip = world.trip()
    return world.state(trip).key
