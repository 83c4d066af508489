"""A contact is worried: the traveler is asked for a sign once more, in the words of any reminder, once a day at most.

It opens nothing and moves nothing. The contact gets the same answer whatever became of it: whether there is a trip,
whether she was asked just now, and whether the traveler wants that, is not hers to know.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, update

from service.core.lifeline import may_worry
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import TripKey
from service.usecases.contact_addresses import GONE
from service.usecases.contact_way import Opened, change_way, is_her
from service.usecases.context import Service
from service.usecases.drafts import ENDED, load_locked
from service.usecases.problems import Conflict409, NotFound
from service.usecases.reminding import ask_for_a_sign
from service.usecases.trip_as_shown import trip_as_shown
from service.usecases.waiting import looks_ended, people_gone
from service.usecases.work import Work

CONTACTS = table_of(Contact)


def worry(service: Service, token: str) -> bool:
    """Ask the traveler for a sign because the owner of this page is worried; whether the link lives, and nothing else.

    She is asked unless it was done within 24 h, for whichever contact; unless she does not want it from this one; and
    unless no trip of hers is under way. An open alarm makes no difference: what she sees must not tell of it.
    """
    return change_way(service, token, _ask)


def let_worry(service: Service, key: TripKey, contact_id: UUID, *, allowed: bool) -> None:
    """Say whether a worry of this contact may ask her. The contact is not told.

    Raises:
        NotFound: no such trip or contact of hers.
        Conflict409: the trip has ended.
    """
    now = service.clock()

    def keep(conn: Connection) -> None:
        trip = load_locked(service, conn, key, now)
        if looks_ended(conn, trip, now):
            raise Conflict409(ENDED, ("ended",))
        contact = trip_as_shown(conn, service.keys, trip, now).contact(contact_id)
        if contact is None or contact.status in GONE:
            raise NotFound
        if (contact.worry_blocked_at is None) is allowed:
            return
        this = (CONTACTS.c.traveler_id == key.traveler_id) & (CONTACTS.c.contact_id == contact_id)
        conn.execute(update(CONTACTS).where(this).values(worry_blocked_at=None if allowed else now))
        work = Work(service, conn, now)
        action = "worry_allowed" if allowed else "worry_blocked"
        work.audit.add(key.traveler_id, "traveler", action, trip.key_id, {"contact": str(contact_id)})
        work.flush()

    service.run(keep)


def _ask(work: Work, opened: Opened) -> None:
    trip, contact = opened.trip, opened.contact
    last = max((one.worried_at for one in trip.contacts if one.worried_at is not None), default=None)
    if not contact.accepted or contact.worry_blocked_at is not None or not may_worry(last, work.now):
        return
    if contact.contact_id in people_gone(work.conn, work.service.keys, trip.key, work.now):
        # Gone as far as the traveler is shown; only an alarm keeps her.
        return
    if ask_for_a_sign(work, trip):
        work.conn.execute(update(CONTACTS).where(is_her(trip, contact)).values(worried_at=work.now))
        work.audit.add(trip.key.traveler_id, contact.id, "worried")
