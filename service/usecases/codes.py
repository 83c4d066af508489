"""Codes of six digits that prove a number: sent within limits, counted when wrong, and good once.

Each code is bound to a name: what it proves and for whom. One that was sent to sign in opens nothing else.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from service.core.wording_text import N_
from service.db.errors import Conflict, KeyErased
from service.db.routing import SignUp
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.usecases.context import Service

SIGN_UPS = table_of(SignUp)

CODE_LIVES = timedelta(minutes=10)
CODES_APART = timedelta(minutes=1)
CODES_AN_HOUR = 5
WRONG_CODES = 5
LOCKED_FOR = timedelta(minutes=15)
WRONG_CODE = N_("This code does not fit, or it is older than 10 minutes.")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a code. `said`: what was kept beside the right one; `wait`: for how long no code is right."""

    said: Mapping[str, Any] | None = None
    wait: timedelta | None = None


def fresh_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**6):06}"


def count_code(service: Service, conn: Connection, name: str, now: datetime) -> bool:
    """Count one more code for a name; False when it is too soon, one too many within the hour, or locked."""
    row = _lock(service, conn, name, now)
    kept = _kept(service, conn, row)
    sent = [at for at in kept["sent"] if datetime.fromisoformat(at) > now - timedelta(hours=1)]
    too_soon = bool(sent) and datetime.fromisoformat(sent[-1]) > now - CODES_APART
    locked = row["locked_until"] is not None and row["locked_until"] > now
    if too_soon or locked or len(sent) >= CODES_AN_HOUR:
        return False
    _write(conn, row, sealed=_seal(service, conn, {**kept, "sent": [*sent, now.isoformat()]}, now))
    return True


def keep_code(service: Service, conn: Connection, name: str, code: str, said: Mapping[str, Any], now: datetime) -> None:
    """Make this the code of a name, in the place of an earlier one; what is said with it is kept beside it."""
    row = _lock(service, conn, name, now)
    kept = {**_kept(service, conn, row), "form": dict(said)}
    values = {"code_hash": _code_hash(service, name, code), "sealed": _seal(service, conn, kept, now)}
    _write(conn, row, **values, attempts=0, expires_at=now + CODE_LIVES)


def try_code(service: Service, conn: Connection, name: str, code: str, now: datetime) -> Tried:
    """Whether this is the code of a name. A right one is used up; a wrong one is counted, so commit in any case.

    A name that nobody asked a code for answers like any other.
    """
    row = _lock(service, conn, name, now)
    if row["locked_until"] is not None and row["locked_until"] > now:
        return Tried(wait=row["locked_until"] - now)
    right = hmac.compare_digest(row["code_hash"], _code_hash(service, name, code))
    if not right or row["expires_at"] <= now:
        count_wrong(conn, row, now)
        return Tried()
    kept = _kept(service, conn, row)
    conn.execute(delete(SIGN_UPS).where(SIGN_UPS.c.phone_hash == row["phone_hash"]))
    return Tried(said=kept["form"])


def waiting_code(service: Service, conn: Connection, name: str, now: datetime) -> Mapping[str, Any] | None:
    """What was said with the code of a name that is still good; None when none is. Changes nothing."""
    query = select(SIGN_UPS).where(SIGN_UPS.c.phone_hash == service.keys.phone_hash(name))
    row = conn.execute(query).mappings().first()
    if row is None or row["expires_at"] <= now:
        return None
    said: Mapping[str, Any] | None = _kept(service, conn, dict(row))["form"]
    return said


def count_wrong(conn: Connection, row: Mapping[str, Any], now: datetime) -> None:
    """Count one more wrong code of a row; the fifth locks it for 15 minutes."""
    lock_ended = row["locked_until"] is not None
    attempts = 1 if lock_ended else row["attempts"] + 1
    locked_until = now + LOCKED_FOR if attempts >= WRONG_CODES else None
    _write(conn, row, attempts=0 if locked_until else attempts, locked_until=locked_until)


def is_locked(service: Service, conn: Connection, name: str, now: datetime) -> bool:
    """Whether so many wrong ones were tried under a name that none is right for now. Changes nothing."""
    query = select(SIGN_UPS.c.locked_until).where(SIGN_UPS.c.phone_hash == service.keys.phone_hash(name))
    until: datetime | None = conn.execute(query).scalar()
    return until is not None and until > now


def note_wrong(service: Service, conn: Connection, name: str, now: datetime) -> None:
    """Count one more wrong secret under a name, of which no code was sent; while it is locked none is counted."""
    row = _lock(service, conn, name, now)
    if row["locked_until"] is None or row["locked_until"] <= now:
        count_wrong(conn, row, now)


def _lock(service: Service, conn: Connection, name: str, now: datetime) -> dict[str, Any]:
    """The name's row, made when there is none: one that nobody asked a code for counts wrong ones as well."""
    digest = service.keys.phone_hash(name)
    row = {
        "phone_hash": digest,
        "code_hash": secrets.token_bytes(32),
        "sealed": _seal(service, conn, {"form": None, "sent": []}, now),
        "attempts": 0,
        "expires_at": now,
        "created_at": now,
    }
    insert_ignore(conn, SIGN_UPS, [row])
    query = select(SIGN_UPS).where(SIGN_UPS.c.phone_hash == digest).with_for_update()
    found = conn.execute(query).mappings().first()
    if found is None:
        raise Conflict("the code was used meanwhile")
    return dict(found)


def _kept(service: Service, conn: Connection, row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(service.keys.open(conn, b"sign_up", row["sealed"]))
    except KeyErased:
        # Older than the service's keys: long expired.
        return {"form": None, "sent": []}
    return kept


def _write(conn: Connection, row: Mapping[str, Any], **values: Any) -> None:
    conn.execute(update(SIGN_UPS).where(SIGN_UPS.c.phone_hash == row["phone_hash"]).values(**values))


def _code_hash(service: Service, name: str, code: str) -> bytes:
    return service.keys.code_hash(f"sign_up:{name}:{code}")


def _seal(service: Service, conn: Connection, value: dict[str, Any], now: datetime) -> bytes:
    key_id = service.keys.service_key(conn, now)
    return service.keys.seal(conn, key_id, b"sign_up", json.dumps(value, ensure_ascii=False).encode())
