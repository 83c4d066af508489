"""The story of an alarm as a page tells it: a list of moments in words, and the same as lanes, one a person.

Both are made from the same events (`usecases.alarm_history`), so that the picture never says anything else than the
words beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from service.core.alarm import Heard
from service.core.sheet_fields import Copy
from service.core.wording_text import N_
from service.usecases.alarm_history import Event, Happened
from service.usecases.show_alarm import AlarmPage
from service.usecases.times import said

Translate = Callable[[str], str]

LEFT, RIGHT, WIDTH = 12.0, 314.0, 326
TOP, APART = 46, 38
ONE_TICK = 62.0
"""Pixels at least from one time below the lanes to the next."""
BEFORE_NOW = timedelta(hours=24)
"""What lies longer back is told in words only: a picture of three days shows nothing of the first hour."""
STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720))

DOTS = {
    Happened.ASKED: "asked",
    Happened.DUE: "asked",
    Happened.SIGN: "done",
    Happened.ON_ITS_WAY: "ahead",
    Happened.TOLD: "done",
    Happened.ARRIVED: "done",
    Happened.TRIED_AGAIN: "asked",
    Happened.FAILED: "asked",
}
WRITTEN = {
    Happened.ON_ITS_WAY: N_("{who}: {way} is on its way"),
    Happened.TOLD: N_("{who}: {way} sent"),
    Happened.ARRIVED: N_("{who}: {way} arrived"),
    Happened.TRIED_AGAIN: N_("{who}: {way} did not get through, it goes again"),
    Happened.FAILED: N_("{who}: {way} did not arrive"),
}
CALLED = {
    Happened.ON_ITS_WAY: N_("{who}: a call is being made"),
    Happened.TOLD: N_("{who}: was called"),
    Happened.ARRIVED: N_("{who}: heard the call"),
    Happened.TRIED_AGAIN: N_("{who}: no answer to the call, it is made again"),
    Happened.FAILED: N_("{who}: no answer to the call"),
}
PICKED_UP = {
    Happened.TRIED_AGAIN: N_("{who}: the call was picked up, no key was pressed; it is made again"),
    Happened.FAILED: N_("{who}: the call was picked up, no key was pressed"),
}
VOICE = "voice"
TAKES = "1"
FOR_WHOM = {
    Copy.FAMILY: N_("the family"),
    Copy.POLICE: N_("the police"),
    Copy.CONSULATE: N_("the consulate"),
    Copy.NGO: N_("an organization"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the list: what happened when, in the reader's zone."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: when by the reader's clock, when in UTC, and what happened."""

    local: str
    utc: str
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    look: str


@dataclass(slots=True)
class Lane:
    """One person's line in the picture; `bar` is from when until when she has it."""

    name: str
    y: int
    dots: list[Dot] = field(default_factory=list)
    bar: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Lanes:
    """The picture. `ticks` are places and times below it; `now` is the place of the present."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    now: float
    height: int
    alternative: str


def moments(shown: AlarmPage, _: Translate) -> list[Moment]:
    """The story in words, oldest first."""
    names = {one.contact_id: one.name for one in shown.people}
    told = [(event, _said_of(event, shown, names, _)) for event in shown.events]
    return [Moment(said(event.at, shown.zone, shown.now), text) for event, text in told if text]


def log(shown: AlarmPage, _: Translate) -> list[Entry]:
    """The same story as a log for others to check: each moment with its day, in the reader's zone and in UTC."""
    names = {one.contact_id: one.name for one in shown.people}
    zone = ZoneInfo(shown.zone)
    told = [(event.at, _said_of(event, shown, names, _)) for event in shown.events]
    return [
        Entry(f"{at.astimezone(zone):%d.%m.%Y %H:%M}", f"{at.astimezone(UTC):%d.%m. %H:%M}", text)
        for at, text in told
        if text
    ]


def notes(shown: AlarmPage, _: Translate) -> list[tuple[Moment, str]]:
    """What her people heard: who said what when, and their own words below it. Only in an opened sheet."""
    if shown.sheet is None:
        return []
    names = {one.contact_id: one.name for one in shown.people}
    return [
        (
            Moment(
                said(one.at, shown.zone, shown.now),
                _said_so(one.answer, names.get(one.contact_id) or _("somebody"), shown.facts.name, _),
            ),
            one.note,
        )
        for one in shown.sheet.notes
    ]


