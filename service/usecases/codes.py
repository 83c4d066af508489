"""Codes of six digits that prove a number: sent within limits, counted when wrong, and good once.

Each code is bound to a name: what it proves and for whom. One that was sent to sign in opens nothing else.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from service.core import wording
from service.core.wording import TravelerNotice
from service.core.wording_text import N_
from service.db.errors import Conflict, KeyErased
from service.db.routing import SignUp
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.texts import translator
from service.usecases.context import Service
from service.usecases.limits import Limit, count, count_all, spent
from service.usecases.problems import TooManyTries
from service.usecases.work import SMS, Draft, Priority, Work

SIGN_UPS = table_of(SignUp)

CODE_LIVES = timedelta(minutes=10)
WRONG_CODES = 5
LOCKED_FOR = timedelta(minutes=15)
WRONG_CODE = N_("This code does not fit, or it is older than 10 minutes.")

TO_A_NAME = (
    Limit("code_a_minute", 1, timedelta(minutes=1)),
    Limit("codes_an_hour", 5, timedelta(hours=1)),
    Limit("codes_a_day", 10, timedelta(days=1)),
)
"""Codes to a number, or for one purpose; also when each was right: every one is paid for."""
FROM_A_VISITOR = Limit("codes_from", 30, timedelta(hours=1))
"""Codes asked for from one address on the net, which a whole hostel or town may share."""
WRONG_FROM_A_VISITOR = Limit("wrong_codes_from", 30, LOCKED_FOR)
"""Wrong codes from one such address, whatever the numbers."""


class TooManyCodes(TooManyTries):
    """Asked for from one address on the net, whatever the numbers."""

    message = N_("Too many codes were asked for from this connection. Please try again in an hour, or by another one.")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a code. `said`: what was kept beside the right one; `wait`: for how long no code is right."""

    said: Mapping[str, Any] | None = None
    wait: timedelta | None = None


def send_code(work: Work, phone: str, language: str, code: str) -> None:
    """Text a code to the number that it proves; without a way to text, nothing is sent."""
    if SMS not in work.service.notifiers:
        return
    work.send(
        Draft(
            kind="sign_up",
            to=phone,
            channel=SMS,
            body=wording.to_traveler(TravelerNotice.CODE, translator(language), code=code),
            dedupe_key=f"sign_up:{work.service.keys.phone_hash(phone).hex()[:24]}:{work.now.isoformat()}",
            priority=Priority.REPLY,
            valid_for=CODE_LIVES,
            language=language,
        )
    )


def fresh_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**6):06}"


def count_code(
    service: Service, conn: Connection, names: Sequence[str], now: datetime, *, visitor: str | None = None
) -> bool:
    """Count one more code for each of these names; False, and none is counted, when it is one too many for one of them,
    or locked. Nothing tells which.

    Raises:
        TooManyCodes: `visitor`, the address that asks, has asked for too many, whatever the names.
    """
    rows = [_lock(service, conn, name, now) for name in names]
    wanted = [FROM_A_VISITOR.by(visitor)] if visitor else []
    if not service.demo:
        # On simulated phones they cost nothing, and whoever shows them signs in again and again.
        wanted += [limit.by(name) for name in names for limit in TO_A_NAME]
    is_locked_now = any(row["locked_until"] is not None and row["locked_until"] > now for row in rows)
    if visitor and (over := spent(service, conn, now, wanted[0])):
        # Before all else, so that its answer says nothing of the number.
        raise TooManyCodes(over.again_in)
    return not is_locked_now and count_all(service, conn, now, wanted) is None


def keep_code(service: Service, conn: Connection, name: str, code: str, said: Mapping[str, Any], now: datetime) -> None:
    """Make this the code of a name, in the place of an earlier one; what is said with it is kept beside it."""
    row = _lock(service, conn, name, now)
    values = {"code_hash": _code_hash(service, name, code), "sealed": _seal(service, conn, {"form": dict(said)}, now)}
    _write(conn, row, **values, attempts=0, expires_at=now + CODE_LIVES)


def try_code(
    service: Service, conn: Connection, name: str, code: str, now: datetime, *, visitor: str | None = None
) -> Tried:
    """Whether this is the code of a name. A right one is used up; a wrong one is counted, so commit in any case: for
    the name, and for the `visitor` who tries, if it is known.

    A name that nobody asked a code for answers like any other.
    """
    by_visitor = WRONG_FROM_A_VISITOR.by(visitor) if visitor else None
    if by_visitor and (over := spent(service, conn, now, by_visitor)):
        return Tried(wait=over.again_in)
    row = _lock(service, conn, name, now)
    if row["locked_until"] is not None and row["locked_until"] > now:
        return Tried(wait=row["locked_until"] - now)
    right = hmac.compare_digest(row["code_hash"], _code_hash(service, name, code))
    if not right or row["expires_at"] <= now:
        count_wrong(conn, row, now)
        if by_visitor:
            count(service, conn, now, by_visitor)
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
        "sealed": _seal(service, conn, {"form": None}, now),
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
        return {"form": None}
    return kept


def _write(conn: Connection, row: Mapping[str, Any], **values: Any) -> None:
    conn.execute(update(SIGN_UPS).where(SIGN_UPS.c.phone_hash == row["phone_hash"]).values(**values))


def _code_hash(service: Service, name: str, code: str) -> bytes:
    return service.keys.code_hash(f"sign_up:{name}:{code}")


def _seal(service: Service, conn: Connection, value: dict[str, Any], now: datetime) -> bytes:
    key_id = service.keys.service_key(conn, now)
    return service.keys.seal(conn, key_id, b"sign_up", json.dumps(value, ensure_ascii=False).encode())
