"""Where a text belongs: an alarm that its sender was told of, an invitation, a question about the end, or her own trip.

In this order: a code names its alarm, rehearsal or question; a bare digit goes to the only alarm that this number was
told of (with several, the reply lists them), and 4 to the one that has ended; then an open invitation; then a rehearsal
that waits for her; then the question whether she is home, or whether the number is still hers, the newer of the two;
then the number's own trip. A 1 to a rehearsal, or about a number, goes to the own trip as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from service.core.alarm import may_object
from service.core.lifeline import proof_is_open
from service.core.reply import Meaning, Reading
from service.core.wording import Reply, TravelerNotice
from service.db.routing import AckCode
from service.db.stored import table_of
from service.db.trips import AlarmState, ContactState, TripKey, TripState
from service.usecases import telling
from service.usecases.answer import answer_alarm, answer_and_note
from service.usecases.answer_rehearsal import answer_by_code, answer_by_page, answer_by_text, rehearsal_awaiting
from service.usecases.by_text_contact import answer_numbers
from service.usecases.end_trip import confirm_end, deny_end, is_asked
from service.usecases.prove_again import note_proven
from service.usecases.reachability import after_loss, after_return
from service.usecases.replies import reply_to_contact
from service.usecases.settle_invitation import settle_invitation
from service.usecases.stop import start_number, stop_number
from service.usecases.work import Work

CODES = table_of(AckCode)
REHEARSAL = "rehearsal"
"""The source of a rehearsal's page, and what an answer to one is called."""

ASKS_FOR_HELP = (Meaning.SOS, Meaning.STATUS)
"""What HELP and INFO mean from somebody who is watched by nobody: how to answer."""

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
    contact_id: UUID | None = None


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
    @property
    def alarm_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class _Role:
    """The sender as one contact of one trip."""

    trip: TripState
    contact: ContactState

    @property
    def open_alarm(self) -> UUID | None:
        """The open alarm that she was told of, or that went to her: what a carrier reports as lost may have come."""
        return _told_of(self.trip.alarm, self.contact)

    @property
    def ended_alarm(self) -> UUID | None:
        """The alarm closed last, when she was told of it."""
        return _told_of(self.trip.recent, self.contact)

    def may_doubt(self, now: datetime) -> bool:
        recent = self.trip.recent
        return self.ended_alarm is not None and recent is not None and may_object(recent.view, now)

    @property
    def is_asked(self) -> bool:
        """Whether she was asked if the traveler is home."""
        return is_asked(self.trip, self.contact)

    @property
    def is_to_prove(self) -> bool:
        """Whether she was asked if her number is still hers."""
        contact = self.contact
        is_open = proof_is_open(contact.accepted_at, contact.proven_at, contact.proof_asked_at)
        return contact.accepted and is_open


def _told_of(alarm: AlarmState | None, contact: ContactState) -> UUID | None:
    is_told = alarm is not None and contact.id in alarm.addressed | alarm.unreached
    return alarm.alarm_id if alarm is not None and is_told else None


def route(
    work: Work, trips: Trips, sender: Sender, text: str, reading: Reading, message: Message, *, by_page: bool
) -> Routed:
    """Act on a contact's message; result "own" leaves it to the sender's own trip."""
    roles = _roles(trips, sender)
    if by_page:
        if not roles:
            return Routed("no_trip")
        if message.source == REHEARSAL:
            answer_by_page(work, message.sender, roles[0].contact.contact_id, message.occurred_at)
            return Routed(REHEARSAL, roles[0].trip.key)
        answer, note = answer_and_note(text)
        return _answer(work, trips, roles[0], answer, message, "page", message.alarm_id, note)
    if reading.meaning is Meaning.STOP:
        return _stop(work, trips, sender, roles, message)
    if reading.meaning is Meaning.START and roles:
        return _start(work, trips, sender, roles, message)
    if reading.digit is not None and reading.code is not None:
        routed = _coded(work, trips, roles, reading, message)
    elif reading.digit is not None:
        routed = _digit(work, trips, sender, roles, reading, message)
    else:
        routed = None
    if routed is not None:
        return routed
    if sender.own is not None:
        return Routed("own")
    people = [(role.trip, role.contact) for role in roles]
    is_to_answer = any(role.open_alarm is not None or role.contact.status == "invited" for role in roles)
    if (key := answer_numbers(work, people, text, reading, message, is_to_answer=is_to_answer)) is not None:
        return Routed("numbers", key)
    return _helped(work, roles, message) if reading.meaning in ASKS_FOR_HELP else _unclear(work, roles, message)


def _roles(trips: Trips, sender: Sender) -> list[_Role]:
    found = []
    for key, contact_id in sender.as_contact:
        trip = trips.get(key)
        contact = trip.contact(contact_id) if trip else None
        if trip is not None and contact is not None and contact.status in ("accepted", "invited"):
            found.append(_Role(trip, contact))
    return found


