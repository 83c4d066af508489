"""A new number of a traveler on a running trip: added once a code has come to it (or by a text, see `number_by_text`).

A new number is one more way to answer, and the first by which she is asked. Whoever holds her phone could add his own:
so her people and her other phones hear of it, and in a trip with words one of them is needed. Nothing shown depends on
which word it was.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, select, update
from sqlalchemy.exc import IntegrityError

from service.core import wording
from service.core.wording import ContactNotice, Reply, TravelerNotice
from service.core.wording_text import N_
from service.db.routing import NIL, PhoneOwner
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.db.trips import Address, TripKey, TripState
from service.texts import translator
from service.usecases import telling
from service.usecases.answer_once import answer_once, was_answered
from service.usecases.codes import WRONG_CODE, count_code, fresh_code, keep_code, send_code, try_code, waiting_code
from service.usecases.codes_today import note_code
from service.usecases.contact_addresses import addresses_of_contacts
from service.usecases.context import Service
from service.usecases.drafts import ENDED, NOT_ARMED
from service.usecases.her_numbers import let_stay, stored_phones, write_phones
from service.usecases.plan_trip import is_other_side
from service.usecases.problems import Conflict409, Invalid, NotFound, TooManyTries
from service.usecases.reminding import usable_now
from service.usecases.request_word import keep_word
from service.usecases.said_words import Said, said_in
from service.usecases.trip_as_shown import trip_as_shown
from service.usecases.typed_numbers import shown_number, why_no_sms
from service.usecases.waiting import ends_by_now, looks_ended
from service.usecases.whose_number import is_no_longer_hers
from service.usecases.work import SMS, Priority, Work

OWNERS = table_of(PhoneOwner)

MOST_NUMBERS = 5
TOLD_WITHIN = timedelta(days=1)
"""How long it stays worth telling her other phones."""
HERS_ALREADY = N_("This is your number already.")
SOMEBODY_ELSES = N_("This number belongs to somebody of this trip. Write a number of your own.")
TOO_MANY_NUMBERS = N_("Five numbers are the most. Take one off the list first.")


def asked_number(service: Service, key: TripKey) -> str | None:
    """The number to which a code is on its way that is still good."""
    said = service.read(lambda conn: waiting_code(service, conn, _name(key), service.clock()))
    return None if said is None else str(said["phone"])


def ask_number(service: Service, key: TripKey, phone: str) -> None:
    """Send a code to her new number (E.164), one a minute, five an hour and ten a day at most; nothing tells which.

    Raises:
        NotFound, Conflict409: no such trip of hers, or it is not armed.
        Invalid: `phone` takes no SMS, is hers already, or somebody else's of this trip.
    """
    now, code = service.clock(), fresh_code()

    def keep(conn: Connection) -> None:
        trip = _armed(service, conn, key, now)
        _check_free(service, conn, trip, phone, now)
        if not count_code(service, conn, (phone, _name(key)), now):
            return
        keep_code(service, conn, _name(key), code, {"phone": phone}, now)
        work = Work(service, conn, now)
        note_code(work)
        send_code(work, phone, trip.traveler.language, code)
        work.flush()

    service.run(keep)
    service.wake.outbox.set()


def add_number(
    service: Service, key: TripKey, code: str, *, word: str | None, sender: bytes, once: str | None = None
) -> None:
    """Add the number that a code came to. In a trip with words nothing is added without one, and nothing says so.

    1. The word goes into the inbox like any text of hers: one of duress raises its alarm there.  2. The code is tried;
    a wrong one is counted.  3. The number is hers, is asked first, and may answer and sign in.
    Killed here: the word counts, and a repeat of the request adds the number.

    Raises:
        NotFound, Conflict409: no such trip of hers, or it is not armed.
        Invalid: the code is wrong; so it is for the number of another traveler who is on a trip.
        TooManyTries: five wrong codes.
    """
    now = service.clock()
    service.read(lambda conn: _armed(service, conn, key, now, lock=False))
    keep_word(service, key, word, sender=sender, once=once)
    call = f"number:{key.trip_id}"

    def keep(conn: Connection) -> bool | timedelta:
        if was_answered(conn, key.traveler_id, call, once):
            return True
        trip = _armed(service, conn, key, now)
        tried = try_code(service, conn, _name(key), code, now)
        if tried.said is None:
            return tried.wait or False
        said = said_in(conn, service.keys, trip, word, now) if word is not None else Said()
        if said.shown is not None or not trip.has_words:
            work = Work(service, conn, now)
            if make_hers(work, trip, tried.said["phone"], duress=said.is_duress, by_code=True) is None:
                return False
            work.flush()
        answer_once(conn, key.traveler_id, call, once, now, lambda: True)
        return True

    try:
        # A wrong code is counted: the count must be kept although the caller is refused.
        outcome = service.run(keep)
    except IntegrityError:
        # It became another traveler's between the look and the write.
        outcome = False
    if isinstance(outcome, timedelta):
        raise TooManyTries(outcome)
    if not outcome:
        raise Invalid.of("code", WRONG_CODE)
    service.wake.outbox.set()


def _name(key: TripKey) -> str:
    """What the codes of a new number are bound to: one number at a time is asked for."""
    return f"number:{key.traveler_id}"


def _armed(service: Service, conn: Connection, key: TripKey, now: datetime, *, lock: bool = True) -> TripState:
    trip = service.trip(conn, key, now, lock=lock)
    if trip is None:
        raise NotFound
    if looks_ended(conn, trip, now):
        raise Conflict409(ENDED, ("ended",))
    if trip.status != "armed":
        raise Conflict409(NOT_ARMED, ("not_armed",))
    return trip


def _check_free(service: Service, conn: Connection, trip: TripState, phone: str, now: datetime) -> None:
    if no_sms := why_no_sms(phone):
        raise Invalid.of("phone", no_sms)
    trip = trip_as_shown(conn, service.keys, trip, now)
    shown = trip.traveler.phones
    if phone in shown:
        raise Invalid.of("phone", HERS_ALREADY)
    if phone in addresses_of_contacts(service, conn, trip) or is_other_side(trip.details, phone):
        raise Invalid.of("phone", SOMEBODY_ELSES)
    if len(shown) >= MOST_NUMBERS:
        raise Invalid.of("phone", TOO_MANY_NUMBERS)


def make_hers(work: Work, trip: TripState, phone: str, *, duress: bool, by_code: bool = False) -> TripState | None:
    """Make a number (E.164) hers, the first by which she is asked, within a transaction; the trip with it.

    Her other numbers hear of it, and her people unless a word of `duress` came along. None when it is another
    traveler's: who is on a trip, or, unless a code has come to it (`by_code`), any; who sends a text is only a claim.
    """
    digest = work.service.keys.phone_hash(phone)
    if not _own(work, trip, digest, by_code=by_code):
        return None
    let_stay(work, trip.key, phone)
    others = tuple(one for one in trip.traveler.phones if one != phone)
    write_phones(work, trip.key.traveler_id, (phone, *others))
    work.audit.add(trip.key.traveler_id, "traveler", "number_added", trip.traveler.key_id, {"phone": phone})
    _tell_other_phones(work, trip, phone)
    if not duress:
        telling.tell_others(work, trip, ContactNotice.NUMBER_ADDED, number=shown_number(phone))
    known = [address for address in trip.traveler.addresses if address.address != phone]
    ways = (Address(0, SMS, phone, digest), *(replace(one, index=place) for place, one in enumerate(known, start=1)))
    return replace(trip, traveler=replace(trip.traveler, phones=(phone, *others), addresses=ways))


def _tell_other_phones(work: Work, trip: TripState, phone: str) -> None:
    """Whoever reads one of her other phones hears of it. Where every text gets one answer it is that answer, which she
    did not wait for and nobody else wonders at."""
    _ = translator(trip.traveler.language)
    if trip.one_reply:
        body = wording.reply(Reply.CONSTANT, _, constant=True)
    else:
        body = wording.to_traveler(TravelerNotice.NUMBER_ADDED, _, name=shown_number(phone))
    for address in usable_now(work, trip):
        if address.channel == SMS and address.address != phone:
            key = f"number:{trip.key.trip_id}:{work.now.isoformat()}:{address.index}"
            telling.to_traveler(work, trip, "traveler_notice", address, body, key, Priority.REPLY, TOLD_WITHIN)


def _own(work: Work, trip: TripState, digest: bytes, *, by_code: bool) -> bool:
    """Route what comes from a number to her trip."""
    conn, key = work.conn, trip.key
    hers = (OWNERS.c.phone_hash == digest) & (OWNERS.c.contact_id == NIL)
    others = conn.execute(select(OWNERS).where(hers, OWNERS.c.traveler_id != key.traveler_id)).mappings().all()
    if others and not by_code:
        return False
    if any(row["armed"] and not _looks_free(work, row, digest) for row in others):
        return False
    for row in others:
        # She has just proven that it is hers now: who had it before her must not be asked on it any more.
        _pass_on(work, row["traveler_id"], digest)
    fresh = {"phone_hash": digest, "traveler_id": key.traveler_id, "contact_id": NIL, "trip_id": None, "armed": False}
    insert_ignore(conn, OWNERS, [fresh])
    mine = hers & (OWNERS.c.traveler_id == key.traveler_id)
    conn.execute(update(OWNERS).where(mine).values(trip_id=key.trip_id, armed=True))
    return True


def _looks_free(work: Work, row: RowMapping, digest: bytes) -> bool:
    """Whether only an alarm keeps this number another traveler's on a trip."""
    key = TripKey(row["traveler_id"], row["trip_id"])
    is_over = ends_by_now(work.conn, key, work.now)
    return is_over or is_no_longer_hers(work.service, work.conn, key.traveler_id, digest, work.now)


def _pass_on(work: Work, traveler_id: UUID, digest: bytes) -> None:
    mine = (OWNERS.c.traveler_id == traveler_id) & (OWNERS.c.contact_id == NIL)
    work.conn.execute(delete(OWNERS).where(mine, OWNERS.c.phone_hash == digest))
    phones = stored_phones(work, traveler_id)
    if left := tuple(one for one in phones if work.service.keys.phone_hash(one) != digest):
        write_phones(work, traveler_id, left)
    work.audit.add(traveler_id, "engine", "number_passed_on")
