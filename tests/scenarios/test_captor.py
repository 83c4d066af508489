"""Somebody has her phone, and tries: he answers for her, guesses words, asks for changes, and removes people. Somebody
else is one of her people, and lies. What he sees is the same each time, and nobody is put off for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.core.alarm import AlarmKind
from service.usecases.close_alarm import Closing, close_by_operator
from tests.mock_twilio import Phone
from tests.scenarios.story import BROTHER, FUND, MOTHER, TRAVELER, Story, family, open_story
from tests.web.contact_pages import trip_of

STRANGER = "+77050001122"
THANKS = "Thank you!"


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    """A story where the kind of database makes no difference."""
    with open_story(sqlite_url) as told:
        yield told


def change(story: Story, **body: Any) -> None:
    story.call("POST", f"/trips/{story.trip_id}/changes", body, 202)
    story.run()


def page_of(phone: Phone) -> str:
    """The path of the alarm page in the texts that lie unread on a phone."""
    found: list[str] = re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(phone.read_all()))
    return found[-1]


def press(story: Story, page: str, answer: str, nonce: str) -> str:
    """Press a button on an alarm page; what the page says then."""
    assert story.client.post(page, data={"answer": answer, "nonce": nonce}).status_code == 200
    story.run()
    return story.client.get(page).text


def everybody(story: Story) -> tuple[Phone, ...]:
    return story.mother, story.brother, story.fund


class TestHeAnswersForHer:
    def test_his_ok_hour_after_hour_misses_nothing_and_her_voice_is_asked_for(self, story: Story) -> None:
        """T7, T44: a bare OK satisfies each deadline; after 72 h one person, a day later the next is asked to call."""
        family(story, words=True)
        for _ in range(17):
            story.advance(minutes=6 * 59)
            story.traveler.text("ok")
        assert set(story.traveler.read_all()) == {THANKS}, "no reminder, and nothing else"
        asked = story.mother.expect("Please call Aizhan and ask your question.")
        assert "nobody has heard the voice since" in asked
        (brother,) = story.brother.read_all()
        assert brother.startswith("Please call Aizhan and ask your question.")
        assert "no sign since" not in "\n".join(story.mother.received + story.brother.received)

    def test_late_again_and_again_buys_one_evening(self, lite: Story) -> None:
        """T45: each deadline moves once, by 12 h at most, satisfies nothing and counts as weak."""
        family(lite, words=True)
        for day in range(1, 4):
            lite.advance_to(f"2026-12-{day:02}T19:40+03:00")
            for span in ("late 6h", "late 6h", "late 12h"):
                lite.traveler.text(span)
            lite.advance_to(f"2026-12-{day + 1:02}T01:50+03:00")
            lite.traveler.text("ok")
        assert set(lite.traveler.read_all()) <= {THANKS, "Hi, how are you? Write when you can. +48732000000"}
        lite.advance_to("2026-12-04T07:10+03:00")
        lite.mother.expect("Please call Aizhan and ask your question.")
        lite.mother.reply("2")
        lite.mother.expect("Aizhan is safe")
        lite.advance_to("2026-12-04T19:40+03:00")
        lite.traveler.text("late 6h")
        lite.advance_to("2026-12-05T02:55+03:00")
        lite.traveler.text("late 6h")
        lite.advance_to("2026-12-05T03:01+03:00")
        assert "no sign since" in "\n".join(lite.mother.read_all()), "the second one moved nothing"

    def test_an_ok_that_is_not_hers_ends_no_alarm(self, story: Story) -> None:
        """T51: in a trip with words neither her number, forged or held, nor her page ends a missed alarm by an OK."""
        family(story, words=True)
        story.advance_to("2026-12-01T21:20+03:00")
        page = story.check_in_url.removeprefix("https://amanba.example")
        story.traveler.text("ok")
        story.client.post(page, data={"nonce": "n1", "text": "ok"})
        story.call("POST", f"/trips/{story.trip_id}/check-ins", {"text": "I am fine"}, 202)
        story.phone(STRANGER).text("green apples")
        story.advance(hours=2)
        for phone in everybody(story):
            assert "ended" not in "\n".join(phone.read_all())
        story.phone(STRANGER).expect_nothing()
        story.traveler.text("green apples")
        story.mother.expect("Aizhan has answered. The alarm has ended.")


class TestHeTriesWords:
    GUESSES = ("please", "help me", "pass", "mama", "green apple", "heavy rain", "red apples", "rain", "blue", "dog")
    MORE = ("yes", "no", "0000", "green apples", "sos?", "я дома", "көмек", "hello", "emergency", "kod", "test", "?")

    def test_one_by_one_and_learns_nothing(self, lite: Story) -> None:
        """T1, T5, T50: whatever is typed gets one and the same answer, twenty an hour, and then none: no lock shows."""
        family(lite, words=True)
        answers = []
        for guess in (*self.GUESSES, *self.MORE):
            lite.traveler.text(guess)
            answers.append(lite.traveler.read_all())
        assert answers == [[THANKS]] * 20 + [[]] * 2
        lite.advance(minutes=61)
        lite.traveler.text("ok")
        assert lite.traveler.read_all() == [THANKS], "as on any day"
        lite.mother.expect("Do NOT call or text Aizhan")
        view = trip_of(lite).alarm
        assert view is not None
        assert view.view.kind is AlarmKind.DURESS, "his guess told her people"

    def test_on_her_pages_too(self, lite: Story) -> None:
        """T2: the check-in page and the API answer each guess in the same bytes."""
        family(lite, words=True)
        page = lite.check_in_url.removeprefix("https://amanba.example")
        seen = set()
        for number, guess in enumerate((*self.GUESSES, *self.MORE)):
            answer = lite.client.post(page, data={"nonce": f"n{number}", "text": guess})
            told = lite.call("POST", f"/trips/{lite.trip_id}/check-ins", {"text": guess}, 202)
            lite.run()
            headers = tuple(sorted((name, value) for name, value in answer.headers.items() if name != "date"))
            seen.add((answer.status_code, headers, answer.text, tuple(told)))
        assert len(seen) == 1
        lite.traveler.expect_nothing()


class TestHeAsksForChanges:
    def test_pause_and_stop_delay_nothing_tonight_and_her_people_hear(self, story: Story) -> None:
        """T9: a pause waits 48 h and is told at once; STOP ends no watch, and the alarm says that it was said."""
        family(story, words=True)
        story.traveler.text("pause 30 days")
        assert story.traveler.read_all() == [THANKS]
        for phone in everybody(story):
            phone.expect("A change of the plan of Aizhan was asked for. Please call and ask your question.")
        story.traveler.text("stop")
        story.traveler.expect_nothing()
        story.advance_to("2026-12-01T21:01+03:00")
        story.traveler.expect_nothing()
        said = "\n".join(story.mother.read_all())
        assert "no sign since 22:00" in said
        assert "has refused our texts (STOP)" in said

    def test_an_end_that_he_types_ends_nothing(self, lite: Story) -> None:
        """T10: without a safe word it is asked of her people; one who doubts keeps the watch as it is."""
        family(lite, words=True, ends_at="2026-12-02T09:00:00+05:00")
        lite.traveler.text("home")
        lite.traveler.text("end")
        change(lite, end=True)
        assert lite.traveler.read_all() == [THANKS], "the carrier answers END itself"
        for phone in everybody(lite):
            assert len([text for text in phone.read_all() if "says that the trip is over" in text]) == 1
        lite.mother.reply("4")
        lite.traveler.text("start")
        lite.advance_to("2026-12-02T21:01+03:00")
        assert "no sign since" in "\n".join(lite.mother.read_all())

    def test_who_is_taken_off_hears_nothing_and_is_told_of_alarms_for_two_days(self, story: Story) -> None:
        """T9, T23: removing all of her people on the unlocked phone silences none of them tonight."""
        family(story, words=True)
        for contact in ("Gulnar", "Daniyar", "Saule"):
            story.advance(minutes=1)
            change(story, remove_contact=story.contacts[contact])
        assert [len(phone.read_all()) for phone in everybody(story)] == [2, 2, 2], "each hears of the others"
        story.advance_to("2026-12-01T21:50+03:00")
        for phone in everybody(story):
            assert "no sign since" in "\n".join(phone.read_all())

    def test_a_new_number_of_his_becomes_nobodys(self, lite: Story) -> None:
        """T11, T48: a text from a number that nobody knows gets no answer and does nothing, whatever it says."""
        family(lite, words=True)
        for text in ("ok", "green apples", "this is my new number", "sos", "1"):
            lite.phone(STRANGER).text(text)
        lite.phone(STRANGER).expect_nothing()
        lite.advance_to("2026-12-01T21:01+03:00")
        lite.mother.expect("no sign since")


class TestOneOfHerPeopleLies:
    def test_who_closes_is_named_to_everybody_and_may_be_contradicted(self, lite: Story) -> None:
        """T29: a 2 that was forged or false ends it with a name; one doubt opens it again as duress."""
        family(lite, words=True)
        lite.advance_to("2026-12-01T21:50+03:00")
        for phone in everybody(lite):
            phone.read_all()
        lite.brother.reply("2")
        for phone in everybody(lite):
            text = phone.expect("Aizhan is safe. Daniyar heard the voice.")
            assert "If something is not right, answer 4." in text
        lite.advance(minutes=119)
        lite.mother.reply("4")
        lite.mother.expect("Do NOT call or text Aizhan")
        lite.fund.expect("Do NOT call or text Aizhan")
        told = press(lite, page_of_again(lite.fund), "1", "n1")
        assert "Daniyar: I heard the voice, safe" in told
        assert "Gulnar: something is not right" in told

    def test_after_two_hours_only_a_voice_may_still_be_doubted(self, lite: Story) -> None:
        """T29: the window of two hours, for what no voice ended."""
        family(lite)
        lite.advance_to("2026-12-01T21:20+03:00")
        lite.traveler.text("ok")
        lite.advance(hours=2, minutes=1)
        lite.brother.reply("4")
        lite.brother.expect("This alarm ended too long ago to be opened again.")
        lite.mother.expect("The alarm has ended")
        assert "Do NOT call" not in "\n".join(lite.mother.read_all())

    def test_no_text_ends_duress_and_no_single_person(self, story: Story) -> None:
        """T30: 2 by SMS from everybody, and one person on the page again and again, end nothing; a second one does."""
        family(story, words=True)
        story.traveler.text("heavy rain")
        mothers, funds = page_of(story.mother), page_of(story.fund)
        for phone in (story.mother, story.fund, story.brother):
            phone.reply("2")
        story.mother.expect("only when two people say so")
        for number in range(3):
            assert "One more person is needed" in press(story, mothers, "close", f"n{number}")
        assert "Two people" not in "\n".join(story.mother.read_all() + story.fund.read_all())
        ended = press(story, funds, "close", "n4")
        assert "Two people ended it together." in ended
        assert re.search(r"<p>(Gulnar, Saule|Saule, Gulnar)</p>", ended), "and everybody sees who"
        for phone in (story.mother, story.fund):
            assert "Gulnar" in (text := phone.expect("Two people have ended the alarm about Aizhan: "))
            assert "Saule" in text
        story.brother.expect_nothing()

    def test_with_the_operators_code_one_person_is_enough(self, lite: Story) -> None:
        """T30: the operator is the second person, and counts once."""
        lite.register()
        lite.plan_trip()
        lite.add_contact("Gulnar", MOTHER)
        lite.add_contact("Daniyar", BROTHER, role="call")
        lite.set_words()
        lite.arm()
        lite.mother.read_all()
        lite.traveler.text("heavy rain")
        mothers = page_of(lite.mother)
        press(lite, mothers, "close", "n1")
        code = lite.operator.expect("It takes a second one").split("amanba close ")[1][:4]
        press(lite, mothers, "close", "n2")
        lite.operator.expect_nothing()
        assert close_by_operator(lite.service, code) is Closing.ENDED
        lite.run()
        lite.mother.expect("Two people have ended the alarm about Aizhan: Gulnar, the operator.")

    def test_who_cries_wolf_tells_nobody_twice_and_is_seen_by_name(self, lite: Story) -> None:
        """A doubt tells everybody once, however often it is said; each new one takes two others who had ended it, and
        two hours after the last of these she has none left."""
        family(lite, words=True)
        lite.advance_to("2026-12-01T21:50+03:00")
        for phone in everybody(lite):
            phone.read_all()
        for _ in range(6):
            lite.brother.reply("4")
        assert len([text for text in lite.mother.read_all() if text.startswith("Do NOT call")]) == 1
        assert [text for text in lite.brother.read_all() if text.startswith("Do NOT call")] == []
        lite.brother.expect_nothing()
        mothers, funds = page_of_again(lite.mother), page_of_again(lite.fund)
        for turn in range(2):
            press(lite, mothers, "close", f"m{turn}")
            assert "Daniyar: something is not right" in press(lite, funds, "1", f"t{turn}")
            press(lite, funds, "close", f"f{turn}")
            lite.advance(minutes=90)
            if turn == 0:
                lite.mother.read_all()
                lite.brother.reply("4")
                assert len([text for text in lite.mother.read_all() if text.startswith("Do NOT call")]) == 1
        lite.advance(minutes=31)
        lite.mother.read_all()
        lite.brother.reply("4")
        assert trip_of(lite).alarm is None
        lite.mother.expect_nothing()


def page_of_again(phone: Phone) -> str:
    """The alarm page that a phone was sent, read or not: it is one and the same in each of its texts."""
    (page,) = set(re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(phone.received)))
    return str(page)


class TestTheLadder:
    def test_she_is_asked_first_and_nobody_hears_before_the_grace_is_over(self, lite: Story) -> None:
        """T44: three questions to her, then one person, then all; duress alone waits for nothing."""
        family(lite)
        heard = []
        for moment in ("19:29", "19:31", "20:01", "20:31", "20:59", "21:01", "21:17", "21:48"):
            lite.advance_to(f"2026-12-01T{moment}+03:00")
            heard.append((len(lite.traveler.unread), *(bool(phone.unread) for phone in everybody(lite))))
        assert heard == [
            (0, False, False, False),
            (1, False, False, False),
            (2, False, False, False),
            (3, False, False, False),
            (3, False, False, False),
            (3, True, False, False),
            (3, True, True, False),
            (3, True, True, True),
        ]

    def test_whoever_was_told_hears_the_end_within_a_minute(self, story: Story) -> None:
        """T46: all three of them, whoever ended it."""
        family(story)
        story.advance_to("2026-12-01T22:00+03:00")
        for phone in everybody(story):
            phone.read_all()
        story.fund.reply("2")
        story.advance(minutes=1)
        for phone in everybody(story):
            phone.expect("Aizhan is safe. Saule heard the voice.")
        told = {text.to: text.created for text in story.twilio.ledger.texts if "Saule heard the voice" in text.body}
        assert set(told) == {MOTHER, BROTHER, FUND}
        assert max(told.values()) - min(told.values()) <= timedelta(minutes=1)
        assert TRAVELER not in told