def _coded(work: Work, trips: Trips, roles: list[_Role], reading: Reading, message: Message) -> Routed | None:
    """A digit with a code: it answers what the code names, from the number that the code was sent to, and nothing else.

    A code that is mistyped or another's is no bare digit: which alarm is meant is not guessed.
    """
    row = work.conn.execute(select(CODES).where(CODES.c.code == reading.code)).first()
    role = next((one for one in roles if row is not None and one.contact.contact_id == row.contact_id), None)
    if row is None or role is None or reading.digit is None:
        told = [one for one in roles if one.open_alarm is not None]
        return _unclear(work, told, message) if told else None
    if row.rehearsal_id is not None:
        # Never the alarm that may have opened since: "2" would end it, and she answers something else.
        answer_by_code(work, row.traveler_id, row.rehearsal_id, row.contact_id, message.occurred_at)
        return _rehearsed(work, role, message)
    if role.contact.status == "invited":
        return _invitation(work, trips, role, reading, message)
    if row.alarm_id is None and row.created_at == role.contact.proof_asked_at and reading.digit == 1:
        # Neither the end that she may have been asked about since, nor an alarm.
        return _proven(work, [role], message)
    if row.alarm_id is None and role.is_asked and reading.digit in (1, 4):
        return _end(work, trips, role, reading.digit, message)
    named = row.alarm_id or role.open_alarm or role.ended_alarm
    return _answer(work, trips, role, str(reading.digit), message, message.source, named)


def _digit(
    work: Work, trips: Trips, sender: Sender, roles: list[_Role], reading: Reading, message: Message
) -> Routed | None:
    """A bare digit; None leaves it to the sender's own trip, or unclear."""
    digit = reading.digit or 0
    told = [role for role in roles if role.open_alarm is not None]
    if not told and digit == 4:
        told = [role for role in roles if role.may_doubt(work.now)]
    if len(told) == 1:
        named = told[0].open_alarm or told[0].ended_alarm
        return _answer(work, trips, told[0], str(digit), message, message.source, named)
    if told:
        return _which(work, told, message)
    if invited := [role for role in roles if role.contact.status == "invited"]:
        return _invitation(work, trips, invited[0], reading, message)
    awaiting = rehearsal_awaiting(work, [(role.trip.key, role.contact.contact_id) for role in roles])
    if awaiting is not None:
        rehearsal, contact_id = awaiting
        answer_by_text(work, rehearsal, contact_id, message.occurred_at)
        if digit == 1 and sender.own is not None:
            # It may as well have been meant for her own trip, where a missing sign of life would alarm people.
            return None
        return _rehearsed(work, next(role for role in roles if role.contact.contact_id == contact_id), message)
    asked = [role for role in roles if role.is_asked] if digit in (1, 4) else []
    if digit == 1 and (proving := _to_prove(roles, asked)):
        proven = _proven(work, proving, message, silent=sender.own is not None)
        # As with a rehearsal.
        return None if sender.own is not None else proven
    if len(asked) == 1:
        return _end(work, trips, asked[0], digit, message)
    if asked:
        return _which(work, asked, message)
    ended = [role for role in roles if role.ended_alarm is not None]
    if ended and sender.own is None:
        return _answer(work, trips, ended[0], str(digit), message, message.source, ended[0].ended_alarm)
    return None


def _to_prove(roles: Sequence[_Role], asked: Sequence[_Role]) -> list[_Role]:
    """Those in whose name the question about her number is open; none when she was asked about an end since then: a 1
    answers the newest question, and no old one ends a watch."""
    open_ = [role for role in roles if role.is_to_prove]
    newest = max((at for role in open_ if (at := role.contact.proof_asked_at)), default=None)
    ends = [at for role in asked if (at := role.trip.end_requested_at)]
    return [] if newest is None or any(at >= newest for at in ends) else open_


def _proven(work: Work, roles: Sequence[_Role], message: Message, *, silent: bool = False) -> Routed:
    for role in roles:
        note_proven(work, role.trip, role.contact)
    first = roles[0]
    if not silent:
        reply_to_contact(work, first.trip, first.contact, message.inbox_id, message.address, Reply.PROVEN)
    return Routed("proven", first.trip.key)


