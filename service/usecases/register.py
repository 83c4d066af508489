"""Signing up and in: a number is proven by a code before anything is made or changed under it."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, delete, insert, select, update

from service.core.wording_text import N_
from service.db.errors import Conflict, KeyErased
from service.db.routing import NIL, Link, PhoneOwner, SignUp
from service.db.rows import insert_ignore
from service.db.stored import table_of
from service.db.tables import Traveler
from service.usecases import numbers, telling
from service.usecases.context import Service
from service.usecases.problems import (
    NOT_A_NUMBER,
    NOT_AN_EMAIL,
    UNKNOWN_COUNTRY,
    UNKNOWN_LANGUAGE,
    Invalid,
    NotSignedIn,
    Problems,
    TooManyTries,
)
from service.usecases.typed_numbers import why_no_sms
from service.usecases.work import Work

SIGN_UPS = table_of(SignUp)
TRAVELERS = table_of(Traveler)
OWNERS = table_of(PhoneOwner)
LINKS = table_of(Link)

CODE_LIVES = timedelta(minutes=10)
CODES_APART = timedelta(minutes=1)
CODES_AN_HOUR = 5
WRONG_CODES = 5
LOCKED_FOR = timedelta(minutes=15)
TOKENS_LIVE = {"api": timedelta(days=90), "session": timedelta(days=30)}
"""How long a token opens the API, and a browser's session the pages."""
WRONG_CODE = N_("This code does not fit, or it is older than 10 minutes.")


@dataclass(frozen=True, slots=True)
class SignUpForm:
    """What she says of herself. Without a name she only signs in: what is known of her stays as it is."""

    name: str
    phone: str
    language: str
    citizenship: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    traveler_id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is. `token_hash` names the token without being it."""

    traveler_id: UUID
    token_hash: bytes


def sign_up(service: Service, form: SignUpForm) -> None:
    """Send a code to a number. What is said is kept beside it and becomes true once the code is right.

    A number gets a code a minute and 5 an hour at most, and none while it is locked; nothing tells the caller which.

    Raises:
        Invalid: a field cannot be used.
    """
    form = _checked(service, form)
    now = service.clock()
    code = f"{secrets.randbelow(10**6):06}"

    def keep(conn: Connection) -> None:
        digest = service.keys.phone_hash(form.phone)
        row = _lock(service, conn, digest, now)
        kept = _kept(service, conn, row)
        sent = [at for at in kept["sent"] if datetime.fromisoformat(at) > now - timedelta(hours=1)]
        too_soon = bool(sent) and datetime.fromisoformat(sent[-1]) > now - CODES_APART
        locked = row["locked_until"] is not None and row["locked_until"] > now
        if too_soon or locked or len(sent) >= CODES_AN_HOUR:
            return
        kept = {"form": asdict(form), "sent": [*sent, now.isoformat()]}
        values = {
            "code_hash": _code_hash(service, form.phone, code),
            "sealed": _seal(service, conn, kept, now),
            "attempts": 0,
            "expires_at": now + CODE_LIVES,
        }
        conn.execute(update(SIGN_UPS).where(SIGN_UPS.c.phone_hash == digest).values(**values))
        work = Work(service, conn, now)
        telling.sign_up_code(work, form.phone, form.language, code)
        work.flush()

    service.run(keep)
    service.wake.outbox.set()


def verify(service: Service, phone: str, code: str, kind: str = "api") -> SignedIn:
    """Make the traveler of a proven number, or write down what she now says of herself; a fresh token either way.

    Args:
        kind: what the token opens: `api`, or `session` for a browser.

    Raises:
        Invalid: no such number, or the code does not fit. Numbers that nobody asked a code for answer alike.
        TooManyTries: five wrong codes; for 15 minutes no code is right.
    """
    try:
        phone = numbers.parse_number(phone, invented=service.demo)
    except numbers.NotANumber:
        raise Invalid.of("phone", NOT_A_NUMBER) from None
    now = service.clock()
    token = secrets.token_urlsafe(32)

    def prove(conn: Connection) -> UUID | timedelta | None:
        digest = service.keys.phone_hash(phone)
        row = _lock(service, conn, digest, now)
        if row["locked_until"] is not None and row["locked_until"] > now:
            wait: timedelta = row["locked_until"] - now
            return wait
        right = hmac.compare_digest(row["code_hash"], _code_hash(service, phone, code))
        if not right or row["expires_at"] <= now:
            _count_wrong(conn, row, now)
            return None
        kept = _kept(service, conn, row)
        conn.execute(delete(SIGN_UPS).where(SIGN_UPS.c.phone_hash == digest))
        traveler_id = _keep_traveler(service, conn, digest, SignUpForm(**kept["form"]), now)
        conn.execute(insert(LINKS), _link(service, token, kind, traveler_id, now))
        return traveler_id

    # A wrong code is counted: the count must be kept although the caller is refused.
    outcome = service.run(prove)
    if isinstance(outcome, timedelta):
        raise TooManyTries(outcome)
    if outcome is None:
        raise Invalid.of("code", WRONG_CODE)
    return SignedIn(outcome, token)


def authenticate(service: Service, token: str) -> Caller:
    """Whose token this is.

    Raises:
        NotSignedIn: nobody's, or it has expired.
    """
    digest = service.keys.token_hash(token)
    now = service.clock()
    query = select(LINKS.c.traveler_id, LINKS.c.expires_at).where(LINKS.c.token_hash == digest, LINKS.c.kind == "api")
    row = service.read(lambda conn: conn.execute(query).first())
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise NotSignedIn
    return Caller(row.traveler_id, digest)


def _checked(service: Service, form: SignUpForm) -> SignUpForm:
    problems = Problems()
    phone, language = form.phone, numbers.parse_language(form.language)
    try:
        phone = numbers.parse_number(form.phone, invented=service.demo)
    except numbers.NotANumber:
        problems.add("phone", NOT_A_NUMBER)
    # Her code and her reminders come by SMS.
    if no_sms := why_no_sms(phone):
        problems.add("phone", no_sms)
    if language is None:
        problems.add("language", UNKNOWN_LANGUAGE)
    if form.citizenship is not None and not numbers.is_country(form.citizenship):
        problems.add("citizenship", UNKNOWN_COUNTRY)
    if form.email is not None and not numbers.is_email(form.email):
        problems.add("email", NOT_AN_EMAIL)
    problems.refuse()
    return SignUpForm(form.name, phone, language or form.language, form.citizenship, form.email)


def _lock(service: Service, conn: Connection, digest: bytes, now: datetime) -> dict[str, Any]:
    """The number's row, made when there is none: a number that nobody asked a code for counts wrong ones as well."""
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
        raise Conflict("the number was proven meanwhile")
    return dict(found)


