"""Asks the traveler for her check-in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from service.core import wording
from service.core.carriage import Carriage, answer_there
from service.core.plan import leg_at
from service.core.watch import STAGES, Reminder, stage_times
from service.core.wording import Wording
from service.db.trips import Address, TripState
from service.texts import translator
from service.usecases.alarm_facts import first_usable
from service.usecases.carriage import by_page_only, carriage_to
from service.usecases.links import check_in_link
from service.usecases.telling import CHECK_IN_ANSWER, to_traveler
from service.usecases.times import said
from service.usecases.waiting import as_shown, numbers_gone
from service.usecases.work import EMAIL, Priority, Work

STAY_GOOD = timedelta(hours=2)
STAY_GOOD_AT_LEAST = timedelta(minutes=5)


def remind(work: Work, trip: TripState, reminder: Reminder) -> None:
    """Ask the traveler for her check-in; the third time by another channel or number, when she has one."""
    usable = usable_now(work, trip)
    if not usable:
        return
    address = _second(usable) if reminder.stage == STAGES else usable[0]
    key = f"reminder:{trip.key.trip_id}:{reminder.deadline.isoformat()}:{reminder.stage}"
    _remind(work, trip, address, key, reminder, _good_for(work, trip, reminder, usable))


def remind_again(work: Work, trip: TripState, until: datetime | None) -> None:
    """One more question while the storm brake holds her alarm: it is likelier that we broke."""
    usable = first_usable(usable_now(work, trip))
    if usable is None or trip.watch is None or trip.watch.deadline is None or until is None:
        return
    key = f"reminder:{trip.key.trip_id}:again:{until.isoformat()}"
    _remind(work, trip, usable, key, Reminder(STAGES, trip.watch.deadline), STAY_GOOD)


def ask_for_a_sign(work: Work, trip: TripState) -> bool:
    """Ask her once more, out of turn and in the words of any reminder; whether there was a trip and a way to ask by.

    The switch does not notice: no deadline, alarm or later reminder depends on it. It asks for the deadline that she is
    shown, so that it tells of no alarm either.
    """
    address = first_usable(usable_now(work, trip))
    if address is None or trip.status != "armed" or trip.plan is None or trip.watch is None:
        return False
    status, deadline = as_shown(
        work.conn,
        work.service.keys,
        trip.key,
        work.now,
        armed_at=trip.watch.armed_at,
        plan=trip.plan,
        deadline=trip.watch.deadline,
    )
    if status == "ended":
        return False
    if deadline is None:
        # There is no time that it could name.
        trip = replace(trip, wording=Wording.DISCREET.value)
    reminder = Reminder(2 if deadline and deadline <= work.now else 1, deadline or work.now, work.now >= trip.ends_at)
    _remind(work, trip, address, f"reminder:{trip.key.trip_id}:asked:{work.now.isoformat()}", reminder, STAY_GOOD)
    return True


def usable_now(work: Work, trip: TripState) -> list[Address]:
    """Her addresses in their order, without a number that she has taken off and that only an alarm keeps as hers."""
    usable = [address for address in trip.traveler.addresses if address.usable]
    if trip.alarm is None or len(usable) < 2:
        return usable
    gone = numbers_gone(work.conn, work.service.keys, trip.key, work.now)
    return [address for address in usable if address.address not in gone]


def _good_for(work: Work, trip: TripState, reminder: Reminder, usable: list[Address]) -> timedelta:
    """Until the next one goes to the same address: after an outage she is asked once, and for what is still ahead."""
    if trip.plan is None or trip.watch is None or reminder.stage == STAGES:
        return STAY_GOOD
    if reminder.stage == STAGES - 1 and _second(usable) != usable[0]:
        return STAY_GOOD
    next_at = stage_times(reminder.deadline, trip.watch, trip.plan)[reminder.stage]
    return min(max(next_at - work.now, STAY_GOOD_AT_LEAST), STAY_GOOD)


def _second(usable: list[Address]) -> Address:
    """The first one of another channel than the first, else the next."""
    others = [address for address in usable if address.channel != usable[0].channel]
    return next(iter([*others, *usable[1:], usable[0]]))


def _remind(work: Work, trip: TripState, address: Address, key: str, reminder: Reminder, good_for: timedelta) -> None:
    if trip.plan is None:
        return
    _ = translator(trip.traveler.language)
    is_email = address.channel == EMAIL
    carriage = carriage_to(work.service, address.channel, address.address)
    body = wording.reminder(
        reminder.stage,
        _,
        wording=Wording(trip.wording),
        has_words=trip.has_words,
        deadline=said(reminder.deadline, leg_at(trip.plan, work.now).zone, work.now),
        number=work.service.number_to_text if is_email else carriage.number,
        replies=carriage.replies,
        asks_home=reminder.asks_home,
    )
    if is_email:
        body = by_email(work, trip, body)
    elif by_page_only(carriage):
        body = wording.as_text(by_email(work, trip, body), _)
    to_traveler(work, trip, "reminder", address, body, key, Priority.REMINDER, good_for, CHECK_IN_ANSWER)


def by_another_way(work: Work, trip: TripState, address: Address, body: str) -> str:
    """A reminder that was written for another address of hers, for this one: where an answer to its sender goes
    nowhere, it says where to."""
    carriage, _ = carriage_to(work.service, address.channel, address.address), translator(trip.traveler.language)
    number = work.service.number_to_text if address.channel == EMAIL else carriage.number
    if number and number not in body:
        there = number if trip.one_reply else answer_there(Carriage(replies=False, write_to=number), _)
        body = f"{body} {there}"
    if address.channel == EMAIL:
        return by_email(work, trip, body)
    return wording.as_text(by_email(work, trip, body), _) if by_page_only(carriage) else body


def by_email(work: Work, trip: TripState, body: str) -> str:
    """A text to the traveler as an e-mail, with her page to say OK; where every text is empty, nothing is added."""
    if trip.one_reply:
        return body
    link = check_in_link(work.service, work.conn, trip.key)
    return wording.reminder_letter(body, translator(trip.traveler.language), link=link or "")
