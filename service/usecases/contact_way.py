"""A contact's own page: she is asked, says yes or no, sees what we hold of her, and may leave at any time.

It reads nothing of an alarm, so that it is the same with one and without. What she chooses for herself is in
`contact_choices`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, select, update

from service.core import wording
from service.core.alarm import AlarmKind
from service.core.lifeline import proof_is_open
from service.core.wording import AlertFacts, Carriage, TravelerNotice
from service.db.routing import Link
from service.db.stored import table_of
from service.db.tables import Contact, Outbox
from service.db.trips import Address, AlarmState, ContactState, TripKey, TripState
from service.texts import translator
from service.usecases import telling
from service.usecases.accept import MOST_WRONG
from service.usecases.answer import answer_alarm
from service.usecases.carriage import SMS, carriage_for
from service.usecases.chat_links import TELEGRAM
from service.usecases.context import Service
from service.usecases.end_trip import is_asked
from service.usecases.hand_over import settle_hand_over
from service.usecases.links import invitation_token
from service.usecases.problems import FieldProblem, Invalid
from service.usecases.reachability import page_if_last
from service.usecases.settle_invitation import settle_invitation
from service.usecases.waiting import ends_by_now
from service.usecases.work import Work

LINKS = table_of(Link)
CONTACTS = table_of(Contact)
OUTBOX = table_of(Outbox)

CODE_LIVES = timedelta(minutes=10)
SAMPLE_CODES = ("K7M2", "R4PT")
COPIES, ASKED, HAS = "copies", "asked", "has"
"""What is sealed of the copies of papers that she keeps: when she was asked, and when she said that she has them."""


@dataclass(frozen=True, slots=True)
class ShownAddress:
    """One of her ways. `address` is masked but for the one that the invitation went to; `index` names it in a form."""

    index: int
    channel: str
    address: str
    stopped: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class ContactWay:
    """Her page. `state` is invited, accepted or refused; `sample` is how an alarm would look, with invented facts.

    `weekly`: whether she wants a word once a week; nothing here says whether there are any. `is_asked`: whether her
    addresses are still hers; `home_asked`: whether the traveler is home. `latin`: whether her texts come in Latin
    letters. `copies_asked`: whether she has copies of the traveler's papers. `unproven_email`: an address of hers that
    waits for its code.
    """

    state: str
    name: str
    traveler: str
    role: str
    language: str
    has_pin: bool
    pin_locked: bool
    addresses: tuple[ShownAddress, ...]
    sample: tuple[str, ...]
    may_add_email: bool
    weekly: bool
    is_asked: bool
    home_asked: bool
    latin: bool
    copies_asked: bool
    unproven_email: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """Whose page a link opens: the link's row, her trip and herself, and what is sealed of her."""

    link: Any
    trip: TripState
    contact: ContactState
    sealed: Mapping[str, Any]

    @property
    def is_over(self) -> bool:
        """Whether what she says counts for nothing any more. Her page goes on as before: who was taken off the list is
        not told, and that a trip has ended is not told by a page that is gone."""
        return self.trip.status == "ended" or self.contact.status == "removed"

    @property
    def state(self) -> str:
        """Invited, accepted or refused, as far as she knows."""
        if said := self.sealed.get("said"):
            return str(said)
        if self.contact.status != "removed":
            return self.contact.status
        return "accepted" if self.contact.accepted_at else "invited"


def show_way(service: Service, token: str, language: str | None = None) -> ContactWay | None:
    """Her page in `language`, or in hers; None when the link is unknown or has ended. Changes nothing."""

    def look(conn: Connection) -> ContactWay | None:
        opened = open_way(service, conn, token)
        return None if opened is None else _shown(service, conn, opened, language)

    return service.read(look)


def accept(service: Service, token: str) -> bool:
    """She is a trusted person from now on; whether the link lives. Said again, it changes nothing."""
    return change_way(service, token, partial(_settle, accepts=True))


def refuse(service: Service, token: str) -> bool:
    """She is none, and gets nothing more; whether the link lives. The traveler is told."""
    return change_way(service, token, partial(_settle, accepts=False))


def leave(service: Service, token: str) -> bool:
    """She stops being one, at once, for this trip; whether the link lives.

    In an alarm that she was told of it counts as "I cannot". The traveler is told that she is gone, and nothing else;
    when nobody is left, the operator is paged.
    """
    return change_way(service, token, _leave)


