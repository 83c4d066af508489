"""STOP and START: a pair of numbers that may not, or may again, carry our texts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from service.db.routing import Suppression
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.usecases.work import Work

SUPPRESSIONS = table_of(Suppression)

CARRIER_STOPS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
"""Whole texts upon which a carrier itself stops our messages, and answers."""
CARRIER_STARTS = frozenset({"start", "yes", "unstop"})
"""Whole texts upon which it lets them through again."""


def is_carriers(text: str, words: frozenset[str]) -> bool:
    """Whether a text is, whole, one of the carrier's words."""
    return text.strip().casefold() in words


UNSTOP = frozenset({"unstop"})
"""The one of these that means nothing else."""


def taken_for(text: str, opt_out: str | None) -> str | None:
    """What the carrier took a text for, as it says so or as everybody knows its words: STOP, START or HELP."""
    return opt_out or ("START" if is_carriers(text, UNSTOP) else None)


def lets_through(text: str, opt_out: str | None) -> bool:
    """Whether the carrier lets our texts to its sender through again, because of this text."""
    return opt_out == "START" or is_carriers(text, CARRIER_STARTS)


def stop_number(work: Work, sender: bytes, source: str, *, at: datetime) -> None:
    """Nothing more goes to that number on the channel of this source, by none of its providers and in no trip, until
    START."""
    insert_ignore(work.conn, SUPPRESSIONS, [{"address_hash": sender, "sender": source, "at": at}])


def start_number(work: Work, sender: bytes, source: str) -> None:
    """Texts may go to that number again, by whichever provider it was stopped."""
    fellows = SUPPRESSIONS.c.sender.in_(work.service.fellows(source))
    work.conn.execute(delete(SUPPRESSIONS).where(SUPPRESSIONS.c.address_hash == sender, fellows))
