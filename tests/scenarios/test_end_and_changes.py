"""Late, a pause, another plan, the end: what counts at once, what waits, and who hears of it."""

import re
from typing import Any

import pytest

from tests.scenarios.story import Story, family

SHORT: dict[str, Any] = {"ends_at": "2026-12-03T09:00:00+05:00"}


def change(story: Story, expect: int = 202, **body: Any) -> Any:
    answer = story.call("POST", f"/trips/{story.trip_id}/changes", body, expect)
    story.run()
    return answer


def status(story: Story) -> tuple[str, str | None]:
    trip = story.call("GET", f"/trips/{story.trip_id}")
    return trip["status"], trip["next_deadline"]


def code_in(text: str) -> str:
    return text[text.index("#") + 1 :][:4]


def everybody(story: Story) -> tuple[Any, ...]:
    return story.mother, story.brother, story.fund


def nothing_more_happens(story: Story, hours: int = 60) -> None:
    for phone in (story.traveler, *everybody(story), story.operator):
        phone.read_all()
    story.advance(hours=hours)
    for phone in (story.traveler, *everybody(story), story.operator):
        phone.expect_nothing()


def test_a_trip_ends_when_a_contact_confirms_it_by_a_digit(story: Story) -> None:
    """T10: she says so, and one of her people confirms it."""
    family(story)
    change(story, end=True)
    story.brother.expect("says that the trip is over")
    assert status(story)[0] == "armed"
    story.mother.reply("1")
    story.mother.expect("Aizhan is home; the trip has ended")
    story.brother.expect("is home and the trip has ended")
    assert status(story) == ("ended", None)
    nothing_more_happens(story)


def test_or_by_the_code_of_the_question(story: Story) -> None:
    family(story)
    change(story, end=True)
    question = story.brother.expect("says that the trip is over")
    story.brother.reply(f"1 {code_in(question)}")
    story.brother.expect("the trip has ended")
    assert status(story) == ("ended", None)


def test_without_a_confirmation_the_watch_goes_on(story: Story) -> None:
    """T10: a contact who says no is believed."""
    family(story)
    change(story, end=True)
    story.mother.reply("4")
    story.mother.expect("Thank you")
    story.advance_to("2026-12-01T21:01+03:00")
    assert len(story.traveler.read_all()) == 3
    story.mother.expect("no sign since")


def test_home_after_the_planned_end_asks_her_people_and_says_so(story: Story) -> None:
    family(story, **SHORT)
    for day in (1, 2):
        story.advance_to(f"2026-12-{day:02}T19:35+03:00")
        story.traveler.reply("home" if day == 1 else "ok")
    story.mother.expect_nothing()
    story.traveler.read_all()
    story.advance_to("2026-12-03T19:31+03:00")
    story.traveler.expect("Already home? Then send HOME instead.")
    story.traveler.reply("home")
    story.traveler.expect("We ask your people to confirm")
    story.fund.expect("says that the trip is over")
    assert status(story) == ("armed", "2026-12-04T17:00:00Z"), "home is a check-in too"


def test_a_safe_word_ends_it_at_once_and_a_bare_end_does_not(story: Story) -> None:
    """T10: with a safe word nobody else is needed."""
    family(story, words=True)
    change(story, end=True)
    assert status(story)[0] == "armed"
    change(story, end=True, word="green apples")
    assert status(story) == ("ended", None)
    nothing_more_happens(story)


def test_during_an_alarm_an_end_is_answered_as_on_any_day_and_waits_for_its_close(story: Story) -> None:
    family(story, **SHORT)
    story.advance_to("2026-12-02T10:00+03:00")
    for phone in everybody(story):
        phone.read_all()
    story.traveler.text("sos")
    story.traveler.read_all()
    story.traveler.reply("home")
    story.traveler.expect("We ask your people to confirm")
    question = story.fund.expect("says that the trip is over")
    story.fund.reply(f"1 {code_in(question)}")
    story.fund.expect("We go on telling the others too")
    assert status(story)[0] == "ended", "she is not asked any more"
    story.advance_to("2026-12-02T12:30+03:00")
    assert [text for text in story.mother.read_all() if "asked for help" in text], "the alarm goes on"
    story.mother.reply("2")
    story.mother.expect("Aizhan is safe")
    story.brother.expect("is home and the trip has ended")
    nothing_more_happens(story)


def test_a_contact_who_knows_of_no_duress_may_say_that_she_is_home(story: Story) -> None:
    family(story, words=True)
    change(story, end=True)
    story.brother.expect("says that the trip is over")
    story.traveler.text("heavy rain")
    story.mother.expect("Do NOT call")
    story.brother.reply("1")
    story.brother.expect("Aizhan is home")
    pages = [
        re.findall(r"https://amanba\.example(/a/\w+)", text)[0]
        for phone in (story.mother, story.fund)
        for text in phone.received
        if "/a/" in text
    ]
    story.advance_to("2026-12-01T22:00+03:00")
    story.brother.expect_nothing()
    for place, page in enumerate(dict.fromkeys(pages)):
        story.client.post(page, data={"answer": "close", "nonce": f"n{place}"})
    story.run()
    story.mother.expect("Two people have ended")
    nothing_more_happens(story)