def open_way(service: Service, conn: Connection, token: str, *, lock: bool = False) -> Opened | None:
    """Whose page this is, if it is one: of her newest invitation, as long as anything is kept of her."""
    digest = service.keys.token_hash(token)
    query = select(LINKS).where(LINKS.c.token_hash == digest, LINKS.c.kind == "invitation")
    # Locked before it is read: of two wrong PINs at once the second counts on from the first.
    link = conn.execute(query.with_for_update() if lock else query).first()
    if link is None:
        return None
    key = TripKey(link.traveler_id, link.trip_id)
    trip = service.trip(conn, key, service.clock(), lock=lock)
    contact = trip.contact(link.contact_id) if trip else None
    if trip is None or contact is None or contact.status not in ("invited", "accepted", "refused", "removed"):
        return None
    if service.keys.token_hash(invitation_token(service.keys, contact)) != digest:
        # An earlier invitation's: it went to addresses that are hers no more.
        return None
    row = select(CONTACTS.c.sealed).where(is_her(trip, contact))
    sealed = conn.execute(row.with_for_update() if lock else row).scalar_one()
    return Opened(link, trip, contact, json.loads(service.keys.open(conn, b"contact", sealed)))


def change_way(service: Service, token: str, change: Callable[[Work, Opened], FieldProblem | None]) -> bool:
    """Change something of the page's owner in one transaction; false when the link is unknown or has ended.

    Raises:
        Invalid: what `change` found wrong, after what it counted has been kept.
    """

    def keep(conn: Connection) -> tuple[bool, FieldProblem | None]:
        opened = open_way(service, conn, token, lock=True)
        if opened is None:
            return False, None
        work = Work(service, conn, service.clock())
        problem = change(work, opened)
        work.flush()
        return True, problem

    found, problem = service.run(keep)
    service.wake.outbox.set()
    service.wake.sweep.set()
    if problem is not None:
        raise Invalid((problem,))
    return found


def is_her(trip: TripState, contact: ContactState) -> Any:
    """The condition for her row."""
    return (CONTACTS.c.traveler_id == trip.key.traveler_id) & (CONTACTS.c.contact_id == contact.contact_id)


def reseal(work: Work, opened: Opened, **changed: Any) -> None:
    """Keep something of hers, beside what is kept already."""
    value = json.dumps({**opened.sealed, **changed}, ensure_ascii=False).encode()
    sealed = work.service.keys.seal(work.conn, opened.trip.key_id, b"contact", value)
    work.conn.execute(update(CONTACTS).where(is_her(opened.trip, opened.contact)).values(sealed=sealed))


def _settle(work: Work, opened: Opened, *, accepts: bool) -> None:
    if opened.state != "invited":
        return
    if opened.is_over:
        _note(work, opened, "accepted" if accepts else "refused")
    else:
        settle_invitation(work, opened.trip, opened.contact, accepts=accepts)


def _note(work: Work, opened: Opened, said: str) -> None:
    """Where it counts for nothing any more: show it on her page, and tell nobody. Who says no is forgotten as ever."""
    reseal(work, opened, said=said)
    if said == "refused" and opened.contact.status != "removed":
        this = is_her(opened.trip, opened.contact)
        work.conn.execute(update(CONTACTS).where(this).values(status=said, settled_at=work.now))


def _leave(work: Work, opened: Opened) -> None:
    trip, contact = opened.trip, opened.contact
    if opened.state != "accepted":
        _settle(work, opened, accepts=False)
        return
    if opened.is_over:
        _note(work, opened, "refused")
        return
    alarm = trip.alarm
    if alarm is not None and contact.id in alarm.addressed:
        trip = answer_alarm(work, trip, contact, "3", via="page", at=work.now, alarm_id=alarm.alarm_id).trip
    work.conn.execute(update(CONTACTS).where(is_her(trip, contact)).values(status="refused", settled_at=work.now))
    work.conn.execute(
        update(OUTBOX)
        .where(
            OUTBOX.c.traveler_id == trip.key.traveler_id,
            OUTBOX.c.contact_id == contact.contact_id,
            OUTBOX.c.state == "pending",
        )
        .values(state="cancelled", settled_at=work.now)
    )
    settle_hand_over(work, trip, contact, accepts=False)
    trip = trip.with_contact(replace(contact, status="refused"))
    work.audit.add(trip.key.traveler_id, contact.id, "contact_left")
    telling.tell_traveler(work, trip, TravelerNotice.CONTACT_STOPPED, contact)
    if trip.alarm is not None:
        work.save_alarm(trip, _handed_on(trip.alarm), work.now)
    page_if_last(work, trip, contact)


