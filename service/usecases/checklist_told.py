"""What she tells of the points of her list, and of the numbers that she has learned by heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from service.core.checklist import (
    ALWAYS_ASKED,
    CHECKLIST,
    CONTRACT_PARTS,
    NAMES,
    NO,
    NOT_FOUND,
    SILENT,
    YES,
    Answer,
    Point,
    State,
)
from service.core.drill import after_right, is_right
from service.core.wording_text import N_
from service.core.zones import local_date
from service.db.trips import TripKey, TripState
from service.usecases import numbers
from service.usecases.checklist import (
    ASKING,
    OFF,
    Checklist,
    answers_of,
    checklist_of,
    is_asked,
    stored_point,
)
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.checklist_copies import choose_holder
from service.usecases.context import Service
from service.usecases.drafts import ENDED, load_draft, write_details
from service.usecases.drill import ROUNDS, drill_of
from service.usecases.problems import (
    IN_THE_FUTURE,
    NOT_A_NUMBER,
    UNKNOWN_CONTACT,
    Conflict409,
    Invalid,
    NotFound,
    Problems,
)
from service.usecases.trip_as_shown import trip_as_shown
from service.usecases.trip_facts import KNOWN_ALREADY
from service.usecases.waiting import looks_ended
from service.usecases.work import Work

NOT_ONE_OF_THEM = N_("Choose one of these.")
CONCERNS_EVERYBODY = N_("This concerns every trip abroad.")
NO_SUCH_NUMBER = N_("This number is not on the list.")

RESULTS: Mapping[Point, tuple[str, tuple[str, ...]]] = {
    Point.LICENCE: ("result", (YES, NO, NOT_FOUND)),
    Point.EMBASSY: ("answer", (YES, NO, SILENT)),
}
"""For each point whose answer is one of few: its name and these."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one point: values by the names of `core.checklist.NAMES`, in the place of what was told before.
    `not_needed`: it does not concern her trip."""

    values: Mapping[str, Any]
    not_needed: bool = False


def tell(service: Service, key: TripKey, told: Mapping[Point, Told], *, asks: bool | None = None) -> Checklist:
    """Keep what she tells of some points; the list after it.

    In a running trip what is done stays as it is, and once she is on her way whatever she has told: whoever holds her
    phone can take nothing back.

    Args:
        asks: whether she is reminded of what is open; None leaves it as it is.

    Raises:
        Invalid: a value that cannot be used.
        NotFound: no such trip of hers.
        Conflict409: it has ended.
    """
    now = service.clock()

    def keep(conn: Connection) -> Checklist:
        trip = _load(service, conn, key, now)
        problems = Problems()
        given = {point: _checked(service, problems, trip, point, one, now) for point, one in told.items()}
        if trip.status != "draft":
            _refuse_done(problems, trip, given, now)
        problems.refuse()
        return _keep(Work(service, conn, now), trip, given, asks=asks)

    return service.run(keep)


def practise(service: Service, key: TripKey, number: str, typed: str) -> bool:
    """Whether what she typed from memory is this number of her drill. A right answer is noted when it was due.

    Raises:
        Invalid: the number is none of hers to learn.
        NotFound, Conflict409: as `tell`.
    """
    now = service.clock()

    def keep(conn: Connection) -> bool:
        trip = _load(service, conn, key, now)
        drill = drill_of(trip, now)
        practised = next((one for one in drill.numbers if one.number.number == number), None)
        if practised is None:
            raise Invalid.of("number", NO_SUCH_NUMBER)
        if not is_right(typed, number):
            return False
        rounds = after_right(practised.rounds, drill.today)
        if rounds != practised.rounds:
            kept = answers_of(trip).get(Point.NUMBERS)
            known = {**(kept.told.get(ROUNDS) or {} if kept else {}), number: [day.isoformat() for day in rounds]}
            _keep(Work(service, conn, now), trip, {Point.NUMBERS: Answer(now, {ROUNDS: known})})
        return True

    return service.run(keep)


def _load(service: Service, conn: Connection, key: TripKey, now: datetime) -> TripState:
    """The trip, locked: a draft by its row; one that runs by its watch first, as the changes that write its details.

    One that runs is taken as it is shown to her: what is refused must not tell that an alarm holds a change back.
    """
    planned = service.planned_trip(conn, key, now)
    if planned is not None and planned.status == "draft":
        return load_draft(service, conn, key, now)
    running = service.trip(conn, key, now, lock=True)
    if running is None:
        raise NotFound
    if running.status != "armed" or looks_ended(conn, running, now):
        raise Conflict409(ENDED, ("ended",))
    return trip_as_shown(conn, service.keys, running, now)


def _keep(work: Work, trip: TripState, given: Mapping[Point, Answer], *, asks: bool | None = None) -> Checklist:
    before = answers_of(trip)
    points = {point.value: stored_point(one) for point, one in {**before, **given}.items() if _says_anything(one)}
    silent = not (is_asked(trip.details) if asks is None else asks)
    asking = {ASKING: {"state": OFF, "on": work.now.isoformat()}} if silent else {}
    # An empty list is kept too: she has looked at it.
    details = {**trip.details, CHECKLIST: {**points, **asking} or {ASKING: {"state": "on", "on": work.now.isoformat()}}}
    write_details(work.service, work.conn, trip, details)
    if Point.COPIES in given:
        holders = (one.text("holder") if one else "" for one in (before.get(Point.COPIES), given[Point.COPIES]))
        choose_holder(work, trip, *holders)
    changed = replace(trip, details=details)
    ask_before_leaving(work, changed)
    names = {"points": sorted(point.value for point in given)}
    work.audit.add(trip.key.traveler_id, "traveler", "checklist_told", trip.key_id, names)
    work.flush()
    return checklist_of(changed, work.now)


def _says_anything(answer: Answer) -> bool:
    return answer.not_needed or any(answer.told.values())


def _refuse_done(problems: Problems, trip: TripState, given: Mapping[Point, Answer], now: datetime) -> None:
    """In a running trip only what is open can be told; once she is on her way, only beside what was told before."""
    list_now = checklist_of(trip, now)
    settled = {one.point for one in list_now.findings if one.state is not State.OPEN}
    for point, answer in given.items():
        before = list_now.told.get(point)
        same = before is not None and (before.told, before.not_needed) == (answer.told, answer.not_needed)
        takes_back = list_now.left and before is not None and not _keeps(answer, before)
        if (point in settled or takes_back) and not same:
            problems.add(point.value, KNOWN_ALREADY)


def _keeps(answer: Answer, before: Answer) -> bool:
    """Whether an answer says all that the one before it said."""
    return all(
        set(value) <= set(answer.told.get(name) or ()) if isinstance(value, list) else answer.told.get(name) == value
        for name, value in before.told.items()
        if value
    )


def _checked(service: Service, problems: Problems, trip: TripState, point: Point, told: Told, now: datetime) -> Answer:
    """An answer as it is kept; `problems` says what of it cannot be used."""
    values = {name: told.values[name] for name in NAMES[point] if told.values.get(name) and name != ROUNDS}
    if told.not_needed and point in ALWAYS_ASKED:
        problems.add(f"{point}.not_needed", CONCERNS_EVERYBODY)
    if point in RESULTS:
        name, allowed = RESULTS[point]
        if values.get(name, allowed[0]) not in allowed:
            problems.add(f"{point}.{name}", NOT_ONE_OF_THEM)
    if point is Point.CONTRACT and not set(values.get("parts") or ()) <= {part.value for part in CONTRACT_PARTS}:
        problems.add("contract.parts", NOT_ONE_OF_THEM)
    if "day" in values:
        _check_day(problems, f"{point}.day", values["day"], trip, now)
    if "phone" in values:
        values["phone"] = _phone(service, problems, f"{point}.phone", values["phone"])
    if "holder" in values:
        contact = trip.contact(values["holder"])
        if contact is None or contact.status not in ("invited", "accepted"):
            problems.add("copies.holder", UNKNOWN_CONTACT)
    if point is Point.NUMBERS and (kept := answers_of(trip).get(point)) is not None:
        # What she knows by heart is not told but shown.
        values[ROUNDS] = kept.told.get(ROUNDS) or {}
    return Answer(now, values, not_needed=told.not_needed)


def _check_day(problems: Problems, name: str, day: str, trip: TripState, now: datetime) -> None:
    today = local_date(numbers.zone_of_number(trip.traveler.phone), now)
    if date.fromisoformat(day) > today:
        problems.add(name, IN_THE_FUTURE)


def _phone(service: Service, problems: Problems, name: str, typed: str) -> str:
    try:
        return numbers.parse_number(typed, invented=service.demo)
    except numbers.NotANumber:
        problems.add(name, NOT_A_NUMBER)
        return typed
