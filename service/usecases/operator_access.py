"""How whoever runs this comes to the page of the channels: by a link that the command line prints, once, for hours.

There is no password that could be guessed or lost: who may run a command beside the database may read that page.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, delete, insert, select

from service.db.routing import NIL, Link
from service.db.stored import table_of
from service.usecases.context import Service
from service.usecases.links import base62

LINKS = table_of(Link)

LINK_LIVES = timedelta(minutes=15)
SESSION_LIVES = timedelta(hours=8)
TOKEN_LETTERS = 22
"""About 130 bits."""
_LINK, _SESSION = "operator", "operator_session"

log = structlog.get_logger()


def make_operator_link(service: Service) -> str:
    """The address of a new link, which opens one session within 15 minutes."""
    return f"{service.public_url}/o/{_open(service, _LINK, LINK_LIVES)}"


def is_good(service: Service, token: str) -> bool:
    """Whether a link may still be used. Changes nothing."""
    return _is_there(service, _LINK, token)


def use_operator_link(service: Service, token: str) -> str | None:
    """Use a link up; the token of its session, or None when the link is unknown, used or too old."""
    session, now = _token(), service.clock()
    this = (LINKS.c.token_hash == service.keys.token_hash(token)) & (LINKS.c.kind == _LINK)

    def use(conn: Connection) -> bool:
        used = conn.execute(delete(LINKS).where(this, LINKS.c.expires_at > now)).rowcount == 1
        if used:
            conn.execute(insert(LINKS), _row(service, session, _SESSION, now, SESSION_LIVES))
        return used

    if not service.run(use):
        return None
    log.info("operator_signed_in")
    return session


def open_demonstration(service: Service) -> str:
    """The token of a session without a link: where phones are simulated there is nobody to protect."""
    return _open(service, _SESSION, SESSION_LIVES)


def is_operator(service: Service, token: str) -> bool:
    """Whether this is a session that has not ended. Changes nothing."""
    return bool(token) and _is_there(service, _SESSION, token)


def end_operator(service: Service, token: str) -> None:
    """Forget a session."""
    this = (LINKS.c.token_hash == service.keys.token_hash(token)) & (LINKS.c.kind == _SESSION)
    service.run(lambda conn: conn.execute(delete(LINKS).where(this)))


def _open(service: Service, kind: str, lives: timedelta) -> str:
    token = _token()
    row = _row(service, token, kind, service.clock(), lives)
    service.run(lambda conn: conn.execute(insert(LINKS), row))
    return token


def _token() -> str:
    return base62(secrets.token_bytes(32), TOKEN_LETTERS)


def _row(service: Service, token: str, kind: str, now: datetime, lives: timedelta) -> dict[str, Any]:
    return {
        "token_hash": service.keys.token_hash(token),
        "kind": kind,
        "traveler_id": NIL,
        "created_at": now,
        "expires_at": now + lives,
        "used": 0,
    }


def _is_there(service: Service, kind: str, token: str) -> bool:
    this = (LINKS.c.token_hash == service.keys.token_hash(token)) & (LINKS.c.kind == kind)
    query = select(LINKS.c.token_hash).where(this, LINKS.c.expires_at > service.clock())
    return service.read(lambda conn: conn.execute(query).first()) is not None
