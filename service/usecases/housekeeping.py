"""What time itself does: invitations nobody answered, keys and codes that have had their day."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, or_, select, update

from service.core.wording import TravelerNotice
from service.db.routing import AckCode, Idempotency, Inbox, Link, PhoneOwner, SignUp
from service.db.sealed import keys_used
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import TripKey
from service.edges import Act
from service.usecases import telling
from service.usecases.context import Service
from service.usecases.hand_over import settle_hand_over
from service.usecases.proof import read_proof
from service.usecases.work import Work

CONTACTS = table_of(Contact)
INBOX = table_of(Inbox)
OWNERS = table_of(PhoneOwner)
OUTBOX = table_of(Outbox)
CODES = table_of(AckCode)
SIGN_UPS = table_of(SignUp)
LINKS = table_of(Link)
IDEMPOTENCY = table_of(Idempotency)

INVITATION_LIVES = timedelta(days=7)
CODES_LIVE = timedelta(days=60)
ANSWERS_LIVE = timedelta(days=2)
LINKS_STAY = timedelta(days=7)
"""After its end a session or a page is remembered for a while, so that a late form is told what has happened."""
BATCH = 100


def keep_house(service: Service) -> None:
    """Erase old service keys, codes, links and first answers; expire invitations after 7 days and tell the traveler.

    A service key stays as long as a message that it sealed has not been read or sent: after a long downtime these come
    first. So does a yes that came meanwhile: an invitation expires only when the answers to it have been read.
    """
    service.run(lambda conn: _erase(service, conn, service.clock()), Act.HOUSE)
    while service.run(lambda conn: _expire_invitations(service, conn), Act.HOUSE) == BATCH:
        pass


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
        work.audit.add(row.traveler_id, "engine", "invitation_expired")
    work.flush()
    return len(rows)


def _erase(service: Service, conn: Connection, now: datetime) -> None:
    waiting = keys_used(
        conn,
        (INBOX.c.sealed, INBOX.c.handled_at.is_(None)),
        (OUTBOX.c.sealed, OUTBOX.c.state.in_(("pending", "sending"))),
    )
    service.keys.erase_service_keys(conn, now, keep=waiting)
    conn.execute(delete(CODES).where(CODES.c.created_at <= now - CODES_LIVE))
    conn.execute(delete(SIGN_UPS).where(SIGN_UPS.c.expires_at <= now - ANSWERS_LIVE))
    conn.execute(delete(LINKS).where(LINKS.c.expires_at <= now - LINKS_STAY))
    conn.execute(delete(IDEMPOTENCY).where(IDEMPOTENCY.c.at <= now - ANSWERS_LIVE))
