"""A contact whom the traveler has reason to fear leaves: with a safe word at once, also while an alarm is open.

From then on nothing goes to her: what waits is cancelled, no alarm's end reaches her, the alarm's pages are gone, her
codes and digits mean nothing, and her own page shows what it showed. The others are told in words that accuse nobody
and name nobody.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, update

from service.core.alarm import AlarmKind, without
from service.core.ladder import audience
from service.core.wording import ContactNotice
from service.db.routing import Link
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import ContactState, TripKey, TripState
from service.usecases import telling
from service.usecases.contacts import retire_in
from service.usecases.hand_over import settle_hand_over
from service.usecases.reachability import page_if_last
from service.usecases.work import Work

OUTBOX = table_of(Outbox)
LINKS = table_of(Link)


def may_leave_now(trip: TripState, contact: ContactState) -> bool:
    """Whether a safe word takes her off at once, although an alarm is open.

    A safe word ends a lower alarm, so it is believed there. It ends neither sos nor duress, where it may have been
    beaten out of her: there somebody who may hear of the alarm has to be left, or all could be silenced one by one.
    """
    if trip.alarm is None or trip.alarm.view.kind.rank < AlarmKind.SOS.rank:
        return True
    hears = audience(trip.alarm.view.kind, trip.people)
    reachable = {person.id for person in trip.people if person.can_be_told}
    return contact.id not in hears or bool(hears & reachable - {contact.id})


def remove_unsafe_in(work: Work, trip: TripState, contact: ContactState) -> TripState:
    """Take her off now, within a transaction; the trip without her."""
    key = trip.key
    retire_in(work, trip, contact.contact_id)
    silence_contact(work.conn, key, contact.contact_id, work.now)
    settle_hand_over(work, trip, contact, accepts=False)
    trip = trip.with_contact(replace(contact, status="removed"))
    if trip.alarm is not None:
        alarm = replace(trip.alarm, view=without(trip.alarm.view, contact.id, work.now))
        work.save_alarm(trip, alarm, work.now)
        trip = replace(trip, alarm=alarm)
    # What it was for is sealed: of a dump nobody may learn whom she fears.
    work.audit.add(key.traveler_id, "traveler", "contact_removed", trip.key_id, {"contact": contact.id, "unsafe": True})
    telling.tell_others(work, trip, ContactNotice.CONTACT_LEFT)
    page_if_last(work, trip, contact)
    return trip


def silence_contact(conn: Connection, key: TripKey, contact_id: UUID, now: datetime) -> None:
    """Nothing more goes to a contact, and no page of an alarm or a rehearsal opens to her. What is at its provider
    cannot be called back. Her own page goes on as before: one that is gone would tell that she was taken off the list.
    """
    hers = (OUTBOX.c.traveler_id == key.traveler_id) & (OUTBOX.c.contact_id == contact_id)
    conn.execute(update(OUTBOX).where(hers, OUTBOX.c.state == "pending").values(state="cancelled", settled_at=now))
    # Refused or unanswered, it would be tried again; the claim drops what is no longer good.
    conn.execute(update(OUTBOX).where(hers, OUTBOX.c.state == "sending").values(valid_until=now))
    pages = (LINKS.c.traveler_id == key.traveler_id) & (LINKS.c.contact_id == contact_id)
    conn.execute(delete(LINKS).where(pages, LINKS.c.kind != "invitation"))
