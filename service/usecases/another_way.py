"""A message that cannot go by one address goes by the person's next one, as it is written for that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, true

from service.core import wording
from service.core.wording import ContactNotice
from service.db.rehearsals import KIND, KeptRehearsal, dedupe_prefix, latest_rehearsal
from service.db.sealed import key_of
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import Address, AlarmState, ContactState, TripState
from service.texts import translator
from service.usecases import reminding, telling
from service.usecases.alarm_facts import first_usable
from service.usecases.answered import has_answered
from service.usecases.carriage import carriage_to
from service.usecases.links import alarm_link, invitation_link
from service.usecases.news import News, Written, under_duress, write_end, write_notice
from service.usecases.step_rehearsals import rehearse_by
from service.usecases.work import EMAIL, VOICE, Draft, Work, form_of

OUTBOX = table_of(Outbox)

OF_THIS_ADDRESS = frozenset({"weekly", "still_yours", "reply"})
"""Asks about the very address that has failed, answers what came from it, or is not worth another one."""


def after(addresses: Sequence[Address], index: int) -> Address | None:
    """The next usable one after the address with this index, in the order in which they are tried."""
    place = next((place for place, address in enumerate(addresses) if address.index == index), -1)
    return first_usable(addresses[place + 1 :])


def may_go_on(conn: Connection, row: Any) -> bool:
    """Whether a message is worth another address: not what is of this one alone, nor what she has answered."""
    return row.kind not in OF_THIS_ADDRESS and not has_answered(conn, row)


def send_on(
    work: Work,
    trip: TripState,
    contact: ContactState | None,
    rows: Sequence[Any],
    address: Address,
    *,
    first_part: int = 0,
) -> None:
    """Send what these outbox rows say by another address of the same person, in their order; each goes there once."""
    for part, row in enumerate(rows, start=first_part):
        if contact is None or not _is_written_anew(work, trip, contact, row, address):
            _send_one_again(work, trip, contact, row, address, part)


def _is_written_anew(work: Work, trip: TripState, contact: ContactState, row: Any, address: Address) -> bool:
    """An alarm, its rehearsal and an invitation are not the same by e-mail, by SMS and in a call: a letter says all at
    once, a text fits and says what may be said in her country, and a call is for the ear."""
    alarm = trip.alarm
    is_alert = row.kind == "alert" and alarm is not None and alarm.alarm_id == row.alarm_id
    # What was on its way when it rose to that says what must not be said any more.
    is_duress = is_alert and under_duress(trip)
    if is_duress and not _may_hear(trip, contact):
        return True
    is_alike = form_of(row.channel) is form_of(address.channel) and _carries_the_same(work, contact, row, address)
    if is_alike and not is_duress:
        return False
    rehearsal = _rehearsal_of(work.conn, trip, row)
    if not is_alert and rehearsal is None and row.kind != "invitation":
        return False
    if is_there(work.conn, row, address):
        return True
    if is_alert and alarm is not None:
        telling.alert_by(work, trip, alarm, contact, address, step=row.step)
    elif rehearsal is not None:
        rehearse_by(work, trip, rehearsal, contact, address, row.step)
    else:
        telling.invite_by(work, trip, contact, address)
    return True


def _rehearsal_of(conn: Connection, trip: TripState, row: Any) -> KeptRehearsal | None:
    """The rehearsal of which this is a text, while it is the trip's last one."""
    last = latest_rehearsal(conn, trip.key) if row.kind == KIND else None
    is_its = last is not None and row.dedupe_key.startswith(dedupe_prefix(last.rehearsal_id))
    return last if is_its else None


def _carries_the_same(work: Work, contact: ContactState, row: Any, address: Address) -> bool:
    """Whether a text to this address may hold what it holds to the one that failed, and is answered alike."""
    failed = next((one for one in contact.addresses if one.index == row.channel_index), address)
    here, there = (carriage_to(work.service, one.channel, one.address) for one in (failed, address))
    return here == there


def is_there(conn: Connection, row: Any, address: Address) -> bool:
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
    if _must_not_hear(trip, contact, row, secret):
        return
    anew = _news(work, trip, contact, row, address, secret) if contact else None
    if anew is not None:
        body, secret = anew.body, {**secret, "answers": anew.answers, "again": anew.again}
    elif row.channel == EMAIL and address.channel != EMAIL:
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
            # Written anew it is good whatever became of the words in which it was.
            valid_for=row.valid_until - work.now if row.valid_until and anew is None else None,
            language=contact.tag if contact else secret.get("language", "en"),
            answers=tuple(secret.get("answers", ())),
            again=secret.get("again", ""),
            news=secret.get("news"),
        )
    )


def _news(
    work: Work, trip: TripState, contact: ContactState, row: Any, address: Address, secret: Mapping[str, Any]
) -> Written | None:
    """A notice or an end as it is written for this address; None for another message, or when nothing is known of it
    but its text."""
    alarm = _alarm_of(trip, row.alarm_id)
    if row.kind == "notice" and "news" in secret:
        return write_notice(work, trip, alarm, contact, address, News.from_json(secret["news"]), row.ref_code or "")
    if row.kind == "all_clear" and alarm is not None:
        return write_end(work, trip, alarm, contact, address, row.ref_code or "")
    return None


def _must_not_hear(trip: TripState, contact: ContactState | None, row: Any, secret: Mapping[str, Any]) -> bool:
    """Whether a notice was on its way to somebody from whom a duress alarm is kept by now. That it is in hand is all
    that she hears."""
    if contact is None or row.kind != "notice" or not under_duress(trip) or _may_hear(trip, contact):
        return False
    news = secret.get("news")
    return bool(news["key"] != ContactNotice.STAND_BACK if news else row.alarm_id is None)


def _may_hear(trip: TripState, contact: ContactState) -> bool:
    return contact.id in {one.id for one in telling.who_may_hear(trip)}


def _alarm_of(trip: TripState, alarm_id: UUID | None) -> AlarmState | None:
    return next((one for one in (trip.alarm, trip.recent) if one is not None and one.alarm_id == alarm_id), None)


def _page_of(work: Work, trip: TripState, contact: ContactState, alarm_id: UUID | None) -> str:
    """The page on which this contact answers what she was told: of that alarm, or her own."""
    alarm = _alarm_of(trip, alarm_id)
    return alarm_link(work, trip, alarm, contact) if alarm else invitation_link(work, trip, contact)
