"""Where a text belongs: a code's alarm, the only alarm, an invitation, a question, or the sender's own trip."""

import re

from service.usecases.read_inbox import read_inbox
from tests.mock_twilio import Phone
from tests.scenarios.story import BROTHER, FUND, MOTHER, Story, family

DANA = "+77017778899"


def code_in(text: str) -> str:
    found = re.search(r"#([A-Z2-9]{4})\b", text)
    assert found is not None, text
    return found.group(1)


def code_to(phone: Phone) -> str:
    """The code of the first text of the alarm."""
    text = phone.read_all()[0]
    return code_in(text)


def second_trip(story: Story, name: str = "Dana", phone: str = DANA) -> None:
    """Another traveler, whose people are the same mother and brother."""
    story.token = ""
    story.register(name, phone=phone)
    story.plan_trip()
    for contact, number in (("Gulnar", MOTHER), ("Daniyar", BROTHER)):
        story.add_contact(contact, number)
    story.arm()
    for one in (MOTHER, BROTHER, phone):
        story.phone(one).read_all()


def sister_is_traveler_and_contact(story: Story) -> None:
    """Aizhan's trusted person Dana travels herself; Aizhan's people are Dana and the fund."""
    story.register("Dana", phone=DANA)
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER)
    story.arm()
    story.token = ""
    story.register()
    story.plan_trip({"daily": [{"time": "14:00"}], "grace_seconds": 3600})
    story.add_contact("Dana", DANA)
    story.add_contact("Saule", FUND)
    story.arm()
    for phone in (DANA, MOTHER, FUND):
        story.phone(phone).read_all()


