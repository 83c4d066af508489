"""Contacts agree before they are told anything."""

import pytest

from tests.scenarios.story import BROTHER, MOTHER, Story

SECOND, THIRD = "+77018887766", "+77015554433"


def test_an_invitation_says_who_asks_and_what_it_means_and_one_accepts(story: Story) -> None:
    """T27: only an answer from the very number or mailbox that was asked makes a contact."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, accept=False)
    invitation = story.mother.expect("Aizhan")
    for part in ("Gulnar", "trusted person", "text 1 to +48732000000", "STOP"):
        assert part in invitation
    story.mother.reply("1")
    story.mother.expect("Nothing to do now")
    story.traveler.expect("Number 1 on your list has said yes.")


def test_who_has_not_accepted_is_told_nothing_of_an_alarm(story: Story) -> None:
    """T27: not active before she has accepted."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    story.add_contact("Daniyar", BROTHER, accept=False)
    story.arm()
    story.brother.read_all()
    story.advance_to("2026-12-01T23:30+03:00")
    story.mother.expect("Aizhan")
    story.brother.expect_nothing()
    story.brother.reply("1")
    story.advance(hours=5)
    story.brother.expect("no sign since")


def test_after_seven_days_without_an_answer_the_traveler_hears_of_it(story: Story) -> None:
    """T27: seven days of silence are a no, and she is told."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, accept=False)
    story.traveler.read_all()
    story.advance(days=6, hours=23)
    story.keep_house()
    story.traveler.expect_nothing()
    story.advance(hours=2)
    story.keep_house()
    story.traveler.expect("Number 1 on your list has not answered for 7 days")
    story.keep_house()
    story.traveler.expect_nothing()
    story.mother.reply("1")
    story.traveler.expect_nothing()


def test_a_refused_invitation_is_told_and_nothing_more_is_sent(story: Story) -> None:
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, accept=False)
    story.traveler.read_all()
    story.mother.reply("STOP")
    story.run()
    story.traveler.expect("Number 1 on your list cannot")
    assert story.call("POST", f"/trips/{story.trip_id}/arm", expect=409)["missing"] == ["accepted_contact"]


@pytest.mark.parametrize("answer", ["1", "3", "stop"])
def test_who_has_answered_is_not_asked_again_by_another_number(story: Story, answer: str) -> None:
    """The first number's text did not arrive and waits to be tried again, or is given up when she has answered."""
    story.register()
    story.plan_trip()
    ways = [{"channel": "sms", "address": number} for number in (SECOND, THIRD)]
    story.add_contact("Gulnar", MOTHER, accept=False, channels=ways)
    story.twilio.undelivered(story.mother.texts[-1].sid, 30003)
    second = story.phone(SECOND)
    second.expect("asks you to be a trusted person")
    second.reply(answer)
    story.twilio.undelivered(second.texts[0].sid, 30003)
    story.advance(minutes=50)
    asked = [text.to for text in story.twilio.sent if "asks you to be a trusted person" in text.body]
    assert asked == [MOTHER, SECOND]
