"""What a contact's answer does: 1 I take it, 2 I heard her voice, 3 I cannot, 4 something is not right.

On her page she may also say in words what she heard when she asked the agreed question, and add a note to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.core import alarm as alarms_core
from service.core.alarm import AlarmKind, AlarmView, Heard, Outcome, Strength, Taken
from service.core.ladder import Role, audience
from service.core.watch import after_mistake, check_in
from service.core.wording import ContactNotice, PageReason, Reply
from service.db.settle import cancel_alerts
from service.db.trips import AlarmState, ContactState, TripState
from service.usecases import telling
from service.usecases.alarm_of import alarm_of
from service.usecases.alarms import open_new, put_alarm, tell_told
from service.usecases.work import VOICE, Work, cancel_reminders

CLOSE = "close"
"""The page's button by which two people end a duress alarm."""
HEARD = frozenset(Heard)
SAYS = {"2": Outcome.HEARD_SAFE, "4": Outcome.HEARD_ODD, **{what.value: what.outcome for what in Heard}}
"""What an answer says of her voice."""
MOST_NOTE = 300
"""Characters of a note."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The trip after an answer and what the contact is told; None when the all-clear is her answer."""

    trip: TripState
    reply: Reply | None
    who: str = ""
    until: datetime | None = None


def with_note(answer: str, note: str) -> str:
    """What the page keeps of an answer: only of what was heard there is a note."""
    note = " ".join(note.split())[:MOST_NOTE]
    return f"{answer}\n{note}" if note and answer in HEARD else answer


def answer_and_note(text: str) -> tuple[str, str]:
    """What `with_note` made, taken apart."""
    answer, _, note = text.strip().partition("\n")
    return answer, note


def answer_alarm(
    work: Work,
    trip: TripState,
    contact: ContactState,
    answer: str,
    *,
    via: str,
    at: datetime,
    alarm_id: UUID | None,
    note: str = "",
) -> Answered:
    """Apply an answer to the alarm that it names: an open one, or one that has ended, to which only a doubt objects.

    `note` is kept sealed in the audit trail, where `alarm_notes` finds it.
    """
    state = alarm_of(work.conn, trip, alarm_id) if alarm_id is not None else None
    if state is None:
        return Answered(trip, Reply.NO_ALARM)
    work.record_answer(
        traveler_id=trip.key.traveler_id,
        alarm_id=state.alarm_id,
        contact_id=contact.contact_id,
        answer=answer,
        via=via,
    )
    for address in contact.addresses:
        if address.channel == VOICE:
            # Who has answered is not called again about the same.
            cancel_alerts(work.conn, trip.key.traveler_id, state.alarm_id, contact.contact_id, address.index, work.now)
    detail = {"alarm": str(state.alarm_id), "note": note} if note else None
    work.audit.add(trip.key.traveler_id, contact.id, f"answered:{answer}", trip.key_id, detail)
    if not state.view.is_open:
        return _object(work, trip, state, answer)
    if state.view.kind is AlarmKind.DURESS and contact.id not in audience(AlarmKind.DURESS, trip.people):
        return Answered(trip, Reply.STAND_BACK)
    match answer:
        case "1":
            return _take(work, trip, state, contact)
        case _ if SAYS.get(answer) is Outcome.HEARD_SAFE:
            return _heard_safe(work, trip, state, contact, at)
        case "3":
            return Answered(put_alarm(work, trip, alarms_core.cannot(state.view, contact.id, work.now)), Reply.CANNOT)
        case _ if SAYS.get(answer) is Outcome.HEARD_ODD:
            raised = put_alarm(work, trip, alarms_core.heard_odd(state.view, work.now))
            return Answered(raised, Reply.ODD_RAISED)
        case _ if answer == CLOSE:
            return _close(work, trip, state, contact)
        case _ if answer in outcomes(state.view, contact):
            return _report(work, trip, state, contact, Outcome(answer))
        case _:
            return Answered(trip, Reply.ANSWER_NOT_UNDERSTOOD)


