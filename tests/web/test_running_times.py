"""`/trip/times`: other times on the way, with a word and without, and what the form does with mistakes."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest

from service.core.alarm import AlarmKind
from service.core.plan import Plan
from service.usecases.apply_changes import apply_due
from tests.web.api_world import DANIYAR, GULNAR, WORDS
from tests.web.form_world import FormWorld, errors_of, forms, forms_once, shown
from tests.web.test_wizard_plan import DAYS, EVENING, filled_in

__all__ = ["forms", "forms_once"]

PAGE = "/trip/times"
SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
TWICE = {**EVENING, "daily[1].time": "08:00", "daily[1].weekdays": DAYS}
"""As before, and each morning."""
WEEKLY = {**EVENING, "daily[0].weekdays": ["SU"]}
"""Less than before."""


def armed(world: FormWorld, *, words: bool = False) -> str:
    """09:02 in Istanbul on Tuesday, 1 December; the next answer is due at 20:00; her pages are open."""
    trip = world.armed(words=words)
    world.enter_later()
    if words:
        world.send("/private", {"passphrase": WORDS["passphrase"]})
    return trip


def plan(world: FormWorld, trip: str) -> Plan:
    found = world.state(trip).plan
    assert found is not None
    return found


def asked(world: FormWorld) -> list[str]:
    """The addresses at which what waits can be taken back."""
    return re.findall(r'href="(/asked/[0-9a-f-]{36})"', world.open("/trip/all").text)


class TestWithoutWords:
    def test_more_watching_counts_at_once_and_nobody_hears(self, forms_once: FormWorld) -> None:
        world, trip = forms_once, armed(forms_once)
        noted = shown(world.send(PAGE, TWICE))
        assert "The new times count from now on. The next answer is due: 20:00." in noted
        assert [due.at for due in plan(world, trip).daily] == [time(20), time(8)]
        assert (world.texts(GULNAR, "notice"), asked(world)) == ([], [])
        assert shown(world.send(PAGE, TWICE)) == noted, "sent twice it is one, and says the same"
        assert "Every day at 20:00 and 08:00" in shown(world.open("/trip/all"))

    def test_less_watching_waits_is_told_and_may_be_taken_back(self, forms: FormWorld) -> None:
        """On both databases: what waits, and what takes effect."""
        world, trip = forms, armed(forms)
        before = plan(world, trip)
        noted = shown(world.send(PAGE, WEEKLY))
        assert "The new times count from Thursday, 3 December, 09:02." in noted
        assert "Until then please answer as always. The next answer is due: 20:00." in noted
        assert [len(world.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)] == [1, 1]
        assert "other times" in shown(world.open("/trip/all"))
        [path] = asked(world)
        assert "all stays as it was" in shown(world.send(path))
        world.hidden.clear()
        world.send(PAGE, WEEKLY)
        assert plan(world, trip) == before
        world.wait(hours=48)
        assert apply_due(world.service, world.now) == 1
        assert [sorted(due.weekdays) for due in plan(world, trip).daily] == [[6]]


class TestWithWords:
    @pytest.mark.parametrize("word", [SAFE, DURESS])
    def test_a_word_makes_less_watching_count_and_the_page_says_both(self, forms_once: FormWorld, word: str) -> None:
        world, trip = forms_once, armed(forms_once, words=True)
        said = shown(world.send(PAGE, {**WEEKLY, "word": word}))
        assert "With one of your words the new times count now. Without one they count from Thursday" in said
        world.read_inbox()
        assert apply_due(world.service, world.now) == 1
        assert [sorted(due.weekdays) for due in plan(world, trip).daily] == [[6]]
        alarm = world.state(trip).alarm
        assert (alarm.view.kind if alarm else None) == (AlarmKind.DURESS if word == DURESS else None)

    def test_no_word_and_a_wrong_one_say_the_same_and_wait(self, forms_once: FormWorld) -> None:
        world, trip = forms_once, armed(forms_once, words=True)
        pages = [
            shown(world.send(PAGE, {**WEEKLY, "word": word, "once": word})) for word in ("", "сегодня дождь", SAFE)
        ]
        assert pages[0] == pages[1] == pages[2]
        assert len(asked(world)) == 2
        assert len(plan(world, trip).daily[0].weekdays) == 7, "the engine has not looked yet"

    def test_a_word_in_a_form_that_came_back_counts(self, forms_once: FormWorld) -> None:
        world, trip = forms_once, armed(forms_once, words=True)
        back = world.send(PAGE, {**WEEKLY, "daily[0].time": "25:00", "word": DURESS})
        assert errors_of(back).keys() == {"daily-0-time"}
        assert DURESS not in back.text
        world.read_inbox()
        assert world.state(trip).alarm is not None


class TestTheForm:
    def test_mistakes_name_their_field_and_lose_nothing(self, forms_once: FormWorld) -> None:
        world, trip = forms_once, armed(forms_once)
        before = plan(world, trip)
        back = world.send(PAGE, {**EVENING, "once[3].date": "2026-12-40", "once[3].time": "09:00"})
        assert errors_of(back).keys() == {"once-3"}
        assert 'value="2026-12-40"' in back.text
        close = world.send(PAGE, {**EVENING, "daily[4].time": "22:00", "daily[4].weekdays": DAYS})
        assert errors_of(close).keys() == {"daily-4-time"}
        added = world.send(PAGE, {**EVENING, "row": "add:quiet"})
        assert (added.status_code, 'name="quiet[0].from_date"' in added.text) == (200, True)
        assert plan(world, trip) == before

    def test_it_shows_from_when_on_the_times_count(self, forms_once: FormWorld) -> None:
        world = forms_once
        armed(world)
        assert "These times count at once." in shown(world.open(PAGE))
        typed = world.send(PAGE, {**TWICE, "show": "1"})
        assert "Wednesday, 2 December 08:00" in shown(typed)
        live = shown(world.send(PAGE, WEEKLY, to=f"{PAGE}/preview"))
        assert "These times count from Thursday, 3 December, 09:02." in live
        assert "Sunday, 6 December 20:00" in live
        assert "next step" not in live

    def test_untouched_it_changes_nothing_and_a_pause_goes_on(self, forms_once: FormWorld) -> None:
        """What is over is not asked for again, and a pause is longer than any quiet time that may be."""
        world, trip = forms_once, armed(forms_once)
        world.send("/pause", {"day": "2026-12-10", "clock": "15:00"})
        world.wait(hours=48)
        assert apply_due(world.service, world.now) == 1
        before = plan(world, trip)
        page = world.open(PAGE)
        assert "Your pause goes on until Thursday, 10 December, 15:00." in shown(page)
        assert "count from now on" in shown(world.send(PAGE, filled_in(page.text)))
        assert plan(world, trip) == before

    def test_a_pause_that_began_meanwhile_outlives_other_times(self, forms_once: FormWorld) -> None:
        world, trip = forms_once, armed(forms_once)
        world.send("/pause", {"day": "2026-12-10", "clock": "15:00"})
        world.wait(hours=1)
        world.send(PAGE, WEEKLY)
        for _ in range(2):
            world.wait(hours=47, minutes=30)
            apply_due(world.service, world.now)
        changed = plan(world, trip)
        assert [sorted(due.weekdays) for due in changed.daily] == [[6]]
        assert [span.ends_at - span.starts_at > timedelta(days=6) for span in changed.quiet] == [True]
