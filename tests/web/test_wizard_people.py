"""`/trip/people`: whom to tell, by which way, in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import update

from service.app import create_app
from service.db.stored import table_of
from service.db.tables import Contact
from service.texts import translator
from service.usecases.show_people import People, show_people
from tests.client import Client
from tests.easy import one_database
from tests.web.api_world import BROTHER, DANIYAR, GULNAR, MOTHER, SAULE, Phones
from tests.web.form_world import Fields, FormWorld, errors_of, forms, forms_once, shown
from tests.web.hostile import HOSTILE
from tests.web.test_wizard_plan import filled_in, planning

__all__ = ["forms", "forms_once"]

CONTACTS = table_of(Contact)
PAGE, ADD, ORDER = "/trip/people", "/trip/people/add", "/trip/people/order"
LANDLINE = "+77172701234"
HER: dict[str, str | list[str]] = {
    "name": "Gulnar",
    "relation": "mother",
    "language": "kk",
    "phone": GULNAR,
    "role": "full",
    "disclosure": "full",
}


def people(forms: FormWorld, trip: str) -> People:
    return show_people(forms.service, forms.state(trip).key)


@contextmanager
def also_by(forms: FormWorld, *channels: str) -> Iterator[None]:
    """The same installation with more channels."""
    before = forms.client
    notifiers = {**forms.service.notifiers, **{channel: Phones(f"our_{channel}", channel) for channel in channels}}
    richer = replace(forms.service, notifiers=notifiers)
    with Client(create_app(service=richer), cookies=before.cookies) as client:
        forms.client, forms.hidden = client, {}
        yield
    forms.client, forms.hidden = before, {}


class TestAdding:
    @one_database
    def test_the_first_person_is_asked_for_at_once_and_a_double_submit_is_one(self, forms: FormWorld) -> None:
        trip = planning(forms)
        assert "Whom should we tell?" in shown(forms.open(PAGE))
        for _ in range(2):
            answer = forms.send(PAGE, {**HER, "phone": "+7 (700) 000-00-02"})
            assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        [mother] = people(forms, trip).people
        assert (mother.name, mother.relation, mother.language, mother.role) == ("Gulnar", "mother", "kk", "full")
        assert mother.channels == (("sms", GULNAR), ("voice", GULNAR))
        assert len(forms.texts(GULNAR, "invitation")) == 1
        page = shown(forms.open(PAGE))
        assert "Gulnar , mother asked on 1 December, 11:02, has not answered yet" in page
        assert "Two people are better than one" in page

    def test_what_is_wrong_stands_beside_its_box_in_her_language(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        forms_once.contact(trip)
        mistakes = {
            "phone": [{"phone": ""}, {"phone": "8 700 000 00 03"}, {"phone": GULNAR}, {"phone": "+902422490000"}],
            "name": [{"name": " "}],
            "role": [{"role": ""}, {"role": "boss"}],
            "language": [{"language": "xx"}],
        }
        for field, cases in mistakes.items():
            for case in cases:
                said = errors_of(forms_once.send(ADD, {**HER, "phone": DANIYAR, **case}, language="ru"))
                assert list(said) == [field], case
                assert re.search("[а-я]", said[field])
        asked = forms_once.send(ADD, {**HER, "phone": "8 700 000 00 03"})
        assert 'name="phone_country"' in asked.text
        known = {**HER, "phone": "8 700 000 00 03", "phone_country": "KZ"}
        assert forms_once.send(ADD, known).status_code == 303
        assert people(forms_once, trip).people[1].channels[0] == ("sms", DANIYAR)

    def test_a_landline_is_understood(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        alone = errors_of(forms_once.send(ADD, {**HER, "phone": LANDLINE}))
        assert alone == {
            "phone": "This is a landline, and no calls are made from here. Add another way to reach this person."
        }
        with also_by(forms_once, "email", "voice"):
            assert forms_once.send(ADD, {**HER, "phone": LANDLINE}).status_code == 303
        assert people(forms_once, trip).people[0].channels == (("voice", LANDLINE),)

    def test_the_form_grows_with_the_channels_of_the_installation(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        assert "Which way first?" not in shown(forms_once.open(ADD))
        assert "E-mail" not in shown(forms_once.open(ADD))
        with also_by(forms_once, "email", "pager"):
            page = shown(forms_once.open(ADD))
            assert "Which way first?" in page
            assert "pager" in page
            her = {**HER, "email": "gulnar@example.org", "address.pager": "0815"}
            order = {"way.sms": "3", "way.email": "1", "way.pager": "2"}
            assert forms_once.send(ADD, {**her, **order}).status_code == 303
            forms_once.open(ADD)
            brother = {**HER, "phone": DANIYAR, "email": "d@example.org", "way.sms": "no", "way.email": "1"}
            assert forms_once.send(ADD, brother).status_code == 422
            assert forms_once.send(ADD, {**brother, "email": "not an address", "way.sms": "2"}).status_code == 422
        channels = people(forms_once, trip).people[0].channels
        assert channels == (("email", "gulnar@example.org"), ("pager", "0815"), ("sms", GULNAR), ("voice", GULNAR))
        assert len(people(forms_once, trip).people) == 1


class TestDescribingAnew:
    @one_database
    def test_who_accepted_keeps_her_place_unless_her_address_changes(self, forms: FormWorld) -> None:
        trip = planning(forms)
        her = f"{PAGE}/{forms.contact(trip)}"
        page = forms.open(her)
        assert "This person has accepted." in shown(page)
        untouched = filled_in(page.text)
        assert forms.send(her, {**untouched, "name": "Gulnar apa", "role": "call"}).status_code == 303
        [mother] = people(forms, trip).people
        assert (mother.status, mother.name, mother.role) == ("accepted", "Gulnar apa", "call")
        assert forms.send(her, {**untouched, "phone": SAULE}).status_code == 303
        [mother] = people(forms, trip).people
        assert (mother.status, mother.channels[0]) == ("invited", ("sms", SAULE))
        assert len(forms.texts(SAULE, "invitation")) == 1

    def test_what_the_form_does_not_show_stays(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        channels = [{"channel": "telegram", "address": "123"}, {"channel": "sms", "address": GULNAR}]
        more = [*channels, {"channel": "sms", "address": DANIYAR}]
        body = {name: value for name, value in MOTHER.items() if name != "phone"}
        her = f"{PAGE}/{forms_once.contact(trip, {**body, 'language': 'uz', 'channels': more})}"
        page = forms_once.open(her)
        assert "O‘zbek" in shown(page)
        assert forms_once.send(her, filled_in(page.text)).status_code == 303
        [mother] = people(forms_once, trip).people
        assert (mother.status, mother.language) == ("accepted", "uz")
        assert mother.channels == (("telegram", "123"), ("sms", GULNAR), ("sms", DANIYAR))
        assert forms_once.send(her, {**filled_in(page.text), "phone": SAULE}).status_code == 303
        assert ("telegram", "123") in people(forms_once, trip).people[0].channels

    def test_whatever_is_sent_is_stored_safely_or_refused_in_her_language(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        her = f"{PAGE}/{forms_once.contact(trip, accepted=False)}"
        fields = ("name", "relation", "language", "phone", "phone_country", "role", "disclosure", "email", "way.sms")
        with also_by(forms_once, "email"):
            for field in fields:
                for kind, value in HOSTILE.items():
                    before = people(forms_once, trip).people
                    answer = forms_once.send(her, {**HER, field: value}, language="ru")
                    assert answer.status_code in (303, 422), (field, kind)
                    page = forms_once.open(PAGE) if answer.status_code == 303 else answer
                    assert "<script>alert" not in page.text
                    if answer.status_code == 422:
                        assert re.search("[а-я]", " ".join(errors_of(answer).values())), (field, kind)
                        assert people(forms_once, trip).people == before, (field, kind)

    @one_database
    def test_taking_off_asks_first_and_tells_nobody(self, forms: FormWorld) -> None:
        trip = planning(forms)
        her = f"{PAGE}/{forms.contact(trip)}"
        assert "Remove this person from the list?" in shown(forms.open(f"{her}/remove"))
        assert len(people(forms, trip).people) == 1
        for _ in range(2):
            assert forms.send(f"{her}/remove").headers["location"] == PAGE
        assert people(forms, trip).people == ()
        assert len(forms.texts(GULNAR)) == 1


class TestInvitingAgain:
    def test_once_a_day(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        her = f"{PAGE}/{forms_once.contact(trip, accepted=False)}"
        assert "The invitation can be sent again from 2 December, 11:02." in shown(forms_once.open(PAGE))
        forms_once.send(PAGE, to=f"{her}/invite")
        assert len(forms_once.texts(GULNAR, "invitation")) == 1
        forms_once.wait(days=1)
        assert "Send the invitation again" in shown(forms_once.open(PAGE))
        for _ in range(2):
            assert forms_once.send(PAGE, to=f"{her}/invite").headers["location"] == PAGE
        assert len(forms_once.texts(GULNAR, "invitation")) == 2

    def test_each_answer_has_its_words(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        her = UUID(forms_once.contact(trip, accepted=False))
        words = {
            "accepted": "has accepted",
            "refused": "has said no and is told nothing",
            "expired": "has not answered for a week and is told nothing",
        }
        for status, said in words.items():
            settle(forms_once, her, status)
            assert translator("ru")(said) in shown(forms_once.open(PAGE, "ru")), status


def settle(forms: FormWorld, contact_id: UUID, status: str) -> None:
    change = update(CONTACTS).where(CONTACTS.c.contact_id == contact_id).values(status=status)
    forms.service.run(lambda conn: conn.execute(change))


class TestOrder:
    @one_database
    def test_the_order_is_hers_or_the_usual_one(self, forms: FormWorld) -> None:
        trip = planning(forms)
        mother, brother = forms.contact(trip), forms.contact(trip, BROTHER)
        untouched = filled_in(forms.open(ORDER).text)
        assert untouched["rungs[0].contacts"] == [mother]
        assert forms.send(ORDER, untouched).headers["location"] == PAGE
        assert people(forms, trip).is_usual
        own = {**untouched, "rungs[0].contacts": [brother], "rungs[0].wait_seconds": "300", "repeat_seconds": "7200"}
        assert forms.send(ORDER, own).status_code == 303
        stored = people(forms, trip)
        assert [(rung.contacts, rung.wait) for rung in stored.rungs] == [
            ((UUID(brother),), timedelta(minutes=5)),
            ((UUID(mother), UUID(brother)), timedelta(minutes=30)),
        ]
        assert stored.repeat == timedelta(hours=2)
        assert "This is the order that you chose" in shown(forms.open(PAGE))
        forms.open(ORDER)
        assert forms.send(ORDER, {"usual": "1"}).headers["location"] == PAGE
        assert people(forms, trip).is_usual

    def test_steps_come_and_go_and_the_picture_follows(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        mother, brother = forms_once.contact(trip), forms_once.contact(trip, BROTHER)
        rungs: Fields = {"rungs[0].contacts": [brother], "rungs[0].wait_seconds": "3600", "repeat_seconds": "3600"}
        added = forms_once.send(ORDER, {**rungs, "row": "add:rungs"})
        assert "Step 2" in shown(added)
        live = forms_once.send(ORDER, rungs, to=f"{ORDER}/preview", language="ru")
        assert shown(live).startswith("+0:00 одному +1:00 2")
        assert "сразу Daniyar через 1 час" in shown(live)
        wrong = forms_once.send(ORDER, {**rungs, "rungs[7].wait_seconds": "60"}, language="ru")
        assert list(errors_of(wrong)) == ["rungs-7-contacts"]
        assert people(forms_once, trip).is_usual
        assert mother in forms_once.open(ORDER).text

    def test_whatever_is_sent_is_refused_beside_its_step(self, forms_once: FormWorld) -> None:
        trip = planning(forms_once)
        mother = forms_once.contact(trip)
        rungs: Fields = {"rungs[0].contacts": [mother], "rungs[0].wait_seconds": "3600", "repeat_seconds": "3600"}
        values = {**HOSTILE, "a stranger": str(uuid4()), "too short": "1", "too late": "90000"}
        for field in ("rungs[0].contacts", "rungs[0].wait_seconds", "repeat_seconds"):
            for kind, value in values.items():
                answer = forms_once.send(ORDER, {**rungs, field: value}, language="ru")
                [(place, said)] = errors_of(answer).items()
                assert place == field.replace("[0].", "-0-"), (field, kind)
                assert re.search("[а-я]", said), (field, kind)
        assert people(forms_once, trip).is_usual


class TestWhose:
    def test_the_people_of_others_are_not_there(self, forms_once: FormWorld) -> None:
        theirs = forms_once.contact(planning(forms_once))
        forms_once.token = ""
        forms_once.leave_behind()
        forms_once.sign_in(SAULE)
        mine = forms_once.contact(forms_once.trip(), BROTHER)
        forms_once.enter_later(SAULE)
        assert forms_once.open(f"{PAGE}/{mine}").status_code == 200
        for wrong in (theirs, str(uuid4()), "1", "order.html", "%00"):
            for path in (f"{PAGE}/{wrong}", f"{PAGE}/{wrong}/remove"):
                assert forms_once.open(path).status_code == 404, path
            for path in (f"{PAGE}/{wrong}", f"{PAGE}/{wrong}/remove", f"{PAGE}/{wrong}/invite"):
                assert forms_once.send(f"{PAGE}/{mine}", HER, to=path).status_code == 404, path
        assert len(forms_once.texts(GULNAR)) == 1

    def test_nobody_edits_people_without_a_session_or_a_token(self, forms_once: FormWorld) -> None:
        assert forms_once.open(PAGE).headers["location"] == "/in"
        planning(forms_once)
        for path in (PAGE, ADD, ORDER, f"{ORDER}/preview", f"{PAGE}/{uuid4()}", f"{PAGE}/{uuid4()}/invite"):
            assert forms_once.client.post(path, data=HER).status_code == 403, path
