"""Texts as they go to one country and another, by one sender and another; and where their readers answer."""

import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Connection, select

from notifiers.registry import configured
from service.db.stored import table_of
from service.db.tables import Trip
from service.db.trips import Address, TripKey
from service.usecases.carriage import by_page_only, carriage_to
from service.usecases.contact_choices import set_letters
from service.usecases.contact_way import accept
from service.usecases.reminding import by_another_way
from service.usecases.work import Work
from tests.scenarios.story import MOTHER, Story, family, open_story

NUMBER = "+48732000000"
EMIRATES = "+971501234567"
KOREA = "+821012345678"
POLAND = "+48512345678"
PAGE = re.compile(r"https://amanba\.example/([ai])/(\w+)")


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as opened:
        yield opened


@pytest.fixture
def named(sqlite_url: str) -> Iterator[Story]:
    """An installation that sends as "Amanba", which nobody can reply to, and has a number for texts."""
    env = {"AMANBA_TWILIO_FROM": "Amanba", "AMANBA_TWILIO_INBOUND": NUMBER}
    with open_story(sqlite_url, env=env) as opened:
        opened.twilio.numbers += ("Amanba",)
        yield opened


@pytest.fixture
def mute(sqlite_url: str) -> Iterator[Story]:
    """One that sends as "Amanba" and cannot be texted at all."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_FROM": "Amanba"}) as opened:
        opened.twilio.numbers += ("Amanba",)
        yield opened


def people(story: Story, **numbers: str) -> None:
    """A trip under way whose only people have these numbers."""
    story.register()
    story.plan_trip()
    for name, number in numbers.items():
        story.add_contact(name, number)
    story.arm()
    for number in numbers.values():
        story.phone(number).read_all()
    story.traveler.read_all()


def test_each_country_gets_what_its_networks_carry(lite: Story) -> None:
    people(lite, Gulnar=MOTHER, Дәна=EMIRATES, Min=KOREA, Anna=POLAND)
    lite.advance_to("2026-12-01T21:01+03:00")
    lite.advance(minutes=31)
    mother, dana, korea, anna = ("\n".join(lite.phone(n).read_all()) for n in (MOTHER, EMIRATES, KOREA, POLAND))
    assert f"Answer to {NUMBER}: 1 I take it" in mother
    assert "+902422471000" in mother
    assert "://" not in dana
    assert "+90" not in dana
    assert "Answers to this text do not reach us." in dana
    assert "Lotus Garden Hotel" in dana
    korea.encode("euc_kr")
    assert "Antalya, Turkiye" in korea
    assert "Answer: 1 I take it" in anna
    lite.phone(EMIRATES).text("1", to=NUMBER)
    lite.mother.expect("Дәна has taken the alarm")
    lite.phone(KOREA).expect("Dana has taken the alarm")


def test_a_sender_that_is_a_name_prints_the_number_to_write_to_everywhere(named: Story) -> None:
    named.register()
    named.plan_trip()
    named.add_contact("Anna", POLAND, accept=False)
    invitation = named.phone(POLAND).expect("is going abroad")
    assert f"Accept: text 1 to {NUMBER}." in invitation
    named.phone(POLAND).text("1", to=NUMBER)
    named.phone(POLAND).expect("Nothing to do now")
    named.arm()
    named.advance_to("2026-12-01T19:31+03:00")
    named.traveler.expect(f"Please text OK to {NUMBER} by 20:00.")
    named.traveler.text("HOME", to=NUMBER)
    assert NUMBER not in named.traveler.expect("Thank you")


def test_who_can_be_texted_by_nobody_leads_to_pages(mute: Story) -> None:
    mute.register()
    mute.plan_trip()
    mute.add_contact("Gulnar", MOTHER, accept=False)
    invitation = mute.mother.expect("Accept or refuse: https://amanba.example/i/")
    found = PAGE.search(invitation)
    assert found is not None
    assert accept(mute.service, found[2])
    mute.run()
    mute.arm()
    mute.advance_to("2026-12-01T19:31+03:00")
    reminder = mute.traveler.expect("Please send us your OK by 20:00.")
    assert "Say OK on this page: https://amanba.example/c/" in reminder
    assert "Nobody reads" not in reminder
    mute.advance_to("2026-12-01T21:01+03:00")
    alarm = mute.mother.expect("no sign since")
    assert "Please answer on this page: https://amanba.example/a/" in alarm
    assert "1 I take it" not in alarm


def test_what_she_reads_with_words_tells_nothing_but_a_number(named: Story) -> None:
    """T1, T2: the same for a safe word and a danger word, and constant but for the number."""
    family(named, words=True)
    named.traveler.text("green apples", to=NUMBER)
    named.traveler.text("blue door", to=NUMBER)
    named.traveler.text("what", to=NUMBER)
    assert set(named.traveler.read_all()) == {"Thank you!"}
    named.advance_to("2026-12-02T19:31+03:00")
    named.traveler.text("status", to=NUMBER)
    assert set(named.traveler.read_all()) == {f"Hi, how are you? Write when you can. {NUMBER}", "Thank you!"}


def test_a_contact_may_choose_latin_letters_for_her_texts_and_nothing_else(lite: Story) -> None:
    lite.register("Айжан")
    lite.plan_trip()
    lite.add_contact("Гүлнар", MOTHER, language="kk", accept=False)
    link = PAGE.search(lite.mother.expect("шетелге барады"))
    assert link is not None
    page = f"/i/{link[2]}"
    assert lite.client.post(page, data={"do": "accept"}).status_code in (200, 303)
    lite.client.post(page, data={"do": "letters", "letters": "latin"})
    lite.run()
    lite.arm()
    lite.mother.read_all()
    lite.advance_to("2026-12-01T21:01+03:00")
    text = lite.mother.expect("Aijan: 22:00 bastap belgi joq.")
    assert text.isascii() or set("äöüñÄÖÜÑ").issuperset(c for c in text if not c.isascii())
    assert lite.service.segments(text) <= 3
    alarm = PAGE.search(text)
    assert alarm is not None
    assert "Айжан" in lite.client.get(f"/a/{alarm[2]}").text
    assert set_letters(lite.service, link[2], latin=False)
    lite.advance(minutes=16)
    lite.mother.expect("Айжан: 22:00 бастап белгі жоқ.")


def test_a_text_that_goes_on_to_another_country_is_written_for_it(lite: Story) -> None:
    lite.register()
    lite.plan_trip()
    ways = [{"channel": "sms", "address": POLAND}, {"channel": "sms", "address": EMIRATES}]
    body = {"name": "Anna", "relation": "sister", "language": "en", "role": "full", "disclosure": "full"}
    lite.call("POST", f"/trips/{lite.trip_id}/contacts", {**body, "channels": ways}, 201)
    lite.run()
    lite.phone(POLAND).reply("1")
    lite.arm()
    lite.twilio.refuse(POLAND, 21614)
    lite.advance_to("2026-12-01T21:01+03:00")
    said = "\n".join(lite.phone(EMIRATES).read_all())
    assert "Aizhan: no sign since" in said
    assert "Answers to this text do not reach us." in said
    assert "://" not in said
    assert "+90" not in said


def test_an_adapter_that_nobody_can_text_leads_to_pages_as_well(lite: Story) -> None:
    env = {
        "AMANBA_HTTP_SMS_URL": "http://127.0.0.1:9/messages",
        "AMANBA_HTTP_SMS_SECRET": "a-secret-of-32-letters-or-more",
    }
    alone, with_number = (
        replace(lite.service, notifiers=configured({**env, **more}, lambda: lite.now), carriages={})
        for more in ({}, {"AMANBA_HTTP_SMS_NUMBERS": NUMBER})
    )
    assert by_page_only(carriage_to(alone, "sms", POLAND))
    assert carriage_to(with_number, "sms", POLAND).replies
    assert carriage_to(with_number, "sms", MOTHER).number == NUMBER
    assert carriage_to(with_number, "telegram", "telegram:123").replies


@pytest.mark.parametrize("words", [False, True])
def test_a_reminder_that_goes_on_to_another_way_says_where_to_answer_there(lite: Story, words: bool) -> None:
    """Written for her chat, which takes answers; the number that follows it cannot be answered."""
    family(lite, words=words)
    written = "Hi, how are you? Write when you can." if words else "Please answer OK by 20:00."

    def go_on(to: Address) -> str:
        def read(conn: Connection) -> str:
            [trip] = lite.service.trips(conn, [key_of(lite, conn)], lite.now).values()
            return by_another_way(Work(lite.service, conn, lite.now), trip, to, written)

        return lite.service.read(read)

    there = NUMBER if words else f"Send your answer to {NUMBER}."
    assert go_on(Address(1, "sms", MOTHER, b"")) == f"{written} {there}"
    assert go_on(Address(1, "sms", POLAND, b"")) == written
    assert go_on(Address(1, "telegram", "telegram:1", b"")) == written
    letter = go_on(Address(1, "email", "a@example.org", b""))
    assert NUMBER in letter
    assert ("https://" in letter) is not words


def key_of(story: Story, conn: Connection) -> TripKey:
    trips = table_of(Trip)
    row = conn.execute(select(trips.c.traveler_id, trips.c.trip_id).where(trips.c.trip_id == UUID(story.trip_id))).one()
    return TripKey(row.traveler_id, row.trip_id)
