"""A rehearsal: the whole ladder with every text marked as one, who answered by what, and a real alarm that wins."""

import re

from sqlalchemy import select

from service.db import tables
from service.db.stored import table_of
from service.db.trips import TripKey
from service.usecases.rehearse import start_rehearsal
from service.usecases.show_rehearsal import Reached, ShownPerson, ShownRehearsal, ShownWay, show_rehearsal
from tests.scenarios.story import BROTHER, FUND, MOTHER, Story, family

SECOND_NUMBER = "+77016667788"
TRIPS, ALARMS, CHECK_INS = table_of(tables.Trip), table_of(tables.Alarm), table_of(tables.CheckIn)


def key_of(story: Story) -> TripKey:
    rows = story.service.read(lambda conn: conn.execute(select(TRIPS.c.traveler_id, TRIPS.c.trip_id)).all())
    return next(TripKey(row.traveler_id, row.trip_id) for row in rows if str(row.trip_id) == story.trip_id)


def rehearse(story: Story) -> None:
    start_rehearsal(story.service, key_of(story))
    story.run()


def shown(story: Story) -> ShownRehearsal:
    found = show_rehearsal(story.service, key_of(story))
    assert found is not None
    return found


def one(story: Story, name: str) -> ShownPerson:
    return next(person for person in shown(story).people if person.name == name)


def alarms(story: Story) -> int:
    return len(story.service.read(lambda conn: conn.execute(select(ALARMS.c.alarm_id)).all()))


def code_in(text: str) -> str:
    found = re.search(r"#([A-Z2-9]{4})\b", text)
    assert found is not None, text
    return found.group(1)


def test_the_whole_ladder_by_text_by_page_by_a_second_number_and_one_who_is_silent(story: Story) -> None:
    story.register()
    story.plan_trip()
    story.add_contact("Gulnar", MOTHER, language="ru")
    second_way = [{"channel": "sms", "address": SECOND_NUMBER}]
    story.add_contact("Daniyar", BROTHER, channels=second_way, disclosure="link")
    story.add_contact("Saule", FUND, role="caseworker")
    story.add_contact("Dana", "+77017778899", accept=False)
    for number in (MOTHER, BROTHER, FUND, "+77017778899"):
        story.phone(number).read_all()
    story.twilio.refuse(BROTHER, 21611)

    rehearse(story)
    first = story.mother.read_all()
    story.advance(seconds=2)
    second = story.mother.read_all()
    assert ["Lotus Garden Hotel" in "\n".join(texts) for texts in (first, second)] == [False, True], "in their order"
    assert all(text.startswith("РЕПЕТИЦИЯ.") for text in (*first, *second))
    story.brother.expect_nothing()

    story.advance(seconds=28)
    story.mother.reply("3")
    assert story.mother.read_all() == ["Спасибо. Это была только репетиция."]
    to_brother = story.phone(SECOND_NUMBER).read_all()
    assert "Lotus" not in "\n".join(to_brother), "he gets the link only"
    [page] = set(re.findall(r"https://amanba\.example(/r/\w+)", "\n".join(to_brother)))
    assert "Rehearsal. Nothing has happened." in story.client.get(page).text
    story.advance(seconds=40)
    answered = story.client.post(page, data={"answer": "1"})
    assert "This was only a rehearsal." in answered.text
    story.run()
    story.fund.expect("REHEARSAL.")

    assert [(person.name, person.reached) for person in shown(story).people] == [
        ("Gulnar", Reached.ANSWERED),
        ("Daniyar", Reached.ANSWERED),
        ("Saule", Reached.SENT),
        ("Dana", Reached.NOT_ACCEPTED),
    ]
    mother, brother = one(story, "Gulnar"), one(story, "Daniyar")
    assert (mother.told_after, mother.answered_after, mother.answered_by) == (0, 30, "text")
    assert mother.way == ShownWay("sms", "44")
    assert (brother.told_after, brother.answered_after, brother.answered_by) == (30, 70, "page")
    assert (brother.way, brother.failed) == (ShownWay("sms", "88"), (ShownWay("sms", "55"),))
    assert shown(story).running

    story.advance(hours=24, minutes=1)
    assert not shown(story).running
    story.fund.expect_nothing()
    assert alarms(story) == 0


