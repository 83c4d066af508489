"""A person says whether she will be a trusted contact: by a text, by a key or on her own page."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from service.core.wording import TravelerNotice
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import ContactState, TripState
from service.usecases import telling
from service.usecases.hand_over import settle_hand_over
from service.usecases.work import Work

CONTACTS = table_of(Contact)
OUTBOX = table_of(Outbox)


def settle_invitation(work: Work, trip: TripState, contact: ContactState, *, accepts: bool) -> TripState:
    """Keep her answer to an open invitation, and tell the traveler; what would ask her again is not sent. Of two
    answers at once the first one counts.

    A yes to a trip that has ended counts for nothing: of one that only looks ended it is not shown.
    """
    if accepts and trip.status == "ended":
        return trip
    status = "accepted" if accepts else "refused"
    accepted_at = work.now if accepts else None
    changed = work.conn.execute(
        update(CONTACTS)
        .where(
            CONTACTS.c.traveler_id == trip.key.traveler_id,
            CONTACTS.c.contact_id == contact.contact_id,
            CONTACTS.c.status == "invited",
            # A yes to an earlier invitation is none to the next: it may have gone to somebody else.
            CONTACTS.c.invited_at == contact.invited_at,
        )
        .values(status=status, accepted_at=accepted_at, settled_at=work.now)
    )
    if changed.rowcount == 0:
        return trip
    work.conn.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.traveler_id == trip.key.traveler_id,
            OUTBOX.c.contact_id == contact.contact_id,
            OUTBOX.c.kind == "invitation",
            OUTBOX.c.state == "pending",
        )
        .values(state="cancelled", settled_at=work.now)
    )
    work.audit.add(trip.key.traveler_id, contact.id, f"invitation_{status}")
    settle_hand_over(work, trip, contact, accepts=accepts)
    told = TravelerNotice.CONTACT_ACCEPTED if accepts else TravelerNotice.CONTACT_REFUSED
    telling.tell_traveler(work, trip, told, contact)
    if trip.alarm is not None:
        # An open alarm looks for whom it may tell.
        work.save_alarm(trip, trip.alarm, work.now)
    return trip.with_contact(replace(contact, status=status, accepted_at=accepted_at))
