"""Fill an empty installation that has only simulated phones with one trip to try the switch on.

Everybody in it is invented, and so are all numbers. Its times are seconds where a real trip has hours.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from sqlalchemy import Connection, insert, select

from notifiers.base import Found, Message, Searchable
from service.core import wording, words
from service.core.plan import Leg, Plan
from service.core.watch import WatchFacts, arm, step_watch
from service.core.wording import Reply
from service.db import tables
from service.db.codec import plan_to_json
from service.db.routing import NIL, Link, PhoneOwner
from service.db.stored import table_of
from service.db.trips import watch_values
from service.texts import known_language, translator
from service.usecases.agreed import NOT_FREE, QUESTION
from service.usecases.arm import TOKEN_LETTERS
from service.usecases.context import Service
from service.usecases.links import base62
from service.usecases.simulated import SimulatedPhones, simulated_phones
from service.usecases.work import Work, make_code

EVERY = timedelta(seconds=60)
GRACE = timedelta(seconds=30)
REMIND_BEFORE = timedelta(seconds=15)
WAIT = timedelta(seconds=30)
REPEAT = timedelta(seconds=60)
LASTS = timedelta(days=90)

TRAVELER_ID = UUID("a3a2ba00-0000-4000-8000-000000000001")
TRIP_ID = UUID("a3a2ba00-0000-4000-8000-000000000002")
TRAVELER_PHONE = "+77000000001"
SAFE_WORD = "передай привет бабушке"
DURESS_WORD = "купила яблоки на рынке"


@dataclass(frozen=True, slots=True)
class _Person:
    key: str
    phone: str
    language: str
    role: str


_CONTACTS = (
    _Person("mother", "+77000000011", "kk", "full"),
    _Person("brother", "+77000000012", "ru", "full"),
    _Person("caseworker", "+77000000013", "en", "caseworker"),
)

# As the people of the story would spell themselves for a reader of each language.
_SPELLED: Mapping[str, Mapping[str, str]] = {
    "en": {
        "traveler": "Aizhan",
        "mother": "Gulnar",
        "brother": "Daniyar",
        "caseworker": "Saule",
        "mother_is": "mother",
        "brother_is": "brother",
        "caseworker_is": "caseworker",
        "city": "Antalya",
        "consulate": "Kazakhstan, Antalya (invented number)",
        "question": "What was our cat called?",
        "not_free": "Barsik",
    },
    "ru": {
        "traveler": "Айжан",
        "mother": "Гульнар",
        "brother": "Данияр",
        "caseworker": "Сауле",
        "mother_is": "мама",
        "brother_is": "брат",
        "caseworker_is": "из фонда",
        "city": "Анталья",
        "consulate": "Казахстан, Анталья (номер вымышлен)",
        "question": "Как звали нашу кошку?",
        "not_free": "Барсик",
    },
    "kk": {
        "traveler": "Айжан",
        "mother": "Гүлнар",
        "brother": "Данияр",
        "caseworker": "Сәуле",
        "mother_is": "анасы",
        "brother_is": "ағасы",
        "caseworker_is": "қордан",
        "city": "Анталия",
        "consulate": "Қазақстан, Анталия (нөмірі ойдан алынған)",
        "question": "Мысығымыздың аты кім еді?",
        "not_free": "Барсик",
    },
}

_TRAVELERS = table_of(tables.Traveler)
_TRIPS = table_of(tables.Trip)
_PLANS = table_of(tables.Plan)
_CONTACT_ROWS = table_of(tables.Contact)
_RUNGS = table_of(tables.Rung)
_WORDS = table_of(tables.Word)
_WATCHES = table_of(tables.Watch)
_OWNERS = table_of(PhoneOwner)
_LINKS = table_of(Link)


def seed_demo(service: Service, language: str = "en") -> bool:
    """Write the trip, its people and its armed switch, and let its traveler answer reminders by herself.

    Does nothing, and says False, unless SMS is simulated and nobody has ever signed up. `language` spells the names.
    Killed here: the phones may show their invitations already; the next start does not write them twice.

    Raises:
        StorageUnavailable: nothing was written.
    """
    phones = simulated_phones(service)
    if phones is None or _anybody(service):
        return False
    now, spelled = service.clock(), _SPELLED[known_language(language)]
    _show_invitations(service, phones, spelled)
    written = service.run(lambda conn: _write(service, conn, now, spelled))
    if written:
        phones.answer_reminders(TRAVELER_PHONE, "OK")
    return written


def _anybody(service: Service) -> bool:
    return service.read(lambda conn: conn.execute(select(_TRAVELERS.c.traveler_id).limit(1)).first()) is not None


def _show_invitations(service: Service, phones: SimulatedPhones, spelled: Mapping[str, str]) -> None:
    """What each contact's phone shows of the day on which it was asked; the answers are for show."""
    for person in _CONTACTS:
        _ = translator(person.language)
        asked = wording.invitation(
            spelled["traveler"], spelled[person.key], _, count=service.segments, ref_code=make_code()
        )
        thanked = wording.reply(Reply.ACCEPTED, _, name=spelled["traveler"])
        _put(service, person.phone, asked, "invitation")
        phones.type_text(person.phone, "1", f"seed-{person.key}")
        _put(service, person.phone, thanked, "reply")


