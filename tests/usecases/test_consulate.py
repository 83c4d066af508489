"""Which consulate is named: what she wrote wins; where she wrote nothing, and in another country, our list steps in."""

import re
from typing import Any

from service.core.sheet_fields import Copy
from service.texts import translator
from service.usecases.consulate import Origin, consulate_for, origin_said
from service.usecases.sheet_facts import Occasion, facts_of
from tests.web.api_world import GULNAR
from tests.web.form_world import FormWorld, forms_once, shown

__all__ = ["forms_once"]

ANKARA = "+903124919100"
ISTANBUL = "+902126625347"


def details(country: str = "TR", **consulate: str) -> dict[str, Any]:
    return {"destination": {"country": country, "city": ""}, "consulate": consulate}


def test_what_she_wrote_wins_and_it_is_said() -> None:
    found = consulate_for(details(name="Uncle at the embassy", phone="+903120000000"), "KZ", "TR", "", "en")
    assert (found.origin, found.name, found.phone) == (Origin.TYPED, "Uncle at the embassy", "+903120000000")
    assert origin_said(found, "en", translator("en")) == "as she wrote it herself"
    assert consulate_for(details(name="Ours"), "KZ", "TR", "", "en").name == "Ours"


def test_what_she_took_over_is_hers_and_its_date_is_said() -> None:
    found = consulate_for(details(name="Elchilik", phone=ANKARA), "KZ", "TR", "", "ru")
    assert (found.origin, found.name, found.of) == (Origin.CONFIRMED, "Elchilik", "2025")
    assert origin_said(found, "en", translator("en")) == "from our list of 2025; she left it so"
    without_number = details("TH", name="Посольство Казахстана, Bangkok")
    assert consulate_for(without_number, "KZ", "TH", "", "en").origin is Origin.CONFIRMED


def test_where_she_wrote_nothing_the_list_steps_in_with_the_one_in_her_city() -> None:
    found = consulate_for(details(), "KZ", "TR", "", "ru")
    assert (found.origin, found.name, found.phone) == (Origin.LISTED, "Посольство Казахстана, Ankara", ANKARA)
    assert origin_said(found, "en", translator("en")) == "from our list of 2025; she has not confirmed it"
    assert consulate_for(details(), "KZ", "TR", "Istanbul", "en").phone == ISTANBUL
    assert consulate_for(details(), "KZ", "US", "", "en").name == "Consulate general of Kazakhstan, San Francisco"
    without_a_date = consulate_for(details("GE"), "KZ", "GE", "", "en")
    assert without_a_date.origin is Origin.UNKNOWN, "nobody could tell of when it is"
    assert consulate_for(details(), "", "TR", "", "en").origin is Origin.UNKNOWN
    assert consulate_for(details(), "KZ", "MM", "", "en").name == "Embassy of Kazakhstan, Bangkok"


def test_in_another_country_that_country_s_is_named_and_hers_comes_along() -> None:
    hers = details(name="Consul in Antalya", phone="+902420000003")
    there = consulate_for(hers, "KZ", "KR", "Busan", "en")
    assert (there.origin, there.phone) == (Origin.LISTED, "+82514667001")
    assert there.hers == "Consul in Antalya +902420000003"
    moved = consulate_for(details("KR", name="Embassy", phone=ANKARA), "KZ", "KR", "", "en")
    assert (moved.origin, moved.phone) == (Origin.LISTED, "+8223799714"), "taken over for another destination"
    nothing_better = consulate_for(hers, "KZ", "MM", "", "en")
    assert (nothing_better.origin, nothing_better.name) == (Origin.TYPED, "Consul in Antalya")
    for_elsewhere = details("LK", name="Delhi", phone="+911100000000")
    assert consulate_for(for_elsewhere, "KZ", "LK", "", "en").origin is Origin.TYPED


def test_an_alarm_names_the_one_of_where_she_is_now(forms_once: FormWorld) -> None:
    """She wrote none: the text has our list's with its year, of the country that she has come to meanwhile."""
    world = forms_once
    world.sign_in(citizenship="KZ")
    trip = world.armed()
    leg = {"from": world.now.isoformat(), "country": "KR", "city": "Busan", "zone": "Asia/Seoul"}
    assert world.post(f"{trip}/changes", {"leg": leg}).status_code == 202
    assert world.post(f"{trip}/sos").status_code == 202
    world.work()
    told = " ".join(world.texts(GULNAR, "alert"))
    assert "Консулдық (біздің тізім, 2024): Қазақстан бас консулдығы, Busan +82514667001." in told
    assert len(world.texts(GULNAR, "notice")) == 1, "that the country is another one"
    link = re.findall(r"/a/\w+", told)[-1]
    page = shown(world.client.get(link))
    assert "2024 жылғы тізімімізден" in page
    state = world.state(trip)
    assert state.alarm is not None
    sheet = facts_of(Occasion(state, state.alarm, state.contacts[0], world.now, "Asia/Almaty"), Copy.FAMILY, "en")
    assert sheet["consulate_phone"] == "+82 51-466-7001"
    assert sheet["consulate_from"] == "from our list of 2024; she has not confirmed it"
    assert sheet["emergency"] == "police 112, ambulance 119, fire service 119 (South Korea; as of 22 August 2026)"


def test_her_form_is_filled_in_from_the_list_and_what_she_sends_is_hers(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in(citizenship="KZ")
    trip = world.trip()
    world.enter_later()
    page = world.open("/trip/consulate")
    assert 'value="Embassy of Kazakhstan, Ankara"' not in page.text, "her city has one of its own"
    assert 'value="Consulate of Kazakhstan, Antalya"' in page.text
    assert 'value="+90 242 324 26 11"' in page.text
    assert "Old, check first. As of 2022: an unsigned list on the web" in shown(page)
    sent = {"consulate.name": "Consulate, Antalya", "consulate.phone": "+90 242 324 26 11", "consent.contacts": "1"}
    assert world.send("/trip/consulate", sent).status_code == 303
    hers = world.state(trip).details
    assert hers["consulate"] == {"name": "Consulate, Antalya", "phone": "+902423242611"}
    assert consulate_for(hers, "KZ", "TR", "", "en").origin is Origin.CONFIRMED
    assert 'value="Consulate, Antalya"' in world.open("/trip/consulate").text
    world.send("/trip/consulate", {"consulate.name": "", "consulate.phone": "", "consent.contacts": "1"})
    assert "Antalya</b>" in world.open("/trip/consulate").text
    assert 'value="Consulate of' not in world.open("/trip/consulate").text, "what she took out does not come back"


def test_who_travels_on_is_told_which_consulate_is_hers_there(forms_once: FormWorld) -> None:
    world = forms_once
    world.sign_in(citizenship="KZ")
    world.armed()
    world.enter_later()
    noted = shown(world.send("/trip/place", {"leg.country": "KR", "leg.city": "Seoul"}))
    assert "Your consulate there, from our list of 2026: Embassy of Kazakhstan, Seoul, +82 2-379-9714." in noted
