"""What a key pressed in one of our calls answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.db.errors import KeyErased, SealBroken
from service.db.stored import table_of
from service.db.tables import Outbox
from service.usecases.context import Service
from service.usecases.work import VOICE

OUTBOX = table_of(Outbox)

BY_KEY = "voice"
"""The source of what came in by a key."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked in a call: the outbox row's `kind`, its code, the language, and the digits that answer it."""

    kind: str
    ref_code: str | None
    language: str
    answers: tuple[str, ...]

    def text_of(self, digit: str) -> str:
        """The answer as a person would write it: with the code of its message, so that it answers nothing newer."""
        return f"{digit} {self.ref_code}" if self.ref_code else digit


def asked_in_call(service: Service, outbox_id: UUID) -> Asked | None:
    """What was asked in the call of this row; None when there is none, or it is forgotten. Changes nothing.

    Raises:
        StorageUnavailable: the database is away.
    """

    def look(conn: Connection) -> Asked | None:
        query = select(OUTBOX).where(OUTBOX.c.outbox_id == outbox_id, OUTBOX.c.channel == VOICE)
        row: Any = conn.execute(query).first()
        if row is None:
            return None
        try:
            secret = json.loads(service.keys.open(conn, b"outbox", row.sealed))
        except (KeyErased, SealBroken):
            return None
        answers = tuple(secret.get("answers", ()))
        return Asked(row.kind, row.ref_code, secret.get("language", "en"), answers)

    return service.read(look)
