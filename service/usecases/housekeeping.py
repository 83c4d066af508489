"""What time itself does: invitations nobody answered, people who asked to be erased, and what was kept long enough."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, exists, or_, select, update

from service.core.wording import TravelerNotice
from service.db.routing import Inbox, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import TripKey
from service.edges import Act
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.erase_traveler import erase_who_asked
from service.usecases.forget_person import forget_person
from service.usecases.hand_over import settle_hand_over
from service.usecases.page_holds import page_before_holds_end
from service.usecases.proof import read_proof
from service.usecases.prove_again import ask_again
from service.usecases.retention import retire
from service.usecases.weekly_word import say_all_well
from service.usecases.work import Work

CONTACTS = table_of(Contact)
INBOX = table_of(Inbox)
OWNERS = table_of(PhoneOwner)

INVITATION_LIVES = timedelta(days=7)
BATCH = 100


def keep_house(service: Service) -> None:
    """Expire invitations after 7 days and tell the traveler; erase who asked for it; say when what is kept for a reason
    is about to go; write what contacts hear on a quiet day; and erase what the table of retention names.

    What waits comes first, after a long downtime too: an invitation expires only when the answers to it have been read.
    """
    for step in (_expire, erase_who_asked, page_before_holds_end, say_all_well, ask_again, retire):
        if service.wake.stopping.is_set():
            # What is left is as due after the next start.
            return
        step(service)


def _expire(service: Service) -> None:
    while service.run(lambda conn: _expire_invitations(service, conn), Act.HOUSE) == BATCH:
        if service.wake.stopping.is_set():
            return


def _expire_invitations(service: Service, conn: Connection) -> int:
    now = service.clock()
    read_until = read_proof(conn, service, now).read_until or now
    if read_until < now - INVITATION_LIVES:
        # Nobody knows yet what was answered meanwhile.
        return 0
    numbers = select(OWNERS.c.phone_hash).where(OWNERS.c.traveler_id == CONTACTS.c.traveler_id)
    unread = exists().where(
        INBOX.c.handled_at.is_(None),
        or_(INBOX.c.traveler_id == CONTACTS.c.traveler_id, INBOX.c.sender.in_(numbers)),
    )
    query = (
        select(CONTACTS.c.traveler_id, CONTACTS.c.trip_id, CONTACTS.c.contact_id)
        .where(
            CONTACTS.c.status == "invited",
            CONTACTS.c.traveler_told_at.is_(None),
            CONTACTS.c.invited_at <= min(now, read_until) - INVITATION_LIVES,
            ~unread,
        )
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = conn.execute(query).all()
    trips = service.trips(conn, [TripKey(row.traveler_id, row.trip_id) for row in rows], now)
    work = Work(service, conn, now)
    for row in rows:
        trip = trips[TripKey(row.traveler_id, row.trip_id)]
        contact = trip.contact(row.contact_id)
        conn.execute(
            update(CONTACTS)
            .where(CONTACTS.c.traveler_id == row.traveler_id, CONTACTS.c.contact_id == row.contact_id)
            .values(status="expired", settled_at=now, traveler_told_at=now)
        )
        if contact is not None:
            settle_hand_over(work, trip, contact, accepts=False)
            telling.tell_traveler(work, trip, TravelerNotice.CONTACT_NOT_ACCEPTED, contact)
        forget_person(service, conn, trip, row.contact_id)
        work.audit.add(row.traveler_id, "engine", "invitation_expired")
    work.flush()
    return len(rows)
