"""The last look before it begins, and the button."""

from __future__ import annotations

from service.usecases.accept import Inbound, accept
from service.usecases.register import SignUpForm, sign_up, verify
from tests.easy import one_database
from tests.web.api_world import AIZHAN, BROTHER, EVENINGS, GULNAR, WORDS
from tests.web.form_world import FormWorld, forms, forms_once, shown

__all__ = ["forms", "forms_once"]


def planned(world: FormWorld, *, words: bool = False) -> str:
    world.sign_in()
    trip = world.trip()
    assert world.put(f"{trip}/plan", EVENINGS).status_code == 200
    world.contact(trip)
    if words:
        assert world.put(f"{trip}/words", WORDS).status_code == 204
    world.enter_later()
    return trip


def text_from(world: FormWorld, phone: str, text: str, provider_id: str) -> None:
    sender = world.service.keys.phone_hash(phone)
    accept(world.service, Inbound("phones", provider_id, sender, text, address=phone))
    world.read_inbox()


def test_the_letter_says_everything_and_what_had_better_be_mended(forms_once: FormWorld) -> None:
    trip = planned(forms_once)
    forms_once.contact(trip, BROTHER, accepted=False)
    page = shown(forms_once.open("/trip/ready"))
    for said in (
        "Aizhan, this is your trip:",
        "Lotus Garden, +90 242 249 00 00",
        "Every day at 20:00",
        "the first time is Tuesday, 1 December, 20:00 in Istanbul",
        "We ask you at 19:30, 20:00, 20:30",
        "21:00: Gulnar",
        "Have not said yes yet, and hear nothing until then: Daniyar.",
        "Not known yet: your consulate",
        "There are no words",
    ):
        assert said in page, said


@one_database
def test_what_is_missing_leads_to_the_step_that_mends_it(forms: FormWorld) -> None:
    forms.sign_in()
    trip = forms.trip()
    forms.put(f"{trip}/words", WORDS)
    forms.enter_later()
    page = forms.open("/trip/ready", "ru").text
    for path in ("/trip/people", "/trip/plan"):
        assert f'<a href="{path}">' in page, path
    assert ">Начать</button>" not in page
    pressed = forms.send("/trip/words", to="/trip/ready", language="ru")
    assert pressed.status_code == 409, "there is no button, and a form from elsewhere begins nothing"
    assert "Нужно согласие хотя бы одного человека." in shown(pressed)
    assert forms.state(trip).status == "draft"


@one_database
def test_it_begins_once_and_says_how_to_answer(forms: FormWorld) -> None:
    trip = planned(forms)
    answers = [forms.send("/trip/ready") for _ in range(2)]
    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, "/trip/begun")] * 2
    state = forms.state(trip)
    assert state.status == "armed"
    begun = forms.open("/trip/begun")
    assert "We wait for your first OK by Tuesday, 1 December, 20:00 in Istanbul." in shown(begun)
    assert "Text OK to +48 732 000 000" in shown(begun)
    link = begun.text.split('class="url" href="')[1].split('"')[0]
    assert forms.client.get(link.removeprefix(forms.service.public_url)).status_code == 200
    assert forms.open("/trip/ready").headers["location"] == "/home"
    forms.wait(minutes=11)
    assert forms.open("/trip/begun").headers["location"] == "/home", "whoever holds the phone later finds no link"


def test_with_words_the_page_after_it_names_nobody(forms_once: FormWorld) -> None:
    planned(forms_once, words=True)
    assert forms_once.send("/trip/ready").status_code == 303
    begun = shown(forms_once.open("/trip/begun"))
    assert "Text one of your words to" in begun
    assert not any(name in begun for name in ("Gulnar", "Lotus", "Antalya", "Amanba"))


def test_a_text_from_her_phone_proves_it(forms: FormWorld) -> None:
    forms.sign_in()
    text_from(forms, AIZHAN, "OK", "before")
    forms.wait(minutes=5)
    planned_trip = forms.trip()
    forms.contact(planned_trip)
    forms.enter_later()
    # A text from before the trip was planned proves nothing of it.
    assert "We have not heard from it yet. Text OK from it to +48 732 000 000." in shown(forms.open("/trip/ready"))
    text_from(forms, GULNAR, "OK", "from her mother")
    assert "We have not heard from it yet." in shown(forms.open("/trip/ready"))
    before = len(forms.texts(AIZHAN))
    text_from(forms, AIZHAN, "OK", "hers")
    page = shown(forms.open("/trip/ready"))
    assert "Its texts reach us. The last one: Tuesday, 1 December, 11:" in page
    assert "We have not heard" not in page
    assert len(forms.texts(AIZHAN)) == before, "no answer that she could take for the answer to a check-in"

    text_from(forms, AIZHAN, "STOP", "stop")
    assert "It has told us STOP" in shown(forms.open("/trip/ready"))
    text_from(forms, AIZHAN, "START", "start")
    assert "It has told us STOP" not in shown(forms.open("/trip/ready"))


def test_a_trip_of_nobody_does_not_begin(forms_once: FormWorld) -> None:
    sign_up(forms_once.service, SignUpForm("", AIZHAN, "en"))
    forms_once.token = verify(forms_once.service, AIZHAN, forms_once.code(AIZHAN)).token
    trip = forms_once.trip()
    assert forms_once.put(f"{trip}/plan", EVENINGS).status_code == 200
    forms_once.contact(trip)
    forms_once.enter_later()
    page = forms_once.open("/trip/ready")
    assert "Your name is missing." in shown(page)
    assert 'href="/trip/who"' in page.text
    assert forms_once.post(f"{trip}/arm").json()["missing"] == ["name"]
