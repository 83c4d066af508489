"""The fact sheet of an alarm for one of her people: read, filled in, and cut to what the traveler allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from service.core.alarm import AlarmKind
from service.core.ladder import Role
from service.core.sheet import Reader, Section, copies_for, may_read, may_write, sheet
from service.core.sheet_fields import Copy
from service.texts import translator
from service.usecases.context import Service
from service.usecases.sheet_facts import Occasion, facts_of, last_signs
from service.usecases.sheet_ticket import ticket_for


@dataclass(frozen=True, slots=True)
class FactSheet:
    """Its sections in one language, made as `copy`. `copies`: those that this reader may hand over. `ticket`: with it
    the page may for a while make copies and keep what was found out; "" for who may do neither."""

    sections: tuple[Section, ...]
    copy: Copy
    copies: tuple[Copy, ...]
    ticket: str


def fact_sheet(
    service: Service, conn: Connection, case: Occasion, page: bytes, copy: Copy | None, language: str
) -> FactSheet:
    """The sheet as this reader may have it.

    Args:
        page: hash of the alarm link's token, for which the ticket is.
        copy: for whom it is made; None for the reader herself. A caseworker reads what an organization may read, when
            the traveler agreed to that.
    """
    consent, role = case.trip.details.get("consent"), case.reader.role
    copies = copies_for(consent, role)
    if copy is None:
        copy = Copy.NGO if role is Role.CASEWORKER and Copy.NGO in copies else Copy.FAMILY
    allowed = may_read(consent, role)
    signs = last_signs(conn, case.trip.key) if allowed else ()
    quiet = case.alarm.view.kind is AlarmKind.DURESS
    reader = Reader(role, case.reader.disclosure, copy, consent, quiet)
    facts = facts_of(replace(case, signs=signs), copy, language)
    ticket = ticket_for(service.keys, page, case.now) if may_write(consent, role) else ""
    return FactSheet(sheet(facts, reader, translator(language)), copy, copies, ticket)
