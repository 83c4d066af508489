"""Safe and duress words: whoever holds her phone sees the same for both, and her people do not."""

import re

from service.usecases.close_alarm import Closing, close_by_operator
from tests.scenarios.story import MOTHER, Story, family


def test_a_bare_ok_holds_an_alarm_and_does_not_end_it(story: Story) -> None:
    family(story, words=True)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.expect("Aizhan")
    story.mother.read_all()
    story.traveler.reply("ok")
    story.mother.expect("It does not prove who wrote")
    story.advance(minutes=61)
    assert story.brother.unread, "after the hold the ladder goes on"


def test_a_safe_word_ends_a_missed_alarm(story: Story) -> None:
    family(story, words=True)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.read_all()
    story.traveler.reply("Green apples!")
    story.mother.expect("Aizhan has answered. The alarm has ended.")


def test_every_text_gets_the_same_answer(story: Story) -> None:
    family(story, words=True)
    answers = []
    for text in ("ok", "green apples", "heavy rain", "what is this", "", "pause 3h", "late 1h", "status", "12345"):
        story.advance(minutes=7)
        story.traveler.text(text)
        story.advance(seconds=30)
        answers.append(story.traveler.read_all())
    assert answers == [["Thank you!"]] * len(answers)


def test_a_duress_word_tells_those_with_the_role_and_nobody_says_call(story: Story) -> None:
    family(story, words=True)
    story.advance_to("2026-12-01T19:40+03:00")
    story.traveler.read_all()
    story.traveler.reply("heavy rain")
    story.traveler.expect("Thank you!")
    for phone in (story.mother, story.fund):
        text = phone.expect("Do NOT call or text Aizhan")
        assert text.startswith("Do NOT call or text Aizhan")
        assert not re.search(r"\b(call|safe)\b", text.replace("Do NOT call", ""))
    story.brother.expect_nothing()
    story.advance_to("2026-12-02T12:00+03:00")
    story.traveler.expect_nothing()
    story.brother.expect_nothing()


def test_people_without_the_role_who_had_been_told_are_asked_to_stand_back_once(story: Story) -> None:
    family(story, words=True)
    story.advance_to("2026-12-01T21:20+03:00")
    story.brother.read_all()
    story.traveler.reply("heavy rain")
    story.run()
    story.brother.expect("It is in hand. Please do not call or text Aizhan.")
    story.advance(hours=20)
    story.brother.expect_nothing()


def test_two_people_end_a_duress_alarm_and_one_does_not(story: Story) -> None:
    """T30."""
    family(story, words=True)
    story.traveler.text("heavy rain")
    pages = {}
    for phone in (story.mother, story.fund):
        pages[phone.number] = re.findall(r"https://amanba\.example(/a/\w+)", phone.expect("Do NOT call"))[0]
    story.mother.reply("2")
    story.mother.expect("only when two people say so")

    def press(number: str, nonce: str) -> None:
        answer = story.client.post(pages[number], data={"answer": "close", "nonce": nonce}, follow_redirects=False)
        assert answer.status_code == 303
        story.run()

    press(story.mother.number, "n1")
    press(story.mother.number, "n2")
    story.fund.expect_nothing()
    press(story.fund.number, "n3")
    story.mother.expect("Two people have ended the alarm about Aizhan")
    story.fund.expect("Two people have ended the alarm about Aizhan")


def test_weak_signs_alone_open_an_unproven_alarm_and_her_voice_ends_it(story: Story) -> None:
    family(story, words=True)
    for day in range(1, 4):
        story.advance_to(f"2026-12-{day:02}T19:50+03:00")
        story.traveler.text("ok")
    story.advance_to("2026-12-04T06:50+03:00")
    story.mother.expect_nothing()
    story.advance_to("2026-12-04T07:10+03:00")
    text = story.mother.expect("question")
    assert "Aizhan" in text
    story.brother.expect_nothing()
    story.mother.reply("2")
    story.mother.expect("Aizhan is safe")


def test_a_sign_of_life_after_duress_closes_nothing(story: Story) -> None:
    family(story, words=True)
    story.traveler.text("heavy rain")
    story.mother.read_all()
    story.advance(hours=2)
    story.traveler.text("green apples")
    story.advance(minutes=1)
    assert not [text for text in story.mother.read_all() if "ended" in text]


def test_sos_tells_everybody_at_once_and_no_text_of_hers_ends_it(story: Story) -> None:
    family(story, words=True)
    story.traveler.text("sos they took my passport")
    for phone in (story.mother, story.brother, story.fund):
        phone.expect("Aizhan")
        phone.read_all()
    story.traveler.text("ok")
    story.traveler.text("green apples")
    story.advance(minutes=2)
    for phone in (story.mother, story.brother, story.fund):
        assert not [text for text in phone.read_all() if "ended" in text]
    story.fund.reply("2")
    story.mother.expect("Aizhan is safe. Saule heard the voice.")


def test_with_one_person_only_the_operator_is_the_second(story: Story) -> None:
    """T30."""
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    story.set_words()
    story.arm()
    story.mother.read_all()
    story.traveler.text("heavy rain")
    page = re.findall(r"https://amanba\.example(/a/\w+)", story.mother.expect("Do NOT call"))[0]
    story.client.post(page, data={"answer": "close", "nonce": "n1"}, follow_redirects=False)
    story.run()
    code = story.operator.expect("It takes a second one").split("amanba close ")[1][:4]
    assert close_by_operator(story.service, "Z9Z9") is Closing.NONE
    assert close_by_operator(story.service, f"#{code.lower()}") is Closing.ENDED
    story.run()
    story.mother.expect("Two people have ended the alarm about Aizhan")
