"""Arming: from now on silence has consequences. Everything that they need must be there first."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.core.plan import next_deadline
from service.core.watch import arm as arm_watch
from service.core.wording_text import N_
from service.db.routing import NIL, Link, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Trip, Watch
from service.db.trips import TripKey, TripState, watch_values
from service.edges import Act
from service.usecases.answer_once import answer_once
from service.usecases.ask_later import ask_later
from service.usecases.chat_links import TELEGRAM
from service.usecases.checklist_asking import ask_before_leaving
from service.usecases.context import Service
from service.usecases.drafts import load_locked, set_columns
from service.usecases.her_numbers import drop_number_in
from service.usecases.links import base62, check_in_link
from service.usecases.problems import Conflict409
from service.usecases.set_words import has_listener
from service.usecases.waiting import ends_by_now
from service.usecases.whose_number import is_no_longer_hers
from service.usecases.work import Work

OWNERS = table_of(PhoneOwner)
LINKS = table_of(Link)
WATCHES = table_of(Watch)
TRIPS = table_of(Trip)

TOKEN_BYTES = 32
TOKEN_LETTERS = 43
"""What 32 random bytes take in base 62."""
NOT_READY = N_("The trip cannot begin yet. See what is missing.")


@dataclass(frozen=True, slots=True)
class Armed:
    """`next_deadline` is in UTC; `check_in_url` is the traveler's own page to say OK."""

    trip_id: UUID
    next_deadline: datetime
    check_in_url: str


def arm(service: Service, key: TripKey, *, once: str | None = None) -> Armed:
    """Arm a draft.

    Raises:
        NotFound: no such trip of hers.
        Conflict409: `missing` says what she needs first: name, accepted_contact, full_contact, deadline,
            passphrase, operator, phone_in_use, already_armed, ended.
    """
    now = service.clock()

    def keep(conn: Connection) -> Armed:
        def answer() -> dict[str, str]:
            return {"next_deadline": _arm(service, conn, key, now).isoformat()}

        # The link is opened from its seal each time: a first answer is kept as it is, and whoever has the link can
        # answer for her.
        first = answer_once(conn, key.traveler_id, f"arm:{key.trip_id}", once, now, answer)
        deadline = datetime.fromisoformat(first["next_deadline"])
        return Armed(key.trip_id, deadline, check_in_link(service, conn, key) or "")

    try:
        armed = service.run(keep, Act.ARM)
    except IntegrityError as error:
        # Another trip with this number was armed between the look and the write.
        raise Conflict409(NOT_READY, ("phone_in_use",)) from error
    service.wake.sweep.set()
    return armed


def missing(service: Service, conn: Connection, trip: TripState, now: datetime) -> Iterator[str]:
    """What a trip lacks before it may be armed, as codes."""
    if trip.status == "armed":
        yield "already_armed"
        return
    if trip.status != "draft":
        yield "ended"
        return
    if not trip.traveler.name:
        # Her people would be told of nobody.
        yield "name"
    if not any(contact.accepted for contact in trip.contacts):
        yield "accepted_contact"
    if trip.has_words and not has_listener(trip):
        yield "full_contact"
    if trip.has_words and trip.passphrase_hash is None:
        yield "passphrase"
    if trip.plan is None or next_deadline(trip.plan, now) is None:
        yield "deadline"
    if not service.operator:
        yield "operator"
    if _is_in_use(service, conn, trip, now):
        yield "phone_in_use"


def _arm(service: Service, conn: Connection, key: TripKey, now: datetime) -> datetime:
    """Arm it; its first deadline."""
    trip = load_locked(service, conn, key, now)
    lacking = tuple(missing(service, conn, trip, now))
    if lacking or trip.plan is None:
        raise Conflict409(NOT_READY, lacking)
    watch = arm_watch(trip.plan, now)
    if watch.deadline is None:
        raise Conflict409(NOT_READY, ("deadline",))
    names = {"traveler_id": key.traveler_id, "trip_id": key.trip_id}
    # Looked at now: the sweep finds out by itself when to look again.
    conn.execute(insert(WATCHES), {**names, **watch_values(watch, now), "version": 1})
    set_columns(conn, key, status="armed", armed_at=now)
    _free_of_the_gone(service, conn, trip, service.keys.phone_hash(trip.traveler.phone), now)
    taken = conn.execute(
        update(OWNERS)
        .where(OWNERS.c.traveler_id == key.traveler_id, OWNERS.c.contact_id == NIL)
        .where(OWNERS.c.armed.is_(False) | OWNERS.c.trip_id.in_(_over(conn, key.traveler_id, now)))
        .where(OWNERS.c.phone_hash == service.keys.phone_hash(trip.traveler.phone))
        .values(trip_id=key.trip_id, armed=True)
    )
    if taken.rowcount != 1:
        # Another trip of hers was armed between the look and the write.
        raise Conflict409(NOT_READY, ("phone_in_use",))
    work = Work(service, conn, now)
    trip = _take_other_numbers(work, trip)
    token = base62(secrets.token_bytes(TOKEN_BYTES), TOKEN_LETTERS)
    link = {
        **names,
        "token_hash": service.keys.token_hash(token),
        "kind": "check_in",
        "sealed": service.keys.seal(conn, trip.key_id, b"link", token.encode()),
        "created_at": now,
        "used": 0,
    }
    conn.execute(insert(LINKS), link)
    ask_later(work, trip)
    ask_before_leaving(work, replace(trip, status="armed"))
    work.audit.add(key.traveler_id, "traveler", "armed")
    work.flush()
    return watch.deadline


