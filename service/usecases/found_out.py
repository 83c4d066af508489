"""What her people find out while they look for her: written on an opened sheet, read on everybody's.

It stands with the traveler's own facts and never in place of one: each line says who wrote it, and when.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.core.sheet_fields import FOUND_OUT, SIGNS
from service.db.errors import KeyErased
from service.db.stored import table_of
from service.db.tables import AuditLine
from service.db.trips import AlarmState, TripState
from service.usecases.alarm_history import MOST_EVENTS, Event, Happened
from service.usecases.context import Service

AUDIT = table_of(AuditLine)

WRITTEN = "found_out"
MOST_LETTERS = 300
"""Of one field."""


class Sign(StrEnum):
    """What somebody says of one of the signs."""

    YES = "yes"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Found:
    """One field as one of her people wrote it: `name` is the sheet's field, `text` a `Sign` or words."""

    name: str
    text: str
    at: datetime
    contact_id: UUID


def clean(given: Mapping[str, str]) -> dict[str, str]:
    """What of a form may be kept: known fields, words in one line and cut to their length, signs that are one."""
    texts = {name: " ".join(given.get(name, "").split())[:MOST_LETTERS] for name in FOUND_OUT}
    signs = {name: given.get(name, "") for name in SIGNS if given.get(name) in frozenset(Sign)}
    return {name: text for name, text in (texts | signs).items() if text}


def found_of(service: Service, conn: Connection, trip: TripState, state: AlarmState) -> tuple[Found, ...]:
    """What was found out in one alarm, the newest first."""
    query = select(AUDIT.c.at, AUDIT.c.actor, AUDIT.c.sealed).where(
        AUDIT.c.traveler_id == trip.key.traveler_id,
        AUDIT.c.action == WRITTEN,
        AUDIT.c.at >= state.view.opened_at,
        AUDIT.c.sealed.is_not(None),
    )
    found = []
    for row in conn.execute(query.order_by(AUDIT.c.position.desc()).limit(MOST_EVENTS)):
        detail = detail_of(service, conn, row.sealed)
        if detail.get("alarm") == str(state.alarm_id):
            found += [Found(name, text, row.at, UUID(row.actor)) for name, text in detail["found"].items()]
    return tuple(found)


def moments_of(found: tuple[Found, ...]) -> tuple[Event, ...]:
    """When somebody wrote something down, the newest first."""
    written = dict.fromkeys((one.at, one.contact_id) for one in found)
    return tuple(Event(at, Happened.FOUND_OUT, contact_id) for at, contact_id in written)


def newest(found: tuple[Found, ...]) -> dict[str, tuple[Found, ...]]:
    """By field: of words the newest of each person, of a sign the newest of all."""
    kept: dict[str, dict[UUID | None, Found]] = {}
    for one in found:
        kept.setdefault(one.name, {}).setdefault(None if one.name in SIGNS else one.contact_id, one)
    return {name: tuple(by.values()) for name, by in kept.items()}


def detail_of(service: Service, conn: Connection, sealed: bytes) -> dict[str, Any]:
    """What a line of the audit trail says beside its action; nothing when it is of a trip that was erased since."""
    try:
        detail: dict[str, Any] = json.loads(service.keys.open(conn, b"audit", sealed))
    except KeyErased:
        return {}
    return detail
