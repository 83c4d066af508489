"""A contact's own page: asked, settled, chosen, left; and nothing of the trip on it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from service.texts import LANGUAGES, translator
from tests.easy import one_database
from tests.scenarios.story import BROTHER, MOTHER, TRAVELER, Story, family, open_story
from tests.web.contact_pages import actions, alarm_page, choose_pin, own_page, trip_of

ROLE = (
    "{name} is going abroad and checks in with us at agreed times. If no check-in comes, we write to you what to do,"
    " also at night. You call, ask the question that you two agreed on, and answer us with one digit."
    " Until then you hear and see nothing of the trip. You can stop at any time."
)
OF_THE_TRIP = ("Antalya", "Hesapci", "Lotus", "902422", "Consulate of", "Daniyar", BROTHER, TRAVELER)


@pytest.fixture
def story(database_url: str) -> Iterator[Story]:
    with open_story(database_url) as told:
        yield told


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    """A story where the kind of database makes no difference."""
    with open_story(sqlite_url) as told:
        yield told


def invited(story: Story) -> str:
    """A mother who was asked; her page, as her phone shows it."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, accept=False)
    found: list[str] = re.findall(r"https://amanba\.example(/i/\w+)", story.mother.expect("trusted person"))
    return found[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_her_role_is_said_in_sixty_words(language: str) -> None:
    text = translator(language)(ROLE)
    assert (text == ROLE) is (language == "en")
    assert len(text.format(name="Aizhan").split()) <= 60


def test_she_is_asked_and_accepts_by_a_button(story: Story) -> None:
    page = invited(story)
    shown = story.client.get(page).text
    assert "Aizhan asks you to be a trusted person" in shown
    assert "REHEARSAL. Aruzhan: no sign since 22:00" in shown
    assert MOTHER in shown, "she reads the link where it was sent"
    story.traveler.read_all()
    for _ in range(2):
        answer = story.client.post(page, data={"do": "accept", "pin": "4711", "language": "ru"})
        assert answer.status_code == 200
        story.run()
    assert answer.headers["Content-Language"] == "ru"
    [contact] = trip_of(story).contacts
    assert (contact.status, contact.language, bool(contact.pin)) == ("accepted", "ru", True)
    assert actions(story).count("invitation_accepted") == 1
    assert len([text for text in story.traveler.read_all() if "Number 1 on your list has said yes." in text]) == 1


def test_a_yes_counts_although_the_pin_does_not(lite: Story) -> None:
    page = invited(lite)
    answer = lite.client.post(page, data={"do": "accept", "pin": "1234"})
    assert answer.status_code == 422
    assert "Everybody tries this one first" in answer.text
    [contact] = trip_of(lite).contacts
    assert (contact.status, contact.pin) == ("accepted", "")


@one_database
def test_she_says_no_and_hears_nothing_more(story: Story) -> None:
    page = invited(story)
    story.traveler.read_all()
    for _ in range(2):
        assert "You get no messages about this trip" in story.client.post(page, data={"do": "refuse"}).text
    story.client.post(page, data={"do": "accept"})
    story.run()
    story.traveler.expect("Number 1 on your list cannot")
    story.traveler.expect_nothing()
    assert trip_of(story).contacts[0].status == "refused"


def test_her_page_is_the_same_with_an_alarm_and_without_and_says_nothing_of_the_trip(lite: Story) -> None:
    family(lite, words=True)
    page = own_page(lite, "Gulnar")
    before = lite.client.get(page)
    lite.traveler.text("heavy rain")
    lite.mother.expect("Do NOT call")
    during = lite.client.get(page)
    assert (before.text, before.headers) == (during.text, during.headers)
    assert [fact for fact in OF_THE_TRIP if fact in before.text] == []


def test_a_new_invitation_has_a_link_of_its_own_and_the_old_one_ends(lite: Story) -> None:
    old = invited(lite)
    path = f"/trips/{lite.trip_id}/contacts/{lite.contacts['Gulnar']}"
    lite.advance(minutes=1)
    lite.call("PATCH", path, {"phone": BROTHER})
    lite.run()
    [new] = re.findall(r"https://amanba\.example(/i/\w+)", lite.brother.expect("trusted person"))
    assert new != old
    assert [lite.client.get(page).status_code for page in (old, new)] == [404, 200]
    assert lite.client.post(old, data={"do": "accept"}).status_code == 404


def test_her_pin_outlives_a_new_name_and_not_a_new_number(lite: Story) -> None:
    page = invited(lite)
    lite.client.post(page, data={"do": "accept", "pin": "4711"})
    path = f"/trips/{lite.trip_id}/contacts/{lite.contacts['Gulnar']}"
    lite.call("PATCH", path, {"relation": "aunt"})
    assert trip_of(lite).contacts[0].pin
    lite.call("PATCH", path, {"phone": BROTHER})
    assert not trip_of(lite).contacts[0].pin


@one_database
def test_a_pin_is_changed_by_who_knows_it_and_five_wrong_ones_end_that(story: Story) -> None:
    page = invited(story)
    story.client.post(page, data={"do": "accept", "pin": "4711"})
    first = trip_of(story).contacts[0].pin

    def change(present: str) -> tuple[int, bool]:
        answer = story.client.post(page, data={"do": "pin", "pin": "9 0-2 5", "present_pin": present})
        return answer.status_code, trip_of(story).contacts[0].pin != first

    assert change("") == (422, False)
    assert change("٤٧١١"), "digits of any script"
    first = trip_of(story).contacts[0].pin
    assert change("9025") == (200, False), "sent twice"
    for _ in range(5):
        answer = story.client.post(page, data={"do": "pin", "pin": "3141", "present_pin": "0815"})
    assert "There were five wrong PINs" in answer.text
    right = story.client.post(page, data={"do": "pin", "pin": "3141", "present_pin": "9025"})
    assert right.status_code == 422
    assert trip_of(story).contacts[0].pin == first


@one_database
def test_leaving_in_an_alarm_lets_the_ladder_go_on_and_tells_the_traveler_only_that(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    page = alarm_page(story.mother)
    story.traveler.read_all()
    left = story.client.post(own_page(story, "Gulnar"), data={"do": "leave"})
    story.client.post(own_page(story, "Gulnar"), data={"do": "leave"})
    story.run()
    assert "You get no messages about this trip" in left.text
    story.traveler.expect("Gulnar takes no more messages from us")
    story.brother.expect("Aizhan")
    assert story.client.get(page).status_code == 404
    story.mother.read_all()
    story.advance(hours=3)
    story.mother.expect_nothing()


def test_when_the_last_one_leaves_the_operator_hears_of_it(lite: Story) -> None:
    lite.register()
    lite.plan_trip()
    lite.add_contact("Gulnar", MOTHER)
    lite.arm()
    lite.operator.read_all()
    lite.client.post(own_page(lite, "Gulnar"), data={"do": "leave"})
    lite.run()
    lite.operator.expect("has no contact left")


def test_after_stop_the_page_says_how_to_hear_from_us_again(lite: Story) -> None:
    family(lite)
    page = own_page(lite, "Gulnar")
    lite.mother.reply("STOP")
    lite.run()
    assert "send START from that phone" in lite.client.get(page).text


def test_after_stop_the_page_says_that_we_still_call_and_how_to_end_that(sqlite_url: str) -> None:
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": "+48732000000"}) as story:
        story.register()
        story.plan_trip()
        ways = [{"channel": "sms", "address": MOTHER}, {"channel": "voice", "address": MOTHER}]
        body = {"name": "Gulnar", "relation": "mother", "language": "en", "role": "full", "disclosure": "full"}
        story.call("POST", f"/trips/{story.trip_id}/contacts", {**body, "channels": ways}, 201)
        story.run()
        [page] = re.findall(r"https://amanba\.example(/i/\w+)", story.mother.expect("trusted person"))
        story.mother.reply("1")
        assert "In an alarm we still call you" not in story.client.get(page).text
        story.mother.text("stop")
        assert "In an alarm we still call you" in story.client.get(page).text


def test_after_the_end_her_page_goes_on_and_what_she_presses_reaches_nobody(lite: Story) -> None:
    """T18: a page that is gone would tell that the trip has ended."""
    family(lite, words=True)
    page = own_page(lite, "Gulnar")
    before = lite.client.get(page).text
    lite.call("POST", f"/trips/{lite.trip_id}/changes", {"end": {}, "word": "green apples"}, 202)
    lite.run()
    assert trip_of(lite).status == "ended"
    assert lite.client.get(page).text == before
    phones = (lite.traveler, lite.mother, lite.brother, lite.operator)
    for phone in phones:
        phone.read_all()
    assert "You get no messages about this trip" in lite.client.post(page, data={"do": "leave"}).text
    assert "You get no messages about this trip" in lite.client.post(page, data={"do": "accept"}).text
    lite.run()
    assert [phone.unread for phone in phones] == [[], [], [], []]
    mother = trip_of(lite).contact(lite.contacts["Gulnar"])
    assert mother is not None
    assert mother.status == "refused", "she is forgotten as soon as anybody who said no"
    assert lite.client.get("/i/0123456789a").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ["invited", "accepted", "refused"])
def test_it_is_there_in_each_language(lite: Story, language: str, status: str) -> None:
    page = invited(lite)
    if status != "invited":
        lite.client.post(page, data={"do": "accept" if status == "accepted" else "refuse"})
    answer = lite.client.get(page, params={"lang": language})
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == language
    assert "{" not in re.sub(r"<script.*?</script>", "", answer.text)
    assert ("We are not an emergency service" in answer.text) is (language == "en")


HOSTILE = (
    "<script>alert(1)</script>",
    "'; DROP TABLE contacts; --",
    "\x00\u202e",
    "é" * 5000,
    "-1",
    "１２３４",
    " ",
    "٣" * 40,
)


def test_no_field_breaks_it(lite: Story) -> None:
    page = invited(lite)
    lite.client.post(page, data={"do": "accept"})
    fields = ("pin", "present_pin", "language", "place-0", "place-x", "email", "email_pin", "email_code", "do")
    for act in ("pin", "language", "order", "email", "email_code", "nonsense"):
        for value in HOSTILE:
            answer = lite.client.post(page, data={**dict.fromkeys(fields, value), "do": act})
            assert answer.status_code in (200, 413, 422), (act, value)
            assert "<script>alert" not in answer.text
    for query in ("done=<script>", "lang=xx", "done=" + "x" * 3000):
        assert lite.client.get(f"{page}?{query}").status_code == 200
    assert trip_of(lite).contacts[0].status == "accepted"
    choose_pin(lite, "Gulnar")
    assert lite.client.post(page, data={f"x{number}": "1" for number in range(900)}).status_code == 413
