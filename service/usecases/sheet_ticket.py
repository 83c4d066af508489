"""A ticket that an opened sheet holds: with it, and for a quarter of an hour, its reader may take copies of it."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

from service.db.sealed import Keyring

TICKET_LIVES = timedelta(minutes=15)


def ticket_for(keys: Keyring, page: bytes, now: datetime) -> str:
    """A ticket for the page with this token's hash. Nothing is stored of it."""
    ends = int((now + TICKET_LIVES).timestamp())
    return f"{ends}-{_mark(keys, page, ends)}"


def ticket_fits(keys: Keyring, page: bytes, ticket: str, now: datetime) -> bool:
    """Whether this ticket was given out for this page and still holds."""
    ends, _dash, mark = ticket.partition("-")
    if not (ends.isascii() and ends.isdigit()) or len(ends) > 12:
        return False
    if not hmac.compare_digest(mark.encode(), _mark(keys, page, int(ends)).encode()):
        return False
    return now < datetime.fromtimestamp(int(ends), UTC)


def _mark(keys: Keyring, page: bytes, ends: int) -> str:
    return keys.code_hash(f"sheet:{page.hex()}:{ends}").hex()[:32]
