"""Keeps what one of her people found out, written on a sheet that a PIN or a code has opened."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from service.core.sheet import may_write
from service.usecases.accept import MOST_WRONG
from service.usecases.context import Service
from service.usecases.found_out import WRITTEN, clean
from service.usecases.sheet_ticket import ticket_fits
from service.usecases.show_alarm import find_alarm, form_of
from service.usecases.work import Work


def write_found(service: Service, token: str, ticket: str, given: Mapping[str, str]) -> bool:
    """Keep the fields of a form; false when this ticket opens no sheet. An empty form keeps nothing, and is no fault.

    What was written before stays: the newest is shown first.
    """
    now, digest, found_out = service.clock(), service.keys.token_hash(token), clean(given)

    def write(conn: Connection) -> bool:
        if not ticket_fits(service.keys, digest, ticket, now):
            return False
        found = find_alarm(service, conn, digest, now, lock=True)
        if found is None:
            return False
        link, trip, alarm, contact = found
        is_open = link.used < MOST_WRONG and form_of(trip, alarm.view, contact) in ("alarm", "duress")
        if not is_open or not may_write(trip.details.get("consent"), contact.role):
            return False
        if found_out:
            work = Work(service, conn, now)
            detail = {"alarm": str(alarm.alarm_id), "found": found_out}
            work.audit.add(trip.key.traveler_id, contact.id, WRITTEN, trip.key_id, detail)
            work.flush()
        return True

    return service.run(write)
