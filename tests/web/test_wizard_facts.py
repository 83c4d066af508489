"""The first four steps of planning a trip: who, where, work, consulate; and what is told later."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import TripState
from service.usecases.my_trip import my_trip
from service.usecases.profile import show_profile
from service.usecases.register import authenticate, verify
from tests.web.api_world import AIZHAN, GULNAR, TRIP, WORDS
from tests.web.form_world import FormWorld, errors_of, forms, forms_once, shown

__all__ = ["forms", "forms_once"]

WHO = {"name": "Айжан", "latin_name": "AIZHAN", "birth_date": "1998-05-04", "citizenship": "KZ", "language": "ru"}
WHERE = {
    "destination.country": "TR",
    "destination.city": "Antalya",
    "starts_at": "2026-12-03",
    "ends_at": "2027-03-01",
}
STEPS = ("who", "where", "work", "consulate")


def path(step: str) -> str:
    return f"/trip/{step}"


def planned(world: FormWorld, **where: str) -> None:
    """Signed in, her name told, and a draft that leads somewhere."""
    world.enter()
    assert world.send(path("who"), WHO).headers["location"] == path("where")
    answer = world.send(path("where"), {**WHERE, **where})
    assert answer.headers["location"] == path("work"), errors_of(answer)


def draft(world: FormWorld) -> TripState:
    """Her trip as it is stored."""
    traveler = world.service.read(lambda conn: conn.execute(select(table_of(Trip).c.traveler_id)).scalars().first())
    assert traveler is not None
    trip = my_trip(world.service, traveler)
    assert trip is not None
    return world.state(f"/trips/{trip.key.trip_id}")


def again(world: FormWorld, step: str, fields: dict[str, Any], **more: Any) -> Any:
    """Open the page anew and send it."""
    world.hidden.clear()
    return world.send(path(step), fields, **more)


def box(html: str, name: str) -> str:
    """What stands in a box."""
    found = re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', html)
    return found.group(1) if found else ""


class TestTheWay:
    def test_four_steps_are_kept_and_shown_again(self, forms: FormWorld) -> None:
        planned(forms)
        work: dict[str, Any] = {
            "employer.name": "Lotus Garden",
            "employer.phone": "+90 242 249 00 00",
            "offered_by": "agency",
            "agency.name": "Go Abroad",
            "later": ["employer.address", "agency.phone"],
            "visa.kind": "seasonal",
            "companions[0].name": "Mira",
            "companions[0].phone": "+7 701 444 55 66",
            "notes": "Seen in a chat",
        }
        assert forms.send(path("work"), work).headers["location"] == path("consulate")
        consulate = {"consulate.name": "Istanbul", "consent.police": "1", "person.marks": "A scar <left hand>"}
        assert forms.send(path("consulate"), consulate).headers["location"] == path("plan")
        found = draft(forms)
        assert (found.status, found.wording, found.starts_at) == (
            "draft",
            "plain",
            datetime.fromisoformat("2026-12-03T00:00+03:00"),
        )
        assert found.ends_at == datetime.fromisoformat("2027-03-01T00:00+03:00")
        assert {name: found.details[name] for name in ("employer", "offered_by", "later", "companions", "person")} == {
            "employer": {"name": "Lotus Garden", "phone": "+902422490000"},
            "offered_by": "agency",
            "later": ["employer.address", "agency.phone"],
            "companions": [{"name": "Mira", "phone": "+77014445566"}],
            "person": {"marks": "A scar <left hand>"},
        }
        assert found.details["consent"] == {"contacts": False, "police": True, "consulate": False, "ngo": False}
        back = forms.open(path("work")).text
        assert box(back, "employer.phone") == "+90 242 249 00 00"
        assert 'value="employer.address" checked' in back
        assert 'value="agency" checked' in back
        assert "A scar &lt;left hand&gt;" in forms.open(path("consulate")).text
        assert box(forms.open(path("who")).text, "birth_date") == "1998-05-04"

    def test_a_form_sent_twice_is_one_trip(self, forms: FormWorld) -> None:
        planned(forms)
        assert forms.send(path("where"), WHERE).status_code == 303
        trips = select(func.count()).select_from(table_of(Trip))
        assert forms.service.read(lambda conn: conn.execute(trips).scalar()) == 1

    def test_each_step_leads_to_the_one_that_comes_before(self, forms_once: FormWorld) -> None:
        world = forms_once
        assert world.open(path("who")).headers["location"] == "/in"
        world.enter()
        assert world.open(path("where")).headers["location"] == path("who")
        for step in ("work", "consulate"):
            assert world.open(path(step)).headers["location"] == path("where")

    def test_a_form_of_another_page_does_nothing(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        for step in STEPS:
            assert world.client.post(path(step), data={**WHO, **WHERE}).status_code == 403

    def test_every_step_says_why_it_asks_in_every_language(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        for step in STEPS:
            for language, why in (("en", "Why we ask"), ("ru", "Зачем спрашиваем"), ("kk", "Не үшін сұраймыз")):
                page = world.open(path(step), language)
                assert why in shown(page)
                assert "Amanba" not in page.text
                assert "Аманба" not in page.text


class TestWhere:
    def test_a_country_of_several_clocks_asks_which(self, forms_once: FormWorld) -> None:
        world = forms_once
        world.enter()
        world.send(path("who"), WHO)
        samara = {**WHERE, "destination.country": "RU", "destination.city": "Samara"}
        answer = world.send(path("where"), samara)
        assert list(errors_of(answer)) == ["destination-zone"]
        assert box(answer.text, "destination.city") == "Samara"
        assert world.send(path("where"), {**samara, "destination.zone": "Europe/Istanbul"}).status_code == 422
        assert world.send(path("where"), {**samara, "destination.zone": "Europe/Samara"}).status_code == 303
        assert draft(world).starts_at == datetime.fromisoformat("2026-12-03T00:00+04:00")
        assert '<option value="Europe/Samara" selected>' in world.open(path("where")).text

    def test_an_end_that_she_does_not_know_is_a_year_away(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world, ends_at="", later="ends_at")
        assert draft(world).ends_at == datetime.fromisoformat("2027-12-03T00:00+03:00")
        page = world.open(path("where")).text
        assert (box(page, "ends_at"), 'value="ends_at" checked' in page) == ("", True)
        assert list(errors_of(again(world, "where", {**WHERE, "ends_at": ""}))) == ["ends_at"]
        again(world, "where", {**WHERE, "later": "ends_at"})
        assert draft(world).details["later"] == []

    def test_stops_come_and_go_by_buttons_and_nothing_typed_is_lost(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        typed = {**WHERE, "destination.city": "Kemer", "row": "add:legs"}
        more = again(world, "where", typed)
        assert more.status_code == 200
        assert (box(more.text, "destination.city"), 'name="legs[0].city"' in more.text) == ("Kemer", True)
        assert draft(world).details["destination"]["city"] == "Antalya"
        stops = {"legs[1].country": "KR", "legs[1].city": "Seoul", "legs[1].from": "2027-01-10", "legs[0].city": " "}
        assert again(world, "where", {**WHERE, **stops}).status_code == 303
        assert draft(world).details["legs"] == [
            {"from": "2027-01-09T15:00:00+00:00", "country": "KR", "city": "Seoul", "zone": "Asia/Seoul"}
        ]
        assert box(world.open(path("where")).text, "legs[0].from") == "2027-01-10"
        less = again(world, "where", {**WHERE, "legs[0].city": "Seoul", "row": "drop:legs[0]"})
        assert "Seoul" not in less.text

    def test_a_stop_before_the_one_before_it(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        stop = {"legs[0].country": "KR", "legs[0].city": "Seoul", "legs[0].from": "2026-12-01"}
        assert list(errors_of(again(world, "where", {**WHERE, **stop}))) == ["legs-0-from"]
        half = {"legs[0].country": "KR", "legs[0].city": "Seoul"}
        assert list(errors_of(again(world, "where", {**WHERE, **half}))) == ["legs-0-from"]


class TestWork:
    def test_nothing_at_all_is_an_answer(self, forms_once: FormWorld) -> None:
        planned(forms_once)
        assert forms_once.send(path("work")).headers["location"] == path("consulate")
        assert "employer" not in draft(forms_once).details

    def test_a_national_number_asks_for_its_country_and_never_guesses(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        typed = {"employer.phone": "242 249 00 00"}
        answer = world.send(path("work"), typed)
        assert list(errors_of(answer)) == ["employer-phone"]
        assert 'name="employer.phone_country"' in answer.text
        assert world.send(path("work"), {**typed, "employer.phone_country": "TR"}).status_code == 303
        # Somebody may be known by a number alone.
        assert draft(world).details["employer"] == {"name": "", "phone": "+902422490000"}

    def test_companions_come_row_by_row(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        more = world.send(path("work"), {"companions[0].name": "Mira", "row": "add:companions"})
        assert (more.status_code, 'name="companions[1].name"' in more.text) == (200, True)
        rows = {"companions[1].name": "Mira", "companions[2].phone": "+77014445566"}
        assert list(errors_of(again(world, "work", rows))) == ["companions-1-name"]
        assert again(world, "work", {"later": "companions"}).status_code == 303
        assert draft(world).details["later"] == ["companions"]

    def test_somebody_who_is_trusted_is_not_the_employer(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        world.token = verified(world)
        world.contact(f"/trips/{draft(world).key.trip_id}")
        answer = again(world, "work", {"employer.name": "X", "employer.phone": GULNAR}, language="ru")
        assert "Эти люди не должны зависеть" in errors_of(answer)["employer-phone"]

    def test_what_was_told_elsewhere_in_other_words_stays(self, forms_once: FormWorld) -> None:
        world = forms_once
        world.sign_in()
        world.trip(visa={"kind": "Type D"}, later=["agency.licence"], person={"favorite_cafe": "1"})
        world.enter_later()
        page = world.open(path("work")).text
        assert '<option value="Type D" selected>' in page
        assert 'value="agency.licence" checked' in page
        world.open(path("consulate"))
        world.send(path("consulate"), {"person.marks": "scar"})
        assert draft(world).details["person"] == {"favorite_cafe": "1", "marks": "scar"}
        world.hidden.clear()
        world.send(path("work"), {"person.boss": "Kerem", "person.promised": "900 a month"})
        told = {"favorite_cafe": "1", "marks": "scar", "boss": "Kerem", "promised": "900 a month"}
        assert draft(world).details["person"] == told
        assert box(again(world, "work", {"agency.phone": "1"}).text, "person.boss") == ""
        assert box(world.open(path("work")).text, "person.boss") == "Kerem"
        assert draft(world).details["person"] == told


class TestConsulate:
    def test_emergency_numbers_stand_there_with_their_source_and_date(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world, **{"destination.country": "TH", "destination.city": "Pattaya"})
        page = world.open(path("consulate"))
        assert 'href="tel:191"' in page.text
        assert "GOV.UK travel advice" in shown(page)
        assert re.search(r"Checked on \d+ \w+ 20\d\d", shown(page))

    def test_who_may_read_it_is_hers_to_say(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world)
        people = 'name="consent.contacts" value="1" checked'
        assert people in world.open(path("consulate")).text
        assert world.send(path("consulate"), {}).status_code == 303
        assert not any(draft(world).details["consent"].values())
        assert people not in world.open(path("consulate")).text

    def test_a_country_that_nobody_has_told_us_of_is_shown_as_unknown(self, forms_once: FormWorld) -> None:
        world = forms_once
        planned(world, **{"destination.country": "AX", "destination.city": "Mariehamn"})
        page = world.open(path("consulate"))
        assert "Not known to us" in shown(page)
        assert "tel:" not in page.text


class TestLater:
    OPEN = ("destination.address", "employer.phone", "companions", "ends_at")

    def armed(self, world: FormWorld, **more: Any) -> str:
        world.sign_in()
        place = {**TRIP["destination"], "address": ""}
        trip = world.armed(destination=place, employer={"name": "Lotus"}, later=list(self.OPEN), **more)
        world.enter_later()
        return trip

    def test_she_fills_in_what_she_knows_by_now(self, forms_once: FormWorld) -> None:
        world = forms_once
        trip = self.armed(world)
        assert world.state(trip).details["later"] == list(self.OPEN)
        page = world.open("/later")
        assert [name for name in self.OPEN[:2] if f'name="{name}"' in page.text] == list(self.OPEN[:2])
        assert 'name="consulate.phone"' not in page.text
        told = {"destination.address": "Cami Sk. 5", "employer.phone": "+90 242 249 00 00"}
        assert world.send("/later", told).headers["location"] == "/later"
        assert world.state(trip).details["employer"] == {"name": "Lotus", "phone": "+902422490000"}
        # Sent twice it is told once; in other words it is refused.
        assert world.send("/later", told).headers["location"] == "/later"
        assert world.send("/later", {"destination.address": "Elsewhere"}).status_code == 422
        rest = {"companions[0].name": "Mira", "ends_at": "01.02.2027"}
        assert world.send("/later", rest).headers["location"] == "/later"
        assert world.send("/later", {"passport": "employer"}).headers["location"] == "/papers"
        assert world.state(trip).ends_at == datetime.fromisoformat("2027-02-01T00:00+03:00")
        assert world.open("/later").headers["location"] == "/home"

    def test_a_mistake_is_said_in_her_language_and_keeps_what_she_typed(self, forms_once: FormWorld) -> None:
        world = forms_once
        trip = self.armed(world)
        told = {"destination.address": "Cami Sk. 5", "employer.phone": "12", "ends_at": "31.02.2027"}
        answer = world.send("/later", told, language="ru")
        assert sorted(errors_of(answer)) == ["employer-phone", "ends_at"]
        assert box(answer.text, "destination.address") == "Cami Sk. 5"
        assert world.send("/later", {"employer.phone": GULNAR}, language="ru").status_code == 422
        assert world.send("/later", {}).status_code == 422
        assert world.state(trip).details["later"] == list(self.OPEN)

    def test_with_words_only_the_private_page_opens_it(self, forms_once: FormWorld) -> None:
        world = forms_once
        trip = self.armed(world, words=True)
        for step in STEPS:
            assert world.open(path(step)).headers["location"] == "/home"
        assert world.open("/later").headers["location"] == "/home"
        world.send("/private", {"passphrase": WORDS["passphrase"]})
        assert world.open("/later").status_code == 200
        assert world.send("/later", {"destination.address": "Cami Sk. 5"}).status_code == 303
        assert world.state(trip).details["destination"]["address"] == "Cami Sk. 5"

    def test_in_a_trip_without_words_she_may_still_say_who_she_is(self, forms_once: FormWorld) -> None:
        world = forms_once
        trip = self.armed(world)
        assert "Step 1" not in shown(world.open(path("who")))
        assert world.send(path("who"), {**WHO, "name": "Aida"}).headers["location"] == "/home"
        assert world.state(trip).traveler.name == "Aida"


HOSTILE = (
    "x" * 4500,
    "bell\x07",
    "<script>alert(1)</script>",
    "\u202egnirts",
    "😀" * 3,
    "'; DROP TABLE trips; --",
)
FIELDS = {
    "who": (WHO, (*WHO, "email")),
    "where": (WHERE, (*WHERE, "destination.address", "destination.zone", "legs[0].city", "legs[0].from")),
    "work": (
        {},
        (
            *("employer.name", "employer.phone", "employer.phone_country", "offered_by", "agency.licence", "visa.kind"),
            *("companions[0].name", "later", "notes", "row"),
        ),
    ),
    "consulate": ({}, ("consulate.name", "consulate.phone", "consulate.email", "consent.police", "person.marks")),
}


@pytest.mark.parametrize("step", STEPS)
def test_whatever_is_typed_is_stored_and_escaped_or_refused_in_words(forms_once: FormWorld, step: str) -> None:
    world = forms_once
    planned(world)
    usual, fields = FIELDS[step]
    world.hidden.clear()
    before = kept(world)
    for field in fields:
        for text in HOSTILE:
            answer = world.send(path(step), {**usual, field: text}, language="ru")
            case = (field, text[:30], answer.status_code)
            if answer.status_code == 422:
                said = errors_of(answer)
                assert said, case
                assert all(re.search("[а-я]", sentence) for sentence in said.values()), (case, said)
                assert kept(world) == before, case
                page = answer.text
            else:
                assert answer.status_code == 303, case
                page = world.client.get(path(step)).text
                before = kept(world)
            assert "<script>alert" not in page, case
    assert world.send(path(step), usual, language="ru").status_code == 303


def kept(world: FormWorld) -> Any:
    trip = draft(world)
    return trip.details, trip.starts_at, trip.ends_at, show_profile(world.service, trip.key.traveler_id)


def verified(world: FormWorld) -> str:
    """A token of the same traveler for the API."""
    world.wait(minutes=2)
    assert world.post("/travelers", {"name": "Айжан", "phone": AIZHAN, "language": "ru"}).status_code == 202
    token = verify(world.service, AIZHAN, world.code(AIZHAN)).token
    assert authenticate(world.service, token).traveler_id == draft(world).key.traveler_id
    return token


def test_a_day_may_be_written_as_people_write_it(forms_once: FormWorld) -> None:
    world = forms_once
    world.enter()
    world.send(path("who"), {**WHO, "birth_date": "4.5.1998"})
    assert list(errors_of(again(world, "who", {**WHO, "birth_date": "31.02.1998"}))) == ["birth_date"]
    assert box(world.open(path("who")).text, "birth_date") == date(1998, 5, 4).isoformat()


def test_what_is_missing_or_too_long_is_called_that(forms_once: FormWorld) -> None:
    planned(forms_once)
    empty = again(forms_once, "where", {**WHERE, "destination.city": ""})
    assert errors_of(empty)["destination-city"] == "This is needed."
    long = again(forms_once, "where", {**WHERE, "destination.city": "y" * 121})
    assert errors_of(long)["destination-city"] == "At most 120 characters."