def _take_other_numbers(work: Work, trip: TripState) -> TripState:
    """Her further numbers and chats are hers on this trip as well. One that is another traveler's on the way by now
    leaves her list: she would be asked where somebody else answers."""
    conn, keys, now = work.conn, work.service.keys, work.now
    further = [one for one in trip.traveler.addresses if one.channel == TELEGRAM]
    hashes = {keys.phone_hash(phone): phone for phone in trip.traveler.phones[1:]}
    hashes |= {one.hash: one.address for one in further}
    if not hashes:
        return trip
    for digest in sorted(hashes):
        _free_of_the_gone(work.service, conn, trip, digest, now)
    over = _over(conn, trip.key.traveler_id, now)
    armed = (OWNERS.c.contact_id == NIL) & OWNERS.c.armed.is_(True) & OWNERS.c.trip_id.not_in(over)
    others = armed & OWNERS.c.phone_hash.in_(hashes) & (OWNERS.c.traveler_id != trip.key.traveler_id)
    for digest in conn.execute(select(OWNERS.c.phone_hash).where(others)).scalars().all():
        trip = drop_number_in(work, trip, hashes[digest])
    conn.execute(
        update(OWNERS)
        .where(OWNERS.c.traveler_id == trip.key.traveler_id, OWNERS.c.contact_id == NIL)
        .where(OWNERS.c.phone_hash.in_(hashes), OWNERS.c.phone_hash.not_in(select(OWNERS.c.phone_hash).where(armed)))
        .values(trip_id=trip.key.trip_id, armed=True)
    )
    return trip


def _over(conn: Connection, traveler_id: UUID, now: datetime) -> list[UUID]:
    """Her armed trips that only wait for an alarm's close. Her numbers are free: she must not learn of it by them."""
    armed = select(TRIPS.c.trip_id).where(TRIPS.c.traveler_id == traveler_id, TRIPS.c.status == "armed")
    trips = conn.execute(armed).scalars().all()
    return [trip_id for trip_id in trips if ends_by_now(conn, TripKey(traveler_id, trip_id), now)]


def _is_in_use(service: Service, conn: Connection, trip: TripState, now: datetime) -> bool:
    """Whether this number is already the traveler's in a trip that is under way, hers or another's."""
    digest, mine = service.keys.phone_hash(trip.traveler.phone), trip.key.traveler_id
    query = select(OWNERS.c.traveler_id).where(
        OWNERS.c.phone_hash == digest,
        OWNERS.c.contact_id == NIL,
        OWNERS.c.armed.is_(True),
        OWNERS.c.trip_id.not_in(_over(conn, mine, now)),
    )
    owners = conn.execute(query).scalars().all()
    return any(owner == mine or not is_no_longer_hers(service, conn, owner, digest, now) for owner in owners)


def _free_of_the_gone(service: Service, conn: Connection, trip: TripState, digest: bytes, now: datetime) -> None:
    """Her number (its keyed hash) is free of who has taken it off or had everything erased, also while an alarm holds
    that back: she must not learn of it by her number."""
    armed = (OWNERS.c.phone_hash == digest) & OWNERS.c.armed.is_(True)
    held = armed & (OWNERS.c.contact_id == NIL) & (OWNERS.c.traveler_id != trip.key.traveler_id)
    for traveler_id in conn.execute(select(OWNERS.c.traveler_id).where(held)).scalars().all():
        if is_no_longer_hers(service, conn, traveler_id, digest, now):
            conn.execute(update(OWNERS).where(held, OWNERS.c.traveler_id == traveler_id).values(armed=False))
