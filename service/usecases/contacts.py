"""Trusted people: asked to be one, described anew, taken off the list. All of it before arming."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, String, cast, delete, insert, literal, select, update

from service.core.ladder import Role
from service.core.wording_text import N_
from service.db.rehearsals import cancel_messages
from service.db.routing import PhoneOwner
from service.db.stored import table_of
from service.db.tables import Contact, Outbox, Rung
from service.db.trips import ContactState, TripKey, TripState
from service.edges import Act
from service.usecases import telling
from service.usecases.answer_once import answer_once
from service.usecases.chat_links import TELEGRAM, end_chat_links, make_chat_link
from service.usecases.contact_addresses import CALLED_BY_NUMBER, Channels, check_contact, in_order, present, sealed_of
from service.usecases.contact_addresses import GONE as GONE
from service.usecases.contact_addresses import ContactForm as ContactForm
from service.usecases.context import Service
from service.usecases.drafts import load_draft
from service.usecases.limits import Limit, count_all
from service.usecases.problems import (
    TOO_MANY_HERE,
    Invalid,
    NotFound,
    TooManyTries,
)
from service.usecases.work import Work

CONTACTS = table_of(Contact)
OWNERS = table_of(PhoneOwner)
RUNGS = table_of(Rung)
OUTBOX = table_of(Outbox)

MOST_CONTACTS = 20
INVITATIONS_A_DAY = Limit("invitations_a_day", 40, timedelta(days=1))
"""By one traveler, for all her trips: each is a text to somebody who has not asked for it."""
UNANSWERED = frozenset({"invited", "expired"})


class TooManyInvitations(TooManyTries):
    """So many people in a day nobody trusts."""

    message = N_("You have invited many people today. Please go on tomorrow.")


def add_contact(service: Service, key: TripKey, form: ContactForm, *, once: str | None = None) -> UUID:
    """Keep a contact of a draft and invite her at once; her id.

    Raises:
        Invalid, NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def keep(conn: Connection) -> str:
        trip = load_draft(service, conn, key, now)
        work = Work(service, conn, now)
        contact_id = add_in(work, trip, form)
        work.flush()
        return str(contact_id)

    call = f"contacts:{key.trip_id}"
    found = UUID(
        service.run(lambda conn: answer_once(conn, key.traveler_id, call, once, now, lambda: keep(conn)), Act.INVITE)
    )
    service.wake.outbox.set()
    return found


def add_in(work: Work, trip: TripState, form: ContactForm, path: str = "") -> UUID:
    """Keep and invite a contact within a transaction; `path` leads to her fields in the request."""
    if len(present(trip)) >= MOST_CONTACTS:
        raise Invalid.of(path.rstrip("."), TOO_MANY_HERE)
    channels, language = check_contact(work.service, work.conn, trip, form, path, but=None)
    contact_id = uuid4()
    row = {
        "traveler_id": trip.key.traveler_id,
        "contact_id": contact_id,
        "trip_id": trip.key.trip_id,
        "position": max((c.position for c in trip.contacts), default=0) + 1,
        **_columns(work, trip, form, channels, language, {}),
        **_invited(work.now),
    }
    work.conn.execute(insert(CONTACTS), row)
    _own_numbers(work, trip, contact_id, channels)
    work.audit.add(trip.key.traveler_id, "traveler", "contact_added", trip.key_id, {"contact": str(contact_id)})
    _invite(work, trip.key, contact_id)
    return contact_id


def invite_anew(work: Work, trip: TripState, contact_id: UUID) -> bool:
    """Ask a contact afresh by the addresses that she has; the earlier invitation's page is open no more. False when she
    has answered by now."""
    has_not_answered = CONTACTS.c.status.in_(UNANSWERED)
    asked = work.conn.execute(
        update(CONTACTS).where(*_is(trip.key, contact_id), has_not_answered).values(**_invited(work.now))
    )
    if asked.rowcount == 0:
        return False
    _forget_invitations(work.conn, trip.key, contact_id, work.now)
    _invite(work, trip.key, contact_id)
    return True


