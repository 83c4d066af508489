"""Signing up and in: a number is proven by a code before anything is made or changed under it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from service.db.routing import NIL, Link, PhoneOwner
from service.db.stored import table_of
from service.db.tables import Traveler
from service.usecases import numbers
from service.usecases.codes import WRONG_CODE, count_code, fresh_code, keep_code, send_code, try_code
from service.usecases.codes_today import keep_from_strangers, note_code
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
from service.usecases.profile import has_secret_trip
from service.usecases.typed_numbers import why_no_sms
from service.usecases.whose_number import is_no_longer_hers
from service.usecases.work import Work

TRAVELERS = table_of(Traveler)
OWNERS = table_of(PhoneOwner)
LINKS = table_of(Link)

TOKENS_LIVE = {"api": timedelta(days=90), "session": timedelta(days=30)}
"""How long a token opens the API, and a browser's session the pages."""


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


def sign_up(service: Service, form: SignUpForm, *, visitor: str | None = None) -> None:
    """Send a code to a number. What is said is kept beside it and becomes true once the code is right.

    A number gets a code a minute, 5 an hour and 10 a day at most, and none while it is locked; when the day's codes are
    used up only known numbers get one. Nothing tells the caller which, and the same is done for every number.

    Args:
        visitor: the address on the net that asks, if it is known.

    Raises:
        Invalid: a field cannot be used.
        TooManyCodes: that address has asked for too many, whatever the numbers.
    """
    form = _checked(service, form)
    now = service.clock()
    code = fresh_code()

    def keep(conn: Connection) -> None:
        if not count_code(service, conn, (form.phone,), now, visitor=visitor):
            return
        keep_code(service, conn, form.phone, code, asdict(form), now)
        work = Work(service, conn, now)
        is_room = note_code(work)
        send_code(work, form.phone, form.language, code)
        work.flush()
        if not is_room:
            keep_from_strangers(work, form.phone)

    service.run(keep)
    service.wake.outbox.set()


def verify(service: Service, phone: str, code: str, kind: str = "api", *, visitor: str | None = None) -> SignedIn:
    """Make the traveler of a proven number, or write down what she now says of herself; a fresh token either way.

    Args:
        kind: what the token opens: `api`, or `session` for a browser.
        visitor: the address on the net that tries, if it is known.

    Raises:
        Invalid: no such number, or the code does not fit. Numbers that nobody asked a code for answer alike.
        TooManyTries: five wrong codes for the number, or too many from that address; for 15 minutes no code is right.
    """
    try:
        phone = numbers.parse_number(phone, invented=service.demo)
    except numbers.NotANumber:
        raise Invalid.of("phone", NOT_A_NUMBER) from None
    now = service.clock()
    token = secrets.token_urlsafe(32)

    def prove(conn: Connection) -> UUID | timedelta | None:
        tried = try_code(service, conn, phone, code, now, visitor=visitor)
        if tried.said is None:
            return tried.wait
        digest = service.keys.phone_hash(phone)
        traveler_id = _keep_traveler(service, conn, digest, SignUpForm(**tried.said), now)
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


def _keep_traveler(service: Service, conn: Connection, digest: bytes, form: SignUpForm, now: datetime) -> UUID:
    query = select(OWNERS.c.traveler_id).where(OWNERS.c.phone_hash == digest, OWNERS.c.contact_id == NIL)
    owners = conn.execute(query.order_by(OWNERS.c.armed.desc())).scalars().all()
    known = next((owner for owner in owners if not is_no_longer_hers(service, conn, owner, digest, now)), None)
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
        # In a trip with words whoever holds her phone can sign in, and shall not change by it how she is written to.
        if form.name and not has_secret_trip(conn, traveler_id, now):
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
