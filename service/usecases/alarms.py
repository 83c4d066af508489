"""What a change to an alarm brings with it: cancelled texts, notices, all-clears, another look by the ladder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from service.core.alarm import AlarmKind, AlarmView, open_alarm
from service.core.ladder import audience
from service.db.rehearsals import rehearsing, silence
from service.db.trips import AlarmState, ContactState, TripKey, TripState
from service.usecases import telling
from service.usecases.ask_later import ask_again, keep_back
from service.usecases.checklist_asking import stop_asking_before
from service.usecases.end_trip import forget_ends
from service.usecases.work import Work, cancel, cancel_notices

PENDING_OF_AN_ALARM = ("alert", "notice")


def put_alarm(work: Work, trip: TripState, view: AlarmView) -> TripState:
    """Keep a changed alarm (or a reopened one) and do what the change asks for. Returns the trip with it.

    Closed: pending texts are cancelled and everybody who was told gets the all-clear. Risen: pending texts of the lower
    kind are cancelled, because they may say what must not be said any more. In any case the ladder looks at it now.
    """
    state = trip.alarm or trip.recent
    if state is None or view == state.view:
        return trip
    before = state.view
    changed = replace(state, view=view)
    if not view.is_open:
        cancel(work.conn, trip.key.traveler_id, work.now, alarm_id=state.alarm_id, kinds=PENDING_OF_AN_ALARM)
        for contact in _told(trip, state):
            telling.all_clear(work, trip, changed, contact)
        if view.kind is AlarmKind.DURESS:
            forget_ends(work, trip)
        work.save_alarm(trip, changed, None)
        work.audit.add(trip.key.traveler_id, view.closed_by or "engine", f"alarm_closed:{view.outcome}")
        trip = replace(trip, alarm=None, recent=changed)
        if view.kind in (AlarmKind.MISSED, AlarmKind.UNPROVEN):
            ask_again(work, trip)
        return trip
    if view.kind is not before.kind or not before.is_open:
        cancel(
            work.conn,
            trip.key.traveler_id,
            work.now,
            alarm_id=state.alarm_id,
            kinds=(*PENDING_OF_AN_ALARM, "all_clear"),
        )
        work.audit.add(trip.key.traveler_id, "engine", f"alarm_raised:{view.kind}")
        silence(work.conn, trip.key, work.now)
        keep_back(work, [trip.key])
        if view.kind is AlarmKind.DURESS:
            cancel_notices(work.conn, trip, work.now)
    work.save_alarm(trip, changed, work.now)
    work.service.wake.sweep.set()
    return replace(trip, alarm=changed)


def open_new(
    work: Work,
    trip: TripState,
    kind: AlarmKind,
    missed: tuple[datetime, ...] = (),
    blind_since: datetime | None = None,
    unreadable: bool = False,
) -> TripState:
    """Open an alarm; its first rung is told at the ladder's next look, which is now. A rehearsal falls silent."""
    if kind is AlarmKind.DURESS:
        cancel_notices(work.conn, trip, work.now)
    silence(work.conn, trip.key, work.now)
    keep_back(work, [trip.key])
    if work.now < trip.starts_at:
        stop_asking_before(work, trip.key)
    work.service.wake.sweep.set()
    due_at = min(missed) + trip.plan.grace if missed and trip.plan is not None else None
    return replace(trip, alarm=_open(work, Opening(trip.key, kind, missed, blind_since, unreadable, due_at)))


class Opening(NamedTuple):
    """An alarm to be opened; see `service.core.alarm.open_alarm`."""

    key: TripKey
    kind: AlarmKind
    missed: tuple[datetime, ...] = ()
    blind_since: datetime | None = None
    unreadable: bool = False
    due_at: datetime | None = None


def open_several(work: Work, openings: Sequence[Opening]) -> None:
    """Open `missed` and `unproven` alarms of trips that have none, as `open_new` does for one; the sweep tells them."""
    if not openings:
        return
    keep_back(work, [opening.key for opening in openings])
    for key in rehearsing(work.conn, [opening.key for opening in openings]):
        silence(work.conn, key, work.now)
    for opening in openings:
        _open(work, opening)


def _open(work: Work, opening: Opening) -> AlarmState:
    view = open_alarm(opening.kind, work.now, opening.missed, opening.blind_since, opening.unreadable, opening.due_at)
    state = work.open_alarm(view)
    work.put_alarm(opening.key, state, work.now)
    work.audit.add(opening.key.traveler_id, "engine", f"alarm_opened:{opening.kind}")
    return state


def tell_told(work: Work, trip: TripState, key: str, *, but: Iterable[str] = (), **values: datetime | str) -> None:
    """A notice about the open alarm to everybody who was told of it and may still hear of it."""
    if trip.alarm is None:
        return
    heard = audience(trip.alarm.view.kind, trip.people) - frozenset(but)
    for contact in _told(trip, trip.alarm):
        if contact.id in heard:
            telling.notice(work, trip, trip.alarm, contact, key, **values)


def _told(trip: TripState, state: AlarmState) -> list[ContactState]:
    """Those who were told of it and have not left the trip's people since."""
    told = state.addressed | state.told
    return [contact for contact in trip.contacts if contact.id in told and contact.status != "removed"]