def _answer(
    work: Work,
    trips: Trips,
    role: _Role,
    answer: str,
    message: Message,
    via: str,
    alarm_id: UUID | None,
    note: str = "",
) -> Routed:
    # The trip may have changed since the roles were found, by an earlier message of this batch.
    trip = trips[role.trip.key]
    answered = answer_alarm(
        work, trip, role.contact, answer, via=via, at=message.occurred_at, alarm_id=alarm_id, note=note
    )
    trips[trip.key] = answered.trip
    if answered.reply is not None:
        reply_to_contact(
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


def _rehearsed(work: Work, role: _Role, message: Message) -> Routed:
    reply_to_contact(work, role.trip, role.contact, message.inbox_id, message.address, Reply.REHEARSED)
    return Routed(REHEARSAL, role.trip.key)


def _which(work: Work, roles: Sequence[_Role], message: Message) -> Routed:
    """She was told of several, or asked about several: the reply lists them with a code each."""
    named = []
    for role in roles:
        alarm_id = role.open_alarm or (role.ended_alarm if role.may_doubt(work.now) else None)
        code = work.fresh_code(role.trip.key.traveler_id, alarm_id, role.contact.contact_id)
        named.append((code, role.trip.traveler.name))
    first = roles[0]
    reply_to_contact(
        work, first.trip, first.contact, message.inbox_id, message.address, Reply.WHICH_ALARM, alarms=named
    )
    return Routed("which_alarm", first.trip.key)


def _invitation(work: Work, trips: Trips, role: _Role, reading: Reading, message: Message) -> Routed:
    trip, contact = trips[role.trip.key], role.contact
    if reading.digit not in (1, 3):
        reply_to_contact(work, trip, contact, message.inbox_id, message.address, Reply.INVITATION_NOT_UNDERSTOOD)
        return Routed("ambiguous", trip.key)
    accepts = reading.digit == 1
    reply_to_contact(
        work, trip, contact, message.inbox_id, message.address, Reply.ACCEPTED if accepts else Reply.DECLINED
    )
    trips[trip.key] = settle_invitation(work, trip, contact, accepts=accepts)
    return Routed("invitation_accepted" if accepts else "invitation_refused", trip.key)


def _end(work: Work, trips: Trips, role: _Role, digit: int, message: Message) -> Routed:
    trip = trips[role.trip.key]
    if digit == 1:
        trips[trip.key], reply = confirm_end(work, trip, role.contact)
    else:
        trips[trip.key], reply = deny_end(work, trip, role.contact.id), Reply.NO_ALARM
    reply_to_contact(work, trip, role.contact, message.inbox_id, message.address, reply)
    return Routed(f"end:{digit}", trip.key)


def _stop(work: Work, trips: Trips, sender: Sender, roles: list[_Role], message: Message) -> Routed:
    """STOP: nothing more goes to this number, for every trip; in an open alarm it counts as "I cannot"."""
    for role in roles:
        trip = trips[role.trip.key]
        if role.contact.status == "invited":
            refused = Reading(Meaning.DIGIT, digit=3)
            # Nothing more goes there, not even an answer: the carrier gives one.
            _invitation(work, trips, role, refused, _Silent(message))
            continue
        if role.open_alarm is not None:
            _answer(work, trips, role, "3", _Silent(message), message.source, role.open_alarm)
        telling.tell_traveler(work, trip, TravelerNotice.CONTACT_STOPPED, role.contact)
        trips[trip.key] = after_loss(work, trips[trip.key], role.contact, message.sender, message.source)
    if sender.own is not None:
        return Routed("own")
    stop_number(work, message.sender, message.source, at=message.received_at)
    return Routed("stop", roles[0].trip.key if roles else None)


def _start(work: Work, trips: Trips, sender: Sender, roles: list[_Role], message: Message) -> Routed:
    """START takes a STOP back: texts may go to that number again, and who was lost to an open alarm is told of it."""
    start_number(work, message.sender, message.source)
    for role in roles:
        trips[role.trip.key] = after_return(work, trips[role.trip.key], role.contact, message.sender)
    return Routed("own" if sender.own else "start")


def _unclear(work: Work, roles: list[_Role], message: Message) -> Routed:
    """A contact's text that is no answer: she is told how to answer, if she was asked anything."""
    for role in roles:
        told = role.open_alarm is not None
        if told or role.contact.status == "invited":
            reply = Reply.ANSWER_NOT_UNDERSTOOD if told else Reply.INVITATION_NOT_UNDERSTOOD
            reply_to_contact(work, role.trip, role.contact, message.inbox_id, message.address, reply)
            return Routed("ambiguous", role.trip.key, keep=told, contact_id=role.contact.contact_id)
    return Routed("ambiguous")


def _helped(work: Work, roles: list[_Role], message: Message) -> Routed:
    """A contact's HELP or INFO: she is told what there is to answer, also when nothing was asked of her."""
    told = next((role for role in roles if role.open_alarm is not None), None)
    invited = next((role for role in roles if role.contact.status == "invited"), None)
    role = told or invited or next(iter(roles), None)
    if role is None:
        return Routed("ambiguous")
    reply = Reply.HELP_IN_ALARM if told else Reply.INVITATION_NOT_UNDERSTOOD if invited else Reply.HELP
    reply_to_contact(work, role.trip, role.contact, message.inbox_id, message.address, reply)
    # What she wrote while an alarm is open is kept, as every unclear text is.
    return Routed("ambiguous" if told else "help", role.trip.key, told is not None, role.contact.contact_id)


class _Silent:
    """A message whose sender must get no answer."""

    def __init__(self, message: Message) -> None:
        self.inbox_id = message.inbox_id
        self.source = message.source
        self.sender = message.sender
        self.address = None
        self.alarm_id = message.alarm_id
        self.occurred_at = message.occurred_at
        self.received_at = message.received_at
