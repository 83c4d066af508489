"""A contact's answer to a rehearsal: any digit by text, or the button of its page. It never answers an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from service.core.rehearsal import answer_rehearsal
from service.db.rehearsals import (
    KeptRehearsal,
    cancel_messages,
    messages_of,
    named_rehearsal,
    put_rehearsals,
    unended_rehearsals,
)
from service.db.trips import TripKey
from service.usecases.links import LINKS
from service.usecases.work import Work

TEXT, PAGE = "text", "page"
"""By what somebody answered."""
LEFT = ("sending", "sent", "unknown")


def rehearsal_awaiting(work: Work, contacts: Sequence[tuple[TripKey, UUID]]) -> tuple[KeptRehearsal, UUID] | None:
    """The rehearsal that waits for an answer of one of these contacts, and which of them; the first one when several
    do: an answer that goes to the wrong one of two rehearsals harms nobody."""
    for key, contact_id in contacts:
        for one in unended_rehearsals(work.conn, key):
            if one.view.waits_for(str(contact_id)) and _has_left(work, one, contact_id):
                return one, contact_id
    return None


def _has_left(work: Work, rehearsal: KeptRehearsal, contact_id: UUID) -> bool:
    """Whether she may have got a text of it: to a silent one, which told her nothing, no digit can be an answer."""
    messages = messages_of(work.conn, rehearsal.key.traveler_id, rehearsal.rehearsal_id)
    return any(row.contact_id == contact_id and row.state in LEFT for row in messages)


def answer_by_text(work: Work, rehearsal: KeptRehearsal, contact_id: UUID, at: datetime) -> None:
    """Note that she answered, and look at once whether the next rung need wait any longer."""
    _note(work, rehearsal, contact_id, at, TEXT)


def answer_by_code(work: Work, traveler_id: UUID, rehearsal_id: UUID, contact_id: UUID, at: datetime) -> None:
    """As `answer_by_text`, for the rehearsal that a code names; nothing when it has ended."""
    rehearsal = named_rehearsal(work.conn, traveler_id, rehearsal_id)
    if rehearsal is not None:
        _note(work, rehearsal, contact_id, at, TEXT)


def answer_by_page(work: Work, link_hash: bytes, contact_id: UUID, at: datetime) -> None:
    """As `answer_by_text`, for the rehearsal of the link whose form was sent."""
    link = work.conn.execute(select(LINKS).where(LINKS.c.token_hash == link_hash)).first()
    if link is None or link.rehearsal_id is None or link.contact_id != contact_id:
        return
    rehearsal = named_rehearsal(work.conn, link.traveler_id, link.rehearsal_id)
    if rehearsal is not None:
        _note(work, rehearsal, contact_id, at, PAGE)


def _note(work: Work, rehearsal: KeptRehearsal, contact_id: UUID, at: datetime, via: str) -> None:
    answered = answer_rehearsal(rehearsal.view, str(contact_id), at, via)
    if answered == rehearsal.view:
        return
    put_rehearsals(work.conn, [(replace(rehearsal, view=answered), work.now)], work.now)
    # Another try of hers that still waits would only ask again.
    cancel_messages(work.conn, rehearsal.key, work.now, contact_id=contact_id)
    work.audit.add(rehearsal.key.traveler_id, str(contact_id), f"rehearsal_answered:{via}")