def change_contact(
    service: Service, key: TripKey, contact_id: UUID, change: Callable[[ContactForm], ContactForm]
) -> str:
    """Describe a contact of a draft anew; her status. Other addresses than those that she accepted ask her afresh; the
    same in another order are only tried in that order.

    `change` gets her as she is, her addresses as channels, in the order in which they are tried.

    Raises:
        Invalid, NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def keep(conn: Connection) -> str:
        trip = load_draft(service, conn, key, now)
        contact = _of_trip(trip, contact_id)
        sealed = sealed_of(service, conn, trip.key, contact_id, lock=True)
        form = change(_form_of(contact, in_order(sealed)))
        channels, language = check_contact(service, conn, trip, form, but=contact_id)
        work = Work(service, conn, now)
        kept = _kept(sealed, channels)
        values = _columns(work, trip, form, channels, language, kept)
        if not kept:
            values |= _invited(now)
        conn.execute(update(CONTACTS).where(*_is(trip.key, contact_id)).values(**values))
        work.audit.add(key.traveler_id, "traveler", "contact_changed", trip.key_id, {"contact": str(contact_id)})
        if not kept:
            _forget_addresses(conn, trip.key, contact_id, now)
            _own_numbers(work, trip, contact_id, channels)
            _invite(work, trip.key, contact_id)
        work.flush()
        return str(values.get("status", contact.status))

    status = service.run(keep)
    service.wake.outbox.set()
    return status


def remove_contact(service: Service, key: TripKey, contact_id: UUID, *, once: str | None = None) -> None:
    """Take a contact off a draft, silently: nobody is told.

    Raises:
        NotFound, Conflict409: see `load_draft`.
    """
    now = service.clock()

    def drop(conn: Connection) -> None:
        trip = load_draft(service, conn, key, now)
        _of_trip(trip, contact_id)
        _forget_addresses(conn, key, contact_id, now)
        conn.execute(delete(CONTACTS).where(*_is(key, contact_id)))
        _drop_from_ladder(conn, key, contact_id)
        work = Work(service, conn, now)
        work.audit.add(key.traveler_id, "traveler", "contact_removed", trip.key_id, {"contact": str(contact_id)})
        work.flush()

    call = f"remove:{key.trip_id}"
    service.run(lambda conn: answer_once(conn, key.traveler_id, call, once, now, lambda: drop(conn)))


def retire_in(work: Work, trip: TripState, contact_id: UUID) -> None:
    """Take a contact off a running trip: the row stays for the record, her numbers are hers no more."""
    work.conn.execute(update(CONTACTS).where(*_is(trip.key, contact_id)).values(status="removed", settled_at=work.now))
    _forget_addresses(work.conn, trip.key, contact_id, work.now)


def _of_trip(trip: TripState, contact_id: UUID) -> ContactState:
    contact = trip.contact(contact_id)
    if contact is None:
        raise NotFound
    return contact


def _is(key: TripKey, contact_id: UUID) -> tuple[Any, ...]:
    return (CONTACTS.c.traveler_id == key.traveler_id, CONTACTS.c.contact_id == contact_id)


def _form_of(contact: ContactState, channels: Channels) -> ContactForm:
    return ContactForm(
        name=contact.name,
        relation=contact.relation,
        language=contact.language,
        role=contact.role.value,
        disclosure=contact.disclosure,
        channels=tuple((entry["channel"], entry["address"]) for entry in channels),
    )


def _kept(sealed: Mapping[str, Any], channels: Channels) -> dict[str, Any]:
    """What stays of her when the addresses are the same: what she chose on her own page, and each address in its
    place, since messages on their way name it. Nothing when there are others."""
    before: Channels = sealed["channels"]
    if len(before) != len(channels) or any(entry not in before for entry in channels):
        return {}
    if channels == in_order(sealed):
        return dict(sealed)
    return {**sealed, "order": [before.index(entry) for entry in channels]}


def _columns(
    work: Work, trip: TripState, form: ContactForm, channels: Channels, language: str, kept: Mapping[str, Any]
) -> dict[str, Any]:
    value: Mapping[str, Any] = {"channels": channels, **kept, "name": form.name, "relation": form.relation}
    first = next((entry["address"] for entry in channels if entry["channel"] in CALLED_BY_NUMBER), None)
    keys = work.service.keys
    return {
        "role": Role(form.role).value,
        "disclosure": form.disclosure,
        "language": language,
        "phone_hash": keys.phone_hash(first) if first else None,
        "sealed": keys.seal(work.conn, trip.key_id, b"contact", json.dumps(value, ensure_ascii=False).encode()),
    }


def _invited(now: datetime) -> dict[str, Any]:
    return {
        "status": "invited",
        "dead_channels": [],
        "invited_at": now,
        "accepted_at": None,
        "settled_at": None,
        "traveler_told_at": None,
    }


def _own_numbers(work: Work, trip: TripState, contact_id: UUID, channels: Channels) -> None:
    routed = CALLED_BY_NUMBER | {TELEGRAM}
    called = dict.fromkeys(one["address"] for one in channels if one["channel"] in routed and one["address"])
    rows = [
        {
            "phone_hash": work.service.keys.phone_hash(address),
            "traveler_id": trip.key.traveler_id,
            "contact_id": contact_id,
            "trip_id": trip.key.trip_id,
            "armed": False,
        }
        for address in called
    ]
    if rows:
        work.conn.execute(insert(OWNERS), rows)


def _invite(work: Work, key: TripKey, contact_id: UUID) -> None:
    by_her = INVITATIONS_A_DAY.by(str(key.traveler_id))
    if over := count_all(work.service, work.conn, work.now, [by_her]):
        raise TooManyInvitations(over.again_in)
    fresh = work.service.planned_trip(work.conn, key, work.now)
    contact = fresh.contact(contact_id) if fresh else None
    if fresh is None or contact is None:
        return
    telling.invite(work, fresh, contact)
    if {"channel": TELEGRAM, "address": ""} in sealed_of(work.service, work.conn, key, contact_id)["channels"]:
        # For the traveler to pass on: nothing can be sent there before she has opened it.
        make_chat_link(work, fresh, contact_id)


def _forget_addresses(conn: Connection, key: TripKey, contact_id: UUID, now: datetime) -> None:
    conn.execute(delete(OWNERS).where(OWNERS.c.traveler_id == key.traveler_id, OWNERS.c.contact_id == contact_id))
    cancel_messages(conn, key, now, contact_id=contact_id)
    end_chat_links(conn, key, contact_id, now)
    _forget_invitations(conn, key, contact_id, now)


def _forget_invitations(conn: Connection, key: TripKey, contact_id: UUID, now: datetime) -> None:
    invitations = (
        (OUTBOX.c.traveler_id == key.traveler_id)
        & (OUTBOX.c.contact_id == contact_id)
        & (OUTBOX.c.kind == "invitation")
    )
    conn.execute(
        update(OUTBOX).where(invitations, OUTBOX.c.state == "pending").values(state="cancelled", settled_at=now)
    )
    # An invitation is written once for each of her addresses: the old ones make room for the new.
    own_name = literal("invitation:") + cast(OUTBOX.c.outbox_id, String)
    conn.execute(update(OUTBOX).where(invitations).values(dedupe_key=own_name))


def _drop_from_ladder(conn: Connection, key: TripKey, contact_id: UUID) -> None:
    of_trip = (RUNGS.c.traveler_id == key.traveler_id) & (RUNGS.c.trip_id == key.trip_id)
    for rung in conn.execute(select(RUNGS).where(of_trip)).mappings().all():
        left = [one for one in rung["contact_ids"] if one != str(contact_id)]
        this = of_trip & (RUNGS.c.position == rung["position"])
        if not left:
            conn.execute(delete(RUNGS).where(this))
        elif left != rung["contact_ids"]:
            conn.execute(update(RUNGS).where(this).values(contact_ids=left))
