"""Changes in mid-trip: more watching at once, less of it after a cooling-off of which her people hear.

Whoever holds her phone can ask for all of them. So nothing that an answer, a page or a reminder shows depends on
whether the word that came along was a safe word or one of duress.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import insert

from service.core.plan import DAY, Leg, Plan, keep_pauses, leg_at, next_deadline
from service.core.watch import be_late, replan
from service.core.wording import ContactNotice
from service.db.stored import table_of
from service.db.tables import Change as ChangeRow
from service.db.tables import Trip
from service.db.trips import ContactState, TripState
from service.usecases import telling
from service.usecases.alarm_facts import place as place_by_plan
from service.usecases.changes import (
    AddContact,
    Change,
    End,
    Erase,
    HandOver,
    Late,
    NewLadder,
    NewLeg,
    NewPlan,
    NewWords,
    Pause,
    RemoveContact,
    RemoveNumber,
    TakeOver,
    Undo,
    UsualLadder,
    Waiting,
    to_json,
)
from service.usecases.contacts import GONE, add_in
from service.usecases.end_trip import request_end
from service.usecases.hand_over import ask_in
from service.usecases.her_numbers import check_removable
from service.usecases.plan_trip import LEG_TOO_EARLY, LegForm, check_place
from service.usecases.problems import (
    IN_THE_PAST,
    TOO_LONG_A_TIME,
    TOO_MANY_HERE,
    UNKNOWN_CONTACT,
    Conflict409,
    Invalid,
    Problems,
)
from service.usecases.remove_unsafe import may_leave_now, remove_unsafe_in
from service.usecases.set_ladder import USUAL, check_ladder
from service.usecases.set_plan import build_plan, plan_limits, write_plan
from service.usecases.set_words import NEEDS_A_LISTENER, has_listener
from service.usecases.trip_as_shown import trip_as_shown
from service.usecases.undo_change import undo_in
from service.usecases.waiting import is_paused
from service.usecases.work import Work, cancel_reminders

CHANGES = table_of(ChangeRow)
TRIPS = table_of(Trip)

LONGEST_PAUSE = timedelta(days=30)
COMPARED_FOR = timedelta(days=400)
"""How long two plans are compared beyond all that happens but once: every clock change of a year, and more."""
COMPARED_AT_MOST = 5_000
"""Deadlines of two plans that are compared; a plan with more of them is not known to be watching more."""


def request_in(work: Work, trip: TripState, change: Change, *, verified: bool, duress: bool = False) -> TripState:
    """Apply a change, or let it wait, within a transaction; the trip as it then is. The caller saves its watch.

    `verified`: one of her words came with it. `duress`: it was one of duress, so her people hear of that in its own
    words and not of the change.

    Raises:
        Invalid: fields that cannot be used.
        Conflict409: first words, and nobody who may hear of one of duress.
    """
    shown = trip_as_shown(work.conn, work.service.keys, trip, work.now)
    match change:
        case Late(until):
            return _be_late(work, trip, until)
        case NewLeg(leg):
            return _new_leg(work, trip, leg)
        case AddContact(contact):
            add_in(work, shown, contact, "add_contact.")
            return trip
        case NewPlan(form):
            plan = build_plan(work.service, trip, form, "plan.")
            if trip.plan is not None:
                plan = keep_pauses(plan, trip.plan, work.now)
                if is_more_watching(trip.plan, plan, work.now):
                    return _put_plan(work, trip, plan)
            waiting: Waiting = plan
        case Pause(until):
            _check_ahead("pause_until", until, work.now)
            waiting = change
        case RemoveContact():
            leaving = _leaving(shown, change)
            if change.unsafe and verified and not duress and may_leave_now(trip, leaving):
                return remove_unsafe_in(work, trip, leaving)
            waiting = change
        case HandOver():
            waiting = ask_in(work, shown, change)
        case RemoveNumber(phone):
            check_removable(work, trip, phone)
            waiting = change
        case NewLadder(ladder):
            check_ladder(work.service, shown, ladder, "ladder.")
            waiting = ladder
        case UsualLadder():
            waiting = USUAL
        case NewWords(fingerprints):
            if not trip.has_words and not has_listener(shown):
                raise Conflict409(NEEDS_A_LISTENER, ("full_contact",))
            waiting = fingerprints
        case Erase():
            waiting = change
        case End():
            if not verified:
                return request_end(work, trip)
            waiting = change
        case Undo():
            return undo_in(work, trip, change, verified=verified, duress=duress)
    _wait(work, trip, waiting, verified=verified, duress=duress)
    return trip


def is_more_watching(old: Plan, new: Plan, now: datetime) -> bool:
    """Whether `new` asks her by each deadline of `old` and after the one before it, and gives no more grace or weak
    check-ins.

    By each of them, until both only repeat themselves: a plan that falls silent after some weeks would else count at
    once, and nobody would hear of it.
    """
    if new.grace > old.grace or new.max_weak > old.max_weak:
        return False
    once = [instant for plan in (old, new) for instant in _once(plan)]
    repeats_after = COMPARED_FOR if old.daily or new.daily else 2 * max(old.every or DAY, new.every or DAY)
    until, at = max([now, *once]) + repeats_after, now
    for _ in range(COMPARED_AT_MOST):
        expected, asked = next_deadline(old, at), next_deadline(new, at)
        if expected is None or expected > until:
            return True
        if asked is None or asked > expected:
            return False
        at = expected
    return False


def _once(plan: Plan) -> Iterator[datetime]:
    """The instants at which something of a plan happens but once."""
    yield plan.starts_at
    yield from plan.once
    yield from (span.ends_at for span in plan.quiet)
    yield from (leg.starts_at for leg in plan.legs)


def _leaving(shown: TripState, change: RemoveContact) -> ContactState:
    found = shown.contact(change.contact_id)
    if found is None or found.status in GONE:
        raise Invalid.of("remove_contact", UNKNOWN_CONTACT)
    return found


def _check_ahead(name: str, until: datetime, now: datetime) -> None:
    if until <= now:
        raise Invalid.of(name, IN_THE_PAST)
    if until > now + LONGEST_PAUSE:
        raise Invalid.of(name, TOO_LONG_A_TIME)


def _be_late(work: Work, trip: TripState, until: datetime) -> TripState:
    _check_ahead("late_until", until, work.now)
    if trip.watch is None or trip.plan is None or is_paused(work.conn, work.service.keys, trip.key, work.now):
        # In a pause nothing is asked for. One that an alarm holds back must not show by what moves.
        return trip
    watch = be_late(trip.watch, trip.plan, until)
    if watch != trip.watch:
        cancel_reminders(work.conn, trip, work.now)
        work.audit.add(trip.key.traveler_id, "traveler", "late")
    return replace(trip, watch=watch)


def _new_leg(work: Work, trip: TripState, form: LegForm) -> TripState:
    """A new zone counts at once, but the deadline that stands never moves away by it."""
    problems = Problems()
    check_place(problems, "leg.", form.country, form.zone)
    if trip.plan is None or form.starts_at <= trip.plan.legs[0].starts_at:
        problems.add("leg.from", LEG_TOO_EARLY)
    problems.refuse()
    if trip.plan is None:
        return trip
    old = leg_at(trip.plan, form.starts_at)
    others = [leg for leg in trip.plan.legs if leg.starts_at != form.starts_at]
    if len(others) >= plan_limits(work.service).leg_count:
        raise Invalid.of("leg", TOO_MANY_HERE)
    leg = Leg(form.starts_at, form.zone, form.country, form.city)
    legs = tuple(sorted([*others, leg], key=lambda one: one.starts_at))
    changed = _put_plan(work, trip, replace(trip.plan, legs=legs))
    if old.country != form.country:
        for contact in telling.who_may_hear(trip):
            place = place_by_plan(changed, form.starts_at, contact.language)
            telling.notice(work, trip, None, contact, ContactNotice.COUNTRY_CHANGED, place=place)
    return changed


def _put_plan(work: Work, trip: TripState, plan: Plan) -> TripState:
    write_plan(work.service, work.conn, trip, plan)
    work.audit.add(trip.key.traveler_id, "traveler", "plan_changed")
    if trip.watch is None:
        return replace(trip, plan=plan)
    watch = replan(trip.watch, plan, work.now)
    if watch.deadline != trip.watch.deadline:
        cancel_reminders(work.conn, trip, work.now)
    return replace(trip, plan=plan, watch=watch)


def _wait(work: Work, trip: TripState, waiting: Waiting, *, verified: bool, duress: bool) -> None:
    kind, value = to_json(waiting)
    effective_at = work.now if verified else work.now + trip.cooling_off
    sealed = work.service.keys.seal(work.conn, trip.key_id, b"change", json.dumps(value, ensure_ascii=False).encode())
    row = {
        "traveler_id": trip.key.traveler_id,
        "change_id": uuid4(),
        "trip_id": trip.key.trip_id,
        "kind": kind,
        "sealed": sealed,
        "requested_at": work.now,
        "effective_at": effective_at,
        "state": "invited" if isinstance(waiting, TakeOver) else "pending",
        "verified": verified,
    }
    work.conn.execute(insert(CHANGES), row)
    work.audit.add(trip.key.traveler_id, "traveler", f"change_asked:{kind}")
    if duress or (verified and isinstance(waiting, End)):
        return
    removed = (str(waiting.contact_id),) if isinstance(waiting, RemoveContact | TakeOver) else ()
    notice = ContactNotice.CONTACT_REMOVED if removed else ContactNotice.CHANGE_ASKED
    telling.tell_others(work, trip, notice, but=removed, until=effective_at)
