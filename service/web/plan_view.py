"""Say what a plan means: the next answers by both clocks, and what follows when one of them does not come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.core.wording import Translate
from service.usecases.places import zone_label
from service.usecases.preview_plan import Due, PlanPreview
from service.web.ladder_picture import Column, LadderPicture, draw_ladder
from service.web.local_times import clock_said, day_said, local, short_day
from service.web.plan_picture import PlanPicture, draw_plan


@dataclass(frozen=True, slots=True)
class DueView:
    """One answer: its day and time where she is, the time at home ("" when it is the same), and what follows."""

    day: str
    here: str
    place: str
    home: str
    asked: tuple[str, ...]
    told: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """The preview of a plan. `picture`: the answers; `ladder`: what follows when the first does not come."""

    dues: tuple[DueView, ...]
    home_place: str
    moves: bool
    picture: PlanPicture
    ladder: LadderPicture


def view_plan(preview: PlanPreview, language: str, _: Translate) -> PlanView | None:
    """The words and pictures of a preview; None when no answer is due any more."""
    if not preview.dues:
        return None
    ends = []
    for due in preview.dues:
        there = local(due.at, due.leg.zone)
        ends.append((due.at, short_day(there.date(), language), clock_said(there)))
    return PlanView(
        dues=tuple(_due(due, preview.home_zone, language) for due in preview.dues),
        home_place=zone_label(preview.home_zone, language),
        moves=preview.moves,
        picture=draw_plan(preview.starts_at, ends),
        ladder=_ladder(preview.dues[0], _),
    )


def _due(due: Due, home_zone: str, language: str) -> DueView:
    there, home = local(due.at, due.leg.zone), local(due.at, home_zone)
    same = there.replace(tzinfo=None) == home.replace(tzinfo=None)
    return DueView(
        day=day_said(there.date(), language),
        here=clock_said(there),
        place=due.leg.city or zone_label(due.leg.zone, language),
        home="" if same else _beside(home, there, language),
        asked=_moments(due.reminders, due, language),
        told=_moments([due.told_at], due, language)[0],
    )


def _moments(instants: Sequence[datetime], due: Due, language: str) -> tuple[str, ...]:
    there = local(due.at, due.leg.zone)
    return tuple(_beside(local(instant, due.leg.zone), there, language) for instant in instants)


def _beside(moment: datetime, other: datetime, language: str) -> str:
    """A time of day; with its day where that is not the other's."""
    if moment.date() == other.date():
        return clock_said(moment)
    return f"{short_day(moment.date(), language)} {clock_said(moment)}"


def _ladder(due: Due, _: Translate) -> LadderPicture:
    """The reminders, and the first person told, by her own clock."""
    asked = [Column(clock_said(local(at, due.leg.zone)), _("you"), 1, asked=True) for at in due.reminders]
    told = Column(clock_said(local(due.told_at, due.leg.zone)), _("one"), 1)
    place = next((number for number, at in enumerate(due.reminders) if at >= due.at), -1)
    return draw_ladder([*asked, told], place)
