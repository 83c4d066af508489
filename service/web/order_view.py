"""Say whom an alarm tells, in which order: as a picture, and line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from service.core.ladder import LONGEST_REPEAT, Role
from service.core.wording import Translate
from service.usecases.foresee import Telling
from service.usecases.set_ladder import LadderForm
from service.usecases.show_people import People, tellings
from service.web.durations import span_said
from service.web.ladder_picture import Column, LadderPicture, draw_ladder
from service.web.local_times import clock_said, local

MOST_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Told:
    """A line: when, as a time of day or as a span after the first, and the names of those who are told."""

    when: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderView:
    """`by_clock`: the times are of the first deadline ahead; otherwise they count from the first message.
    `again`: the pauses after which the last telling is repeated."""

    picture: LadderPicture
    lines: tuple[Told, ...]
    by_clock: bool
    again: tuple[str, ...]


def view_order(people: People, form: LadderForm, language: str, _: Translate) -> OrderView | None:
    """The words and the picture of an order; None while there is nobody."""
    told = tellings(people, form)
    if not told:
        return None
    first = told[0].at
    names = {one.id: one.name for one in people.present}
    helpers = {one.id for one in people.present if one.role == Role.CASEWORKER}
    whens = [_when(people, telling, told[0], language, _) for telling in told]
    columns = [_column(when, telling, helpers, _) for when, telling in zip(_short(people, told, _), told, strict=True)]
    return OrderView(
        picture=draw_ladder(columns[:MOST_COLUMNS]),
        lines=tuple(
            Told(when, tuple(names[person] for person in telling.people))
            for when, telling in zip(whens, told, strict=True)
        ),
        by_clock=people.opens_at is not None and people.opens_at == first,
        again=_pauses(form.repeat, language),
    )


def _when(people: People, telling: Telling, first: Telling, language: str, _: Translate) -> str:
    if people.opens_at is not None:
        return clock_said(local(telling.at, people.zone))
    waited = int((telling.at - first.at).total_seconds())
    return _("after {time}").format(time=span_said(waited, language)) if waited else _("at once")


def _short(people: People, told: tuple[Telling, ...], _: Translate) -> list[str]:
    """The same as it stands under a column."""
    if people.opens_at is not None:
        return [clock_said(local(telling.at, people.zone)) for telling in told]
    return [_span(telling.at - told[0].at) for telling in told]


def _span(waited: timedelta) -> str:
    """ "+0:45", as hours and minutes; "+30″" below a minute."""
    seconds = int(waited.total_seconds())
    return f"+{seconds}″" if seconds % 60 else f"+{seconds // 3600}:{seconds // 60 % 60:02}"


def _column(time: str, telling: Telling, helpers: set[str], _: Translate) -> Column:
    helping = len(helpers & set(telling.people))
    family = len(telling.people) - helping
    who = str(family) if not helping else f"{family} + {helping}" if family else f"+ {helping}"
    return Column(time, _("one") if family == 1 and not helping else who, len(telling.people), helping)


def _pauses(repeat: timedelta, language: str) -> tuple[str, ...]:
    """The first pauses between tellings of everybody; the last of them stays."""
    longest = max(LONGEST_REPEAT, repeat)
    pauses = [min(repeat * 2**number, longest) for number in range(3)]
    return tuple(span_said(int(pause.total_seconds()), language) for pause in dict.fromkeys(pauses))
