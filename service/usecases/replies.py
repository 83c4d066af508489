"""Answers to texts: at most one each, and none any more to a number that floods us."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, literal_column, select

from service.core import wording
from service.core.plan import leg_at
from service.core.wording import UNASKED, Carriage, Reply
from service.db.stored import table_of
from service.db.tables import Outbox
from service.db.trips import Address, ContactState, TripState
from service.directory.emergency_numbers import emergency
from service.texts import translator
from service.usecases.alarm_facts import zone_of_contact
from service.usecases.carriage import carriage_for, carriage_to
from service.usecases.reminding import usable_now
from service.usecases.telling import to_traveler, under_duress
from service.usecases.times import said
from service.usecases.work import VOICE, Answered, Draft, Priority, Work

OUTBOX = table_of(Outbox)

STAY_GOOD = timedelta(minutes=30)
MOST_IN_AN_HOUR = 20
"""Replies to one number: more of its texts are read and acted on, but not answered."""
MOST_UNASKED = 5
"""Of these, answers to texts that changed nothing: two machines must not answer each other for an hour."""
UNASKED_KEY = "reply?:"
"""How the dedupe key of such an answer begins."""


def answered_lately(conn: Connection, numbers: Collection[bytes], now: datetime) -> dict[bytes, Answered]:
    """How many replies went to each number (its keyed hash) within the last hour."""
    if not numbers:
        return {}
    unasked = case((OUTBOX.c.dedupe_key.like(f"{UNASKED_KEY}%"), 1), else_=0)
    query = (
        select(OUTBOX.c.address_hash, func.count(), func.sum(unasked))
        .where(
            OUTBOX.c.address_hash.in_(numbers),
            # Written out, not bound: an index holds these alone.
            OUTBOX.c.kind == literal_column("'reply'"),
            OUTBOX.c.created_at > now - timedelta(hours=1),
        )
        .group_by(OUTBOX.c.address_hash)
    )
    return {row[0]: Answered(row[1], int(row[2])) for row in conn.execute(query)}


def reply_to_traveler(
    work: Work,
    before: TripState,
    after: TripState,
    inbox_id: int,
    to: str | None,
    result: str,
    at: datetime,
    received_at: datetime,
) -> None:
    """Answer a text of hers that was sent `at`. In a trip with one reply nothing of it depends on what she wrote, and
    neither does the instant at which it leaves."""
    address = next((a for a in before.traveler.addresses if a.address == to), None)
    if address is None or address not in usable_now(work, before):
        return
    kind = _kind(before, after, result, at)
    # Where every text gets one reply, how many it gets must not tell what it said either.
    is_unasked = kind in UNASKED and not before.one_reply
    if _is_flood(work, address, is_unasked=is_unasked):
        return
    deadline = after.watch.deadline if after.watch else None
    zone = leg_at(after.plan, work.now).zone if after.plan else "UTC"
    body = wording.reply(
        kind,
        translator(before.traveler.language),
        constant=before.one_reply,
        name=before.traveler.name,
        deadline=said(deadline, zone, work.now) if deadline else "",
        until=said(work.now + before.cooling_off, zone, work.now),
        number=_emergency_number(before, work.now) if kind is Reply.SOS_RECEIVED else "",
        carriage=carriage_to(work.service, address.channel, address.address),
    )
    if before.one_reply:
        work.answer_first(before.key)
    due = received_at + work.service.limits.answer_after if before.one_reply else None
    key = _key(inbox_id, is_unasked)
    to_traveler(work, before, "reply", address, body, key, Priority.REPLY, STAY_GOOD, not_before=due)


def say_to_traveler(
    work: Work, trip: TripState, inbox_id: int, to: str | None, write: Callable[[Carriage], str]
) -> None:
    """Answer what she asked; `write` makes the text for what may be carried to her. Never where every text of hers gets
    one answer."""
    address = next((a for a in trip.traveler.addresses if a.address == to), None)
    if trip.one_reply or address is None or address not in usable_now(work, trip):
        return
    if not _is_flood(work, address, is_unasked=False):
        body = write(carriage_to(work.service, address.channel, address.address))
        to_traveler(work, trip, "reply", address, body, _key(inbox_id, False), Priority.REPLY, STAY_GOOD)


def reply_to_contact(
    work: Work,
    trip: TripState,
    contact: ContactState,
    inbox_id: int,
    to: str | None,
    kind: Reply,
    *,
    who: str = "",
    until: datetime | None = None,
    alarms: list[tuple[str, str]] | None = None,
) -> None:
    """Answer a contact's text."""

    def write(carriage: Carriage) -> str:
        return wording.reply(
            kind,
            translator(contact.language),
            duress=under_duress(trip),
            name=trip.traveler.name,
            who=who,
            until=said(until, zone_of_contact(contact, trip), work.now) if until else "",
            alarms=alarms or [],
            carriage=carriage,
        )

    say_to_contact(work, trip, contact, inbox_id, to, write, is_unasked=kind in UNASKED)


