"""What counts as done before leaving, when somebody is asked for what is open, and numbers learned by heart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.checklist import (
    CONTRACT_PARTS,
    NAMES,
    Answer,
    Facts,
    Finding,
    Lack,
    Point,
    Purpose,
    State,
    as_of,
    open_points,
    review,
    says_so,
)
from service.core.checklist_times import ask_times
from service.core.drill import after_right, due_on, is_due, is_learned, is_right
from service.core.wording_checklist import LACKS, PARTS, TITLES, WHY
from service.core.wording_facts import VISAS
from tests.core.plan_stories import utc

TODAY = utc("2026-11-20 10:00")
PARTS_TOLD = [part.value for part in CONTRACT_PARTS]
READY = Facts(
    purpose=Purpose.WORK,
    agency=True,
    visa_kind="work",
    insurer=True,
    policy=True,
    insurer_phone=True,
    companions=True,
    registered=True,
    times=True,
    question=True,
    words=True,
    confirmed_at=TODAY,
    learned=True,
)
ALL_TOLD: dict[Point, dict[str, Any]] = {
    Point.LICENCE: {"result": "yes", "number": "0000", "where": "the ministry's register", "day": "2026-11-19"},
    Point.CONTRACT: {"have": True, "parts": PARTS_TOLD},
    Point.ORIGINAL: {"have": True},
    Point.EMBASSY: {"answer": "yes", "day": "2026-11-19"},
    Point.LAWYER: {"who": "Legal aid", "phone": "+77272500099", "day": "2026-11-19"},
    Point.COPIES: {"mine": "in the lining of the bag", "holder": "1", "where": "in the blue drawer"},
}


def told(**changed: object) -> dict[Point, Answer]:
    """Everything told, with some points told differently; None takes one out."""
    points = {**ALL_TOLD, **{Point(name): value for name, value in changed.items()}}
    return {point: Answer(TODAY, value) for point, value in points.items() if isinstance(value, dict)}


def of(point: Point, answers: dict[Point, Answer], facts: Facts = READY) -> Finding:
    return next(one for one in review(answers, facts) if one.point is point)


def test_a_list_that_is_done() -> None:
    assert open_points(told(), READY) == ()
    assert [one.point for one in review(told(), READY)] == list(Point)


def test_a_list_that_nobody_looked_at_has_everything_open() -> None:
    assert {one.point for one in open_points({}, Facts(agency=True))} == set(Point)
    assert all(one.lacks for one in open_points({}, Facts(agency=True)))


@pytest.mark.parametrize(
    ("result", "lacks"),
    [
        ({}, (Lack.RESULT,)),
        ({"number": "KZ-0042"}, (Lack.RESULT,)),
        ({"result": "no", "where": "register", "day": "2026-11-19"}, (Lack.NOT_LISTED,)),
        ({"result": "not_found", "where": "register", "day": "2026-11-19"}, (Lack.NOT_LISTED,)),
        ({"result": "yes", "number": "KZ-0042", "day": "2026-11-19"}, (Lack.WHERE_LOOKED,)),
        ({"result": "yes", "where": "register"}, (Lack.WHERE_LOOKED,)),
        ({"result": "yes", "where": "register", "day": "2026-11-19"}, ()),
    ],
)
def test_E5_a_licence_counts_when_it_was_looked_up_never_by_its_number(
    result: dict[str, str], lacks: tuple[Lack, ...]
) -> None:
    found = of(Point.LICENCE, told(licence=result))
    assert found.lacks == lacks
    assert found.state is (State.OPEN if lacks else State.DONE)
    assert found.warns == (Lack.NOT_LISTED in lacks)


def test_E9_each_part_that_a_contract_lacks_is_said_and_says_why() -> None:
    for part in CONTRACT_PARTS:
        parts = [one for one in PARTS_TOLD if one != part.value]
        assert of(Point.CONTRACT, told(contract={"have": True, "parts": parts})).lacks == (part,)
        assert PARTS[part]
        assert LACKS[part]
    assert of(Point.CONTRACT, told(contract={"parts": PARTS_TOLD})).lacks == (Lack.CONTRACT,), "E6: before she travels"


@pytest.mark.parametrize("kind", [value for value, _text in VISAS] + [""])
def test_E10_a_tourist_in_turkey_may_not_work_and_in_russia_nobody_from_kazakhstan_needs_a_visa(kind: str) -> None:
    turkey, russia = replace(READY, visa_kind=kind), replace(READY, visa_kind=kind, free_to_work=True)
    wanted = {
        "": Lack.VISA,
        "tourist": Lack.VISA_GIVES_NO_WORK,
        "guest": Lack.VISA_GIVES_NO_WORK,
        "student": Lack.VISA_GIVES_NO_WORK,
        "none": Lack.VISA_FREE_ENTRY,
    }
    found = of(Point.VISA, told(), turkey)
    assert found.lacks == tuple(filter(None, [wanted.get(kind)]))
    assert found.warns == (kind in ("tourist", "guest", "student"))
    assert of(Point.VISA, told(), replace(turkey, purpose=None)).lacks == found.lacks, "untold is as good as work"
    assert of(Point.VISA, told(), russia).state is State.DONE
    if kind:
        assert of(Point.VISA, told(), replace(turkey, purpose=Purpose.STUDY)).state is State.DONE


def test_what_she_goes_for_says_what_has_to_do_with_it() -> None:
    points = {purpose: {one.point for one in review({}, Facts(purpose=purpose))} for purpose in Purpose}
    for purpose in (Purpose.WORK, Purpose.AU_PAIR, Purpose.SPORT, Purpose.CARE):
        assert {Point.CONTRACT, Point.ORIGINAL} <= points[purpose]
    for purpose in (Purpose.STUDY, Purpose.MARRIAGE, Purpose.OTHER):
        assert not {Point.CONTRACT, Point.ORIGINAL} & points[purpose]
    assert Point.LICENCE not in points[Purpose.WORK], "nobody arranges it"
    at_home = {one.point for one in review({}, Facts(own_country=True))}
    assert not {Point.VISA, Point.EMBASSY, Point.REGISTER} & at_home


def test_E8_a_lawyer_whom_the_other_side_has_chosen_is_none() -> None:
    found = of(Point.LAWYER, told(), replace(READY, lawyer_of_theirs=True))
    assert (found.lacks, found.warns) == ((Lack.LAWYER_OF_THEIRS,), True)
    assert of(Point.LAWYER, told(lawyer={"who": "Legal aid"})).lacks == (Lack.NOT_ASKED,)


@pytest.mark.parametrize(
    ("answer", "lack"),
    [
        ({}, Lack.NOT_ASKED),
        ({"answer": "silent", "day": "2026-11-19"}, Lack.NO_ANSWER),
        ({"answer": "no", "day": "2026-11-19"}, Lack.SAID_NO),
        ({"answer": "yes"}, Lack.NOT_ASKED),
    ],
)
def test_E11_an_embassy_counts_when_it_has_answered(answer: dict[str, str], lack: Lack) -> None:
    assert of(Point.EMBASSY, told(embassy=answer)).lacks == (lack,)


def test_E13_copies_count_when_their_holder_has_confirmed_them_or_she_says_so_herself() -> None:
    unconfirmed = replace(READY, confirmed_at=None)
    copies = ALL_TOLD[Point.COPIES]
    assert of(Point.COPIES, told(), unconfirmed).lacks == (Lack.NOT_CONFIRMED,)
    assert of(Point.COPIES, told(copies={**copies, "handed": True}), unconfirmed).state is State.DONE
    assert of(Point.COPIES, told(copies={"handed": True})).lacks == (Lack.OWN_COPIES, Lack.HOLDER)


def test_she_can_say_what_does_not_concern_her_but_not_of_the_visa() -> None:
    away = {point: Answer(TODAY, {}, not_needed=True) for point in Point}
    states = {one.point: one.state for one in review(away, Facts(agency=True))}
    assert states.pop(Point.VISA) is State.OPEN
    assert set(states.values()) == {State.NOT_NEEDED}


def test_what_was_told_after_she_left_does_not_count_as_done_before() -> None:
    late = {**told(), Point.CONTRACT: Answer(TODAY + timedelta(days=30), ALL_TOLD[Point.CONTRACT])}
    assert open_points(late, READY) == ()
    assert [one.point for one in open_points(as_of(late, TODAY), READY)] == [Point.CONTRACT]


def test_everything_has_words() -> None:
    assert set(TITLES) == set(WHY) == set(NAMES) == set(Point)
    assert set(LACKS) == set(Lack)


@given(
    planned=st.integers(0, 500_000).map(lambda minutes: TODAY + timedelta(minutes=minutes)),
    ahead=st.timedeltas(timedelta(minutes=1), timedelta(days=60)),
    waited=st.timedeltas(timedelta(0), timedelta(days=60)),
    zone=st.sampled_from(["Asia/Almaty", "Europe/Berlin", "America/New_York"]),
)
def test_she_is_asked_a_few_times_by_day_and_never_twice_a_day(
    planned: datetime, ahead: timedelta, waited: timedelta, zone: str
) -> None:
    starts, now = planned + ahead, planned + waited
    times = ask_times(planned, starts, zone, now)
    there = [at.astimezone(ZoneInfo(zone)) for at in times]
    assert all(now < at < starts for at in times)
    assert len({at.date() for at in there}) == len(times) <= 4
    assert {at.hour for at in there} <= {18}
    assert list(times) == sorted(times)


def test_she_is_asked_soon_after_planning_and_seven_three_and_one_days_before() -> None:
    planned, starts = utc("2026-11-01 06:00"), utc("2026-11-30 21:00")
    asked = ask_times(planned, starts, "Asia/Almaty", planned)
    # She leaves on 1 December by her own clock.
    assert [at.strftime("%d.%m. %H:%M") for at in asked] == [
        "02.11. 13:00",
        "24.11. 13:00",
        "28.11. 13:00",
        "30.11. 13:00",
    ]


def test_a_number_is_known_after_three_times_over_a_week() -> None:
    first = date(2026, 11, 2)
    rounds: tuple[date, ...] = ()
    days: list[int] = []
    for day in range(14):
        after = after_right(rounds, first + timedelta(days=day))
        if after != rounds:
            days.append(day)
        rounds = after
    assert days == [0, 2, 6]
    assert is_learned(rounds)
    assert due_on(rounds, first) is None
    assert is_due(rounds[:1], first + timedelta(days=1)) is False


@pytest.mark.parametrize(
    ("typed", "number", "right"),
    [
        ("+7 (701) 222-33-44", "+77012223344", True),
        ("007 701 222 33 44", "+77012223344", True),
        ("8 701 222 33 44", "+77012223344", True),
        ("701 222 33 44", "+77012223344", True),
        ("222 33 44", "+77012223344", False),
        ("+7 701 222 33 45", "+77012223344", False),
        ("٧٧٠١٢٢٢٣٣٤٤", "+77012223344", True),
        ("", "+77012223344", False),
        ("112", "112", True),
        ("1 1 2", "112", True),
        ("0112", "112", False),
        ("00112", "112", False),
        ("", "112", False),
    ],
)
def test_what_would_reach_the_number_is_right(typed: str, number: str, right: bool) -> None:
    assert is_right(typed, number) is right


def test_no_written_where_yes_was_asked_for_leaves_a_point_open() -> None:
    for text in ("yes, in Ankara", "да", "иә, тіркелдім", "2026-11-01"):
        assert says_so(text), text
    for text in ("", "no", "Not yet", "нет", "пока нет", "ещё не встала", "жоқ", "тіркелген жоқпын", "…"):
        assert not says_so(text), text
