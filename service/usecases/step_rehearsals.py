"""The engine's part of rehearsals: whose turn it is, told in the words of a real alarm, each text marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from service.core import wording
from service.core.rehearsal import ENDS_AFTER, RehearsalFacts, end_rehearsal, step_rehearsal
from service.db.rehearsals import KIND, KeptRehearsal, dedupe_prefix, first_accepted, messages_of, put_rehearsals
from service.db.rows import insert_ignore
from service.db.trips import Address, ContactState, TripState
from service.texts import translator
from service.usecases.alarm_facts import first_usable
from service.usecases.aloud import SPARE
from service.usecases.carriage import carriage_for
from service.usecases.links import ALARM_TOKEN_LETTERS, LINKS, base62
from service.usecases.rehearsal_facts import sample_facts
from service.usecases.telling import ANSWERS
from service.usecases.work import EMAIL, VOICE, Draft, Priority, Work
from service.voice.recordings import is_recorded
from service.voice.sentences import translator_aloud

STAY_GOOD = timedelta(hours=2)
"""A rehearsal that reaches somebody later than this only puzzles her."""
BETWEEN_PARTS = timedelta(seconds=2)
"""The texts of one telling are read in their order. Those of an alarm wait for one another instead."""
LINKS_LIVE = ENDS_AFTER + timedelta(hours=72)


def step_rehearsals(work: Work, due: Sequence[KeptRehearsal]) -> None:
    """Step each of these rehearsals and write what it decides; that of a trip which is gone or over ends.

    Killed here: nothing is written, and they are due again. A telling that is written twice is one row.
    """
    service, now = work.service, work.now
    trips = service.trips(work.conn, [one.key for one in due], now)
    changed: list[tuple[KeptRehearsal, datetime | None]] = []
    for one in due:
        trip = trips.get(one.key)
        if trip is None or trip.status == "ended":
            changed.append((replace(one, view=end_rehearsal(one.view, now)), None))
            continue
        view = first_accepted(messages_of(work.conn, one.key.traveler_id, one.rehearsal_id), one.view)
        facts = RehearsalFacts(trip.people, trip.alarm is not None, service.limits.rehearsal_wait_at_most)
        decision = step_rehearsal(view, trip.ladder, facts, now)
        for person in decision.tells:
            contact = trip.contact(person)
            if contact is not None:
                _tell(work, trip, one, contact, decision.rehearsal.rung)
        changed.append((replace(one, view=decision.rehearsal), decision.look_again_at))
    put_rehearsals(work.conn, changed, now)
    work.flush()


def _tell(work: Work, trip: TripState, rehearsal: KeptRehearsal, contact: ContactState, rung: int) -> None:
    """One person's turn, by her first usable address; failures go on to her next one as those of an alarm do."""
    address = first_usable(contact.addresses)
    if address is not None:
        rehearse_by(work, trip, rehearsal, contact, address, rung)


def rehearse_by(
    work: Work, trip: TripState, rehearsal: KeptRehearsal, contact: ContactState, address: Address, rung: int
) -> None:
    """Tell one person by this address: one e-mail, one call, one or two texts."""
    _ = translator(contact.language)
    is_full = contact.disclosure == "full"
    codes = [_fresh_code(work, rehearsal, contact)]
    link = _link(work, rehearsal, contact)
    facts = sample_facts(trip, rehearsal, contact, work.now, ref_code=codes[0], link=link)
    if address.channel == EMAIL:
        parts: tuple[str, ...] = (wording.alert_letter(facts, full=is_full, _=_),)
    elif address.channel == VOICE:
        parts = (wording.alert_aloud(facts, full=is_full, _=translator_aloud(contact.language)),)
    else:
        codes.append(_fresh_code(work, rehearsal, contact))
        facts = replace(facts, carriage=carriage_for(work.service, address.channel, address.address, contact.tag))
        parts = wording.alert(facts, full=is_full, _=_, count=work.service.segments, second_code=codes[1])
    has_again = address.channel == VOICE and is_recorded(contact.language)
    again = wording.alert_aloud(facts, full=is_full, _=translator(SPARE)) if has_again else ""
    for part, (text, code) in enumerate(zip(parts, codes, strict=False)):
        work.send(
            Draft(
                kind=KIND,
                to=address.address,
                channel=address.channel,
                channel_index=address.index,
                body=text,
                subject=wording.subject(trip.traveler.name, _, rehearsal=True),
                dedupe_key=f"{dedupe_prefix(rehearsal.rehearsal_id)}{contact.id}:{part}:{address.index}",
                priority=Priority.REHEARSAL,
                traveler_id=trip.key.traveler_id,
                trip_id=trip.key.trip_id,
                contact_id=contact.contact_id,
                key_id=trip.key_id,
                step=rung,
                ref_code=code,
                part=part,
                available_at=work.now + part * BETWEEN_PARTS,
                valid_for=STAY_GOOD,
                language=contact.tag,
                answers=ANSWERS,
                again=again,
            )
        )


def _fresh_code(work: Work, rehearsal: KeptRehearsal, contact: ContactState) -> str:
    return work.fresh_code(rehearsal.key.traveler_id, None, contact.contact_id, rehearsal_id=rehearsal.rehearsal_id)


def _link(work: Work, rehearsal: KeptRehearsal, contact: ContactState) -> str:
    """The address of this contact's page of this rehearsal: the same in every text of it."""
    keys = work.service.keys
    token = base62(keys.token_hash(f"{KIND}:{rehearsal.rehearsal_id}:{contact.id}"), ALARM_TOKEN_LETTERS)
    row = {
        "token_hash": keys.token_hash(token),
        "kind": KIND,
        "traveler_id": rehearsal.key.traveler_id,
        "trip_id": rehearsal.key.trip_id,
        "contact_id": contact.contact_id,
        "rehearsal_id": rehearsal.rehearsal_id,
        "created_at": work.now,
        "expires_at": work.now + LINKS_LIVE,
        "used": 0,
    }
    insert_ignore(work.conn, LINKS, [row])
    return f"{work.service.public_url}/r/{token}"
