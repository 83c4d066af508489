"""The list of what had better be done before leaving, as she fills it in, and the drill of the numbers."""

from __future__ import annotations

import re

from service.usecases.checklist import checklist_of
from service.usecases.typed_numbers import shown_number
from tests.web.api_world import EVENINGS, GULNAR, WORDS
from tests.web.form_world import FormWorld, errors_of, forms_once, shown

__all__ = ["forms_once"]

LIST, DRILL = "/trip/checklist", "/trip/drill"
AGENCY = {"name": "Golden Bridge", "phone": "+77272500021"}


def planned(world: FormWorld) -> str:
    world.sign_in(citizenship="KZ")
    visa = {"kind": "tourist"}
    trip = world.trip(starts_at="2026-12-20T00:00:00+03:00", agency=AGENCY, purpose="work", visa=visa)
    assert world.put(f"{trip}/plan", EVENINGS).status_code == 200
    world.contact(trip)
    world.enter_later()
    return trip


def section(html: str, point: str) -> str:
    """The words of one point."""
    found = re.search(rf'<details id="{point}".*?</details>\s*(?=<details id=|</div>\s*(<section|<a))', html, re.S)
    assert found is not None, point
    return " ".join(re.sub(r"<[^>]+>", " ", found.group()).split())


def test_she_goes_through_the_list_point_by_point(forms_once: FormWorld) -> None:
    trip = planned(forms_once)
    page = forms_once.open(LIST).text
    assert "With this visa you may not work there." in section(page, "visa"), "E10"
    assert "Turkey: whether you need a permit" in section(page, "visa").replace("Türkiye", "Turkey")
    assert "Its register: elicense.kz." in section(page, "licence")
    assert "As of 22 November 2026 : egov.kz" in section(page, "licence").replace("2026:", "2026 :")
    assert "Which visa and which permit do I need" in section(page, "embassy")
    assert "Какая виза и какое разрешение" in section(page, "embassy"), "E11: to be sent in three languages"
    told = {"point": "licence", "licence.number": "0042", "licence.where": "elicense.kz", "licence.result": "not_found"}
    saved = forms_once.send(LIST, {**told, "licence.day": "2026-11-30"})
    assert saved.headers["location"] == f"{LIST}?at=licence&saved=1#licence"
    page = forms_once.open(saved.headers["location"].partition("#")[0]).text
    assert "Saved." in section(page, "licence")
    assert "Do not pay and do not sign before that is explained." in section(page, "licence"), "E5"
    assert 'value="0042"' in page
    # What is said of the parts of a contract says why, and the ticks stay.
    parts: dict[str, str | list[str]] = {"point": "contract", "contract.have": "1", "contract.parts": ["work", "pay"]}
    assert forms_once.send(LIST, parts).status_code == 303
    page = section(forms_once.open(LIST).text, "contract")
    assert "nobody may fine you for going home" in page
    # The lawyer's number is the agency's; a mistake keeps what was typed.
    lawyer = {"point": "lawyer", "lawyer.who": "Aidos", "lawyer.phone": "+7 727 250 00 21", "lawyer.day": "2026-11-30"}
    forms_once.send(LIST, lawyer)
    assert "Ask somebody whom they did not choose." in section(forms_once.open(LIST).text, "lawyer"), "E8"
    wrong = forms_once.send(LIST, {**lawyer, "lawyer.day": "2027-01-01", "lawyer.phone": "12"})
    assert set(errors_of(wrong)) == {"lawyer-phone"}
    assert 'value="0042"' in wrong.text
    # What does not concern her, and back.
    forms_once.send(LIST, {"point": "register", "do": "not_needed"})
    assert "not for this trip" in section(forms_once.open(LIST).text, "register")
    forms_once.send(LIST, {"point": "register", "do": "take_back"})
    assert "not for this trip" not in section(forms_once.open(LIST).text, "register")
    # The last page before it begins says what is open, and blocks nothing.
    ready = forms_once.open("/trip/ready")
    assert "Still open. You may begin all the same." in shown(ready)
    assert '<li class="s2"><span><a href="/trip/checklist?at=visa#visa">' in ready.text
    forms_once.send(LIST, {"do": "quiet"})
    assert "You get no reminders of this list." in shown(forms_once.open(LIST))
    assert forms_once.send("/trip/ready").status_code == 303
    # It goes on in the running trip, from her own page and from her trip's.
    for path in ("/home", "/trip/all"):
        assert f'href="{LIST}"' in forms_once.open(path).text
    assert "What is done stays as it is during the trip." in shown(forms_once.open(LIST))
    state = forms_once.state(trip)
    assert checklist_of(state, forms_once.now).armed


