"""`/trip/place`: she goes on to another country or city, and the clock there counts."""

from __future__ import annotations

from datetime import UTC, datetime

from service.core.alarm import AlarmKind
from tests.web.api_world import DANIYAR, GULNAR
from tests.web.form_world import FormWorld, errors_of, forms_once, shown
from tests.web.test_running_times import DURESS, armed, plan

__all__ = ["forms_once"]

PAGE = "/trip/place"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_from_now_on_in_another_country(forms_once: FormWorld) -> None:
    """The answer that stands is never due later: 20:00 in Berlin would be two hours after 20:00 in Istanbul."""
    world, trip = forms_once, armed(forms_once)
    assert "By your plan you are here: Antalya, Türkiye." in shown(world.open(PAGE))
    noted = shown(world.send(PAGE, {"leg.country": "DE", "leg.city": "Köln"}))
    assert "From now on the times of your plan are by the clock there: Berlin." in noted
    assert "Your people are told now that the country is another one: Germany." in noted
    assert "The next answer is due: 18:00, by the clock there: Berlin." in noted
    assert [len(world.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)] == [1, 1]
    leg = plan(world, trip).legs[-1]
    assert (leg.country, leg.city, leg.zone, leg.starts_at) == ("DE", "Köln", "Europe/Berlin", world.now)
    world.wait(minutes=5)
    assert shown(world.send(PAGE, {"leg.country": "DE", "leg.city": "Köln"})) == noted, "sent twice it is one"
    assert len(plan(world, trip).legs) == 2


def test_in_the_same_country_nobody_is_told_and_an_earlier_answer_counts(forms_once: FormWorld) -> None:
    world, trip = forms_once, armed(forms_once)
    world.send(PAGE, {"leg.country": "KZ", "leg.zone": "Asia/Almaty"})
    noted = shown(world.send(PAGE, {"leg.country": "KZ", "leg.zone": "Asia/Almaty", "leg.city": "Taraz", "once": "2"}))
    assert "The next answer is due: 20:00, by the clock there: Almaty." in noted
    assert "country is another one" not in noted
    watch = world.state(trip).watch
    assert watch is not None
    assert watch.deadline == at("2026-12-01T15:00+00:00")
    assert len(world.texts(GULNAR, "notice")) == 1


def test_a_day_and_a_time_are_by_the_clock_there_also_where_it_jumps(forms_once: FormWorld) -> None:
    """At 02:30 on 28 March 2027 no clock in Warsaw shows anything: it is 03:00."""
    world, trip = forms_once, armed(forms_once)
    noted = shown(world.send(PAGE, {"leg.country": "PL", "leg.day": "28.03.2027", "leg.clock": "02:30"}))
    assert "From Sunday, 28 March, 03:00 on the times of your plan are by the clock there: Warsaw." in noted
    assert "The next answer is due: 20:00, by the clock there: Istanbul." in noted
    assert plan(world, trip).legs[-1].starts_at == datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert "What you planned for later stays: from 28 March: Poland" in shown(world.open(PAGE))
    world.send(PAGE, {"leg.country": "PL", "leg.day": "2026-12-20", "once": "day"})
    assert at("2026-12-19T23:00+00:00") in [leg.starts_at for leg in plan(world, trip).legs], "the day begins there"


def test_mistakes_name_their_field_and_lose_nothing(forms_once: FormWorld) -> None:
    world, trip = forms_once, armed(forms_once)
    before = plan(world, trip)
    assert errors_of(world.send(PAGE, {})).keys() == {"leg-country"}
    several = world.send(PAGE, {"leg.country": "RU", "leg.city": "Казань", "leg.clock": "25:00"})
    assert errors_of(several).keys() == {"leg-zone", "leg-day"}
    assert 'value="Казань"' in several.text
    assert "Moscow (UTC+3)" in shown(several), "the clocks to choose from"
    for day, clock, field in (
        ("1.13.2026", "", "leg-day"),
        ("2026-12-05", "25", "leg-clock"),
        ("2020-12-05", "", "leg-day"),
    ):
        back = world.send(PAGE, {"leg.country": "DE", "leg.day": day, "leg.clock": clock})
        assert errors_of(back).keys() == {field}
    long = world.send(PAGE, {"leg.country": "DE", "leg.city": "x" * 300})
    assert errors_of(long).keys() == {"leg-city"}
    assert plan(world, trip) == before


def test_a_word_that_comes_along_is_heard_and_not_told(forms_once: FormWorld) -> None:
    world, trip = forms_once, armed(forms_once, words=True)
    noted = shown(world.send(PAGE, {"leg.country": "DE", "word": DURESS}))
    assert "They do not hear whether a word came along, nor which one." in noted
    assert shown(world.send(PAGE, {"leg.country": "DE", "word": DURESS})) == noted
    world.read_inbox()
    alarm = world.state(trip).alarm
    assert alarm is not None
    assert alarm.view.kind is AlarmKind.DURESS
