"""Writes what people are told into the outbox: whom, by which address, in which words, under which key.

Nothing here decides that somebody is told; that is the core's. Every text comes from `service.core.wording`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog

from service.core import wording
from service.core.alarm import AlarmKind
from service.core.ladder import audience
from service.core.plan import leg_at
from service.core.watch import Reminder
from service.core.wording import ContactNotice, PageReason, TravelerNotice, Wording
from service.db.routing import NIL
from service.db.trips import Address, AlarmState, ContactState, TripState
from service.texts import translator
from service.usecases.alarm_facts import facts_for, first_usable, zone_of_contact
from service.usecases.links import alarm_link, invitation_link
from service.usecases.times import said
from service.usecases.work import Draft, Priority, Work

log = structlog.get_logger()

REMINDERS_STAY_GOOD = timedelta(hours=2)
INVITATIONS_STAY_GOOD = timedelta(days=7)
CODES_STAY_GOOD = timedelta(minutes=10)

GRAVE = frozenset({AlarmKind.SOS, AlarmKind.DURESS})


def alert(work: Work, trip: TripState, alarm: AlarmState, contact: ContactState) -> bool:
    """Tell one person of an alarm by her first usable address; False when she has none left."""
    address = first_usable(contact.addresses)
    if address is None:
        return False
    codes = [work.fresh_code(trip.key.traveler_id, alarm.alarm_id, contact.contact_id) for _ in range(2)]
    link = alarm_link(work, trip, alarm, contact)
    facts = facts_for(trip, alarm, contact, work.now, ref_code=codes[0], link=link)
    parts = wording.alert(
        facts,
        full=contact.disclosure == "full",
        _=translator(contact.language),
        count=work.service.segments,
        second_code=codes[1],
    )
    for number, (text, code) in enumerate(zip(parts, codes, strict=False)):
        work.send(
            Draft(
                kind="alert",
                to=address.address,
                channel=address.channel,
                channel_index=address.index,
                body=text,
                subject=wording.subject(trip.traveler.name, translator(contact.language)),
                dedupe_key=f"alert:{alarm.alarm_id}:{alarm.view.step}:{contact.id}:{number}:{address.index}",
                priority=Priority.GRAVE if alarm.view.kind in GRAVE else Priority.ALERT,
                traveler_id=trip.key.traveler_id,
                trip_id=trip.key.trip_id,
                alarm_id=alarm.alarm_id,
                contact_id=contact.contact_id,
                key_id=trip.key_id,
                step=alarm.view.step,
                ref_code=code,
                part=number,
            )
        )
    return True


def notice(
    work: Work, trip: TripState, alarm: AlarmState | None, contact: ContactState, key: str, **values: datetime | str
) -> None:
    """A notice to one contact; datetimes are said in her zone. Under duress it is worded for that."""
    address = first_usable(contact.addresses)
    if address is None:
        return
    zone = zone_of_contact(contact)
    texts: dict[str, Any] = {k: said(v, zone, work.now) if isinstance(v, datetime) else v for k, v in values.items()}
    code = work.fresh_code(trip.key.traveler_id, alarm.alarm_id if alarm else None, contact.contact_id)
    body = wording.notice(
        ContactNotice(key),
        translator(contact.language),
        name=trip.traveler.name,
        ref_code=code,
        duress=under_duress(trip),
        **texts,
    )
    serial = f"{alarm.alarm_id}:{alarm.view.step}" if alarm else f"{trip.key.trip_id}:{work.now.isoformat()}"
    work.send(
        Draft(
            kind="notice",
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=body,
            dedupe_key=f"notice:{key}:{serial}:{contact.id}:{values.get('who', '')}:{address.index}"[:255],
            priority=Priority.ALERT,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            alarm_id=alarm.alarm_id if alarm else None,
            contact_id=contact.contact_id,
            key_id=trip.key_id,
            ref_code=code,
        )
    )


def tell_others(work: Work, trip: TripState, key: str, *, but: Iterable[str] = (), **values: datetime | str) -> None:
    """A notice about the trip itself to every accepted contact but some; under duress to those who know of it."""
    for contact in who_may_hear(trip):
        if contact.id not in frozenset(but):
            notice(work, trip, None, contact, key, **values)


def who_may_hear(trip: TripState) -> list[ContactState]:
    """The accepted contacts, without those from whom a duress alarm is kept: its notices would tell them of it."""
    kind = trip.alarm.view.kind if trip.alarm is not None else AlarmKind.MISSED
    ids = audience(kind, trip.people)
    return [contact for contact in trip.contacts if contact.id in ids]


def weak_sign(work: Work, trip: TripState, at: datetime) -> None:
    """Everybody told hears that a message came which proves nothing, and until when we wait."""
    if trip.alarm is None or trip.alarm.view.hold_until is None:
        return
    for contact in trip.contacts:
        if contact.id in trip.alarm.addressed | trip.alarm.told:
            notice(work, trip, trip.alarm, contact, ContactNotice.WEAK_SIGN, at=at, until=trip.alarm.view.hold_until)


def all_clear(work: Work, trip: TripState, alarm: AlarmState, contact: ContactState) -> None:
    """The end of an alarm, to one who was told of it."""
    address = first_usable(contact.addresses)
    outcome = alarm.view.outcome
    if address is None or outcome is None:
        return
    closer = trip.contact(alarm.view.closed_by) if alarm.view.closed_by else None
    zone = zone_of_contact(contact)
    code = work.fresh_code(trip.key.traveler_id, alarm.alarm_id, contact.contact_id)
    body = wording.all_clear(
        outcome,
        translator(contact.language),
        name=trip.traveler.name,
        ref_code=code,
        who=closer.name if closer else "",
        at=said(alarm.view.last_sign_at or work.now, zone, work.now),
        duress=alarm.view.kind is AlarmKind.DURESS,
    )
    work.send(
        Draft(
            kind="all_clear",
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=body,
            dedupe_key=f"all_clear:{alarm.alarm_id}:{alarm.view.step}:{contact.id}:{address.index}",
            priority=Priority.ALL_CLEAR,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            alarm_id=alarm.alarm_id,
            contact_id=contact.contact_id,
            key_id=trip.key_id,
            ref_code=code,
        )
    )


def remind(work: Work, trip: TripState, reminder: Reminder) -> None:
    """Ask the traveler for her check-in; the third time by another address when she has one."""
    usable = [address for address in trip.traveler.addresses if address.usable]
    if not usable or trip.plan is None:
        return
    address = usable[1] if reminder.stage == 3 and len(usable) > 1 else usable[0]
    body = wording.reminder(
        reminder.stage,
        translator(trip.traveler.language),
        wording=Wording(trip.wording),
        has_words=trip.has_words,
        deadline=said(reminder.deadline, leg_at(trip.plan, work.now).zone, work.now),
        asks_home=reminder.asks_home,
    )
    key = f"reminder:{trip.key.trip_id}:{reminder.deadline.isoformat()}:{reminder.stage}"
    to_traveler(work, trip, "reminder", address, body, key, Priority.REMINDER, REMINDERS_STAY_GOOD)


def remind_again(work: Work, trip: TripState, until: datetime | None) -> None:
    """One more question while the storm brake holds her alarm: it is likelier that we broke."""
    usable = first_usable(trip.traveler.addresses)
    if usable is None or trip.plan is None or trip.watch is None or trip.watch.deadline is None or until is None:
        return
    body = wording.reminder(
        3,
        translator(trip.traveler.language),
        wording=Wording(trip.wording),
        has_words=trip.has_words,
        deadline=said(trip.watch.deadline, leg_at(trip.plan, work.now).zone, work.now),
    )
    key = f"reminder:{trip.key.trip_id}:again:{until.isoformat()}"
    to_traveler(work, trip, "reminder", usable, body, key, Priority.REMINDER, REMINDERS_STAY_GOOD)


def invite(work: Work, trip: TripState, contact: ContactState) -> None:
    """Ask a person whether she will be a trusted contact. The only thing that goes to one who has not accepted."""
    address = first_usable(contact.addresses)
    if address is None:
        return
    code = work.fresh_code(trip.key.traveler_id, None, contact.contact_id)
    body = wording.invitation(
        trip.traveler.name,
        contact.name,
        translator(contact.language),
        count=work.service.segments,
        ref_code=code,
        link=invitation_link(work, trip, contact),
    )
    work.send(
        Draft(
            kind="invitation",
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=body,
            dedupe_key=f"invitation:{contact.id}:{address.index}",
            priority=Priority.INVITATION,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            contact_id=contact.contact_id,
            key_id=trip.key_id,
            ref_code=code,
            valid_for=INVITATIONS_STAY_GOOD,
        )
    )


def tell_traveler(work: Work, trip: TripState, key: TravelerNotice, contact: ContactState) -> None:
    """What became of a contact. In trips with words or discreet ones it is said on the private page only."""
    address = first_usable(trip.traveler.addresses)
    if address is None or trip.one_reply:
        return
    body = wording.to_traveler(key, translator(trip.traveler.language), name=contact.name)
    dedupe = f"traveler:{key}:{contact.id}"
    to_traveler(work, trip, "traveler_notice", address, body, dedupe, Priority.REPLY, INVITATIONS_STAY_GOOD)


def sign_up_code(work: Work, phone: str, language: str, code: str) -> None:
    """The code that proves a number."""
    channel = "sms"
    if channel not in work.service.notifiers:
        return
    work.send(
        Draft(
            kind="sign_up",
            to=phone,
            channel=channel,
            body=wording.to_traveler(TravelerNotice.CODE, translator(language), code=code),
            dedupe_key=f"sign_up:{work.service.keys.phone_hash(phone).hex()[:24]}:{work.now.isoformat()}",
            priority=Priority.REPLY,
            valid_for=CODES_STAY_GOOD,
        )
    )


def page_operator(work: Work, reason: PageReason, dedupe: str, *, trip: TripState | None = None, **values: str) -> None:
    """Page whoever runs this, and say so in the log: it must be seen even where no channel carries it.

    `dedupe` names the occasion: one page each.
    """
    number = int(values.pop("number", "0"))
    body = wording.operator(reason, translator("en"), name=trip.traveler.name if trip else "", number=number, **values)
    channel = work.service.operator_channel
    log.error("operator_paged", reason=reason.value, channel=channel or "none")
    if channel is None:
        return
    work.send(
        Draft(
            kind="operator",
            to=work.service.operator,
            channel=channel,
            body=body,
            dedupe_key=f"operator:{reason}:{dedupe}"[:255],
            priority=Priority.OPERATOR,
            traveler_id=NIL,
        )
    )


def under_duress(trip: TripState) -> bool:
    return trip.alarm is not None and trip.alarm.view.kind is AlarmKind.DURESS


def to_traveler(
    work: Work, trip: TripState, kind: str, address: Address, body: str, key: str, priority: int, good_for: timedelta
) -> None:
    """A text to the traveler; `kind` is the outbox row's."""
    work.send(
        Draft(
            kind=kind,
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=body,
            subject=wording.reminder_subject(translator(trip.traveler.language)),
            dedupe_key=key,
            priority=priority,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            key_id=trip.key_id,
            valid_for=good_for,
        )
    )
