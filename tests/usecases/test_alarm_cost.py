"""What an alarm costs is counted on texts as they are sent: by country, by language, and how often in a day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notifiers.registry import configured
from service.clock import utc_now
from service.usecases.alarm_cost import alarm_cost, example_number, tellings_of_a_day
from service.usecases.numbers import country_of_number
from tests.web.api_world import BROTHER
from tests.web.form_world import FormWorld, forms_once

__all__ = ["forms_once"]


@pytest.fixture
def world(forms_once: FormWorld) -> FormWorld:
    env = {
        "ACCOUNT_SID": "AC" + "1" * 32,
        "AUTH_TOKEN": "a-token",
        "FROM": "+48732000000",
        "API_URL": "http://127.0.0.1:1",
    }
    served: Any = forms_once.service.notifiers
    served |= configured({f"AMANBA_TWILIO_{name}": value for name, value in env.items()}, utc_now)
    return forms_once


def test_a_country_that_carries_less_costs_less_and_cyrillic_costs_more(world: FormWorld) -> None:
    costs = {one.country: one.segments for one in alarm_cost(world.service).countries}
    assert costs["AE"]["ru"] < costs["PL"]["ru"], "neither a link nor a number may stand in it"
    assert costs["PL"]["ru"] < costs["KZ"]["ru"], "the number to write to has to be printed"
    assert costs["KR"]["kk"] < costs["KZ"]["kk"], "its letters do not arrive there, so it goes in Latin ones"
    assert costs["KZ"]["en"] < costs["KZ"]["ru"]
    assert set(costs[""]) == {"en", "ru", "kk"}, "and all other countries"


def test_it_follows_what_a_text_is(world: FormWorld) -> None:
    longer = replace(world.service, public_url="https://" + "a-long-name." * 12 + "example.org", carriages={})
    before, after = ({one.country: one.segments for one in alarm_cost(w).countries} for w in (world.service, longer))
    assert after["PL"]["en"] > before["PL"]["en"]
    assert after["AE"] == before["AE"], "where no link may stand its length costs nothing"


def test_without_sms_there_are_calls_alone(world: FormWorld) -> None:
    served: Any = world.service.notifiers
    served["voice"] = served.pop("sms")
    cost = alarm_cost(world.service)
    assert (cost.countries, cost.calls) == ((), True)


def test_people_are_counted_of_trips_that_run(world: FormWorld) -> None:
    assert alarm_cost(world.service).people == 3, "as many as are usual, while there is nobody"
    world.sign_in()
    trip = world.trip()
    world.put(f"{trip}/plan", {"daily": [{"time": "20:00"}]})
    world.contact(trip)
    world.contact(trip, BROTHER)
    assert world.post(f"{trip}/arm").status_code == 200
    assert alarm_cost(world.service).people == 2


def test_a_day_without_an_answer() -> None:
    """One after 0 min, both after 15, all after 45 and then after 60, 120 and 240 min, and every 4 h."""
    assert tellings_of_a_day(1) < tellings_of_a_day(2) < tellings_of_a_day(3)
    assert tellings_of_a_day(3) == 1 + 2 + 3 + 3 * 7


@pytest.mark.parametrize("country", ["KZ", "RU", "US", "GB"])
def test_a_number_of_a_country_is_of_that_country(country: str) -> None:
    assert country_of_number(example_number(country)) == country
