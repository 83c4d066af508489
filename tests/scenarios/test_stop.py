"""STOP and START: from her, from her people, in the carrier's words and in others."""

from collections.abc import Iterator

import pytest

from tests.scenarios.story import BROTHER, MOTHER, TRAVELER, Story, family, open_story


def two_relatives(story: Story) -> None:
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    story.add_contact("Daniyar", BROTHER)
    story.arm()
    for phone in (story.traveler, story.mother, story.brother, story.operator):
        phone.read_all()


def test_her_stop_is_no_check_in_and_no_end_and_the_next_alarm_says_it(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T19:40+03:00")
    story.traveler.read_all()
    story.traveler.reply("stop")
    story.advance_to("2026-12-01T21:01+03:00")
    story.traveler.expect_nothing()
    assert "has refused our texts (STOP)" in "\n".join(story.mother.read_all())


def test_her_start_undoes_it_and_is_answered(story: Story) -> None:
    family(story)
    story.traveler.text("стоп")
    story.traveler.expect_nothing()
    story.traveler.text("ok")
    story.traveler.expect_nothing()
    story.traveler.text("start")
    story.traveler.expect("Next check-in: 20:00. Answer OK by then.")
    story.traveler.text("end")
    story.traveler.text("unstop")
    story.traveler.read_all()
    story.advance_to("2026-12-01T19:31+03:00")
    assert len(story.traveler.read_all()) == 1


def test_a_contacts_stop_counts_as_i_cannot_and_start_brings_her_back(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.reply("1")
    story.mother.read_all()
    story.mother.reply("stop")
    story.run()
    story.mother.expect_nothing()
    story.traveler.expect("Gulnar takes no more messages from us")
    story.brother.expect("Could not be told: Gulnar")
    story.advance(minutes=31)
    story.fund.expect("Aizhan")
    story.mother.expect_nothing()
    story.mother.reply("start")
    story.advance(minutes=61)
    story.mother.expect("Aizhan")


def test_with_words_the_traveler_is_not_told_of_it(story: Story) -> None:
    family(story, words=True)
    story.mother.reply("отписаться")
    story.advance(minutes=1)
    story.traveler.expect_nothing()
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.expect_nothing()
    story.brother.expect("Aizhan")


def test_the_last_contact_who_is_lost_pages_the_operator(story: Story) -> None:
    two_relatives(story)
    story.mother.text("stop")
    story.operator.expect_nothing()
    story.brother.text("stop")
    story.operator.expect("Aizhan has no contact left whom we can reach")
    story.advance_to("2026-12-01T21:01+03:00")
    story.operator.expect("Nobody can be told about Aizhan")


def test_a_stop_holds_for_every_trip(story: Story) -> None:
    two_relatives(story)
    story.token = ""
    story.register("Dana", phone="+77017778899")
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    story.add_contact("Daniyar", BROTHER)
    story.arm()
    story.mother.read_all()
    story.mother.text("stop")
    story.advance_to("2026-12-01T21:05+03:00")
    story.mother.expect_nothing()
    said = "\n".join(story.brother.read_all())
    assert "Dana" in said
    assert "Aizhan" in said


def test_her_number_may_say_stop_as_a_contact_of_another_and_her_own_trip_goes_on(story: Story) -> None:
    family(story)
    story.token = ""
    story.register("Dana", phone="+77017778899")
    story.plan_trip()
    story.add_contact("Aizhan", TRAVELER)
    story.add_contact("Gulnar", MOTHER)
    story.arm()
    story.advance_to("2026-12-01T12:00+03:00")
    story.traveler.text("stop")
    story.phone("+77017778899").expect("Aizhan takes no more messages from us")
    story.advance_to("2026-12-01T21:01+03:00")
    assert "STOP" in "\n".join(story.mother.read_all())


@pytest.fixture
def calling(sqlite_url: str) -> Iterator[Story]:
    """An installation that texts and calls."""
    with open_story(sqlite_url, env={"AMANBA_TWILIO_VOICE_FROM": "+48732000000"}) as story:
        yield story


def ask_mother(story: Story) -> None:
    """She is asked by a text; she could be called as well."""
    story.register()
    story.plan_trip()
    ways = [{"channel": "sms", "address": MOTHER}, {"channel": "voice", "address": MOTHER}]
    body = {"name": "Gulnar", "relation": "mother", "language": "en", "role": "full", "disclosure": "full"}
    story.call("POST", f"/trips/{story.trip_id}/contacts", {**body, "channels": ways}, 201)
    story.run()
    story.traveler.read_all()
    story.mother.expect("asks you to be a trusted person")


def test_who_refuses_by_stop_gets_nothing_more_by_any_way_and_the_traveler_hears_it_once(calling: Story) -> None:
    ask_mother(calling)
    calling.mother.text("STOP")
    calling.advance(minutes=10)
    calling.mother.expect_nothing()
    assert not calling.twilio.calls.to(MOTHER)
    assert calling.traveler.read_all() == ["Number 1 on your list cannot. Please choose somebody else."]
    assert {text.to for text in calling.twilio.sent if text.body.startswith("Thank you")} == set()


def test_an_answer_to_a_text_that_does_not_get_through_calls_nobody(calling: Story) -> None:
    ask_mother(calling)
    calling.mother.reply("1")
    calling.mother.read_all()
    calling.twilio.fail_next(400, 21614)
    calling.mother.text("help")
    calling.advance(minutes=10)
    assert not calling.twilio.calls.to(MOTHER)
