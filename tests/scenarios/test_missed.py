"""She does not answer: she is asked three times, then her people are told step by step until somebody has her."""

from tests.scenarios.story import Story, family


def test_an_ok_in_time_tells_nobody(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T19:31+03:00")
    story.traveler.expect("Please text OK to +48732000000 by 20:00")
    assert story.traveler.reply("ok") == 200
    story.traveler.expect("Thank you. Next check-in: 02.12 20:00")
    story.advance_to("2026-12-02T12:00+03:00")
    story.mother.expect_nothing()
    # A day after she arrived, which says nothing of the check-in.
    story.traveler.expect("Who has your passport?")
    story.traveler.expect_nothing()


def test_the_whole_story_from_silence_to_the_all_clear(story: Story) -> None:
    """T44: three questions to her before anybody hears."""
    family(story)
    story.advance_to("2026-12-01T20:31+03:00")
    assert len(story.traveler.read_all()) == 3
    story.mother.expect_nothing()

    story.advance_to("2026-12-01T21:01+03:00")
    alarm = "\n".join(story.mother.read_all())
    for fact in ("Aizhan", "22:00", "Antalya", "Lotus Garden Hotel", "+902422471000", "+902422481200", "/a/"):
        assert fact in alarm
    story.brother.expect_nothing()

    story.mother.reply("1")
    story.mother.expect("You have it until")
    story.advance(minutes=40)
    story.brother.expect_nothing()

    story.mother.reply("2")
    story.mother.expect("Aizhan is safe. Gulnar heard the voice.")
    story.advance(hours=3)
    story.mother.expect_nothing()
    story.brother.expect_nothing()


def test_without_an_answer_more_people_are_told_and_all_of_them_hear_the_end(story: Story) -> None:
    """T40, T46: no acknowledgement leads to the next person; the end reaches everybody told."""
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    story.brother.expect("Aizhan")
    story.fund.expect_nothing()
    story.advance(minutes=31)
    story.fund.expect("Aizhan")
    story.brother.read_all()
    story.mother.read_all()

    story.traveler.reply("ok")
    for phone in (story.mother, story.brother, story.fund):
        phone.expect("Aizhan has answered. The alarm has ended.")
    story.advance(hours=12)
    story.mother.expect_nothing()


def test_a_second_person_hears_who_has_it_and_the_holder_may_hand_it_on(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:16+03:00")
    story.brother.read_all()
    story.mother.reply("1")
    story.brother.expect("Gulnar has taken the alarm about Aizhan")
    story.brother.reply("1")
    story.brother.expect("Gulnar has it until")
    story.mother.read_all()
    story.mother.reply("3")
    story.mother.expect("We tell the next person")
    story.advance(minutes=31)
    story.fund.expect("Aizhan")
    story.mother.expect_nothing()


def test_an_answer_by_code_goes_to_its_alarm(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    text = story.mother.read_all()[0]
    code = text[text.index("#") + 1 :][:4]
    story.mother.reply(f"1 {code.lower()}")
    story.mother.expect("You have it until")


def test_a_repeated_message_counts_once(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T19:45+03:00")
    sid = "SM" + "7" * 32
    assert [story.traveler.text("ok", sid=sid) for _ in range(3)] == [200, 200, 200]
    assert len([text for text in story.traveler.read_all() if "Thank you" in text]) == 1


def test_after_24_hours_the_operator_is_paged_and_it_goes_on(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-02T21:05+03:00")
    story.operator.expect("24 h without an end")
    assert story.mother.read_all()
    story.advance(hours=25)
    assert story.mother.read_all()


def test_an_outcome_on_the_page_closes_it_and_a_doubt_within_two_hours_raises_it(story: Story) -> None:
    """T29."""
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    story.mother.reply("2")
    story.mother.expect("Aizhan is safe")
    story.advance(minutes=30)
    story.mother.reply("4")
    story.mother.expect("Do NOT call or text Aizhan")
    story.run()
    story.fund.expect("Do NOT call or text Aizhan")


def test_a_further_missed_deadline_ends_a_hold_and_is_counted(story: Story) -> None:
    family(story, plan={"every_hours": 6, "grace_seconds": 3600})
    story.advance(hours=12, minutes=50)
    story.mother.reply("1")
    story.mother.expect("You have it until")
    story.advance(minutes=20)
    story.brother.reply("1")
    story.brother.expect("You have it until")