def test_a_pause_waits_48_hours_and_for_the_end_of_an_alarm(story: Story) -> None:
    """T9: her people are told at once, and alarms go on until it counts."""
    family(story)
    story.traveler.text("pause until 22:00")
    story.traveler.expect("It takes effect 03.12 07:00")
    story.mother.expect("A change of the plan of Aizhan was asked for")
    change(story, pause_until="2026-12-05T20:00:00+03:00")
    story.advance_to("2026-12-01T19:45+03:00")
    story.traveler.text("ok")
    story.advance_to("2026-12-02T21:01+03:00")
    story.traveler.read_all()
    story.advance_to("2026-12-03T07:30+03:00")
    assert status(story) == ("armed", "2026-12-05T17:00:00Z"), "as on any day"
    story.traveler.text("ok")
    story.traveler.expect("You were late")
    story.advance_to("2026-12-05T19:29+03:00")
    story.traveler.expect_nothing()
    story.advance(minutes=2)
    story.traveler.expect("Please text OK to +48732000000 by 20:00")


def test_late_moves_one_deadline_once_and_satisfies_nothing(story: Story) -> None:
    """T45: once, by no more than an interval, and it is no check-in."""
    family(story)
    story.advance_to("2026-12-01T19:45+03:00")
    story.traveler.text("late 2h")
    story.traveler.expect("Your check-in is now due 22:00")
    story.traveler.text("late 3h")
    story.traveler.expect("It cannot be moved again. Please answer OK by 22:00")
    story.advance_to("2026-12-01T22:50+03:00")
    assert len(story.traveler.read_all()) == 3
    story.mother.expect_nothing()
    story.advance_to("2026-12-01T23:01+03:00")
    story.mother.expect("Aizhan")


def test_late_does_not_move_what_an_alarm_counts(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.traveler.text("late 2h")
    story.traveler.expect("Your check-in is now due 02.12 22:00")
    story.advance_to("2026-12-01T21:17+03:00")
    story.brother.expect("Aizhan")


def test_a_removed_contact_hears_nothing_and_is_told_of_alarms_until_it_counts(story: Story) -> None:
    """T9, T23: the old contacts get the alarms of the time between."""
    family(story)
    change(story, remove_contact=story.contacts["Gulnar"])
    story.mother.expect_nothing()
    story.brother.expect("One person leaves the trusted people of Aizhan")
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.expect("Aizhan")
    story.traveler.text("ok")
    story.mother.expect("has answered")
    story.advance_to("2026-12-03T08:00+03:00")
    story.traveler.text("ok")
    story.advance(minutes=1)
    story.mother.read_all()
    story.advance_to("2026-12-03T21:01+03:00")
    story.brother.expect("no sign since")
    story.mother.reply("1")
    story.mother.expect_nothing()


def test_another_country_counts_at_once_and_her_people_hear_of_it(story: Story) -> None:
    family(story)
    leg = {"from": "2026-12-01T10:00:00+03:00", "country": "GE", "city": "Tbilisi", "zone": "Asia/Tbilisi"}
    change(story, leg=leg)
    story.mother.expect("another country: Tbilisi, Georgia")
    assert status(story) == ("armed", "2026-12-01T16:00:00Z")


def test_a_message_found_late_says_when_it_was_written(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:31+03:00")
    story.twilio.list_lag = story.twilio.list_lag.__class__(hours=2)
    story.twilio.text_unheard(story.traveler.number, "ok")
    story.advance_to("2026-12-01T21:10+03:00")
    story.twilio.list_lag *= 0
    story.advance(minutes=3)
    # By the clock of her mother's number.
    story.mother.expect("The message of 22:31 reached us late")
    story.traveler.expect("Thank you. Next check-in: 02.12 20:00")


def test_her_voice_satisfies_what_is_due(story: Story) -> None:
    family(story, words=True, plan={"every_hours": 6, "grace_seconds": 3600})
    story.advance(hours=7, minutes=1)
    story.mother.expect("Aizhan")
    story.mother.reply("2")
    story.mother.expect("Aizhan is safe")
    story.traveler.read_all()
    story.advance(hours=5, minutes=28)
    story.traveler.expect_nothing()
    story.advance(minutes=2)
    assert len(story.traveler.read_all()) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [("not_reached", "Gulnar could not reach Aizhan"), ("authorities_told", "Gulnar has told the authorities")],
)
def test_an_outcome_on_the_page_that_ends_nothing_ends_the_hold_and_is_told(
    story: Story, answer: str, told: str
) -> None:
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    [page] = set(re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(story.mother.read_all())))
    story.mother.reply("1")
    story.brother.read_all()
    assert f'value="{answer}"' in story.client.get(page).text
    story.client.post(page, data={"answer": answer, "nonce": "n1"})
    story.run()
    story.brother.expect(told)
    story.advance(minutes=31)
    story.fund.expect("Aizhan")


def test_home_or_found_on_the_page_ends_the_alarm_and_not_an_sos(story: Story) -> None:
    """T24: who is found and asks for no contact is told of as safe, and nothing else is said."""
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    [page] = set(re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(story.mother.read_all())))
    story.brother.read_all()
    story.client.post(page, data={"answer": "home", "nonce": "n1"})
    story.run()
    story.brother.expect("Aizhan is home. The alarm has ended.")
    story.mother.read_all()
    story.traveler.text("sos")
    [page] = set(re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(story.brother.read_all())))
    story.client.post(page, data={"answer": "found_no_contact", "nonce": "n2"})
    story.run()
    assert "ended" not in " ".join(story.mother.read_all())
    [page] = set(re.findall(r"https://amanba\.example(/a/\w+)", "\n".join(story.fund.read_all())))
    story.client.post(page, data={"answer": "found_no_contact", "nonce": "n3"})
    story.run()
    story.mother.expect("Aizhan is safe and asks for no contact. The alarm has ended.")