def test_T17_what_the_check_of_the_offer_found_is_shown_before_she_begins_and_blocks_nothing(
    forms_once: FormWorld,
) -> None:
    """T17: shown to her alone, before arming."""
    forms_once.sign_in()
    found = "they want to keep the passport"
    trip = forms_once.trip(person={"offer_signs": found})
    forms_once.put(f"{trip}/plan", EVENINGS)
    forms_once.contact(trip)
    forms_once.enter_later()
    page = forms_once.open("/trip/ready")
    assert f"What the check of the offer found {found}" in shown(page)
    assert ">Begin</button>" in page.text
    assert forms_once.send("/trip/ready").headers["location"] == "/trip/begun"


def test_the_drill_shows_hides_and_asks(forms_once: FormWorld) -> None:
    planned(forms_once)
    number = shown_number(GULNAR)
    first = forms_once.open(DRILL)
    assert number in shown(first)
    asks = forms_once.open(f"{DRILL}?ask=0")
    assert number not in shown(asks)
    wrong = forms_once.send(f"{DRILL}?ask=0", {"typed": "+7 700 000 00 99"}, to=DRILL)
    assert wrong.headers["location"] == f"{DRILL}?said=wrong&ask=0#shown"
    again = shown(forms_once.open(f"{DRILL}?said=wrong&ask=0"))
    assert "Not quite. Look at it once more." in again
    assert number in again
    right = forms_once.send(f"{DRILL}?ask=0", {"typed": f"8{GULNAR[2:]}"}, to=DRILL)
    assert right.headers["location"] == f"{DRILL}?said=right"
    page = shown(forms_once.open(f"{DRILL}?said=right"))
    assert "1 of 3 times; the next on 3 December 2026" in page
    assert re.search(r"112 As of \d+ \w+ 2026 · 0 of 3 times", page), "our number says of when it is"
    for path in (f"{DRILL}?ask=99", f"{DRILL}?ask=x&said=<b>"):
        assert forms_once.open(path).status_code == 200
    nobodys = forms_once.send(f"{DRILL}?ask=0", {"place": "77", "typed": "1"}, to=DRILL)
    assert nobodys.headers["location"] == DRILL


def test_with_words_the_list_lies_behind_the_passphrase(forms_once: FormWorld) -> None:
    forms_once.armed(words=True)
    forms_once.enter_later()
    for path in (LIST, DRILL):
        assert forms_once.open(path).headers["location"] == "/home"
    forms_once.send("/private", {"passphrase": WORDS["passphrase"]})
    assert forms_once.open(LIST).status_code == 200


def test_what_she_goes_for_is_told_with_where(forms_once: FormWorld) -> None:
    trip = planned(forms_once)
    page = forms_once.open("/trip/where").text
    assert '<option value="work" selected>' in page
    fields = dict(re.findall(r'<input id="[^"]+" name="([^"]+)" type="(?:text|date)" value="([^"]*)"', page))
    where = {**fields, "destination.country": "TR", "purpose": "care"}
    assert forms_once.send("/trip/where", where).status_code == 303
    assert forms_once.state(trip).details["purpose"] == "care"
    assert forms_once.send("/trip/where", {**where, "purpose": ""}).status_code == 303
    assert "purpose" not in forms_once.state(trip).details