def test_a_code_names_the_rehearsal_and_a_digit_goes_nowhere_else(story: Story) -> None:
    family(story)
    rehearse(story)
    text = story.mother.expect("REHEARSAL.")
    story.mother.reply(f"2 {code_in(text)}")
    story.mother.expect("This was only a rehearsal.")
    story.mother.reply(f"2 {code_in(text)}")
    story.mother.expect("This was only a rehearsal.")
    story.mother.read_all()
    story.mother.reply("1")
    story.mother.expect_nothing()
    assert alarms(story) == 0


def test_a_stop_during_a_rehearsal_is_a_stop_and_the_next_is_told(story: Story) -> None:
    family(story)
    rehearse(story)
    story.mother.reply("stop")
    story.advance(minutes=2)
    story.brother.expect("REHEARSAL.")
    assert one(story, "Gulnar").reached is Reached.SENT
    story.brother.reply("1")
    story.advance(seconds=15)
    story.fund.reply("1")
    story.run()
    assert not shown(story).running, "who said STOP is not waited for"


def test_a_real_alarm_silences_it_and_takes_the_digits(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59+03:00")
    story.mother.read_all()
    rehearse(story)
    rehearsed = story.mother.expect("REHEARSAL.")
    [page] = re.findall(r"https://amanba\.example(/r/\w+)", rehearsed)
    story.advance(minutes=2)
    alarm = story.mother.read_all()
    assert alarm
    assert not any("REHEARSAL" in text for text in alarm)
    story.advance(minutes=5)
    story.brother.expect_nothing()
    assert one(story, "Daniyar").reached is Reached.SENT, "as on any day"

    # The code of the rehearsal ends no alarm, whatever its digit; a bare digit is the alarm's.
    story.mother.reply(f"2 {code_in(rehearsed)}")
    story.mother.expect("This was only a rehearsal.")
    assert "A real message has come since" in story.client.get(page).text
    story.mother.reply("1")
    story.mother.expect("You have it until")
    story.mother.reply("2")
    story.mother.expect("Aizhan is safe")
    story.advance(minutes=20)
    assert not any("REHEARSAL" in text for phone in (story.brother, story.fund) for text in phone.read_all())


def test_a_text_that_still_waits_when_an_alarm_opens_never_leaves(story: Story) -> None:
    family(story)
    story.twilio.fail_next(429, 20429)
    rehearse(story)
    story.traveler.text("sos")
    story.advance(minutes=1)
    texts = story.mother.read_all()
    assert any("asked for help" in text for text in texts)
    assert not any("REHEARSAL" in text for text in texts)


def test_one_started_beside_an_alarm_shows_what_it_would_show_on_any_day_and_tells_nobody(story: Story) -> None:
    family(story, words=True)
    rehearse(story)
    story.advance(minutes=6)
    on_any_day = [facts(person) for person in shown(story).people]
    phones = (story.mother, story.brother, story.fund)
    assert all("REHEARSAL" in "\n".join(phone.read_all()) for phone in phones)

    story.advance(minutes=5)
    story.traveler.reply("heavy rain")
    story.run()
    rehearse(story)
    story.advance(minutes=6)
    assert not any("REHEARSAL" in text for phone in phones for text in phone.read_all())
    assert [facts(person) for person in shown(story).people] == on_any_day
    # A digit of somebody whom it never told answers no rehearsal.
    story.brother.text("1")
    assert not any("rehearsal" in text for text in story.brother.read_all())
    story.advance(hours=24)
    assert (shown(story).running, shown(story).answered) == (False, 0)
    assert [facts(person) for person in shown(story).people] == on_any_day


def facts(person: ShownPerson) -> tuple[object, ...]:
    """What is shown of a person; a provider may take a second."""
    turn = None if person.told_after is None else round(person.told_after / 30)
    return person.name, person.reached, person.way, person.failed, turn, person.answered_after
