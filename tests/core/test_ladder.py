"""The ladder, sentence by sentence: who is told, when, how often, and that an alarm is never silent."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.core.alarm import AlarmKind, open_alarm
from service.core.ladder import (
    AlarmDecision,
    AlarmFacts,
    Ladder,
    Notice,
    Page,
    Person,
    Role,
    Rung,
    audience,
    default_ladder,
    ladder_of,
    step_alarm,
    tells_by_all_ways,
)
from tests.core.model import (
    CASEWORKER,
    DAY,
    FAMILY,
    FRIEND,
    HOUR,
    MINUTE,
    MOTHER,
    SISTER,
    WEAK,
    Trip,
    daily,
    every,
    utc,
)

UNPROVEN, MISSED, SOS, DURESS = AlarmKind
EVENINGS = daily("20:00")
OPENED = utc("2026-12-01 21:00")
CONTACTS = ["mother", "sister", "friend"]
EVERYBODY = [*CONTACTS, "caseworker"]


def missed_trip(people: tuple[Person, ...] = FAMILY, ladder: Ladder | None = None) -> Trip:
    """A trip whose first evening was missed a moment ago. Once a week is enough: no further miss disturbs."""
    trip = Trip(every(168, since=utc("2026-11-24 20:00")), people, ladder=ladder, now=utc("2026-11-24 20:00"))
    trip.advance_to(OPENED)
    return trip


def rounds(trip: Trip, until: datetime) -> list[tuple[timedelta, list[str]]]:
    """Who is told up to `until`, and how long after the opening, step by step."""
    trip.advance_to(until)
    told: dict[datetime, list[str]] = {}
    for message in trip.messages:
        if message.notice is Notice.ALERT:
            told.setdefault(message.at, []).append(message.person)
    return [(at - OPENED, people) for at, people in told.items()]


def alone(
    kind: AlarmKind, people: tuple[Person, ...], now: datetime = OPENED, **facts: frozenset[str]
) -> AlarmDecision:
    """The first look at a new alarm."""
    return step_alarm(open_alarm(kind, OPENED), default_ladder(people), AlarmFacts(people, **facts), OPENED)


def told(decision: AlarmDecision, notice: Notice = Notice.ALERT) -> list[str]:
    return [tell.person for tell in decision.tells if tell.notice is notice]


class TestRungs:
    def test_the_default_ladder(self) -> None:
        assert rounds(missed_trip(), OPENED + HOUR) == [
            (0 * MINUTE, ["mother"]),
            (15 * MINUTE, CONTACTS),
            (45 * MINUTE, EVERYBODY),
        ]

    def test_the_last_rung_repeats_after_60_120_240_minutes_then_every_4_hours(self) -> None:
        repeats = [at for at, _ in rounds(missed_trip(), OPENED + 23 * HOUR)][2:]
        gaps = [(after - before) // MINUTE for before, after in itertools.pairwise(repeats)]
        assert gaps == [60, 120, 240, 240, 240, 240]

    def test_at_24_hours_it_is_exhausted_and_goes_on_daily(self) -> None:
        trip = missed_trip()
        trip.advance_to(OPENED + DAY - MINUTE)
        assert (trip.exhausted, trip.pages) == (False, [])
        trip.advance_to(OPENED + DAY)
        assert (trip.exhausted, trip.pages) == (True, [(OPENED + DAY, Page.EXHAUSTED)])
        after = [at for at, people in rounds(trip, OPENED + 5 * DAY) if at > DAY and people == EVERYBODY]
        assert [b - a for a, b in itertools.pairwise(after)] == [DAY] * 3
        assert trip.pages == [(OPENED + DAY, Page.EXHAUSTED)]

    def test_the_first_accepted_contact_is_first(self) -> None:
        people = (replace(MOTHER, accepted=False), SISTER, FRIEND, CASEWORKER)
        assert rounds(missed_trip(people), OPENED) == [(0 * MINUTE, ["sister"])]

    def test_a_caseworker_is_not_the_first_contact(self) -> None:
        assert told(alone(MISSED, (CASEWORKER, MOTHER))) == ["mother"]

    def test_the_last_rung_holds_everybody_accepted_whatever_it_names(self) -> None:
        ladder = Ladder((Rung(("mother",), 5 * MINUTE), Rung(("sister",), 5 * MINUTE)))
        assert rounds(missed_trip(ladder=ladder), OPENED + 5 * MINUTE)[-1] == (5 * MINUTE, EVERYBODY)
        assert ladder_of(MISSED, Ladder(()), FAMILY).rungs[-1].people == tuple(EVERYBODY)

    def test_those_who_have_not_accepted_are_passed_over_until_they_do(self) -> None:
        ladder = Ladder((Rung(("sister",), 5 * MINUTE), Rung(("mother",), 5 * MINUTE), Rung((), 5 * MINUTE)))
        trip = missed_trip((MOTHER, replace(SISTER, accepted=False), FRIEND), ladder)
        assert rounds(trip, OPENED) == [(0 * MINUTE, ["mother"])]
        trip.change("sister", accepted=True)
        assert rounds(trip, OPENED + 5 * MINUTE)[-1] == (5 * MINUTE, ["sister", "mother", "friend"])

    def test_a_person_is_told_once_a_step_however_many_rungs_name_her(self) -> None:
        ladder = Ladder((Rung(("mother", "mother"), MINUTE), Rung(("mother", "sister"), MINUTE), Rung((), MINUTE)))
        assert rounds(missed_trip((MOTHER, SISTER), ladder), OPENED + 2 * MINUTE) == [
            (0 * MINUTE, ["mother"]),
            (MINUTE, ["mother", "sister"]),
            (2 * MINUTE, ["mother", "sister"]),
        ]


class TestWaits:
    def test_a_rung_counts_from_its_first_accepted_message(self) -> None:
        trip = missed_trip()
        assert trip.alarm is not None
        trip.alarm = replace(trip.alarm, accepted_at=OPENED + 10 * MINUTE)
        trip.now = OPENED + 10 * MINUTE
        trip.sweep()
        assert trip.look_at == OPENED + 25 * MINUTE

    def test_with_none_accepted_after_its_own_wait_the_next_is_told_too(self) -> None:
        trip = Trip(every(168, since=utc("2026-11-24 20:00")), now=utc("2026-11-24 20:00"), provider_up=False)
        assert rounds(trip, OPENED + 45 * MINUTE) == [
            (0 * MINUTE, ["mother"]),
            (15 * MINUTE, CONTACTS),
            (45 * MINUTE, EVERYBODY),
        ]

    @pytest.mark.parametrize("down", [3 * HOUR, 40 * DAY])
    def test_downtime_never_makes_a_burst_of_the_ladder(self, down: timedelta) -> None:
        trip = missed_trip()
        trip.now += down
        looks = []
        for _ in range(3):
            decision = step_alarm(trip.alarm, trip.climb, trip.alarm_facts(), trip.now)  # type: ignore[arg-type]
            looks.append((trip.now - OPENED - down, told(decision)))
            trip.alarm = decision.alarm
            assert decision.look_again_at is not None
            trip.now = decision.look_again_at
        assert looks[:2] == [(0 * MINUTE, CONTACTS), (30 * MINUTE, EVERYBODY)]
        assert looks[2][0] >= 90 * MINUTE

    def test_a_rung_with_nobody_left_is_passed_over_in_the_same_step(self) -> None:
        people = (replace(MOTHER, reachable=False), replace(SISTER, accepted=False), CASEWORKER)
        decision = alone(MISSED, people)
        assert (told(decision), decision.alarm.rung, decision.pages) == (["caseworker"], 2, ())

    def test_nor_does_it_wait_once_its_last_person_failed(self) -> None:
        trip = missed_trip()
        trip.advance(MINUTE)
        trip.change("mother", reachable=False)
        assert trip.told_since(trip.now) == ["sister", "friend"]

    def test_nor_once_its_last_person_answered_3(self) -> None:
        trip = missed_trip()
        trip.advance(MINUTE)
        trip.cannot("mother")
        assert trip.told_since(trip.now) == ["sister", "friend"]
        assert "mother" not in [m.person for m in trip.messages if m.at > trip.now]

    def test_with_nobody_left_at_all_the_operator_is_paged_again_and_again(self) -> None:
        trip = missed_trip(tuple(replace(person, reachable=False) for person in FAMILY))
        trip.advance_to(OPENED + 8 * HOUR)
        assert trip.told == frozenset()
        assert [(at - OPENED, page) for at, page in trip.pages] == [
            (0 * HOUR, Page.NOBODY_LEFT),
            (HOUR, Page.NOBODY_LEFT),
            (3 * HOUR, Page.NOBODY_LEFT),
            (7 * HOUR, Page.NOBODY_LEFT),
        ]

    def test_who_can_be_told_again_is_told_again(self) -> None:
        trip = missed_trip((replace(MOTHER, reachable=False),))
        trip.change("mother", reachable=True)
        assert rounds(trip, OPENED + HOUR) == [(HOUR, ["mother"])]


class TestHeld:
    def test_nobody_is_told_until_it_ends(self) -> None:
        trip = missed_trip()
        trip.advance(MINUTE)
        trip.take("mother")
        trip.advance(30 * MINUTE)
        trip.sweep()  # as after any event in between
        assert [at for at, _ in rounds(trip, OPENED + 60 * MINUTE)] == [0 * MINUTE]
        assert rounds(trip, OPENED + 61 * MINUTE)[-1] == (61 * MINUTE, CONTACTS)

    def test_no_row_of_holds_lasts_longer_than_4_hours(self) -> None:
        people = tuple(Person(f"aunt {number}") for number in range(9))
        trip = missed_trip(people)
        for person in people:
            trip.advance(HOUR)
            trip.check_in(WEAK)
            trip.take(person.id)
        told_at = [at for at, _ in rounds(trip, OPENED + 12 * HOUR)]
        assert max(b - a for a, b in itertools.pairwise(told_at)) <= 5 * HOUR
        assert trip.alarm is not None
        assert trip.alarm.held == 4 * HOUR

    def test_the_24_hours_run_on(self) -> None:
        trip = missed_trip()
        trip.advance_to(OPENED + DAY - 10 * MINUTE)
        trip.take("mother")
        trip.advance_to(OPENED + DAY)
        assert trip.pages == [(OPENED + DAY, Page.EXHAUSTED)]


class TestUnproven:
    def test_one_after_another_24_hours_each_then_all_and_then_weekly(self) -> None:
        trip = missed_trip()
        trip.alarm = open_alarm(UNPROVEN, OPENED)
        trip.messages.clear()
        trip.sweep()
        trip.watch = replace(trip.watch, deadline=None)
        assert rounds(trip, OPENED + 18 * DAY) == [
            (0 * DAY, ["mother"]),
            (1 * DAY, ["sister"]),
            (2 * DAY, ["friend"]),
            (3 * DAY, EVERYBODY),
            (10 * DAY, EVERYBODY),
            (17 * DAY, EVERYBODY),
        ]
        assert (trip.exhausted, trip.pages) == (False, [])

    def test_in_ladder_order_and_only_those_who_accepted(self) -> None:
        people = (MOTHER, replace(SISTER, accepted=False), FRIEND, CASEWORKER)
        ladder = Ladder((Rung(("sister", "friend"), HOUR), Rung(("mother",), HOUR)))
        alarm, now, order = open_alarm(UNPROVEN, OPENED), OPENED, []
        for _ in range(3):
            decision = step_alarm(alarm, ladder, AlarmFacts(people), now)
            order.append(told(decision))
            alarm, now = decision.alarm, decision.look_again_at or now
        assert order == [["friend"], ["mother"], ["mother", "friend", "caseworker"]]

    def test_as_a_rise_to_missed_it_climbs_the_ladder_from_its_foot(self) -> None:
        trip = Trip(EVENINGS)
        for day in (1, 2, 3):
            trip.advance_to(utc(f"2026-12-0{day} 20:00"))
            trip.check_in(WEAK)
        trip.advance_to(utc("2026-12-04 12:00"))
        assert (trip.opened, trip.told_since(trip.now)) == ([(trip.now, UNPROVEN)], ["mother"])
        trip.advance_to(utc("2026-12-04 21:15"))
        assert trip.open_kind is MISSED
        assert [m.person for m in trip.messages] == ["mother", "mother", *CONTACTS]


class TestAtOnce:
    def test_sos_tells_every_rung_at_once(self) -> None:
        assert told(alone(SOS, FAMILY)) == EVERYBODY

    def test_duress_tells_those_with_the_role_and_caseworkers(self) -> None:
        """T25: who has the role to call alone is not told of it."""
        assert told(alone(DURESS, FAMILY)) == ["mother", "friend", "caseworker"]

    def test_with_none_of_them_all_accepted_contacts(self) -> None:
        people = (replace(MOTHER, role=Role.CALL), SISTER, replace(FRIEND, accepted=False))
        assert told(alone(DURESS, people)) == ["mother", "sister"]
        assert audience(DURESS, people) == {"mother", "sister"}

    def test_by_all_ways_at_once_where_nobody_comes_after(self) -> None:
        alarm, ladder, now, by_all = open_alarm(MISSED, OPENED), default_ladder(FAMILY), OPENED, []
        for _ in range(4):
            decision = step_alarm(alarm, ladder, AlarmFacts(FAMILY), now)
            alarm, now = decision.alarm, decision.look_again_at or now
            by_all.append(tells_by_all_ways(alarm, ladder, FAMILY))
        assert by_all == [False, False, True, True]
        assert tells_by_all_ways(alone(SOS, FAMILY).alarm, ladder, FAMILY)
        assert not tells_by_all_ways(replace(alarm, kind=UNPROVEN), ladder, FAMILY), "its waits are days"

    def test_they_repeat_as_a_last_rung_does(self) -> None:
        alarm, now, at = open_alarm(SOS, OPENED), OPENED, []
        for _ in range(4):
            decision = step_alarm(alarm, default_ladder(FAMILY), AlarmFacts(FAMILY), now)
            at.append((now - OPENED) // MINUTE)
            alarm, now = decision.alarm, decision.look_again_at or now
        assert at == [0, 60, 180, 420]


class TestStandBack:
    def test_those_without_the_role_who_had_been_told_get_one_text(self) -> None:
        trip = missed_trip()
        trip.advance(20 * MINUTE)
        trip.duress_word()
        trip.advance(3 * DAY)
        stood_back = [m.person for m in trip.messages if m.notice is Notice.STAND_BACK]
        assert stood_back == ["sister"]
        after = [m.person for m in trip.messages if m.kind is DURESS and m.notice is Notice.ALERT]
        assert set(after) == {"mother", "friend", "caseworker"}

    def test_who_had_not_been_told_gets_nothing(self) -> None:
        trip = missed_trip()
        trip.duress_word()
        assert [m.person for m in trip.messages if m.notice is Notice.STAND_BACK] == []

    def test_who_cannot_be_reached_gets_it_once_she_can(self) -> None:
        people = (MOTHER, replace(SISTER, reachable=False))
        first = alone(DURESS, people, told=frozenset({"sister"}))
        assert told(first, Notice.STAND_BACK) == []
        facts = AlarmFacts((MOTHER, SISTER), frozenset({"sister"}))
        later = step_alarm(first.alarm, default_ladder(people), facts, OPENED + MINUTE)
        assert told(later, Notice.STAND_BACK) == ["sister"]

    def test_no_other_kind_sends_one(self) -> None:
        for kind in (UNPROVEN, MISSED, SOS):
            assert told(alone(kind, FAMILY, told=frozenset({"sister"})), Notice.STAND_BACK) == []


class TestNextText:
    def test_a_further_missed_deadline_is_named_in_it(self) -> None:
        trip = Trip(EVENINGS)
        trip.advance_to(OPENED + 2 * DAY)
        counted = [message.counted for message in trip.messages]
        assert (counted[0], counted[-1]) == (1, 2)
        assert len(trip.opened) == 1

    def test_after_a_close_nothing_more_is_told(self) -> None:
        trip = missed_trip()
        trip.heard_safe("mother")
        before = len(trip.messages)
        trip.advance(3 * DAY)
        assert len(trip.messages) == before
