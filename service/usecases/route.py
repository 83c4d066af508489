"""Where a text belongs: an alarm that its sender was told of, an invitation, a question about the end, or her own trip.

In this order: a code names its alarm; a bare digit goes to the only alarm that this number was told of (with several,
the reply lists them); then an open invitation; then the question whether she is home; then the number's own trip.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, select, update

from service.core.reply import Meaning, Reading
from service.core.wording import Reply, TravelerNotice
from service.db.routing import AckCode
from service.db.stored import table_of
from service.db.tables import Contact
from service.db.trips import ContactState, TripKey, TripState
from service.usecases import telling
from service.usecases.answer import answer_alarm
from service.usecases.end_trip import deny_end, finish
from service.usecases.reachability import after_loss
from service.usecases.stop import start_number, stop_number
from service.usecases.work import Work

CODES = table_of(AckCode)
CONTACTS = table_of(Contact)

Trips = dict[TripKey, TripState]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a number is: the traveler of one armed trip, and a contact in any number of trips."""

    own: TripKey | None
    as_contact: tuple[tuple[TripKey, UUID], ...]

    @property
    def keys(self) -> list[TripKey]:
        return [key for key, _ in self.as_contact] + ([self.own] if self.own else [])


@dataclass(frozen=True, slots=True)
class Routed:
    """What a message was (the inbox row's result), whose trip it touched, and whether its text must be kept."""

    result: str
    key: TripKey | None = None
    keep: bool = False


class Message(Protocol):
    """What routing needs of an inbox row."""

    @property
    def inbox_id(self) -> int: ...
    @property
    def source(self) -> str: ...
    @property
    def sender(self) -> bytes: ...
    @property
    def address(self) -> str | None: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def received_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class _Role:
    """The sender as one contact of one trip."""

    trip: TripState
    contact: ContactState


def route(
    work: Work, trips: Trips, sender: Sender, text: str, reading: Reading, message: Message, *, by_page: bool
) -> Routed:
    """Act on a contact's message; result "own" leaves it to the sender's own trip."""
    roles = _roles(trips, sender)
    if by_page:
        return _answer(work, trips, roles[0], text.strip(), message, "page") if roles else Routed("no_trip")
    if reading.meaning is Meaning.STOP:
        return _stop(work, trips, sender, roles, message)
    if reading.meaning is Meaning.START and roles:
        start_number(work, message.sender, message.source)
        return Routed("own" if sender.own else "start")
    if reading.code is not None and (named := _named(work.conn, roles, reading.code)) is not None:
        if named.contact.status == "invited":
            return _invitation(work, trips, named, reading, message)
        if reading.digit is not None:
            return _answer(work, trips, named, str(reading.digit), message, message.source)
    if reading.digit is not None and (routed := _digit(work, trips, roles, reading.digit, reading, message)):
        return routed
    if sender.own is not None:
        return Routed("own")
    return _unclear(work, roles, message)


def _roles(trips: Trips, sender: Sender) -> list[_Role]:
    found = []
    for key, contact_id in sender.as_contact:
        trip = trips.get(key)
        contact = trip.contact(contact_id) if trip else None
        if trip is not None and contact is not None and contact.status in ("accepted", "invited"):
            found.append(_Role(trip, contact))
    return found


def _named(conn: Connection, roles: list[_Role], code: str) -> _Role | None:
    """The role that a code names; a code works only from the number that it was sent to."""
    row = conn.execute(select(CODES).where(CODES.c.code == code)).first()
    if row is None:
        return None
    return next((role for role in roles if role.contact.contact_id == row.contact_id), None)


def _digit(
    work: Work, trips: Trips, roles: list[_Role], digit: int, reading: Reading, message: Message
) -> Routed | None:
    told = [role for role in roles if role.trip.alarm and role.contact.id in role.trip.alarm.addressed]
    if len(told) == 1:
        return _answer(work, trips, told[0], str(digit), message, message.source)
    if len(told) > 1:
        return _which(work, told, message)
    invited = [role for role in roles if role.contact.status == "invited"]
    asked = [role for role in roles if role.contact.accepted and role.trip.end_requested_at]
    ended = [role for role in roles if role.trip.recent and role.contact.id in role.trip.recent.addressed]
    if digit == 4 and len(ended) == 1 and not asked:
        return _answer(work, trips, ended[0], "4", message, message.source)
    if invited:
        return _invitation(work, trips, invited[0], reading, message)
    if asked and digit in (1, 4):
        return _end(work, trips, asked[0], digit, message)
    if len(ended) == 1:
        return _answer(work, trips, ended[0], str(digit), message, message.source)
    return None