def test_with_two_alarms_a_bare_digit_is_asked_which_and_a_code_answers(story: Story) -> None:
    family(story)
    second_trip(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.read_all()
    story.mother.reply("1")
    asked = story.mother.expect("Which one?")
    [of_dana] = re.findall(r"([A-Z2-9]{4}) Dana", asked)
    assert "Aizhan" in asked
    story.mother.reply(f"2 {of_dana}")
    story.mother.expect("Dana is safe. Gulnar heard the voice.")
    story.mother.reply("1")
    story.mother.expect("You have it until")


def test_a_code_works_only_from_the_number_that_it_was_sent_to(story: Story) -> None:
    family(story)
    second_trip(story)
    story.advance_to("2026-12-01T21:16+03:00")
    story.brother.read_all()
    code = code_to(story.mother)
    story.fund.text(f"2 {code}")
    stranger = story.phone("+77050001122")
    stranger.text(f"2 {code}")
    story.brother.text(f"2 {code}")
    story.advance(minutes=1)
    stranger.expect_nothing()
    assert "is safe" not in " ".join([*story.mother.read_all(), *story.brother.read_all()])


def test_a_code_that_names_nothing_is_no_bare_digit(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.read_all()
    story.mother.reply("2 Q7QQ")
    story.mother.expect("We did not understand")
    story.mother.expect_nothing()


def test_a_digit_with_a_code_is_no_check_in_of_the_travelers(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T19:40+03:00")
    story.traveler.read_all()
    story.traveler.reply("1 Q7QQ")
    story.traveler.expect("We did not understand")
    story.traveler.reply("1")
    story.traveler.expect("Next check-in: 02.12 20:00")


def test_an_old_alarms_code_and_page_do_not_touch_the_new_one(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    old = "\n".join(story.mother.read_all())
    [page] = re.findall(r"https://amanba\.example(/a/\w+)", old)
    story.mother.reply("2")
    story.mother.expect("Aizhan is safe")
    story.advance_to("2026-12-02T21:01+03:00")
    story.mother.expect("Aizhan")
    story.mother.read_all()
    story.mother.reply(f"2 {code_in(old)}")
    story.mother.expect("This alarm has ended")
    story.client.post(page, data={"answer": "2", "nonce": "n1"})
    story.run()
    story.mother.expect_nothing()
    story.advance(minutes=15)
    story.brother.expect("Aizhan")


def test_an_alarm_page_is_dead_72_hours_after_the_end(story: Story) -> None:
    """T28."""
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    [page] = re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(story.mother.read_all()))
    story.mother.reply("2")
    story.run()
    assert story.client.get(page).status_code == 200
    story.now = story.now.replace(day=4, hour=19)
    story.traveler.text("ok")
    assert story.client.get(page).status_code == 404
    story.mother.read_all()
    story.client.post(page, data={"answer": "4", "nonce": "n1"})
    story.run()
    assert "Do NOT call" not in " ".join([*story.mother.read_all(), *story.fund.read_all()])


def test_a_person_who_was_not_told_of_the_new_alarm_cannot_end_it(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    story.mother.reply("2")
    story.brother.expect("Aizhan is safe")
    story.advance_to("2026-12-02T21:01+03:00")
    story.mother.expect("Aizhan")
    story.brother.read_all()
    story.brother.reply("2")
    story.brother.expect("This alarm has ended")
    story.advance(minutes=15)
    story.brother.expect("Aizhan")


def test_a_sister_who_travels_herself_is_heard_as_both(story: Story) -> None:
    sister_is_traveler_and_contact(story)
    dana = story.phone(DANA)
    story.advance_to("2026-12-01T15:01+03:00")
    dana.expect("Aizhan")
    dana.read_all()
    # A check-in in words is her own, a digit is for the alarm that she was told of.
    dana.reply("ok")
    dana.expect("Thank you. Next check-in")
    dana.reply("1")
    dana.expect("You have it until")
    dana.reply("2")
    dana.expect("Aizhan is safe")
    # After its end a digit is her own again, but 4 still means the alarm.
    dana.reply("1")
    dana.expect("Thank you. Next check-in")
    dana.reply("4")
    dana.expect("Do NOT call or text Aizhan")
    dana.reply("sos")
    dana.expect("We are telling your people now")
    story.mother.expect("Dana asked for help")


def test_an_open_invitation_comes_before_the_own_trip(story: Story) -> None:
    family(story)
    story.token = ""
    story.register("Dana", phone=DANA)
    story.plan_trip()
    story.add_contact("Aizhan", story.traveler.number, accept=False)
    story.advance_to("2026-12-01T19:40+03:00")
    story.traveler.read_all()
    story.traveler.reply("ok")
    story.traveler.expect("Next check-in")
    story.traveler.reply("1")
    story.traveler.expect("Nothing to do now")


def test_within_two_hours_any_of_those_told_may_object_by_code_too(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    code = code_to(story.brother)
    story.mother.reply("2")
    story.brother.expect("Aizhan is safe")
    story.advance(minutes=100)
    story.brother.reply(f"4 {code}")
    story.brother.expect("Do NOT call or text")
    story.run()
    story.fund.expect("Do NOT call or text Aizhan")


def test_with_two_ended_alarms_a_doubt_is_asked_which(story: Story) -> None:
    family(story)
    second_trip(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.traveler.text("ok")
    story.phone(DANA).text("ok")
    story.advance(minutes=1)
    story.mother.read_all()
    story.mother.reply("4")
    asked = story.mother.expect("Which one?")
    [of_dana] = re.findall(r"([A-Z2-9]{4}) Dana", asked)
    story.mother.reply(f"4 {of_dana}")
    story.mother.expect("Do NOT call or text Dana")


def test_an_odd_voice_beats_a_safe_one_whoever_came_first(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    story.mother.read_all()
    story.brother.text("2")
    story.mother.text("4")
    story.advance(minutes=1)
    story.mother.expect("Do NOT call or text Aizhan")
    story.fund.expect("Do NOT call or text Aizhan")
    story.brother.reply("2")
    story.brother.expect("It is in hand")


def test_an_objection_after_hours_counts_against_a_voice_heard_only(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.traveler.text("ok")
    story.mother.expect("has answered")
    story.advance(hours=3)
    story.mother.reply("4")
    story.mother.expect("ended too long ago")
    story.mother.expect_nothing()


def test_digits_of_one_batch_act_on_what_the_ones_before_made(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    story.mother.read_all()
    story.brother.read_all()
    story.is_down = True
    for phone, text in ((story.mother, "1"), (story.brother, "1"), (story.mother, "3"), (story.brother, "2")):
        story.twilio.text_unheard(phone.number, text)
    story.is_down = False
    story.advance(minutes=2)
    assert read_inbox(story.service) == 0
    assert len([t for t in story.brother.read_all() if "Aizhan is safe" in t]) == 1
    assert len([t for t in story.mother.read_all() if "Aizhan is safe" in t]) == 1


def test_from_one_page_a_double_tap_is_one_answer_and_another_answer_is_another(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    [page] = set(re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(story.mother.read_all())))
    story.brother.read_all()
    for answer in ("1", "1", "3"):
        story.client.post(page, data={"answer": answer, "nonce": "the-same"})
    story.run()
    assert len([text for text in story.brother.read_all() if "Gulnar has taken the alarm" in text]) <= 1
    story.advance(minutes=31)
    story.fund.expect("Aizhan")
    story.mother.expect_nothing()
