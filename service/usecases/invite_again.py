"""Invite a person once more who has not answered: at most once a day, so that nobody is pestered."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, select

from service.core.wording_text import N_
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import TripKey
from service.usecases.contact_addresses import OTHER_SIDE
from service.usecases.contacts import UNANSWERED, invite_anew
from service.usecases.context import Service
from service.usecases.drafts import ENDED, load_locked
from service.usecases.plan_trip import is_other_side
from service.usecases.problems import Conflict409, NotFound, TooManyTries
from service.usecases.waiting import looks_ended
from service.usecases.work import Work

OUTBOX = table_of(Outbox)

APART = timedelta(hours=24)
HAS_ANSWERED = N_("This person has answered the invitation.")


class InvitedLately(TooManyTries):
    """The last invitation went out less than a day ago."""

    message = N_("An invitation went out less than a day ago.")


def invite_again(service: Service, key: TripKey, contact_id: UUID) -> None:
    """Send the invitation once more. It stays good for 7 days from now on.

    Raises:
        NotFound: no such contact of this trip.
        Conflict409: she has answered, or the trip has ended; or an address of hers has become the employer's meanwhile.
        InvitedLately: less than a day since the last one.
    """
    now = service.clock()

    def send(conn: Connection) -> None:
        # The trip's row is locked: of two at once the second finds the first one's invitation.
        trip = load_locked(service, conn, key, now)
        contact = trip.contact(contact_id)
        if looks_ended(conn, trip, now):
            raise Conflict409(ENDED, ("ended",))
        if contact is None or contact.status == "removed" or not contact.addresses:
            raise NotFound
        if contact.status not in UNANSWERED:
            raise Conflict409(HAS_ANSWERED)
        if any(is_other_side(trip.details, one.address) for one in contact.addresses):
            raise Conflict409(OTHER_SIDE)
        again_at = may_invite_again_at(conn, key, contact_id)
        if again_at is not None and again_at > now:
            raise InvitedLately(again_at - now)
        work = Work(service, conn, now)
        if not invite_anew(work, trip, contact_id):
            # Her answer came while we looked.
            raise Conflict409(HAS_ANSWERED)
        work.audit.add(key.traveler_id, "traveler", "contact_invited_again", trip.key_id, {"contact": str(contact_id)})
        work.flush()

    service.run(send)
    service.wake.outbox.set()


def may_invite_again_at(conn: Connection, key: TripKey, contact_id: UUID) -> datetime | None:
    """From when on she may be invited once more; None when no invitation was ever written."""
    invitations = select(func.max(OUTBOX.c.created_at)).where(
        OUTBOX.c.traveler_id == key.traveler_id, OUTBOX.c.contact_id == contact_id, OUTBOX.c.kind == "invitation"
    )
    last: datetime | None = conn.execute(invitations).scalar()
    return None if last is None else last + APART
