"""Requests that come at the same moment, from one phone or two."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from service.db.trips import TripKey
from service.usecases.arm import Armed, arm
from service.usecases.plan_trip import Destination, TripForm, plan_trip
from service.usecases.problems import Conflict409, Invalid
from service.usecases.register import SignedIn, SignUpForm, sign_up, verify
from tests.web.api_world import AIZHAN, EVENINGS, NOW, World, world

__all__ = ["world"]

FORM = TripForm(NOW, NOW + timedelta(days=90), "plain", Destination("TR", "Antalya", "", "Europe/Istanbul"))


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each returned, or the refusal that it met."""

    def outcome(act: Callable[[], Any]) -> Any:
        try:
            return act()
        except (Conflict409, Invalid) as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(outcome, acts))


def test_one_request_repeated_at_once_plans_one_trip(world: World) -> None:
    traveler_id = world.sign_in()
    made = at_once([lambda: plan_trip(world.service, traveler_id, FORM, once="tap")] * 6)
    assert len(set(made)) == 1


def test_of_two_trips_armed_at_once_one_is(world: World) -> None:
    traveler_id = world.sign_in()
    keys = []
    for _ in range(2):
        trip = world.trip()
        world.put(f"{trip}/plan", EVENINGS)
        world.contact(trip)
        keys.append(TripKey(traveler_id, UUID(trip.rsplit("/", 1)[1])))
    outcomes = at_once([partial(arm, world.service, key) for key in keys])
    [refused] = [one for one in outcomes if isinstance(one, Conflict409)]
    assert refused.missing == ("phone_in_use",)
    assert [type(one) for one in outcomes if one is not refused] == [Armed]


def test_a_code_used_twice_at_once_works_once(world: World) -> None:
    sign_up(world.service, SignUpForm("Aizhan", AIZHAN, "kk"))
    code = world.code(AIZHAN)
    outcomes = at_once([lambda: verify(world.service, AIZHAN, code)] * 4)
    assert [type(one) for one in outcomes].count(SignedIn) == 1