def _put(service: Service, number: str, body: str, kind: str) -> None:
    outbox_id = str(uuid5(NAMESPACE_OID, f"{number}:{kind}"))
    message = Message(outbox_id, number, service.fold(body), kind, None, None, None)
    network = service.notifiers["sms"]
    if not (isinstance(network, Searchable) and isinstance(network.find_sent(message, service.clock()), Found)):
        network.send(message)


def _write(service: Service, conn: Connection, now: datetime, spelled: Mapping[str, str]) -> bool:
    """All rows in one transaction; False when another process was first."""
    if conn.execute(select(_TRAVELERS.c.traveler_id).limit(1)).first() is not None:
        return False
    ids = {"traveler_id": TRAVELER_ID, "trip_id": TRIP_ID}
    key_id = service.keys.new_key(conn, "trip", now)
    conn.execute(insert(_TRAVELERS), _traveler(service, conn, now, spelled))
    word_key = secrets.token_bytes(32)
    conn.execute(insert(_TRIPS), {**ids, **_trip(service, conn, key_id, word_key, now, spelled)})
    plan = _plan(now, spelled)
    sealed_plan = _seal(service, conn, key_id, b"plan", plan_to_json(plan))
    conn.execute(insert(_PLANS), {**ids, "sealed": sealed_plan, "version": 1})
    contact_ids = [str(_write_contact(service, conn, key_id, now, spelled, i)) for i in range(len(_CONTACTS))]
    rungs = [
        {**ids, "position": i, "contact_ids": contact_ids[: i + 1], "wait_seconds": int(WAIT.total_seconds())}
        for i in range(len(contact_ids))
    ]
    conn.execute(insert(_RUNGS), rungs)
    kinds = (("safe", SAFE_WORD), ("duress", DURESS_WORD))
    fingerprints = [
        {**ids, "position": i, "kind": kind, "fingerprint": words.fingerprint(word_key, word)}
        for i, (kind, word) in enumerate(kinds)
    ]
    conn.execute(insert(_WORDS), fingerprints)
    watch = arm(plan, now)
    look_at = step_watch(watch, plan, WatchFacts(has_words=True), now).look_again_at
    conn.execute(insert(_WATCHES), {**ids, **watch_values(watch, look_at), "version": 1})
    token = base62(secrets.token_bytes(32), TOKEN_LETTERS)
    link = {
        **ids,
        "token_hash": service.keys.token_hash(token),
        "kind": "check_in",
        "sealed": service.keys.seal(conn, key_id, b"link", token.encode()),
        "created_at": now,
        "used": 0,
    }
    conn.execute(insert(_LINKS), link)
    work = Work(service, conn, now)
    work.audit.add(TRAVELER_ID, "traveler", "trip_armed")
    work.flush()
    return True


