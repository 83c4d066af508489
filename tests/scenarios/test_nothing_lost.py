"""Downtime, lost answers, silent sources: no alarm is lost, and none is caused by ourselves."""

from tests.scenarios.story import Story, family


def test_an_ok_sent_while_we_were_down_counts_and_no_alarm_goes(story: Story) -> None:
    """T39: the provider's own list says what nobody received."""
    family(story)
    story.advance_to("2026-12-01T19:40+03:00")
    story.traveler.read_all()
    story.go_down()
    story.advance_to("2026-12-01T19:55+03:00")
    story.twilio.text_unheard(story.traveler.number, "ok")
    story.advance_to("2026-12-01T22:30+03:00")
    story.restart()
    story.advance(hours=2)
    story.mother.expect_nothing()
    story.traveler.expect("Thank you")


def test_after_downtime_she_is_asked_again_before_anybody_is_told(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T15:00+03:00")
    story.go_down()
    story.advance_to("2026-12-02T01:00+03:00")
    story.restart()
    story.run()
    assert len(story.traveler.read_all()) == 1
    story.advance(minutes=25)
    story.mother.expect_nothing()
    story.advance(minutes=10)
    story.mother.expect("Aizhan")


def test_a_message_found_late_takes_the_alarm_back(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:31+03:00")
    story.twilio.list_lag = story.twilio.list_lag.__class__(hours=2)
    story.twilio.text_unheard(story.traveler.number, "ok")
    story.advance_to("2026-12-01T21:10+03:00")
    story.mother.expect("Aizhan")
    story.mother.read_all()
    story.twilio.list_lag *= 0
    story.advance(minutes=3)
    story.mother.expect("reached us late: Aizhan had answered in time")


def test_a_silent_source_is_failed_open_after_15_minutes_and_it_is_said(story: Story) -> None:
    """T39: a line that cannot be read holds an alarm for 15 minutes at most, and the alarm says so."""
    family(story)
    story.advance_to("2026-12-01T20:50+03:00")
    story.twilio.fail_next(500, times=1000, method="GET")
    story.advance_to("2026-12-01T21:04+03:00")
    story.mother.expect_nothing()
    story.advance(minutes=13)
    alarm = "\n".join(story.mother.read_all())
    assert "Aizhan" in alarm
    assert "could not" in alarm
    story.operator.expect("cannot be read since")


def test_an_answer_of_the_provider_that_is_lost_doubles_nothing(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59+03:00")
    story.twilio.lose_answer(times=1)
    story.advance(minutes=10)
    alarms = [text for text in story.mother.read_all() if "Aizhan" in text]
    assert len(alarms) == len(set(alarms)), "each text once"
    assert any("Lotus Garden Hotel" in text for text in alarms)


def test_a_provider_that_is_away_is_tried_until_it_is_back(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T20:59+03:00")
    story.twilio.fail_next(503, times=12)
    story.advance(minutes=14)
    story.twilio.pass_next(times=10_000)
    story.advance(minutes=60)
    alarms = story.mother.read_all()
    assert alarms


def test_killed_between_any_two_steps_the_story_goes_on(story: Story) -> None:
    """The process dies and is started again at each point of the story; its end is the same."""

    def die() -> None:
        story.go_down()
        story.restart()

    family(story)
    die()
    story.advance_to("2026-12-01T19:31+03:00")
    die()
    story.advance_to("2026-12-01T20:40+03:00")
    die()
    story.advance_to("2026-12-01T21:00+03:00")
    die()
    story.advance_to("2026-12-01T21:05+03:00")
    die()
    story.mother.reply("1")
    die()
    story.advance(minutes=10)
    story.mother.reply("2")
    die()
    story.advance(minutes=10)
    die()
    story.advance(minutes=10)
    texts = story.mother.read_all()
    assert len(texts) == len(set(texts))
    assert len([text for text in texts if "Aizhan is safe" in text]) == 1
    assert len(story.traveler.read_all()) == 3


def test_every_text_has_a_known_end(story: Story) -> None:
    family(story)
    story.advance_to("2026-12-01T21:01+03:00")
    for text in story.twilio.sent:
        assert story.twilio.deliver(text.sid) in (200, 204)
    story.mother.reply("2")
    story.run()
    for text in story.twilio.sent:
        assert story.twilio.deliver(text.sid) in (200, 204)
