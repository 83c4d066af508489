"""Gives a copy of an opened sheet out of hand: recorded first, by whom, when, why and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from service.core.sheet import copies_for
from service.core.sheet_fields import Copy
from service.usecases.accept import MOST_WRONG
from service.usecases.context import Service
from service.usecases.sheet_history import HANDED_OUT
from service.usecases.sheet_ticket import ticket_fits
from service.usecases.show_alarm import AlarmPage, find_alarm, form_of, show_alarm
from service.usecases.work import Work

ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Paper:
    """The same copy twice: in a language of those who look for her, and in English."""

    local: AlarmPage
    english: AlarmPage


def hand_out(service: Service, token: str, ticket: str, copy: Copy, language: str) -> Paper | None:
    """A copy of the sheet behind an alarm link; None when this ticket does not open it, or it is not for this reader.

    Only who is to know everything may make one, and only for those whom the traveler named.
    """
    now = service.clock()
    if not service.run(lambda conn: _note(service, conn, token, ticket, copy, language, now)):
        return None
    local, english = (show_alarm(service, token, tag, opened=True, copy=copy) for tag in (language, ENGLISH))
    if local is None or english is None or local.sheet is None or english.sheet is None:
        return None
    return Paper(local, english)


def _note(
    service: Service, conn: Connection, token: str, ticket: str, copy: Copy, language: str, now: datetime
) -> bool:
    """Write the line of the audit trail, if this copy may be made."""
    digest = service.keys.token_hash(token)
    if not ticket_fits(service.keys, digest, ticket, now):
        return False
    found = find_alarm(service, conn, digest, now, lock=True)
    if found is None:
        return False
    link, trip, alarm, contact = found
    is_open = link.used < MOST_WRONG and form_of(trip, alarm.view, contact) in ("alarm", "duress")
    if not is_open or copy not in copies_for(trip.details.get("consent"), contact.role):
        return False
    work = Work(service, conn, now)
    detail = {
        "alarm": str(alarm.alarm_id),
        "why": alarm.view.kind.value,
        "copy": copy.value,
        "languages": [language, ENGLISH],
    }
    work.audit.add(trip.key.traveler_id, contact.id, HANDED_OUT, trip.key_id, detail)
    work.flush()
    return True
