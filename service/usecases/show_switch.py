"""Say where a trip's switch stands and what it waits for, from what is stored and what has left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, or_, select

from service.core.alarm import BY_CHECK_IN, AlarmKind, AlarmView, Outcome
from service.core.plan import leg_at
from service.db import tables
from service.db.stored import table_of
from service.db.trips import TripState
from service.usecases.foresee import Foreseen, Telling, foresee

OUTBOX = table_of(tables.Outbox)

CLOSED_SHOWS_FOR = timedelta(minutes=10)
LEFT = ("sent", "unknown")


class Stage(StrEnum):
    """Where a trip's switch stands."""

    DRAFT = "draft"
    CALM = "calm"
    ASKED = "asked"
    LATE = "late"
    ALARM = "alarm"
    HELD = "held"
    SIGN = "sign"
    """A text came during the alarm that proves nothing, and holds it."""
    CLEAR = "clear"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Switch:
    """What the switch of a trip waits for. Instants are UTC; `zone` is where the traveler is by plan.

    `began_at` is the last sign of life that counted, or the arming. `asked_at` are reminders sent since then, `told`
    the tellings of the alarm so far; `ahead` is what follows if nobody says anything.
    """

    stage: Stage
    now: datetime
    zone: str
    city: str
    name: str
    began_at: datetime | None = None
    deadline: datetime | None = None
    kind: AlarmKind | None = None
    opened_at: datetime | None = None
    asked_at: tuple[datetime, ...] = ()
    told: tuple[Telling, ...] = ()
    ahead: Foreseen = field(default_factory=Foreseen)
    until: datetime | None = None
    who: str = ""
    outcome: Outcome | None = None


def city_of(trip: TripState, now: datetime) -> str:
    return leg_at(trip.plan, now).city if trip.plan else ""


def sent_of(conn: Connection, trip: TripState, now: datetime) -> Sequence[RowMapping]:
    """What has left for this trip's people since its switch last began to wait, oldest first."""
    alarm = trip.alarm or trip.recent
    # Reminders go on while an alarm is open, and no page needs them.
    until = trip.alarm.view.opened_at if trip.alarm else now
    since = (trip.watch.last_check_in_at or trip.watch.armed_at) if trip.watch else trip.starts_at
    if alarm is not None:
        since = min(since, *alarm.view.missed, alarm.view.opened_at)
    columns = (OUTBOX.c.kind, OUTBOX.c.step, OUTBOX.c.contact_id, OUTBOX.c.alarm_id, OUTBOX.c.settled_at)
    query = select(*columns).where(
        OUTBOX.c.traveler_id == trip.key.traveler_id,
        OUTBOX.c.trip_id == trip.key.trip_id,
        or_(OUTBOX.c.kind == "alert", (OUTBOX.c.kind == "reminder") & (OUTBOX.c.created_at <= until)),
        OUTBOX.c.state.in_(LEFT),
        OUTBOX.c.settled_at.is_not(None),
        OUTBOX.c.created_at >= since,
    )
    return conn.execute(query.order_by(OUTBOX.c.settled_at)).mappings().all()


def switch_of(trip: TripState, sent: Sequence[RowMapping], now: datetime) -> Switch:
    zone = leg_at(trip.plan, now).zone if trip.plan else "UTC"
    base = Switch(Stage.DRAFT, now, zone, city_of(trip, now), trip.traveler.name)
    watch = trip.watch
    if watch is None or trip.status == "draft":
        return base
    if trip.status == "ended":
        return replace(base, stage=Stage.ENDED)
    began = watch.last_check_in_at or watch.armed_at
    if trip.alarm is not None:
        return _alarm(trip, trip.alarm.view, sent, base, began)
    asked = tuple(row["settled_at"] for row in sent if row["kind"] == "reminder" and row["settled_at"] >= began)
    waiting = replace(base, began_at=began, deadline=watch.deadline, asked_at=asked, ahead=foresee(trip, now))
    if watch.deadline is not None and now >= watch.deadline:
        return replace(waiting, stage=Stage.LATE)
    if watch.stage > 0:
        return replace(waiting, stage=Stage.ASKED)
    closed = trip.recent.view if trip.recent else None
    if (
        closed is not None
        and closed.closed_at is not None
        and _still_shows(closed.closed_at, watch.last_check_in_at, now)
    ):
        who = trip.contact(closed.closed_by) if closed.closed_by else None
        began = max(began, closed.closed_at)
        shown = replace(waiting, stage=Stage.CLEAR, kind=closed.kind, outcome=closed.outcome, began_at=began)
        return replace(shown, who=who.name if who else "", opened_at=closed.opened_at)
    return replace(waiting, stage=Stage.CALM)


def _alarm(trip: TripState, view: AlarmView, sent: Sequence[RowMapping], base: Switch, began: datetime) -> Switch:
    alarm_id = trip.alarm.alarm_id if trip.alarm else None
    deadline = min(view.missed, default=None) if view.kind is AlarmKind.MISSED else None
    before = deadline or view.opened_at
    if trip.watch is not None and began >= before:
        began = min(trip.watch.previous or trip.watch.armed_at, before)
    asked = [row["settled_at"] for row in sent if row["kind"] == "reminder" and row["settled_at"] <= view.opened_at]
    holder = trip.contact(view.held_by) if view.held_by else None
    stage = Stage.ALARM
    if view.hold_until is not None:
        stage = Stage.SIGN if view.held_by == BY_CHECK_IN else Stage.HELD
    return replace(
        base,
        stage=stage,
        kind=view.kind,
        began_at=began,
        deadline=deadline,
        opened_at=view.opened_at,
        asked_at=tuple(asked),
        told=_tellings([row for row in sent if row["alarm_id"] == alarm_id], trip),
        ahead=foresee(trip, base.now),
        until=view.hold_until,
        who=holder.name if holder else "",
    )


def _tellings(sent: Iterable[RowMapping], trip: TripState) -> tuple[Telling, ...]:
    """The steps of the ladder that were told, each with its first instant and its people in their order."""
    steps: dict[int, dict[str, datetime]] = {}
    for row in sent:
        if row["kind"] == "alert" and row["contact_id"] is not None:
            steps.setdefault(row["step"], {}).setdefault(str(row["contact_id"]), row["settled_at"])
    order = {contact.id: contact.position for contact in trip.contacts}
    return tuple(
        Telling(min(people.values()), tuple(sorted(people, key=lambda id: order.get(id, 0))))
        for _, people in sorted(steps.items())
    )


def _still_shows(closed_at: datetime, last_check_in: datetime | None, now: datetime) -> bool:
    answered_since = last_check_in is not None and last_check_in > closed_at + timedelta(seconds=2)
    return now < closed_at + CLOSED_SHOWS_FOR and not answered_since
