"""Opens the sheet of an alarm: by the PIN that the contact chose, or by a fresh code sent to her own number."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, update

from service.core import wording
from service.core.wording import ContactNotice
from service.db.routing import Link
from service.db.stored import table_of
from service.db.trips import Address, AlarmState, ContactState, TripState
from service.texts import translator
from service.usecases.accept import MOST_WRONG
from service.usecases.alarm_facts import first_usable
from service.usecases.alarms import tell_told
from service.usecases.contact_choices import CODE_SUBJECT, digits_of, pin_fits
from service.usecases.contact_way import CODE_LIVES
from service.usecases.context import Service
from service.usecases.show_alarm import find_alarm, form_of
from service.usecases.work import Draft, Priority, Work

LINKS = table_of(Link)

CODES_AN_HOUR = 3


class Opening(StrEnum):
    """What came of trying. `locked`: five wrong ones, now or before; only a fresh code opens it again."""

    OPENED = "opened"
    WRONG = "wrong"
    LOCKED = "locked"
    SENT = "sent"
    TOO_MANY = "too_many"
    NOT_SENT = "not_sent"
    NOT_HERE = "not_here"


@dataclass(frozen=True, slots=True)
class _Codes:
    """What is sealed on the link of the codes that were sent: the newest one's keyed hash, and when each was sent."""

    newest: str = ""
    sent: tuple[datetime, ...] = ()
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    """The page that a token opens, locked until the transaction ends."""

    work: Work
    link: Any
    trip: TripState
    alarm: AlarmState
    contact: ContactState


def open_with_pin(service: Service, token: str, typed: str) -> Opening:
    """Try a PIN. The fifth wrong one locks this page, and the others who were told hear of it."""
    return _run(service, token, lambda page: _try_pin(page, digits_of(typed)))


def open_with_code(service: Service, token: str, typed: str) -> Opening:
    """Try a code of the last 10 minutes. A right one opens a locked page as well, and works once."""
    return _run(service, token, lambda page: _try_code(page, digits_of(typed)))


def send_code(service: Service, token: str) -> Opening:
    """Send a fresh code to the contact's own number: 3 an hour at most."""
    opening = _run(service, token, _send_code)
    service.wake.outbox.set()
    return opening


def _run(service: Service, token: str, attempt: Callable[[_Page], Opening]) -> Opening:
    digest = service.keys.token_hash(token)

    def keep(conn: Connection) -> Opening:
        now = service.clock()
        found = find_alarm(service, conn, digest, now, lock=True)
        if found is None:
            return Opening.NOT_HERE
        link, trip, alarm, contact = found
        if form_of(trip, alarm.view, contact) not in ("alarm", "duress"):
            return Opening.NOT_HERE
        work = Work(service, conn, now)
        opening = attempt(_Page(work, link, trip, alarm, contact))
        work.flush()
        return opening

    return service.run(keep)


def _try_pin(page: _Page, pin: str) -> Opening:
    if page.link.used >= MOST_WRONG:
        return Opening.LOCKED
    if pin_fits(page.work.service.keys, page.contact, pin):
        return _opened(page, "pin")
    return _wrong(page)


def _try_code(page: _Page, code: str) -> Opening:
    codes = _codes(page)
    is_fresh = bool(codes.newest) and page.work.now < codes.sent[-1] + CODE_LIVES and codes.wrong < MOST_WRONG
    if is_fresh and hmac.compare_digest(_code_hash(page, code), codes.newest):
        _seal(page, replace(codes, newest="", wrong=0))
        return _opened(page, "code")
    if not is_fresh and page.link.used >= MOST_WRONG:
        # No code can fit: whoever goes on trying fills no trail.
        return Opening.LOCKED
    _seal(page, replace(codes, wrong=codes.wrong + 1))
    return _wrong(page)


def _opened(page: _Page, by: str) -> Opening:
    _count(page, 0)
    _note(page, "sheet_opened", by=by)
    return Opening.OPENED


def _wrong(page: _Page) -> Opening:
    used = page.link.used + 1
    _note(page, "sheet_refused")
    if used > MOST_WRONG:
        return Opening.LOCKED
    _count(page, used)
    if used < MOST_WRONG:
        return Opening.WRONG
    _note(page, "page_locked")
    tell_told(page.work, page.trip, ContactNotice.PAGE_LOCKED, but=(page.contact.id,), who=page.contact.name)
    return Opening.LOCKED


def _send_code(page: _Page) -> Opening:
    codes, now = _codes(page), page.work.now
    sent = tuple(at for at in codes.sent if at > now - timedelta(hours=1))
    address = _own_number(page.contact)
    if address is None:
        return Opening.NOT_SENT
    if len(sent) >= CODES_AN_HOUR:
        return Opening.TOO_MANY
    code = f"{secrets.randbelow(10**6):06}"
    _seal(page, _Codes(_code_hash(page, code), (*sent, now)))
    _note(page, "page_code_sent")
    _ = translator(page.contact.language)
    page.work.send(
        Draft(
            kind="page_code",
            to=address.address,
            channel=address.channel,
            channel_index=address.index,
            body=wording.notice(ContactNotice.PAGE_CODE, _, code=code),
            subject=_(CODE_SUBJECT),
            dedupe_key=f"page_code:{page.alarm.alarm_id}:{page.contact.id}:{now.isoformat()}",
            priority=Priority.PAGE_CODE,
            traveler_id=page.trip.key.traveler_id,
            trip_id=page.trip.key.trip_id,
            contact_id=page.contact.contact_id,
            key_id=page.trip.key_id,
            valid_for=CODE_LIVES,
            language=page.contact.language,
        )
    )
    return Opening.SENT


def _own_number(contact: ContactState) -> Address | None:
    """Where a code reaches her: her SMS before all else, because a mailbox may be open on somebody else's screen."""
    texts = [address for address in contact.addresses if address.channel == "sms"]
    return first_usable(texts) or first_usable(contact.addresses)


def _codes(page: _Page) -> _Codes:
    if page.link.sealed is None:
        return _Codes()
    kept = json.loads(page.work.service.keys.open(page.work.conn, b"page_code", page.link.sealed))
    return _Codes(kept["newest"], tuple(datetime.fromisoformat(at) for at in kept["sent"]), kept["wrong"])


def _seal(page: _Page, codes: _Codes) -> None:
    kept = {"newest": codes.newest, "sent": [at.isoformat() for at in codes.sent], "wrong": codes.wrong}
    sealed = page.work.service.keys.seal(page.work.conn, page.trip.key_id, b"page_code", json.dumps(kept).encode())
    page.work.conn.execute(update(LINKS).where(LINKS.c.token_hash == page.link.token_hash).values(sealed=sealed))


def _count(page: _Page, used: int) -> None:
    page.work.conn.execute(update(LINKS).where(LINKS.c.token_hash == page.link.token_hash).values(used=used))


def _note(page: _Page, action: str, **more: str) -> None:
    """Who, when, and why: of which alarm of which kind."""
    detail = {"alarm": str(page.alarm.alarm_id), "why": page.alarm.view.kind.value, **more}
    page.work.audit.add(page.trip.key.traveler_id, page.contact.id, action, page.trip.key_id, detail)


def _code_hash(page: _Page, code: str) -> str:
    return page.work.service.keys.code_hash(f"page:{page.link.token_hash.hex()}:{code}").hex()