def _traveler(service: Service, conn: Connection, now: datetime, spelled: Mapping[str, str]) -> dict[str, Any]:
    key_id = service.keys.new_key(conn, "traveler", now)
    phone_hash = service.keys.phone_hash(TRAVELER_PHONE)
    owner = {"phone_hash": phone_hash, "traveler_id": TRAVELER_ID, "contact_id": NIL, "trip_id": TRIP_ID, "armed": True}
    conn.execute(insert(_OWNERS), owner)
    about = {"name": spelled["traveler"], "phone": TRAVELER_PHONE, "email": None, "citizenship": "KZ"}
    return {
        "traveler_id": TRAVELER_ID,
        "language": "ru",
        "phone_hash": phone_hash,
        "sealed": _seal(service, conn, key_id, b"traveler", about),
        "key_id": key_id,
        "created_at": now,
    }


def _trip(
    service: Service, conn: Connection, key_id: UUID, word_key: bytes, now: datetime, spelled: Mapping[str, str]
) -> dict[str, Any]:
    details = {
        "destination": {"country": "TR", "city": spelled["city"], "address": "Lara 12", "zone": "Europe/Istanbul"},
        "employer": {"name": "Lotus Garden Hotel", "phone": "+902420000002"},
        "consulate": {"name": spelled["consulate"], "phone": "+902420000003"},
        QUESTION: spelled["question"],
        NOT_FREE: spelled["not_free"],
    }
    return {
        "status": "armed",
        "wording": "plain",
        "starts_at": now,
        "ends_at": now + LASTS,
        "sealed": _seal(service, conn, key_id, b"trip", details),
        "key_id": key_id,
        "has_words": True,
        "word_key": service.keys.seal(conn, key_id, b"word_key", word_key),
        # Nobody signs in to this trip: its private page stays closed.
        "passphrase_hash": None,
        "cooling_off_seconds": int(service.limits.cooling_off.total_seconds()),
        "repeat_seconds": int(REPEAT.total_seconds()),
        "created_at": now,
        "armed_at": now,
    }


def _plan(now: datetime, spelled: Mapping[str, str]) -> Plan:
    leg = Leg(now, "Europe/Istanbul", "TR", spelled["city"])
    return Plan(starts_at=now, legs=(leg,), every=EVERY, grace=GRACE, remind_before=REMIND_BEFORE)


def _write_contact(
    service: Service, conn: Connection, key_id: UUID, now: datetime, spelled: Mapping[str, str], position: int
) -> UUID:
    person, contact_id = _CONTACTS[position], uuid4()
    phone_hash = service.keys.phone_hash(person.phone)
    channels = [{"channel": "sms", "address": person.phone}]
    about = {"name": spelled[person.key], "relation": spelled[f"{person.key}_is"], "channels": channels}
    row = {
        "traveler_id": TRAVELER_ID,
        "contact_id": contact_id,
        "trip_id": TRIP_ID,
        "position": position,
        "status": "accepted",
        "role": person.role,
        "disclosure": "full",
        "language": person.language,
        "phone_hash": phone_hash,
        "sealed": _seal(service, conn, key_id, b"contact", about),
        "dead_channels": [],
        "invited_at": now,
        "accepted_at": now,
        "settled_at": now,
        "traveler_told_at": now,
    }
    conn.execute(insert(_CONTACT_ROWS), row)
    owner = {"phone_hash": phone_hash, "traveler_id": TRAVELER_ID, "contact_id": contact_id, "trip_id": TRIP_ID}
    conn.execute(insert(_OWNERS), {**owner, "armed": False})
    return contact_id


def _seal(service: Service, conn: Connection, key_id: UUID, purpose: bytes, value: Mapping[str, Any]) -> bytes:
    return service.keys.seal(conn, key_id, purpose, json.dumps(value, ensure_ascii=False).encode())
