"""What a message of the traveler's does to her own trip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.core import alarm as alarms_core
from service.core.alarm import AlarmKind, Outcome, Strength
from service.core.keywords import LONGEST_REQUEST, Asked, Keyword
from service.core.plan import previous_deadline
from service.core.reply import Meaning, Reading
from service.core.watch import CheckedIn, after_mistake, check_in, in_distress, in_time
from service.db.trips import TripState
from service.usecases import telling
from service.usecases.alarms import open_new, put_alarm
from service.usecases.ask_later import ask_for_the_rest
from service.usecases.by_text import answer_to_traveler, asked_in
from service.usecases.change_by_text import late_by_text, pause_by_text
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.end_trip import request_end
from service.usecases.phone_proof import note_heard_between
from service.usecases.reachability import suppress
from service.usecases.replies import reply_to_traveler, say_to_traveler
from service.usecases.said_words import Said, said_in
from service.usecases.said_words import word_kind as word_kind
from service.usecases.stop import CARRIER_STOPS, is_carriers, start_number, stop_number
from service.usecases.unknown_facts import open_fields
from service.usecases.waiting import ends_by_now, numbers_gone
from service.usecases.work import Work, cancel_reminders

BY_FORM = frozenset({"check_in", "api"})
"""Sources whose every message is at least a weak check-in: somebody pressed the button."""

HOME_MEANS_OVER = timedelta(days=1)
CHECKS_IN = frozenset({Meaning.CHECK_IN, Meaning.HOME})


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message of the traveler's, read."""

    inbox_id: int
    source: str
    text: str
    address: str | None
    sender: bytes
    occurred_at: datetime
    received_at: datetime
    reading: Reading
    opt_out: str | None = None
    """What her provider took it for, and has acted on."""
    undated: bool = False
    """When it was sent nobody knows: at `occurred_at` or later."""


@dataclass(frozen=True, slots=True)
class Handled:
    """The trip after a message, what the message was, and whether its text must be kept (nobody understood it).
    `asked`: what it asked, which is answered instead."""

    trip: TripState
    result: str
    keep: bool = False
    asked: Asked | None = None


def handle_own(work: Work, trip: TripState, message: OwnMessage) -> Handled:
    """Apply a message to the traveler's own armed trip, and answer it when it came as a text.

    1. A word: a verified check-in, and with a duress word the alarm rises; everything that she can see is the same for
    both.  2. SOS.  3. A check-in; a form or the API is one whatever it says.  4. Late, pause, STOP, START, status.
    5. Anything else is unclear: kept, and a word of distress in it halves the grace.
    From a number that only an alarm keeps as hers danger alone counts.
    """
    if _is_off_her_list(work, trip, message):
        return _danger_alone(work, trip, message)
    before = _heard_again(trip, message) if message.reading.meaning is Meaning.START else trip
    handled = _handle(work, before, message)
    is_silent = handled.result == "stop" and _gets_no_answer(trip, message)
    if _seems_ended(work, trip):
        note_heard_between(work.conn, trip.key.traveler_id, message.sender, message.source, message.received_at)
    elif (asked := handled.asked) is not None:
        is_afraid = message.reading.distress and handled.keep
        say_to_traveler(
            work,
            before,
            message.inbox_id,
            message.address,
            lambda carriage: answer_to_traveler(work, before, asked, carriage, in_distress=is_afraid),
        )
    elif not is_silent:
        reply_to_traveler(
            work,
            before,
            handled.trip,
            message.inbox_id,
            message.address,
            handled.result,
            message.occurred_at,
            message.received_at,
        )
    return handled


