"""When an address fails: the person's next one at once, and the operator when the fault is ours."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, true, update

from notifiers.base import Cause, Rejected
from service.core import wording
from service.core.wording import PageReason, TravelerNotice
from service.db.sealed import key_of
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import Address, ContactState, TripKey, TripState
from service.texts import translator
from service.usecases import reminding, telling
from service.usecases.alarm_facts import first_usable, in_turn
from service.usecases.answered import has_answered
from service.usecases.carriage import carriage_to
from service.usecases.context import Service
from service.usecases.links import alarm_link, invitation_link
from service.usecases.reachability import after_loss, page_if_last
from service.usecases.stop import stop_number
from service.usecases.work import EMAIL, VOICE, Draft, Work, form_of

CONTACTS = table_of(Contact)
OUTBOX = table_of(Outbox)

OF_THIS_ADDRESS = frozenset({"weekly", "still_yours", "reply"})
"""Asks about the very address that has failed, answers what came from it, or is not worth another one."""


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
    address = _after(contact.addresses, first.channel_index)
    if address is None or _is_there(work.conn, first, address):
        return False
    if not _is_written_anew(work, trip, contact, first, address):
        for part, one in enumerate(parts):
            _send_one_again(work, trip, contact, one, address, part)
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


def _after(addresses: Sequence[Address], index: int) -> Address | None:
    """The next usable one after the address with this index, in the order in which they are tried."""
    place = next((place for place, address in enumerate(addresses) if address.index == index), -1)
    return first_usable(addresses[place + 1 :])


def _send_again(
    work: Work, trip: TripState, contact: ContactState | None, failure: Failure, addresses: Sequence[Address]
) -> None:
    row: Any = work.conn.execute(
        select(OUTBOX).where(OUTBOX.c.traveler_id == failure.traveler_id, OUTBOX.c.outbox_id == failure.outbox_id)
    ).one()
    address = _after(in_turn(row.kind, trip, addresses) if contact else addresses, failure.channel_index)
    if address is None:
        return
    if row.kind == "alert" and _is_there(work.conn, row, address):
        # It went by all of her addresses at once, or an earlier refusal has brought it there.
        return
    if row.kind in OF_THIS_ADDRESS or has_answered(work.conn, row):
        return
    for part, one in enumerate((row, *_behind(work.conn, row))):
        if contact is None or not _is_written_anew(work, trip, contact, one, address):
            _send_one_again(work, trip, contact, one, address, part)


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


def _is_written_anew(work: Work, trip: TripState, contact: ContactState, row: Any, address: Address) -> bool:
    """An alarm and an invitation are not the same by e-mail, by SMS and in a call: a letter says all at once, a text
    fits and says what may be said in her country, and a call is for the ear."""
    if form_of(row.channel) is form_of(address.channel) and _carries_the_same(work, contact, row, address):
        return False
    alarm = trip.alarm
    is_alert = row.kind == "alert" and alarm is not None and alarm.alarm_id == row.alarm_id
    if not is_alert and row.kind != "invitation":
        return False
    if _is_there(work.conn, row, address):
        return True
    if is_alert and alarm is not None:
        telling.alert_by(work, trip, alarm, contact, address, step=row.step)
    else:
        telling.invite_by(work, trip, contact, address)
    return True


def _carries_the_same(work: Work, contact: ContactState, row: Any, address: Address) -> bool:
    """Whether a text to this address may hold what it holds to the one that failed, and is answered alike."""
    failed = next((one for one in contact.addresses if one.index == row.channel_index), address)
    before, after = (carriage_to(work.service, one.channel, one.address) for one in (failed, address))
    return before == after


def _is_there(conn: Connection, row: Any, address: Address) -> bool:
    """Whether an earlier refusal of the same telling has brought it to this address already."""
    query = select(OUTBOX.c.outbox_id).where(
        OUTBOX.c.traveler_id == row.traveler_id,
        OUTBOX.c.contact_id == row.contact_id,
        OUTBOX.c.alarm_id == row.alarm_id if row.alarm_id else OUTBOX.c.alarm_id.is_(None),
        OUTBOX.c.kind == row.kind,
        OUTBOX.c.step == row.step,
        OUTBOX.c.channel_index == address.index,
        # A telling's second text is younger than the letter that went beside the first; its step says which it is.
        OUTBOX.c.created_at >= row.created_at if row.kind != "alert" else true(),
    )
    return conn.execute(query).first() is not None


def _send_one_again(
    work: Work, trip: TripState, contact: ContactState | None, row: Any, address: Address, part: int
) -> None:
    secret = json.loads(work.service.keys.open(work.conn, b"outbox", row.sealed))
    _, body = translator(contact.language if contact else trip.traveler.language), secret["body"]
    if row.channel == EMAIL and address.channel != EMAIL:
        body = wording.as_text(body, _)
    elif contact is None and row.kind == "reminder":
        body = reminding.by_another_way(work, trip, address, body)
    elif row.channel != EMAIL and address.channel == EMAIL:
        page = _page_of(work, trip, contact, row.alarm_id) if contact else ""
        body = wording.letter(body, _, link=page) if contact else reminding.by_email(work, trip, body)
    elif row.channel == VOICE and row.ref_code:
        # Nobody says a code; by it a text is known to its provider.
        body = f"{body} #{row.ref_code}"
    work.send(
        Draft(
            kind=row.kind,
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=body,
            subject=secret.get("subject") or wording.news_subject(trip.traveler.name, _),
            dedupe_key=f"{row.dedupe_key}>{address.index}"[:255],
            priority=row.priority,
            traveler_id=row.traveler_id,
            trip_id=row.trip_id,
            alarm_id=row.alarm_id,
            contact_id=row.contact_id,
            key_id=key_of(row.sealed),
            step=row.step,
            ref_code=row.ref_code,
            part=part,
            valid_for=row.valid_until - work.now if row.valid_until else None,
            language=contact.tag if contact else secret.get("language", "en"),
            answers=tuple(secret.get("answers", ())),
            again=secret.get("again", ""),
        )
    )


def _page_of(work: Work, trip: TripState, contact: ContactState, alarm_id: UUID | None) -> str:
    """The page on which this contact answers what she was told: of that alarm, or her own."""
    alarm = next((one for one in (trip.alarm, trip.recent) if one is not None and one.alarm_id == alarm_id), None)
    return alarm_link(work, trip, alarm, contact) if alarm else invitation_link(work, trip, contact)
