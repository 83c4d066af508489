"""When a contact can be reached no more, or again: the others hear of it in an alarm, and the operator when she was the
last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import and_, select, update

from service.core.alarm import can_again
from service.core.ladder import Role, audience
from service.core.wording import ContactNotice, PageReason
from service.db.claims import given_up
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import Address, ContactState, TripState
from service.usecases import telling
from service.usecases.alarm_facts import in_turn
from service.usecases.alarms import tell_told
from service.usecases.another_way import after, may_go_on, send_on
from service.usecases.work import Work

OUTBOX = table_of(Outbox)


def after_loss(work: Work, trip: TripState, contact: ContactState, digest: bytes, source: str) -> TripState:
    """STOP to this source: mark the addresses with this hash on its channel as suppressed, and let what waits to be
    sent to them go by her next one. Calls to the same number go on: she has stopped texts.

    The trip's watch and alarm are locked before: an alarm comes before its messages.
    """
    channels = [channel for channel, names in work.service.senders.items() if source in names]
    stopped = tuple(
        replace(a, suppressed=True) if a.hash == digest and a.channel in channels else a for a in contact.addresses
    )
    contact = replace(contact, addresses=stopped)
    trip = trip.with_contact(contact)
    waiting = and_(
        OUTBOX.c.traveler_id == trip.key.traveler_id,
        OUTBOX.c.trip_id == trip.key.trip_id,
        OUTBOX.c.contact_id == contact.contact_id,
        OUTBOX.c.address_hash == digest,
        OUTBOX.c.channel.in_(channels),
        OUTBOX.c.state == "pending",
    )
    rows = work.conn.execute(
        select(OUTBOX).where(waiting).order_by(OUTBOX.c.created_at, OUTBOX.c.step).with_for_update()
    ).all()
    for part, row in enumerate(rows):
        _go_on(work, trip, contact, row, part)
    work.conn.execute(update(OUTBOX).where(waiting).values(state=given_up(), settled_at=work.now))
    if trip.alarm is not None:
        work.save_alarm(trip, trip.alarm, work.now)
    page_if_last(work, trip, contact)
    return trip


def _go_on(work: Work, trip: TripState, contact: ContactState, row: Any, part: int) -> None:
    """One message that waits, by her next address; not an alarm in which her STOP has said that she cannot."""
    if row.kind == "alert" and (trip.alarm is None or contact.id in trip.alarm.view.cannot):
        return
    address = after(in_turn(row.kind, trip, contact.addresses), row.channel_index)
    if address is not None and may_go_on(work.conn, row):
        send_on(work, trip, contact, [row], address, first_part=part)


def after_return(work: Work, trip: TripState, contact: ContactState, digest: bytes) -> TripState:
    """START: the addresses with this hash carry texts again; an open alarm takes her for one who may be told."""
    trip = trip.with_contact(replace(contact, addresses=suppress(contact.addresses, digest, suppressed=False)))
    if trip.alarm is None:
        return trip
    alarm = replace(trip.alarm, view=can_again(trip.alarm.view, contact.id))
    work.save_alarm(trip, alarm, work.now)
    return replace(trip, alarm=alarm)


def suppress(addresses: tuple[Address, ...], digest: bytes, *, suppressed: bool) -> tuple[Address, ...]:
    """The addresses, those with this hash marked."""
    return tuple(replace(a, suppressed=suppressed) if a.hash == digest else a for a in addresses)


def page_if_last(work: Work, trip: TripState, lost: ContactState) -> None:
    """One way of this contact works no more. Without another one the others hear of it when an alarm is open; and the
    operator is paged when no contact of an armed trip can be told any more."""
    now = trip.contact(lost.contact_id)
    is_lost = now is not None and now.accepted and not any(address.usable for address in now.addresses)
    if trip.alarm is not None and is_lost and lost.id in audience(trip.alarm.view.kind, trip.people):
        tell_told(work, trip, ContactNotice.OUT_OF_REACH, but=(lost.id,), who=lost.name)
    left = [p for p in trip.people if p.can_be_told and p.role is not Role.CASEWORKER]
    if trip.status == "armed" and not left and lost.accepted:
        telling.page_operator(work, PageReason.LAST_CONTACT_LOST, f"{trip.key.trip_id}:{lost.id}", trip=trip)
