"""Changes in mid-trip: more watching counts at once, less of it waits, and a word of duress looks like a safe one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from service.core.alarm import AlarmKind, Outcome, close
from service.core.plan import DailyTime, Leg, Plan, QuietSpan, deadlines
from service.usecases.alarms import put_alarm
from service.usecases.apply_changes import apply_due
from service.usecases.change_trip import is_more_watching
from service.usecases.people_now import people_now
from service.usecases.work import Work
from tests.easy import one_database
from tests.web.api_world import BROTHER, DANIYAR, EVENINGS, GULNAR, MOTHER, NOW, WORDS, World, errors, world

__all__ = ["world"]

SAFE, DURESS = WORDS["safe"][0], WORDS["duress"][0]
MINUTE = timedelta(minutes=1)
WEEKLY = {"daily": [{"time": "20:00", "weekdays": ["MO"]}]}
TWICE_A_DAY = {"daily": [{"time": "08:00"}, {"time": "20:00"}]}


def ask(world: World, trip: str, change: dict[str, Any]) -> None:
    answer = world.post(f"{trip}/changes", change)
    assert (answer.status_code, answer.json()) == (202, {})


def deadline(world: World, trip: str) -> datetime | None:
    watch = world.state(trip).watch
    assert watch is not None
    return watch.deadline


def notices(world: World) -> list[int]:
    """How many notices the mother and the brother got."""
    return [len(world.texts(phone, "notice")) for phone in (GULNAR, DANIYAR)]


def close_alarm(world: World, trip: str) -> None:
    """Two people have ended the case."""
    state = world.state(trip)
    assert state.alarm is not None
    view = close(state.alarm.view, Outcome.CLOSED_BY_TWO, "operator", world.now)
    write(world, lambda work: put_alarm(work, state, view))


def write(world: World, act: Callable[[Work], Any]) -> None:
    def keep(conn: Any) -> None:
        work = Work(world.service, conn, world.now)
        act(work)
        work.flush()

    world.service.run(keep)


@one_database
def test_late_moves_the_deadline_once_and_at_once(world: World) -> None:
    """T45: once, and nobody is told."""
    trip = world.armed()
    world.wait(hours=10)
    ask(world, trip, {"late_until": "2026-12-01T19:00:00Z"})
    assert world.get(trip).json()["next_deadline"] == "2026-12-01T19:00:00Z"
    ask(world, trip, {"late_until": "2026-12-01T22:00:00Z"})
    assert world.get(trip).json()["next_deadline"] == "2026-12-01T19:00:00Z"
    assert notices(world) == [0, 0]


@one_database
def test_more_watching_counts_at_once(world: World) -> None:
    """T9: a shorter interval waits for nothing."""
    trip = world.armed()
    world.wait(hours=14)
    world.post(f"{trip}/check-ins")
    world.read_inbox()
    assert deadline(world, trip) == NOW.replace(day=2, hour=17)
    ask(world, trip, {"plan": TWICE_A_DAY})
    assert deadline(world, trip) == NOW.replace(day=2, hour=5)
    assert notices(world) == [0, 0]


@one_database
def test_less_watching_waits_and_her_people_hear_of_it(world: World) -> None:
    """T9: 48 hours, and her people are told at once."""
    trip = world.armed()
    ask(world, trip, {"plan": WEEKLY})
    assert notices(world) == [1, 1]
    # When it takes effect, by the clock of her mother's number.
    assert "03.12 11:00" in world.texts(GULNAR, "notice")[0]
    world.wait(hours=47, minutes=59)
    assert apply_due(world.service, world.now) == 0
    world.post(f"{trip}/check-ins")
    world.read_inbox()
    assert deadline(world, trip) == NOW.replace(day=3, hour=17)
    world.wait(minutes=1)
    assert apply_due(world.service, world.now) == 1
    assert apply_due(world.service, world.now) == 0
    assert deadline(world, trip) == NOW.replace(day=7, hour=17)


@one_database
def test_a_pause_ends_in_a_deadline(world: World) -> None:
    trip = world.armed()
    ask(world, trip, {"pause_until": "2026-12-10T12:00:00Z"})
    world.wait(hours=48)
    world.post(f"{trip}/check-ins")
    world.read_inbox()
    assert apply_due(world.service, world.now) == 1
    assert deadline(world, trip) == NOW.replace(day=10, hour=12)


@one_database
def test_a_pause_of_some_hours_goes_on_when_other_times_that_waited_take_effect(world: World) -> None:
    trip = world.armed()
    ask(world, trip, {"pause_until": "2026-12-04T06:00:00Z"})
    world.wait(hours=10)
    ask(world, trip, {"plan": {"daily": [{"time": "22:00"}]}})
    world.wait(hours=38)
    world.post(f"{trip}/check-ins")
    world.read_inbox()
    assert apply_due(world.service, world.now) == 1
    world.wait(hours=10)
    assert apply_due(world.service, world.now) == 1
    assert deadline(world, trip) == NOW.replace(day=4, hour=6)


@one_database
def test_with_a_safe_word_a_change_waits_only_for_the_word_to_be_read(world: World) -> None:
    """T9: at once with a safe word."""
    trip = world.armed(words=True)
    world.wait(hours=10)
    ask(world, trip, {"plan": WEEKLY, "word": SAFE})
    assert apply_due(world.service, world.now) == 0
    world.read_inbox()
    assert apply_due(world.service, world.now) == 1
    assert deadline(world, trip) == NOW.replace(day=7, hour=17)


@one_database
@pytest.mark.parametrize(
    "change",
    [{"end": True}, {"plan": WEEKLY}, {"pause_until": "2026-12-10T12:00:00Z"}],
    ids=lambda one: next(iter(one)),
)
def test_a_duress_word_looks_like_a_safe_one_and_the_alarm_goes_on(world: World, change: dict[str, Any]) -> None:
    seen = []
    for phone, word in (("+77000000001", SAFE), ("+77000000011", DURESS)):
        world.sign_in(phone)
        trip = world.armed(words=True)
        answers = [world.post(f"{trip}/changes", {**change, "word": word})]
        answers.append(world.get(trip))
        world.read_inbox()
        answers.append(world.get(trip))
        apply_due(world.service, world.now)
        answers.append(world.get(trip))
        answers.append(world.post(f"{trip}/changes", {"late_until": "2026-12-01T20:00:00Z"}))
        answers.append(world.get(trip))
        seen.append([(one.status_code, one.text.replace(trip.rsplit("/", 1)[1], "")) for one in answers])
        state = world.state(trip)
    assert seen[0] == seen[1]
    assert state.alarm is not None
    assert (state.status, state.alarm.view.kind) == ("armed", AlarmKind.DURESS)

    close_alarm(world, trip)
    assert apply_due(world.service, world.now) == 0, "other times did not wait for it"
    shown = world.get(trip)
    if "end" in change:
        assert (shown.json()["status"], world.state(trip).status) == ("armed", "armed"), "who was not free ends nothing"
    else:
        assert shown.text.replace(trip.rsplit("/", 1)[1], "") == seen[0][-1][1]


@one_database
def test_under_duress_no_text_asks_to_call(world: World) -> None:
    trip = world.armed(words=True)
    ask(world, trip, {"plan": WEEKLY, "word": DURESS})
    world.read_inbox()
    assert notices(world) == [0, 0]


@one_database
def test_a_removed_contact_is_not_told_and_leaves_later(world: World) -> None:
    """T9, T23: the one who leaves hears nothing, the other one does."""
    trip = world.armed()
    mother = world.get(trip).json()["contacts"][0]["contact_id"]
    ask(world, trip, {"remove_contact": mother})
    assert notices(world) == [0, 1]
    assert [contact.status for contact in world.state(trip).contacts] == ["accepted", "accepted"]
    world.wait(hours=48)
    apply_due(world.service, world.now)
    assert [contact.status for contact in world.state(trip).contacts] == ["removed", "accepted"]
    assert [one["name"] for one in world.get(trip).json()["contacts"]] == ["Daniyar"]
    assert errors(world.post(f"{trip}/changes", {"remove_contact": mother})) == {
        "remove_contact": "No contact of this trip has this id."
    }


@one_database
def test_a_contact_is_added_at_once_and_asked(world: World) -> None:
    trip = world.armed()
    ask(world, trip, {"add_contact": {**MOTHER, "name": "Saule", "role": "caseworker", "phone": "+77000000004"}})
    assert [contact.status for contact in world.state(trip).contacts] == ["accepted", "accepted", "invited"]
    assert len(world.texts("+77000000004", "invitation")) == 1
    found = errors(world.post(f"{trip}/changes", {"add_contact": {**BROTHER, "phone": "+77000000001"}}))
    assert list(found) == ["add_contact.phone"]


@one_database
def test_another_country_never_puts_off_the_deadline_that_stands(world: World) -> None:
    trip = world.armed()
    westward = {"from": "2026-12-01T10:00:00Z", "country": "PT", "city": "Lisbon", "zone": "Europe/Lisbon"}
    ask(world, trip, {"leg": westward})
    # 20:00 in Istanbul stays; in Lisbon it would be three hours later.
    assert deadline(world, trip) == NOW.replace(hour=17)
    assert "Lisbon" in world.texts(GULNAR, "notice")[0]
    world.wait(minutes=1)
    eastward = {"from": "2026-12-01T12:00:00Z", "country": "GE", "zone": "Asia/Tbilisi"}
    ask(world, trip, {"leg": eastward})
    assert deadline(world, trip) == NOW.replace(hour=16)
    ask(world, trip, {"leg": {**eastward, "from": "2026-12-01T13:00:00Z", "city": "Batumi"}})
    assert notices(world) == [2, 2]


@one_database
def test_an_end_without_a_word_is_for_her_people_to_confirm(world: World) -> None:
    """T10: by herself alone a trip does not end."""
    trip = world.armed()
    ask(world, trip, {"end": True})
    assert notices(world) == [1, 1]
    world.wait(hours=72)
    assert apply_due(world.service, world.now) == 0
    state = world.state(trip)
    assert (state.status, state.end_requested_at) == ("armed", NOW)


@one_database
def test_an_end_with_a_safe_word_ends_the_watch_and_frees_the_number(world: World) -> None:
    """T10: at once with a safe word."""
    trip = world.armed(words=True)
    ask(world, trip, {"plan": WEEKLY})
    ask(world, trip, {"end": True, "word": SAFE})
    world.read_inbox()
    assert apply_due(world.service, world.now) == 1
    assert world.state(trip).status == "ended"
    assert deadline(world, trip) is None
    assert world.post(f"{trip}/changes", {"end": True}).json()["missing"] == ["ended"]
    world.wait(hours=48)
    apply_due(world.service, world.now)
    assert deadline(world, trip) is None
    world.armed()


@one_database
def test_new_words_and_a_new_ladder_wait(world: World) -> None:
    """T9: until then the old words count."""
    trip = world.armed(words=True)
    mother = str(world.state(trip).contacts[0].contact_id)
    fingerprints = world.state(trip).words
    ask(world, trip, {"words": {**WORDS, "safe": ["the plums are ripe"], "passphrase": "another long passphrase"}})
    ask(world, trip, {"ladder": {"rungs": [{"contacts": [mother], "wait_seconds": 600}], "repeat_seconds": 600}})
    assert world.state(trip).words == fingerprints
    assert world.state(trip).ladder_rungs == ()
    world.wait(hours=48)
    assert apply_due(world.service, world.now) == 2
    changed = world.state(trip)
    assert len(changed.words) == 2
    assert changed.words != fingerprints
    assert [rung.people for rung in changed.ladder.rungs] == [(mother,)]
    assert changed.ladder.repeat == timedelta(seconds=600)
    assert "contacts" in world.get(trip, Amanba_Passphrase="another long passphrase").json()


@one_database
def test_another_order_is_shown_whichever_word_it_was(world: World) -> None:
    """T2: who is told first, on the list of her people."""
    seen = []
    for number, word in ((1, SAFE), (2, DURESS)):
        world.sign_in(f"+7700000003{number}")
        trip = world.armed(words=True)
        brother = str(world.state(trip).contacts[1].contact_id)
        ladder = {"rungs": [{"contacts": [brother], "wait_seconds": 600}], "repeat_seconds": 600}
        ask(world, trip, {"ladder": ladder, "word": word})
        world.read_inbox()
        assert apply_due(world.service, world.now) == (1 if word == SAFE else 0), "an alarm holds it back"
        seen.append([(one.name, one.step) for one in people_now(world.service, world.state(trip).key)])
    assert seen == [[("Gulnar", 1), ("Daniyar", 1)]] * 2


@one_database
def test_what_cannot_be_asked_for(world: World) -> None:
    trip = world.armed()
    for field, change in [
        ("body", {}),
        ("body", {"word": "x"}),
        ("body", {"end": True, "late_until": "2026-12-01T19:00:00Z"}),
        ("end", {"end": False}),
        ("late_until", {"late_until": "2026-11-01T19:00:00Z"}),
        ("pause_until", {"pause_until": "2027-12-01T19:00:00Z"}),
        ("remove_contact", {"remove_contact": "mother"}),
        ("plan.daily[1].time", {"plan": {"daily": [{"time": "08:00"}, {"time": "09:00"}]}}),
        ("plan.zone", {"plan": {**EVENINGS, "zone": "Nowhere"}}),
        ("leg.zone", {"leg": {"from": "2026-12-05T00:00:00Z", "country": "GE", "zone": "Nowhere"}}),
        ("leg.from", {"leg": {"from": "2026-10-05T00:00:00Z", "country": "GE", "zone": "Asia/Tbilisi"}}),
        ("words.passphrase", {"words": {**WORDS, "passphrase": "short"}}),
        ("ladder.rungs", {"ladder": {"rungs": []}}),
        ("undo", {"undo": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}),
        ("undo", {"undo": "pause"}),
        ("body", {"unsafe": True}),
        ("body", {"unsafe": True, "end": True}),
        ("unsafe", {"unsafe": "yes", "remove_contact": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}),
    ]:
        assert list(errors(world.post(f"{trip}/changes", change))) == [field], change
    assert notices(world) == [0, 0]


@one_database
def test_a_draft_is_not_changed_but_set(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    answer = world.post(f"{trip}/changes", {"end": True})
    assert (answer.status_code, answer.json()["missing"]) == (409, ["not_armed"])


@one_database
def test_a_repeated_change_is_asked_for_once(world: World) -> None:
    trip = world.armed()
    for _ in range(2):
        answer = world.post(f"{trip}/changes", {"plan": WEEKLY}, Idempotency_Key="once")
        assert answer.status_code == 202
    assert notices(world) == [1, 1]


@one_database
def test_what_counts_as_more_watching(world: World) -> None:
    trip = world.armed()
    plan = world.state(trip).plan
    assert plan is not None

    def with_times(*hours: int, **more: Any) -> Plan:
        daily = tuple(DailyTime(NOW.replace(hour=hour).time()) for hour in hours)
        return Plan(plan.starts_at, plan.legs, daily, **more)

    evening = with_times(20)
    assert is_more_watching(evening, evening, NOW)
    assert is_more_watching(evening, with_times(8, 20), NOW)
    assert is_more_watching(evening, with_times(19), NOW)
    assert is_more_watching(evening, with_times(20, grace=timedelta(minutes=30)), NOW)
    assert not is_more_watching(evening, with_times(21), NOW)
    assert not is_more_watching(evening, with_times(20, grace=timedelta(minutes=90)), NOW)
    assert not is_more_watching(evening, with_times(20, max_weak=4), NOW)
    assert not is_more_watching(with_times(8, 20), evening, NOW)
    assert not is_more_watching(evening, Plan(plan.starts_at, plan.legs, once=(NOW + timedelta(hours=1),)), NOW)


def test_a_plan_that_falls_silent_later_is_no_more_watching() -> None:
    """T9: whoever writes some weeks of check-ins and nothing after them has the same 48 hours to wait."""
    legs = (Leg(NOW, "Europe/Istanbul", "TR"),)
    evening = Plan(NOW, legs, (DailyTime(time(20)),))
    evenings = deadlines(evening, NOW, 180)
    assert not is_more_watching(evening, Plan(NOW, legs, once=evenings), NOW)
    often = Plan(NOW, legs, every=timedelta(hours=6))
    assert is_more_watching(evening, often, NOW)
    # What is asked too often at first makes up for nothing later.
    rarely = Plan(NOW, legs, every=timedelta(hours=25), once=tuple(NOW + timedelta(hours=6 * n) for n in range(1, 180)))
    assert not is_more_watching(Plan(NOW, legs, every=timedelta(hours=24)), rarely, NOW)
    pauses = tuple(QuietSpan(evenings[90 + n] - MINUTE, evenings[90 + n] + MINUTE) for n in range(9))
    assert not is_more_watching(evening, replace(evening, quiet=pauses), NOW)


@one_database
def test_first_words_on_the_way_need_somebody_who_may_hear_of_one_of_duress(world: World) -> None:
    world.sign_in()
    trip = world.trip()
    assert world.put(f"{trip}/plan", EVENINGS).status_code == 200
    world.contact(trip, {**MOTHER, "role": "call"})
    assert world.post(f"{trip}/arm").status_code == 200
    refused = world.post(f"{trip}/changes", {"words": WORDS})
    assert (refused.status_code, refused.json()["missing"]) == (409, ["full_contact"])
    ask(world, trip, {"add_contact": BROTHER})
    assert world.post(f"{trip}/changes", {"words": WORDS}).status_code == 409, "he has not accepted yet"
    world.accept(str(world.state(trip).contacts[-1].contact_id))
    ask(world, trip, {"words": WORDS})
