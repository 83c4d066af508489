"""When an address fails: the person's next one at once, and the operator when the fault is ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from notifiers.base import Cause, Rejected
from service.core.wording import PageReason, TravelerNotice
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import Address, ContactState, TripKey, TripState
from service.usecases import telling
from service.usecases.alarm_facts import in_turn
from service.usecases.another_way import after, is_there, may_go_on, send_on
from service.usecases.context import Service
from service.usecases.reachability import after_loss, page_if_last
from service.usecases.stop import stop_number
from service.usecases.work import Work

CONTACTS = table_of(Contact)
OUTBOX = table_of(Outbox)


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that a provider refused."""

    traveler_id: UUID
    trip_id: UUID | None
    contact_id: UUID | None
    outbox_id: UUID
    channel_index: int
    rejected: Rejected


def fail_over(service: Service, conn: Connection, now: datetime, failures: Sequence[Failure]) -> None:
    """Act on refusals, in the transaction that settles them.

    1. A fault of ours pages the operator, once an hour and code.  2. A permanent one marks the address as dead; a STOP
    that only the provider had heard suppresses it until START.
    3. In each case the message, and what waits behind it at that address, goes to the person's next usable address, if
    there is one; the first one is tried again beside it unless it is dead.
    4. A contact without any address left may be the last one: then the operator is paged.
    """
    if not failures:
        return
    work = Work(service, conn, now)
    keys = [TripKey(f.traveler_id, f.trip_id) for f in failures if f.trip_id is not None]
    trips = service.trips(conn, keys, now)
    for failure in failures:
        if failure.rejected.cause is Cause.CONFIGURATION:
            occasion = f"{failure.rejected.code}:{now:%Y-%m-%dT%H}"
            source = f"{failure.rejected.code}: {failure.rejected.reason}"
            telling.page_operator(work, PageReason.CHANNEL_REFUSED, occasion, source=source)
        if failure.trip_id is None:
            continue
        key = TripKey(failure.traveler_id, failure.trip_id)
        if key in trips:
            trips[key] = _next_address(work, trips[key], failure)
    work.flush()


def tell_beside(work: Work, trip: TripState, contact: ContactState, parts: Sequence[Any]) -> bool:
    """The same telling, of which these are the texts, by the person's next usable address beside the one that is
    silent; False when she has none, or it went there already."""
    first = parts[0]
    address = after(contact.addresses, first.channel_index)
    if address is None or is_there(work.conn, first, address):
        return False
    send_on(work, trip, contact, parts, address)
    return True


def _next_address(work: Work, trip: TripState, failure: Failure) -> TripState:
    contact = trip.contact(failure.contact_id) if failure.contact_id else None
    if contact is not None and contact.status == "removed":
        return trip
    addresses = contact.addresses if contact else trip.traveler.addresses
    _send_again(work, trip, contact, failure, addresses)
    if failure.rejected.cause is Cause.STOPPED:
        return _stopped(work, trip, contact, failure)
    if contact is None or failure.rejected.cause is not Cause.PERMANENT:
        return trip
    dead = tuple(replace(a, dead=True) if a.index == failure.channel_index else a for a in addresses)
    work.conn.execute(
        update(CONTACTS)
        .where(CONTACTS.c.traveler_id == trip.key.traveler_id, CONTACTS.c.contact_id == contact.contact_id)
        .values(dead_channels=[a.index for a in dead if a.dead])
    )
    work.audit.add(trip.key.traveler_id, "engine", f"address_failed:{failure.rejected.code}")
    changed = trip.with_contact(replace(contact, addresses=dead))
    page_if_last(work, changed, contact)
    return changed


def _stopped(work: Work, trip: TripState, contact: ContactState | None, failure: Failure) -> TripState:
    """What her STOP would have done, had we heard it: the provider has, and refuses the pair until her START."""
    row = work.conn.execute(
        select(OUTBOX.c.channel, OUTBOX.c.address_hash).where(
            OUTBOX.c.traveler_id == failure.traveler_id, OUTBOX.c.outbox_id == failure.outbox_id
        )
    ).one()
    sender = next(iter(work.service.senders.get(row.channel, ())), row.channel)
    stop_number(work, row.address_hash, sender, at=work.now)
    work.audit.add(trip.key.traveler_id, "engine", "address_stopped")
    # Her list may have changed since it was sent; and who is not one of her people cannot be lost to her.
    is_hers = contact is not None and any(address.hash == row.address_hash for address in contact.addresses)
    if contact is None or not is_hers or contact.status not in ("accepted", "invited"):
        return trip
    telling.tell_traveler(work, trip, TravelerNotice.CONTACT_STOPPED, contact)
    return after_loss(work, trip, contact, row.address_hash, sender)


def _send_again(
    work: Work, trip: TripState, contact: ContactState | None, failure: Failure, addresses: Sequence[Address]
) -> None:
    row: Any = work.conn.execute(
        select(OUTBOX).where(OUTBOX.c.traveler_id == failure.traveler_id, OUTBOX.c.outbox_id == failure.outbox_id)
    ).one()
    address = after(in_turn(row.kind, trip, addresses) if contact else addresses, failure.channel_index)
    if address is None:
        return
    if row.kind == "alert" and is_there(work.conn, row, address):
        # It went by all of her addresses at once, or an earlier refusal has brought it there.
        return
    if may_go_on(work.conn, row):
        send_on(work, trip, contact, (row, *_behind(work.conn, row)), address)


def _behind(conn: Connection, row: Any) -> Sequence[Any]:
    """What may not go before this row: the other parts of its telling must not wait for an address that fails."""
    if row.alarm_id is None or row.contact_id is None:
        return ()
    query = select(OUTBOX).where(
        OUTBOX.c.traveler_id == row.traveler_id,
        OUTBOX.c.alarm_id == row.alarm_id,
        OUTBOX.c.contact_id == row.contact_id,
        OUTBOX.c.channel == row.channel,
        OUTBOX.c.channel_index == row.channel_index,
        OUTBOX.c.state == "pending",
        OUTBOX.c.outbox_id != row.outbox_id,
    )
    return conn.execute(query.order_by(OUTBOX.c.created_at, OUTBOX.c.step)).all()