def _kept(service: Service, conn: Connection, row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(service.keys.open(conn, b"sign_up", row["sealed"]))
    except KeyErased:
        # Older than the service's keys: long expired.
        return {"form": None, "sent": []}
    return kept


def _count_wrong(conn: Connection, row: Mapping[str, Any], now: datetime) -> None:
    lock_ended = row["locked_until"] is not None
    attempts = 1 if lock_ended else row["attempts"] + 1
    locked_until = now + LOCKED_FOR if attempts >= WRONG_CODES else None
    conn.execute(
        update(SIGN_UPS)
        .where(SIGN_UPS.c.phone_hash == row["phone_hash"])
        .values(attempts=0 if locked_until else attempts, locked_until=locked_until)
    )


def _code_hash(service: Service, phone: str, code: str) -> bytes:
    return service.keys.code_hash(f"sign_up:{phone}:{code}")


def _seal(service: Service, conn: Connection, value: dict[str, Any], now: datetime) -> bytes:
    key_id = service.keys.service_key(conn, now)
    return service.keys.seal(conn, key_id, b"sign_up", json.dumps(value, ensure_ascii=False).encode())


def _keep_traveler(service: Service, conn: Connection, digest: bytes, form: SignUpForm, now: datetime) -> UUID:
    query = select(OWNERS.c.traveler_id).where(OWNERS.c.phone_hash == digest, OWNERS.c.contact_id == NIL)
    known: UUID | None = conn.execute(query.order_by(OWNERS.c.armed.desc())).scalar()
    traveler_id = known or uuid4()
    work = Work(service, conn, now)
    if known is None:
        key_id = service.keys.new_key(conn, "traveler", now)
        row = {
            "traveler_id": traveler_id,
            "language": form.language,
            "phone_hash": digest,
            "sealed": _sealed_traveler(service, conn, key_id, form, {}),
            "key_id": key_id,
            "audit_head": b"",
            "audit_length": 0,
            "created_at": now,
        }
        conn.execute(insert(TRAVELERS), row)
        owner = {"phone_hash": digest, "traveler_id": traveler_id, "contact_id": NIL, "trip_id": None, "armed": False}
        conn.execute(insert(OWNERS), owner)
    else:
        of_her = TRAVELERS.c.traveler_id == traveler_id
        stored = conn.execute(select(TRAVELERS.c.key_id, TRAVELERS.c.sealed).where(of_her).with_for_update()).one()
        before = json.loads(service.keys.open(conn, b"traveler", stored.sealed))
        if form.name:
            sealed = _sealed_traveler(service, conn, stored.key_id, form, before)
            conn.execute(update(TRAVELERS).where(of_her).values(language=form.language, sealed=sealed))
    work.audit.add(traveler_id, "traveler", "signed_in" if known else "registered")
    work.flush()
    return traveler_id


def _sealed_traveler(
    service: Service, conn: Connection, key_id: UUID, form: SignUpForm, before: Mapping[str, Any]
) -> bytes:
    """What she did not say this time stays as it was."""
    value = {
        **before,
        "name": form.name or before.get("name") or "",
        # One who signs in from her second number has not changed her first.
        "phone": before.get("phone") or form.phone,
        "email": form.email or before.get("email"),
        "citizenship": form.citizenship or before.get("citizenship"),
    }
    return service.keys.seal(conn, key_id, b"traveler", json.dumps(value, ensure_ascii=False).encode())


def _link(service: Service, token: str, kind: str, traveler_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "token_hash": service.keys.token_hash(token),
        "kind": kind,
        "traveler_id": traveler_id,
        "created_at": now,
        "expires_at": now + TOKENS_LIVE[kind],
        "used": 0,
    }