def _handle(work: Work, trip: TripState, message: OwnMessage) -> Handled:
    said = said_in(work.conn, work.service.keys, trip, message.text, work.now)
    meaning = message.reading.meaning
    if said.is_word and said.shown is None and (said.is_duress or _is_grave(trip)):
        return _forgotten_word(work, trip, message, said)
    if said.is_word:
        return Handled(_word(work, trip, message, said), "word")
    if message.source in BY_FORM:
        return _form(work, trip, message)
    if meaning is Meaning.SOS:
        return Handled(_sos(work, trip), "sos")
    if meaning in CHECKS_IN or is_one(message.reading):
        handled = Handled(_check_in(work, trip, message, Strength.WEAK), "check_in")
        return _home(work, handled) if meaning is Meaning.HOME else handled
    if meaning is Meaning.STOP:
        stop_number(work, message.sender, message.source, at=message.received_at)
        stopped = _with_addresses(trip, message.sender, suppressed=True)
        ask_for_the_rest(work, stopped, open_fields(stopped.details))
        ask_before_leaving(work, stopped)
        return Handled(stopped, "stop")
    if meaning is Meaning.START:
        start_number(work, message.sender, message.source)
        return Handled(trip, "start")
    if meaning is Meaning.LATE:
        moved, granted = late_by_text(work, trip, message.reading, message.occurred_at)
        return Handled(moved, "late" if granted else "late_refused")
    if meaning is Meaning.PAUSE:
        return Handled(pause_by_text(work, trip, message.reading, message.occurred_at), "pause")
    if meaning is Meaning.STATUS:
        return Handled(trip, "status")
    if not trip.one_reply and (asked := asked_in(message.text, message.reading)) is not None:
        return _asked(work, trip, message, asked)
    return _unclear(trip, message)


def _asked(work: Work, trip: TripState, message: OwnMessage, asked: Asked) -> Handled:
    """What she asks is no sign of life, and nothing of it is kept: but her people see it while an alarm is open.

    Distress comes first: a bare cry behind the word for an offer is one, and whoever writes of danger is heard as in
    any unclear text, also behind that word where so little stands that it is hardly an ad.
    """
    if asked.is_cry:
        return Handled(_sos(work, trip), "sos")
    if message.reading.distress and (asked.keyword is not Keyword.OFFER or len(asked.ad) <= LONGEST_REQUEST):
        unclear = _unclear(trip, message)
        return unclear if asked.names else replace(unclear, asked=asked)
    if asked.names or trip.alarm is not None:
        return Handled(trip, "ambiguous", keep=True, asked=asked)
    return Handled(trip, asked.keyword.value, asked=asked)


def _is_grave(trip: TripState) -> bool:
    """Whether an alarm is open that no word of hers ends."""
    return trip.alarm is not None and trip.alarm.view.kind in telling.GRAVE


def _forgotten_word(work: Work, trip: TripState, message: OwnMessage, said: Said) -> Handled:
    """A word that only an alarm keeps in force. One of duress counts; a safe one ends no such alarm. All that can be
    seen is what any other text does."""
    if said.is_duress:
        trip = raise_duress(work, trip)
    if message.source in BY_FORM:
        return replace(_form(work, trip, message), keep=False)
    return Handled(trip, "word")


def _is_off_her_list(work: Work, trip: TripState, message: OwnMessage) -> bool:
    """Whether it comes from a number that only an alarm keeps as hers."""
    if trip.alarm is None or message.address is None:
        return False
    return message.address in numbers_gone(work.conn, work.service.keys, trip.key, work.now)


def _danger_alone(work: Work, trip: TripState, message: OwnMessage) -> Handled:
    """SOS and a word of duress count. Whatever else moved by it would show that something holds the change back."""
    if said_in(work.conn, work.service.keys, trip, message.text, work.now).is_duress:
        return Handled(raise_duress(work, trip), "word")
    if message.reading.meaning is Meaning.SOS:
        return Handled(_sos(work, trip), "sos")
    return Handled(trip, "number_gone")


def _form(work: Work, trip: TripState, message: OwnMessage) -> Handled:
    """A form is a weak check-in whatever it says. An SOS in it is one too; what nobody understood is kept."""
    meaning = message.reading.meaning
    if meaning is Meaning.SOS:
        trip = _sos(work, trip)
    is_unclear = meaning is Meaning.AMBIGUOUS and message.text.strip() != ""
    checked = _check_in(work, trip, message, Strength.WEAK)
    return Handled(checked, "ambiguous" if is_unclear else "check_in", keep=is_unclear)


def _heard_again(trip: TripState, message: OwnMessage) -> TripState:
    """After START she is answered by the number that had said STOP."""
    return _with_addresses(trip, message.sender, suppressed=False)


def _with_addresses(trip: TripState, digest: bytes, *, suppressed: bool) -> TripState:
    addresses = suppress(trip.traveler.addresses, digest, suppressed=suppressed)
    return replace(trip, traveler=replace(trip.traveler, addresses=addresses))


def _gets_no_answer(trip: TripState, message: OwnMessage) -> bool:
    """STOP in a plain trip, and the words that a carrier answers itself."""
    return not trip.one_reply or message.opt_out == "STOP" or is_carriers(message.text, CARRIER_STOPS)