def _answer(work: Work, trips: Trips, role: _Role, answer: str, message: Message, via: str) -> Routed:
    # The trip may have changed since the roles were found, by an earlier message of this batch.
    trip = trips[role.trip.key]
    answered = answer_alarm(work, trip, role.contact, answer, via=via, at=message.occurred_at)
    trips[trip.key] = answered.trip
    if answered.reply is not None:
        telling.reply_to_contact(
            work,
            answered.trip,
            role.contact,
            message.inbox_id,
            message.address,
            answered.reply,
            who=answered.who,
            until=answered.until,
        )
    return Routed(f"answer:{answer}", trip.key)


def _which(work: Work, told: list[_Role], message: Message) -> Routed:
    alarms = []
    for role in told:
        if role.trip.alarm is not None:
            code = work.fresh_code(role.trip.key.traveler_id, role.trip.alarm.alarm_id, role.contact.contact_id)
            alarms.append((code, role.trip.traveler.name))
    first = told[0]
    telling.reply_to_contact(
        work, first.trip, first.contact, message.inbox_id, message.address, Reply.WHICH_ALARM, alarms=alarms
    )
    return Routed("which_alarm", first.trip.key)


def _invitation(work: Work, trips: Trips, role: _Role, reading: Reading, message: Message) -> Routed:
    trip, contact = trips[role.trip.key], role.contact
    if reading.digit == 1:
        status, reply, told = "accepted", Reply.ACCEPTED, TravelerNotice.CONTACT_ACCEPTED
    elif reading.digit == 3:
        status, reply, told = "refused", Reply.DECLINED, TravelerNotice.CONTACT_REFUSED
    else:
        telling.reply_to_contact(
            work, trip, contact, message.inbox_id, message.address, Reply.INVITATION_NOT_UNDERSTOOD
        )
        return Routed("ambiguous", trip.key)
    accepted_at = work.now if status == "accepted" else None
    work.conn.execute(
        update(CONTACTS)
        .where(CONTACTS.c.traveler_id == trip.key.traveler_id, CONTACTS.c.contact_id == contact.contact_id)
        .values(status=status, accepted_at=accepted_at, settled_at=work.now)
    )
    work.audit.add(trip.key.traveler_id, contact.id, f"invitation_{status}")
    telling.reply_to_contact(work, trip, contact, message.inbox_id, message.address, reply)
    telling.tell_traveler(work, trip, told, contact)
    trips[trip.key] = trip.with_contact(replace(contact, status=status, accepted_at=accepted_at))
    if trip.alarm is not None:
        work.save_alarm(trip, trip.alarm, work.now)
    return Routed(f"invitation_{status}", trip.key)


def _end(work: Work, trips: Trips, role: _Role, digit: int, message: Message) -> Routed:
    trip = trips[role.trip.key]
    if digit == 1 and trip.alarm is None and trip.status == "armed":
        trips[trip.key] = finish(work, trip, role.contact.id)
        reply = Reply.HOME_CONFIRMED
    else:
        trips[trip.key] = deny_end(work, trip, role.contact.id)
        reply = Reply.NO_ALARM
    telling.reply_to_contact(work, trip, role.contact, message.inbox_id, message.address, reply)
    return Routed(f"end:{digit}", trip.key)


def _stop(work: Work, trips: Trips, sender: Sender, roles: list[_Role], message: Message) -> Routed:
    """STOP: nothing more goes to this number, for every trip; in an open alarm it counts as "I cannot"."""
    for role in roles:
        trip = trips[role.trip.key]
        if role.contact.status == "invited":
            refused = Reading(Meaning.DIGIT, digit=3)
            _invitation(work, trips, role, refused, message)
            continue
        if trip.alarm is not None and role.contact.id in trip.alarm.addressed:
            _answer(work, trips, role, "3", _Silent(message), message.source)
        telling.tell_traveler(work, trip, TravelerNotice.CONTACT_STOPPED, role.contact)
        trips[trip.key] = after_loss(work, trips[trip.key], role.contact, message.sender)
    if sender.own is not None:
        return Routed("own")
    stop_number(work, message.sender, message.source, at=message.received_at)
    return Routed("stop", roles[0].trip.key if roles else None)


def _unclear(work: Work, roles: list[_Role], message: Message) -> Routed:
    """A contact's text that is no answer: she is told how to answer, if she was asked anything."""
    for role in roles:
        told = role.trip.alarm is not None and role.contact.id in role.trip.alarm.addressed
        if told or role.contact.status == "invited":
            reply = Reply.ANSWER_NOT_UNDERSTOOD if told else Reply.INVITATION_NOT_UNDERSTOOD
            telling.reply_to_contact(work, role.trip, role.contact, message.inbox_id, message.address, reply)
            return Routed("ambiguous", role.trip.key, keep=told)
    return Routed("ambiguous")


class _Silent:
    """A message whose sender must get no answer."""

    def __init__(self, message: Message) -> None:
        self.inbox_id = message.inbox_id
        self.source = message.source
        self.sender = message.sender
        self.address = None
        self.occurred_at = message.occurred_at
        self.received_at = message.received_at