def _handed_on(alarm: AlarmState) -> AlarmState:
    """Without her the first rung may be somebody who has heard nothing yet: it is told anew, at once."""
    if alarm.view.rung > 0:
        return alarm
    return replace(alarm, view=replace(alarm.view, rung=-1, told_at=None, accepted_at=None))


def _shown(service: Service, conn: Connection, opened: Opened, language: str | None) -> ContactWay:
    trip, contact = opened.trip, opened.contact
    waiting = opened.sealed.get("email") or {}
    return ContactWay(
        state=opened.state,
        name=contact.name,
        traveler=trip.traveler.name,
        role=contact.role.value,
        language=contact.language,
        has_pin=bool(contact.pin),
        pin_locked=opened.link.used >= MOST_WRONG,
        addresses=_addresses(conn, opened),
        sample=_sample(service, contact, language or contact.language),
        may_add_email="email" in service.notifiers and not any(a.channel == "email" for a in contact.addresses),
        weekly=contact.weekly,
        is_asked=proof_is_open(contact.accepted_at, contact.proven_at, contact.proof_asked_at),
        home_asked=not opened.is_over and is_asked(trip, contact) and not ends_by_now(conn, trip.key, service.clock()),
        latin=contact.latin,
        copies_asked=opened.state == "accepted" and copies_asked(opened.sealed),
        unproven_email=waiting.get("address", "") if _is_fresh(service, waiting) else "",
    )


def copies_asked(sealed: Mapping[str, Any]) -> bool:
    """Whether a contact, of whom this is sealed, is asked if she has copies of the traveler's papers."""
    kept = sealed.get(COPIES) or {}
    return ASKED in kept and HAS not in kept


def _is_fresh(service: Service, waiting: Mapping[str, Any]) -> bool:
    return bool(waiting.get("code")) and service.clock().timestamp() < waiting["at"] + CODE_LIVES.total_seconds()


def _addresses(conn: Connection, opened: Opened) -> tuple[ShownAddress, ...]:
    asked_at = _asked_at(conn, opened)
    return tuple(
        ShownAddress(
            address.index,
            address.channel,
            address.address if address.hash == asked_at and address.channel != TELEGRAM else masked(address),
            address.suppressed,
            address.dead,
        )
        for address in opened.contact.addresses
    )


def _asked_at(conn: Connection, opened: Opened) -> bytes | None:
    """The address (its keyed hash) that the newest invitation went to: who holds the link has read it there."""
    query = (
        select(OUTBOX.c.address_hash)
        .where(
            OUTBOX.c.traveler_id == opened.trip.key.traveler_id,
            OUTBOX.c.contact_id == opened.contact.contact_id,
            OUTBOX.c.kind == "invitation",
            OUTBOX.c.state != "cancelled",
        )
        .order_by(OUTBOX.c.created_at.desc())
        .limit(1)
    )
    found: bytes | None = conn.execute(query).scalar()
    return found


def masked(address: Address) -> str:
    """Enough for its owner to know it again, and nobody else: "+7 … 44", "g…@example.org"; of a chat nothing."""
    if address.channel == TELEGRAM:
        return ""
    if "@" in address.address:
        name, _at, host = address.address.partition("@")
        return f"{name[:1]}…@{host}"
    return f"{address.address[:2]} … {address.address[-2:]}"


def _sample(service: Service, contact: ContactState, language: str) -> tuple[str, ...]:
    """An alarm's text as she would get it; person, place and numbers are invented."""
    _ = translator(language)
    facts = AlertFacts(
        name=_("Aruzhan"),
        kind=AlarmKind.MISSED,
        since="22:00",
        ref_code=SAMPLE_CODES[0],
        place=_("Istanbul, Turkey"),
        employer=_("Example Hotel"),
        employer_phone="+90 212 000 00 00",
        rehearsal=True,
        carriage=_carriage(service, contact),
    )
    return wording.alert(
        facts, full=contact.disclosure == "full", _=_, count=service.segments, second_code=SAMPLE_CODES[1]
    )


def _carriage(service: Service, contact: ContactState) -> Carriage:
    """What her texts may carry."""
    sms = (address.address for address in contact.addresses if address.channel == SMS)
    return carriage_for(service, SMS, next(sms, ""), contact.tag)