def say_to_contact(
    work: Work,
    trip: TripState,
    contact: ContactState,
    inbox_id: int,
    to: str | None,
    write: Callable[[Carriage], str],
    *,
    is_unasked: bool = False,
) -> None:
    """Answer a contact's text with what `write` makes for what may be carried there."""
    # A key's answer was said in the call; who can be texted at the same number gets it in writing as well.
    address = next((a for a in contact.addresses if a.address == to and a.channel != VOICE), None)
    if to is None or address is None or address.suppressed:
        return
    if _is_flood(work, address, is_unasked=is_unasked):
        return
    work.send(
        Draft(
            kind="reply",
            to=to,
            channel=address.channel,
            channel_index=address.index,
            body=write(carriage_for(work.service, address.channel, address.address, contact.tag)),
            dedupe_key=_key(inbox_id, is_unasked),
            priority=Priority.REPLY,
            traveler_id=trip.key.traveler_id,
            trip_id=trip.key.trip_id,
            contact_id=contact.contact_id,
            key_id=trip.key_id,
            valid_for=STAY_GOOD,
            language=contact.tag,
        )
    )


def _key(inbox_id: int, is_unasked: bool) -> str:
    return f"{UNASKED_KEY if is_unasked else 'reply:'}{inbox_id}"


def _is_flood(work: Work, address: Address, *, is_unasked: bool) -> bool:
    """Count one more reply to this number, and say whether it is one too many."""
    lately = work.replied.setdefault(address.hash, Answered())
    if is_unasked and lately.unasked >= MOST_UNASKED:
        return True
    lately.all += 1
    lately.unasked += is_unasked
    return lately.all > MOST_IN_AN_HOUR


def _kind(before: TripState, after: TripState, result: str, at: datetime) -> Reply:
    if result in ("word", "check_in"):
        if _is_overslept(before, at):
            return Reply.LATE_THANKS
        return Reply.NEXT if after.watch and after.watch.deadline else Reply.NOTHING_DUE
    return {
        "sos": Reply.SOS_RECEIVED,
        "late": Reply.LATE_GRANTED,
        "late_refused": Reply.LATE_REFUSED,
        "pause": Reply.CHANGE_NOTED,
        "status": Reply.STATUS,
        "start": Reply.STATUS,
        "home": Reply.END_NOTED,
    }.get(result, Reply.NOT_UNDERSTOOD)


def _emergency_number(trip: TripState, now: datetime) -> str:
    """Whom to call where she is by plan: one number for all, else the police's; "" where none is known."""
    known = emergency(leg_at(trip.plan, now).country) if trip.plan else None
    return known.general or known.police if known else ""


def _is_overslept(before: TripState, at: datetime) -> bool:
    """Whether a check-in at `at` came after the grace of a deadline, by the plan alone."""
    watch, plan = before.watch, before.plan
    if watch is None or plan is None:
        return False
    standing = () if watch.deadline is None else (watch.deadline,)
    return any(at >= deadline + plan.grace for deadline in (*watch.missed, *standing))
