"""Asks the traveler for her check-in."""

from __future__ import annotations

from datetime import datetime, timedelta

from service.core import wording
from service.core.plan import leg_at
from service.core.watch import Reminder
from service.core.wording import Wording
from service.db.trips import Address, TripState
from service.texts import translator
from service.usecases.alarm_facts import first_usable
from service.usecases.links import check_in_link
from service.usecases.telling import to_traveler
from service.usecases.times import said
from service.usecases.work import EMAIL, Priority, Work

STAY_GOOD = timedelta(hours=2)


def remind(work: Work, trip: TripState, reminder: Reminder) -> None:
    """Ask the traveler for her check-in; the third time by another address when she has one."""
    usable = [address for address in trip.traveler.addresses if address.usable]
    if not usable:
        return
    address = usable[1] if reminder.stage == 3 and len(usable) > 1 else usable[0]
    key = f"reminder:{trip.key.trip_id}:{reminder.deadline.isoformat()}:{reminder.stage}"
    _remind(work, trip, address, key, reminder)


def remind_again(work: Work, trip: TripState, until: datetime | None) -> None:
    """One more question while the storm brake holds her alarm: it is likelier that we broke."""
    usable = first_usable(trip.traveler.addresses)
    if usable is None or trip.watch is None or trip.watch.deadline is None or until is None:
        return
    key = f"reminder:{trip.key.trip_id}:again:{until.isoformat()}"
    _remind(work, trip, usable, key, Reminder(3, trip.watch.deadline))


def _remind(work: Work, trip: TripState, address: Address, key: str, reminder: Reminder) -> None:
    if trip.plan is None:
        return
    _ = translator(trip.traveler.language)
    by_email = address.channel == EMAIL
    body = wording.reminder(
        reminder.stage,
        _,
        wording=Wording(trip.wording),
        has_words=trip.has_words,
        deadline=said(reminder.deadline, leg_at(trip.plan, work.now).zone, work.now),
        number=work.service.number_to_text if by_email else None,
        asks_home=reminder.asks_home,
    )
    if by_email and not trip.one_reply:
        body = wording.reminder_letter(body, _, link=check_in_link(work.service, work.conn, trip.key) or "")
    to_traveler(work, trip, "reminder", address, body, key, Priority.REMINDER, STAY_GOOD)