def outcomes(view: AlarmView, contact: ContactState) -> tuple[Outcome, ...]:
    """What this contact may report of an open alarm on its page, besides the digits; under duress nobody calls her."""
    if view.kind is AlarmKind.DURESS:
        return (Outcome.AUTHORITIES_TOLD,)
    found = (Outcome.NOT_REACHED, Outcome.AUTHORITIES_TOLD)
    if view.kind is AlarmKind.SOS and contact.role is not Role.CASEWORKER:
        return found
    return (*found, Outcome.HOME, Outcome.FOUND_NO_CONTACT)


def _report(work: Work, trip: TripState, state: AlarmState, contact: ContactState, outcome: Outcome) -> Answered:
    """What was found: it ends the alarm, and nothing proves then that it is she; or it ends the hold and is told."""
    by_caseworker = contact.role is Role.CASEWORKER
    view = alarms_core.report(state.view, outcome, contact.id, work.now, by_caseworker=by_caseworker)
    trip = put_alarm(work, trip, view)
    if not view.is_open:
        watch = after_mistake(trip.watch) if trip.watch is not None else None
        return Answered(replace(trip, watch=watch), None)
    tell_told(work, trip, outcome.value, but=(contact.id,), who=contact.name)
    return Answered(trip, Reply.NO_HOLD_LEFT)


def _take(work: Work, trip: TripState, state: AlarmState, contact: ContactState) -> Answered:
    view, taken = alarms_core.acknowledge(state.view, contact.id, work.now)
    trip = put_alarm(work, trip, view)
    if taken is Taken.HELD:
        if view.hold_until is not None:
            tell_told(work, trip, ContactNotice.HELD, but=(contact.id,), who=contact.name, until=view.hold_until)
        return Answered(trip, Reply.TAKEN, until=view.hold_until)
    if taken is Taken.HELD_BY_OTHER:
        holder = trip.contact(view.held_by or "")
        return Answered(trip, Reply.HELD_BY_OTHER, who=holder.name if holder else "", until=view.hold_until)
    if taken is Taken.ALREADY_HELD:
        return Answered(trip, Reply.TAKEN, until=view.hold_until)
    return Answered(trip, Reply.NO_HOLD_LEFT)


def _heard_safe(work: Work, trip: TripState, state: AlarmState, contact: ContactState, at: datetime) -> Answered:
    view = alarms_core.heard_safe(state.view, contact.id, work.now)
    if view.is_open:
        return Answered(trip, Reply.DURESS_NOTED)
    if trip.watch is not None and trip.plan is not None:
        checked = check_in(trip.watch, trip.plan, at, Strength.VERIFIED)
        if checked.satisfied:
            cancel_reminders(work.conn, trip, work.now)
        trip = replace(trip, watch=checked.watch)
    return Answered(put_alarm(work, trip, view), None)


def _close(work: Work, trip: TripState, state: AlarmState, contact: ContactState) -> Answered:
    people = audience(AlarmKind.DURESS, trip.people)
    view = alarms_core.close_by(state.view, contact.id, people, work.now)
    trip = put_alarm(work, trip, view)
    if not view.is_open:
        return Answered(trip, None)
    if len(people) == 1:
        code = work.fresh_code(trip.key.traveler_id, state.alarm_id, None)
        how = f"amanba close {code}"
        telling.page_operator(work, PageReason.CLOSE_ASKED, f"{state.alarm_id}", trip=trip, detail=how)
    return Answered(trip, Reply.DURESS_NOTED)


def _object(work: Work, trip: TripState, state: AlarmState, answer: str) -> Answered:
    """A doubt about an alarm that has ended: it is open again, or the one that is open now rises."""
    if SAYS.get(answer) is not Outcome.HEARD_ODD:
        return Answered(trip, Reply.ALREADY_CLOSED)
    if not alarms_core.may_object(state.view, work.now):
        return Answered(trip, Reply.TOO_LATE_TO_DOUBT)
    newest = trip.alarm or trip.recent
    if newest is not None:
        raised = put_alarm(work, trip, alarms_core.heard_odd(newest.view, work.now))
        if raised.alarm is not None:
            return Answered(raised, Reply.ODD_RAISED)
    return Answered(open_new(work, trip, AlarmKind.DURESS), Reply.ODD_RAISED)