def lanes(shown: AlarmPage, _: Translate) -> Lanes | None:
    """The story as a picture; None when nothing of it lies near enough to be drawn."""
    since = shown.now - BEFORE_NOW
    drawn = [event for event in shown.events if event.at >= since]
    if not drawn:
        return None
    begin = drawn[0].at
    end = max(shown.now, shown.hold_until or shown.now)
    place = _scale(begin, end)
    rows: dict[UUID | None, Lane] = {None: Lane(shown.facts.name, TOP)}
    for one in shown.people:
        rows[one.contact_id] = Lane(one.name, TOP + APART * len(rows))
    for event in drawn:
        lane = rows.get(event.contact_id)
        look = "now" if event.answer == TAKES else DOTS.get(event.what)
        if lane is not None and look is not None and (event.contact_id is not None or event.what in DOTS):
            lane.dots.append(Dot(place(event.at), look))
    for one in shown.people:
        if one.acts and shown.hold_until is not None:
            taken = [dot.x for dot in rows[one.contact_id].dots if dot.look == "now"]
            rows[one.contact_id].bar = (taken[-1] if taken else place(shown.now), place(shown.hold_until))
    text = "; ".join(f"{moment.at} {moment.text}" for moment in moments(shown, _))
    height = TOP + APART * (len(rows) - 1) + 40
    return Lanes(tuple(rows.values()), _ticks(begin, end, shown, place), place(shown.now), height, text)


def _said_of(event: Event, shown: AlarmPage, names: dict[UUID, str], _: Translate) -> str:
    name = shown.facts.name
    who = names.get(event.contact_id) if event.contact_id else None
    names_of = {"sms": "SMS", "voice": _("Call"), "email": _("E-mail"), "telegram": "Telegram"}
    way = names_of.get(event.channel, event.channel)
    match event.what:
        case Happened.DUE:
            return _("{name} was to check in by now").format(name=name)
        case Happened.ASKED:
            return _("{name} was asked ({way})").format(name=name, way=way)
        case Happened.OPENED:
            return _("the alarm opened")
        case Happened.SIGN:
            return _("a message came from the phone of {name}").format(name=name)
        case Happened.CLOSED:
            return _("the alarm ended")
        case Happened.ANSWERED:
            return _said_so(event.answer, who or _("somebody"), name, _)
        case _ if who is None:
            return ""
        case Happened.FOUND_OUT:
            return _("{who} wrote down what is known").format(who=who)
        case Happened.HANDED_OUT:
            return _("{who} made a copy of the sheet for {reader}").format(
                who=who, reader=_(FOR_WHOM[Copy(event.answer)])
            )
    if event.picked_up and event.what in PICKED_UP:
        return _(PICKED_UP[event.what]).format(who=who)
    return _(CALLED[event.what] if event.channel == VOICE else WRITTEN[event.what]).format(who=who, way=way)


def _said_so(answer: str, who: str, name: str, _: Translate) -> str:
    said_so = {
        "1": _("{who}: I take it"),
        "2": _("{who}: I heard the voice, safe"),
        "3": _("{who}: I cannot"),
        "4": _("{who}: something is not right"),
        Heard.RIGHT: _("{who}: the answer to the question was right"),
        Heard.WRONG: _("{who}: the answer to the question was wrong"),
        Heard.NOT_FREE: _("{who}: the answer meant “I am not free”"),
        Heard.ODD: _("{who}: something about the call was odd"),
        "close": _("{who}: it is over"),
        "not_reached": _("{who}: I could not reach {name}"),
        "authorities_told": _("{who}: the police or the consulate know"),
        "home": _("{who}: {name} is home"),
        "found_no_contact": _("{who}: {name} is safe and wants no contact"),
    }.get(answer)
    return said_so.format(who=who, name=name) if said_so else ""


def _scale(begin: datetime, end: datetime) -> Callable[[datetime], float]:
    span = max((end - begin).total_seconds(), 60.0)

    def place(at: datetime) -> float:
        share = min(1.0, max(0.0, (at - begin).total_seconds() / span))
        return round(LEFT + share * (RIGHT - LEFT), 1)

    return place


def _ticks(
    begin: datetime, end: datetime, shown: AlarmPage, place: Callable[[datetime], float]
) -> tuple[tuple[float, str], ...]:
    """Round times below the lanes, as many as there is room for."""
    span = max((end - begin).total_seconds(), 60.0)
    room = span * ONE_TICK / (RIGHT - LEFT)
    step = next((one.total_seconds() for one in STEPS if one.total_seconds() >= room), STEPS[-1].total_seconds())
    first = -(-begin.timestamp() // step) * step
    found = []
    while first <= end.timestamp():
        at = datetime.fromtimestamp(first, begin.tzinfo)
        found.append((place(at), said(at, shown.zone, at)))
        first += step
    return tuple(found)