def _seems_ended(work: Work, trip: TripState) -> bool:
    """Whether only an alarm holds the end of her trip back: a phone whose trip has ended gets no answers."""
    return trip.alarm is not None and ends_by_now(work.conn, trip.key, work.now)


def is_one(reading: Reading) -> bool:
    """Whether it is a bare 1, which is a check-in; with a code it was meant for somebody's alarm."""
    return reading.digit == 1 and reading.code is None


def raise_duress(work: Work, trip: TripState) -> TripState:
    """A word of duress came: its alarm opens, or the open one rises to it."""
    if trip.alarm is None:
        return open_new(work, trip, AlarmKind.DURESS)
    return put_alarm(work, trip, alarms_core.rise(trip.alarm.view, AlarmKind.DURESS, work.now))


def apply_check_in(
    work: Work,
    trip: TripState,
    at: datetime,
    strength: Strength,
    *,
    source: str,
    inbox_id: int,
    received_at: datetime,
    undated: bool = False,
) -> tuple[TripState, CheckedIn | None]:
    """Move the watch and whatever alarm is open; leaves the telling to the alarm's own rules. `undated`: it may have
    been sent at any time from `at` to `received_at`."""
    if trip.watch is None or trip.plan is None:
        return trip, None
    checked = check_in(trip.watch, trip.plan, at, strength)
    work.record_check_in(
        traveler_id=trip.key.traveler_id,
        trip_id=trip.key.trip_id,
        occurred_at=at,
        received_at=received_at,
        source=source,
        strength=strength.value,
        satisfied=len(checked.satisfied),
        inbox_id=inbox_id,
    )
    if checked.satisfied:
        cancel_reminders(work.conn, trip, work.now)
    trip = replace(trip, watch=checked.watch)
    # It proves that she had answered in time only when it cannot have been later.
    return _sign(work, trip, at, strength, latest=received_at if undated else at), checked


def _check_in(work: Work, trip: TripState, message: OwnMessage, strength: Strength) -> TripState:
    trip, _ = apply_check_in(
        work,
        trip,
        message.occurred_at,
        strength,
        source=message.source,
        inbox_id=message.inbox_id,
        received_at=message.received_at,
        undated=message.undated,
    )
    return trip


def _sign(work: Work, trip: TripState, at: datetime, strength: Strength, *, latest: datetime) -> TripState:
    plan = trip.plan
    if trip.alarm is None or plan is None:
        return trip
    view = trip.alarm.view
    still = tuple(d for d in view.missed if not in_time(plan, latest, d, previous_deadline(plan, d)))
    changed = alarms_core.found_late(view, still, work.now)
    if not changed.is_open:
        # The all-clear names the time of the message that was found late.
        changed = replace(changed, last_sign_at=at)
    if changed.is_open:
        changed = alarms_core.sign_of_life(changed, strength, at, work.now, has_words=trip.has_words)
    held_before = view.check_in_held
    trip = put_alarm(work, trip, changed)
    if changed.outcome is Outcome.MISTAKEN and trip.watch is not None:
        return replace(trip, watch=after_mistake(trip.watch))
    if changed.check_in_held and not held_before:
        telling.weak_sign(work, trip, at)
    return trip


def _word(work: Work, trip: TripState, message: OwnMessage, said: Said) -> TripState:
    if not said.is_duress:
        # One that only waits to be hers proves nothing: whoever holds her phone may have asked for it.
        return _check_in(work, trip, message, Strength.VERIFIED if said.in_force else Strength.WEAK)
    # Raised first, so that the check-in finds a duress alarm and closes nothing.
    return _check_in(work, raise_duress(work, trip), message, Strength.VERIFIED)


def _sos(work: Work, trip: TripState) -> TripState:
    if trip.alarm is None:
        return open_new(work, trip, AlarmKind.SOS)
    return put_alarm(work, trip, alarms_core.repeat_sos(trip.alarm.view, work.now))


def _home(work: Work, handled: Handled) -> Handled:
    """ "Home", near the end of the trip or after it: also asks the people to confirm it."""
    trip = handled.trip
    if work.now < trip.ends_at - HOME_MEANS_OVER:
        return handled
    return Handled(request_end(work, trip), "home")


def _unclear(trip: TripState, message: OwnMessage) -> Handled:
    if message.reading.distress and trip.watch is not None and trip.plan is not None:
        trip = replace(trip, watch=in_distress(trip.watch, trip.plan, message.occurred_at))
    return Handled(trip, "ambiguous", keep=True)
