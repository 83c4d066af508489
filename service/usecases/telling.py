"""Writes what people are told into the outbox: whom, by which address, in which words, under which key.

Nothing here decides that somebody is told; that is the core's. Every text comes from `service.core.wording`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from service.core import wording
from service.core.alarm import AlarmKind
from service.core.ladder import audience, tells_by_all_ways
from service.core.wording import ContactNotice, PageReason, TravelerNotice
from service.db.routing import NIL
from service.db.settle import cancel_alerts
from service.db.trips import Address, AlarmState, ContactState, TripState
from service.texts import translator
from service.usecases.alarm_facts import facts_for, first_usable, in_turn
from service.usecases.carriage import carriage_for
from service.usecases.context import WEBHOOK
from service.usecases.links import alarm_link, invitation_link
from service.usecases.news import News, in_russian, write_end, write_notice
from service.usecases.news import under_duress as under_duress
from service.usecases.work import EMAIL, SMS, VOICE, Draft, Priority, Work
from service.voice.sentences import translator_aloud

log = structlog.get_logger()

INVITATIONS_STAY_GOOD = timedelta(days=7)

GRAVE = frozenset({AlarmKind.SOS, AlarmKind.DURESS})
_PRIORITIES = {
    AlarmKind.UNPROVEN: Priority.UNPROVEN,
    AlarmKind.SOS: Priority.GRAVE,
    AlarmKind.DURESS: Priority.GRAVE,
}

ANSWERS = ("1", "2", "3", "4")
ANSWERS_UNDER_DURESS = ("1", "3")
INVITATION_ANSWERS = ("1", "3")
CHECK_IN_ANSWER = ("OK",)
"""What a channel with keys or buttons offers beside a text."""

_GOOD_FOR = {reason: timedelta(hours=1) for reason in (PageReason.CHANNEL_REFUSED, PageReason.SWEEP_LATE)}
"""What is paged anew every hour as long as it lasts: a way that is refused must not hold a heap of them."""


def alert(work: Work, trip: TripState, alarm: AlarmState, contact: ContactState) -> bool:
    """Tell one person of an alarm; False when she has no usable address left.

    By the first one. Who has not said "I take it" is told by all of them when she was told before, because what a
    provider took may lie unread, and on the last rung.
    """
    usable = [address for address in contact.addresses if address.usable]
    everywhere = contact.id in alarm.told or tells_by_all_ways(alarm.view, trip.ladder, trip.people)
    for address in usable if everywhere and contact.id not in alarm.view.holders else usable[:1]:
        if alarm.view.step > 1:
            # What an outage has kept back would come together with this, and say the same.
            cancel_alerts(work.conn, trip.key.traveler_id, alarm.alarm_id, contact.contact_id, address.index, work.now)
        alert_by(work, trip, alarm, contact, address, step=alarm.view.step)
    return bool(usable)


def alert_by(
    work: Work, trip: TripState, alarm: AlarmState, contact: ContactState, address: Address, *, step: int
) -> None:
    """Tell one person of an alarm, in its telling number `step`, by this address: one e-mail, one call, one or two
    texts."""
    _ = translator(contact.language)
    is_full = contact.disclosure == "full"
    codes = [work.fresh_code(trip.key.traveler_id, alarm.alarm_id, contact.contact_id)]
    link = alarm_link(work, trip, alarm, contact)
    facts = facts_for(trip, alarm, contact, work.now, ref_code=codes[0], link=link)
    if address.channel == EMAIL:
        parts: tuple[str, ...] = (wording.alert_letter(facts, full=is_full, _=_),)
    elif address.channel == VOICE:
        parts = (wording.alert_aloud(facts, full=is_full, _=translator_aloud(contact.language)),)
    else:
        codes.append(work.fresh_code(trip.key.traveler_id, alarm.alarm_id, contact.contact_id))
        facts = replace(facts, carriage=carriage_for(work.service, address.channel, address.address, contact.tag))
        parts = wording.alert(facts, full=is_full, _=_, count=work.service.segments, second_code=codes[1])
    again = in_russian(contact, address, lambda _: wording.alert_aloud(facts, full=is_full, _=_))
    for number, (text, code) in enumerate(zip(parts, codes, strict=False)):
        _to_contact(
            work,
            trip,
            contact,
            address,
            kind="alert",
            body=text,
            subject=wording.subject(trip.traveler.name, _),
            key=f"alert:{alarm.alarm_id}:{step}:{contact.id}:{number}",
            priority=_PRIORITIES.get(alarm.view.kind, Priority.ALERT),
            ref_code=code,
            alarm=alarm,
            step=step,
            part=number,
            answers=ANSWERS_UNDER_DURESS if under_duress(trip) else ANSWERS,
            again=again,
        )


def notice(
    work: Work, trip: TripState, alarm: AlarmState | None, contact: ContactState, key: str, **values: datetime | str
) -> None:
    """A notice to one contact; datetimes are said in her zone. Under duress it is worded for that."""
    address = first_usable(in_turn("notice", trip, contact.addresses))
    if address is None:
        return
    code = work.fresh_code(trip.key.traveler_id, alarm.alarm_id if alarm else None, contact.contact_id)
    said = News.of(key, values)
    written = write_notice(work, trip, alarm, contact, address, said, code)
    serial = f"{alarm.alarm_id}:{alarm.view.step}" if alarm else f"{trip.key.trip_id}:{work.now.isoformat()}"
    # A key is not sealed, so it names nobody.
    about = work.service.keys.phone_hash(said.texts["who"]).hex()[:16] if "who" in said.texts else ""
    _to_contact(
        work,
        trip,
        contact,
        address,
        kind="notice",
        body=written.body,
        subject=wording.news_subject(trip.traveler.name, translator(contact.language)),
        key=f"notice:{key}:{serial}:{contact.id}:{about}",
        priority=Priority.ALERT,
        ref_code=code,
        alarm=alarm,
        answers=written.answers,
        again=written.again,
        news=said.as_json(),
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
        if contact.id in trip.alarm.addressed | trip.alarm.told and contact.status != "removed":
            notice(work, trip, trip.alarm, contact, ContactNotice.WEAK_SIGN, at=at, until=trip.alarm.view.hold_until)


def all_clear(work: Work, trip: TripState, alarm: AlarmState, contact: ContactState) -> None:
    """The end of an alarm, to one who was told of it."""
    address = first_usable(in_turn("all_clear", trip, contact.addresses))
    if address is None:
        return
    code = work.fresh_code(trip.key.traveler_id, alarm.alarm_id, contact.contact_id)
    written = write_end(work, trip, alarm, contact, address, code)
    if written is None:
        return
    _to_contact(
        work,
        trip,
        contact,
        address,
        kind="all_clear",
        body=written.body,
        subject=wording.news_subject(trip.traveler.name, translator(contact.language)),
        key=f"all_clear:{alarm.alarm_id}:{alarm.view.step}:{contact.id}",
        priority=Priority.ALL_CLEAR,
        ref_code=code,
        alarm=alarm,
        again=written.again,
    )


def invite(work: Work, trip: TripState, contact: ContactState) -> None:
    """Ask a person whether she will be a trusted contact. The only thing that goes to one who has not accepted."""
    address = first_usable(in_turn("invitation", trip, contact.addresses))
    if address is not None:
        invite_by(work, trip, contact, address)


def invite_by(work: Work, trip: TripState, contact: ContactState, address: Address) -> None:
    """Ask a person, by this address, whether she will be a trusted contact."""
    _, name = translator(contact.language), trip.traveler.name
    code = work.fresh_code(trip.key.traveler_id, None, contact.contact_id)
    link = invitation_link(work, trip, contact)
    if address.channel == EMAIL:
        body = wording.invitation_letter(name, contact.name, _, link=link, ref_code=code)
    elif address.channel == VOICE:
        body = wording.invitation_aloud(name, translator_aloud(contact.language))
    else:
        carriage = carriage_for(work.service, address.channel, address.address, contact.tag)
        body = wording.invitation(
            name, contact.name, _, count=work.service.segments, ref_code=code, link=link, carriage=carriage
        )
    _to_contact(
        work,
        trip,
        contact,
        address,
        kind="invitation",
        body=body,
        subject=wording.invitation_subject(name, _),
        key=f"invitation:{contact.id}",
        priority=Priority.INVITATION,
        ref_code=code,
        valid_for=INVITATIONS_STAY_GOOD,
        answers=INVITATION_ANSWERS,
        again=in_russian(contact, address, lambda _: wording.invitation_aloud(name, _)),
    )


def tell_traveler(work: Work, trip: TripState, key: TravelerNotice, contact: ContactState) -> None:
    """What became of a contact. In trips with words or discreet ones it is said on the private page only; before the
    trip begins, when words may still be set, the text names nobody but the place on her list."""
    address = first_usable(trip.traveler.addresses)
    if address is None or trip.one_reply:
        return
    name = contact.name if trip.armed_at is not None else ""
    number = next((place for place, one in enumerate(trip.contacts, 1) if one.contact_id == contact.contact_id), 0)
    body = wording.to_traveler(key, translator(trip.traveler.language), name=name, number=number)
    # Told again of another invitation, and on another day; a contact's STOP and START in turn cost a text a day.
    dedupe = f"traveler:{key}:{contact.id}:{contact.invited_at.isoformat()}:{work.now:%Y-%m-%d}"
    to_traveler(work, trip, "traveler_notice", address, body, dedupe, Priority.REPLY, INVITATIONS_STAY_GOOD)


def page_operator(work: Work, reason: PageReason, dedupe: str, *, trip: TripState | None = None, **values: str) -> None:
    """Page whoever runs this by every way at once, and say so in the log: it must be seen even where none works.

    `dedupe` names the occasion: one page each.
    """
    number = int(values.pop("number", "0"))
    ways, _ = work.service.operator_ways, translator("en")
    name = trip.traveler.name if trip else ""
    about = {"trip_id": str(trip.key.trip_id)} if trip else {}
    log.error("operator_paged", reason=reason.value, occasion=dedupe, channels=[way.channel for way in ways], **about)
    for way in ways:
        # Each of its own: one that is refused or kept waiting holds no other.
        which = work.service.keys.phone_hash(way.address).hex()[:8]
        work.send(
            Draft(
                kind="operator",
                to=way.address,
                channel=way.channel,
                body=wording.operator(reason, _, name=name, number=number, whole=way.channel != SMS, **values),
                subject=reason.value if way.channel == WEBHOOK else wording.operator_subject(_),
                dedupe_key=f"operator:{reason}:{which}:{dedupe}"[:255],
                priority=Priority.OPERATOR,
                traveler_id=NIL,
                valid_for=_GOOD_FOR.get(reason),
            )
        )


def to_traveler(
    work: Work,
    trip: TripState,
    kind: str,
    address: Address,
    body: str,
    key: str,
    priority: int,
    good_for: timedelta,
    answers: tuple[str, ...] = (),
    not_before: datetime | None = None,
) -> None:
    """A text to the traveler; `kind` is the outbox row's. It leaves `not_before` that instant, else at once."""
    work.send(
        Draft(
            kind=kind,
            to=address.address,
            address_hash=address.hash,
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
            language=trip.traveler.language,
            answers=answers,
            available_at=not_before,
        )
    )


def _to_contact(
    work: Work,
    trip: TripState,
    contact: ContactState,
    address: Address,
    *,
    kind: str,
    body: str,
    subject: str,
    key: str,
    priority: int,
    ref_code: str,
    alarm: AlarmState | None = None,
    step: int = 0,
    part: int = 0,
    valid_for: timedelta | None = None,
    answers: tuple[str, ...] = (),
    again: str = "",
    news: Mapping[str, Any] | None = None,
) -> None:
    """A text to a contact by one of her addresses; `key` names it within the address."""
    work.send(
        Draft(
            kind=kind,
            to=address.address,
            address_hash=address.hash,
            channel=address.channel,
            channel_index=address.index,
            body=body,
            subject=subject,
            dedupe_key=f"{key}:{address.index}"[:255],
            priority=priority,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            alarm_id=alarm.alarm_id if alarm else None,
            contact_id=contact.contact_id,
            key_id=trip.key_id,
            step=step,
            ref_code=ref_code,
            part=part,
            valid_for=valid_for,
            language=contact.tag,
            answers=answers,
            again=again,
            news=news,
        )
    )
