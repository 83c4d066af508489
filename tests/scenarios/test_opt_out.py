"""STOP, START and HELP as the provider takes them, by words of its own; HELP and INFO; and answers that nobody asked
for."""

from collections.abc import Iterator

import pytest

from service.usecases.replies import MOST_UNASKED
from tests.scenarios.story import MOTHER, TRAVELER, Story, family, open_story


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as opened:
        yield opened


def test_what_the_provider_takes_for_stop_and_start_is_that_in_any_words(story: Story) -> None:
    family(story)
    story.twilio.text(MOTHER, "Rahmet, kerek emes", opt_out="STOP")
    story.traveler.expect("Gulnar takes no more messages from us")
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.expect_nothing()
    story.brother.expect("Could not be told: Gulnar")
    story.twilio.text(MOTHER, "Qaita bastau", opt_out="START")
    story.advance(minutes=61)
    story.mother.expect("no sign since")


def test_her_own_stop_and_start_by_the_providers_words(lite: Story) -> None:
    family(lite)
    lite.twilio.text(TRAVELER, "basta", opt_out="STOP")
    lite.advance_to("2026-12-01T20:05+03:00")
    lite.traveler.expect_nothing()
    lite.twilio.text(TRAVELER, "ok", opt_out="START")
    lite.traveler.text("status")
    lite.traveler.expect("Next check-in")
    lite.advance_to("2026-12-01T21:05+03:00")
    lite.mother.expect_nothing()


def test_of_her_stop_in_the_providers_words_nothing_is_answered_with_words_either(lite: Story) -> None:
    family(lite, words=True)
    lite.twilio.text(TRAVELER, "basta", opt_out="STOP")
    lite.run()
    lite.traveler.expect_nothing()
    assert not any(text.body == "Thank you!" for text in lite.twilio.sent)
    lite.traveler.text("unstop")
    lite.traveler.expect("Thank you!")


@pytest.mark.parametrize(("body", "taken_for"), [("HELP", None), ("help please", None), ("Sama sama", "HELP")])
def test_her_help_is_distress_whoever_understands_it(lite: Story, body: str, taken_for: str | None) -> None:
    family(lite)
    lite.twilio.text(TRAVELER, body, opt_out=taken_for)
    lite.run()
    lite.mother.expect("Aizhan asked for help")


@pytest.mark.parametrize("body", ["INFO", "инфо", "анықтама"])
def test_info_is_no_distress_and_is_answered(lite: Story, body: str) -> None:
    family(lite)
    lite.twilio.text(TRAVELER, body, opt_out="HELP")
    lite.traveler.expect("Next check-in: 20:00")
    lite.mother.expect_nothing()


@pytest.mark.parametrize("body", ["HELP", "info", "Көмек"])
def test_a_contacts_help_is_answered_with_how_to_answer(lite: Story, body: str) -> None:
    family(lite)
    lite.mother.text(body)
    lite.mother.expect("You are a trusted person of Aizhan. Nothing to do now")
    lite.advance_to("2026-12-01T21:01+03:00")
    lite.mother.expect("no sign since")
    lite.mother.text(body)
    lite.mother.expect("Answer: 1 I take it, 2 I heard the voice")
    lite.traveler.text("blue door")
    assert "asked for help" not in "\n".join(lite.brother.read_all())


def test_answers_that_nobody_asked_for_are_few_and_the_others_go_on(story: Story) -> None:
    """As GoAlert: two machines must not answer each other."""
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.read_all()
    for body in ("I am driving and will read this later", "help") * (MOST_UNASKED // 2 + 1):
        story.mother.text(body)
    assert len(story.mother.read_all()) == MOST_UNASKED
    story.mother.text("1")
    story.mother.expect("You have it until")
    story.advance(minutes=61)
    story.mother.text("help")
    story.mother.expect("Answer: 1 I take it")


def test_of_a_plain_trip_her_unclear_texts_are_answered_as_often(lite: Story) -> None:
    family(lite)
    for _ in range(MOST_UNASKED + 1):
        lite.traveler.text("what is this")
    assert len(lite.traveler.read_all()) == MOST_UNASKED
    lite.traveler.text("ok")
    lite.traveler.expect("Thank you")


def test_with_words_no_text_is_answered_less_often_than_another(lite: Story) -> None:
    """T1, T5: how often she is answered tells nothing of what she wrote."""
    family(lite, words=True)
    for _ in range(MOST_UNASKED + 1):
        lite.traveler.text("what is this")
    assert len(lite.traveler.read_all()) == MOST_UNASKED + 1
