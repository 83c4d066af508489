"""Fills a database with trips as the product would have written them: armed, sealed, each under keys of its own."""

from __future__ import annotations

import json
import os
import secrets as randomness
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Table, func, insert, select, text

from service.core.ladder import Role
from service.core.plan import DailyTime, Leg, Plan
from service.core.watch import WatchView, arm
from service.db import codec, tables, tx
from service.db.engine import Database, make_engine
from service.db.routing import NIL, Link, PhoneOwner
from service.db.sealed import Keyring, open_keyring
from service.db.stored import table_of
from service.db.trips import TripKey, watch_values
from service.db.wrapping import NONCE_BYTES, Wrapper
from service.usecases.links import base62

Rows = dict[Table, list[dict[str, Any]]]
Watched = tuple[WatchView, datetime | None]
"""A watch, and when to look at it."""

AT_ONCE = 2_000
"""Trips written by one statement for each table."""
BARE_AT_ONCE = 100_000

KEYS = table_of(tables.DataKey)
TRAVELERS = table_of(tables.Traveler)
TRIPS = table_of(tables.Trip)
PLANS = table_of(tables.Plan)
CONTACTS = table_of(tables.Contact)
OWNERS = table_of(PhoneOwner)
WATCHES = table_of(tables.Watch)
LINKS = table_of(Link)

DETAILS: Mapping[str, Any] = {
    "destination": {
        "country": "TR",
        "city": "Antalya",
        "address": "Example street 1",
        "zone": "Europe/Istanbul",
    },
    "legs": [],
    "employer": {"name": "Lotus Garden Hotel", "phone": "+902422490000"},
    "consulate": {"name": "Consulate of Kazakhstan", "phone": "+902422490001"},
}


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was written: the tokens of `links` check-in links, spread over all trips, and the trips by number."""

    tokens: list[str]
    trips: list[TripKey]


def two_a_day(now: datetime) -> Plan:
    """A plan as most travelers have it: at 09:00 and 21:00 in Istanbul, begun two days ago."""
    starts_at = now - timedelta(days=2)
    daily = (DailyTime(time(9)), DailyTime(time(21)))
    return Plan(starts_at=starts_at, legs=(Leg(starts_at, "Europe/Istanbul", "TR", "Antalya"),), daily=daily)


def seed(
    url: str,
    secrets: Sequence[bytes],
    trips: int = 100_000,
    links: int = 2_000,
    *,
    now: datetime | None = None,
    plan: Plan | None = None,
    watch: Callable[[int], Watched] | None = None,
) -> Seeded:
    """Write `trips` armed trips into a migrated database, each with a traveler, two accepted contacts, a plan, a watch
    and a check-in link. Numbers count from 0: the traveler of trip 7 has +77010000007, her mother +77020000007.

    Args:
        secrets: the keys of AMANBA_SECRET_KEYS that the installation runs with.
        now: when all this was written; the present when not given.
        watch: the watch of a trip by its number, and when to look at it; a fresh one that is quiet until its first
            deadline when not given.
    """
    now = now or datetime.now(UTC)
    plan = plan or two_a_day(now)
    db = make_engine(url)
    try:
        watch = watch or _quiet(plan, now)
        maker = _Maker(open_keyring(db, secrets, now), Wrapper(secrets), plan, now, watch)
        tx.run(db, partial(_write, rows={KEYS: [maker.key_of_the_day()]}))
        # The database writes one lot while the next is made.
        with ThreadPoolExecutor(1) as writer:
            lots = (maker.rows(range(first, min(trips, first + AT_ONCE))) for first in range(0, trips, AT_ONCE))
            written: Future[None] | None = None
            for lot in lots:
                if written is not None:
                    written.result()
                written = writer.submit(tx.run, db, partial(_write, rows=lot))
            if written is not None:
                written.result()
        _settle_down(db)
    finally:
        db.close()
    every = max(1, trips // max(1, links))
    return Seeded(maker.tokens[::every][:links], maker.trips)


def fill_watches(
    url: str, count: int, *, look_from: datetime | None = None, within: timedelta = timedelta(days=1)
) -> None:
    """Add bare rows of watches that nothing else belongs to, to be looked at evenly within `within` from `look_from` on
    (an hour from now when not given)."""
    look_from = look_from or datetime.now(UTC) + timedelta(hours=1)
    step = within.total_seconds() / max(1, count)
    db = make_engine(url)
    try:
        said = look_from.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if db.dialect == "sqlite" else look_from
        # In parts: a statement may not take half a minute.
        for first in range(1, count + 1, BARE_AT_ONCE):
            last = min(count, first + BARE_AT_ONCE - 1)
            values = {"first": first, "last": last, "step": step, "look_from": said}
            tx.run(db, lambda conn, values=values: conn.execute(text(_FILL[db.dialect]), values))  # type: ignore[misc]
        _settle_down(db)
    finally:
        db.close()


def count_rows(db: Database, table: Table) -> int:
    """How many rows a table has."""
    return tx.read(db, lambda conn: conn.execute(select(func.count()).select_from(table)).scalar_one())


class _Maker:
    """Makes the rows of trips, and remembers what they are called."""

    def __init__(
        self, keys: Keyring, wrapper: Wrapper, plan: Plan, now: datetime, watch: Callable[[int], Watched]
    ) -> None:
        self.tokens: list[str] = []
        self.trips: list[TripKey] = []
        self._keys = keys
        self._wrapper = wrapper
        self._now = now
        self._watch = watch
        self._plan_said = json.dumps(codec.plan_to_json(plan), ensure_ascii=False).encode()
        self._details = json.dumps(DETAILS, ensure_ascii=False).encode()

    def key_of_the_day(self) -> dict[str, Any]:
        """The service key that an installation which runs since midnight (UTC) has."""
        key = _DataKey(uuid4(), os.urandom(32))
        midnight = self._now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        wrapped = self._wrapper.wrap(key.key_id, "service", key.secret)
        return {"key_id": key.key_id, "kind": "service", "wrapped": wrapped, "created_at": midnight}

    def rows(self, numbers: Sequence[int]) -> Rows:
        rows: Rows = {table: [] for table in (KEYS, TRAVELERS, TRIPS, PLANS, CONTACTS, OWNERS, WATCHES, LINKS)}
        for number in numbers:
            key = TripKey(uuid4(), uuid4())
            self.trips.append(key)
            phone = f"+7701{number:07}"
            rows[TRAVELERS].append(self._traveler(rows, key, phone))
            trip_key = self._data_key(rows, "trip")
            rows[TRIPS].append(self._trip(key, trip_key))
            rows[PLANS].append({**key._asdict(), "sealed": trip_key.seal(b"plan", self._plan_said), "version": 1})
            people = (("Gulnar", "mother", f"+7702{number:07}"), ("Daniyar", "brother", f"+7705{number:07}"))
            for position, (name, relation, number_of_hers) in enumerate(people, start=1):
                self._contact(rows, key, trip_key, position, name, relation, number_of_hers)
            watch, look_at = self._watch(number)
            rows[WATCHES].append({**key._asdict(), **watch_values(watch, look_at), "version": 1})
            rows[LINKS].append(self._link(key, trip_key))
        return rows

    def _data_key(self, rows: Rows, kind: str) -> _DataKey:
        key = _DataKey(uuid4(), os.urandom(32))
        wrapped = self._wrapper.wrap(key.key_id, kind, key.secret)
        rows[KEYS].append({"key_id": key.key_id, "kind": kind, "wrapped": wrapped, "created_at": self._now})
        return key

    def _traveler(self, rows: Rows, key: TripKey, phone: str) -> dict[str, Any]:
        data_key = self._data_key(rows, "traveler")
        said = {"name": "Aizhan Bek", "phone": phone, "email": None, "citizenship": "KZ"}
        digest = self._keys.phone_hash(phone)
        rows[OWNERS].append(_owner(digest, key, NIL, armed=True))
        return {
            "traveler_id": key.traveler_id,
            "language": "ru",
            "phone_hash": digest,
            "sealed": data_key.seal(b"traveler", json.dumps(said).encode()),
            "key_id": data_key.key_id,
            "audit_head": b"",
            "audit_length": 0,
            "created_at": self._now,
        }

    def _trip(self, key: TripKey, trip_key: _DataKey) -> dict[str, Any]:
        return {
            **key._asdict(),
            "status": "armed",
            "wording": "plain",
            "starts_at": self._now - timedelta(days=2),
            "ends_at": self._now + timedelta(days=200),
            "sealed": trip_key.seal(b"trip", self._details),
            "key_id": trip_key.key_id,
            "has_words": False,
            "cooling_off_seconds": 48 * 3600,
            "created_at": self._now,
            "armed_at": self._now,
        }

    def _contact(
        self, rows: Rows, key: TripKey, trip_key: _DataKey, position: int, name: str, relation: str, phone: str
    ) -> None:
        contact_id = uuid4()
        digest = self._keys.phone_hash(phone)
        said = {"name": name, "relation": relation, "channels": [{"channel": "sms", "address": phone}]}
        rows[OWNERS].append(_owner(digest, key, contact_id, armed=False))
        rows[CONTACTS].append(
            {
                **key._asdict(),
                "contact_id": contact_id,
                "position": position,
                "status": "accepted",
                "role": Role.FULL.value,
                "disclosure": "full",
                "language": "ru",
                "phone_hash": digest,
                "sealed": trip_key.seal(b"contact", json.dumps(said).encode()),
                "dead_channels": [],
                "invited_at": self._now,
                "accepted_at": self._now,
                "settled_at": self._now,
                "traveler_told_at": self._now,
            }
        )

    def _link(self, key: TripKey, trip_key: _DataKey) -> dict[str, Any]:
        token = base62(randomness.token_bytes(32), 43)
        self.tokens.append(token)
        return {
            **key._asdict(),
            "token_hash": self._keys.token_hash(token),
            "kind": "check_in",
            "sealed": trip_key.seal(b"link", token.encode()),
            "created_at": self._now,
            "used": 0,
        }


class _DataKey:
    """A data key that is not in the database yet; seals as `service.db.sealed` does."""

    def __init__(self, key_id: UUID, secret: bytes) -> None:
        self.key_id = key_id
        self.secret = secret
        self._cipher = AESGCM(secret)

    def seal(self, purpose: bytes, value: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return b"\x01" + self.key_id.bytes + nonce + self._cipher.encrypt(nonce, value, purpose)


def _owner(digest: bytes, key: TripKey, contact_id: UUID, *, armed: bool) -> dict[str, Any]:
    return {**key._asdict(), "phone_hash": digest, "contact_id": contact_id, "armed": armed}


def _quiet(plan: Plan, now: datetime) -> Callable[[int], Watched]:
    watch = arm(plan, now)
    look_at = watch.deadline and watch.deadline - plan.remind_before
    return lambda _number: (watch, look_at)


def _write(conn: Connection, rows: Rows) -> None:
    if conn.dialect.name == "sqlite":
        # Random keys go all over the indexes: with little memory each lot would write most of the file anew.
        conn.exec_driver_sql("PRAGMA cache_size = -400000")
    for table, of_table in rows.items():
        if conn.dialect.name == "sqlite":
            conn.execute(insert(table), of_table)
        else:
            _copy(conn, table, of_table)


def _copy(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    driver: Any = conn.connection.driver_connection
    names = list(rows[0])
    say = _WRITERS.get
    lines = "".join("\t".join([say(type(v), str)(v) for v in map(row.__getitem__, names)]) + "\n" for row in rows)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        copy.write(lines)


def _json(value: Any) -> str:
    return json.dumps(value).replace("\\", r"\\")


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: r"\N",
    bytes: lambda value: r"\\x" + value.hex(),
    bool: lambda value: "t" if value else "f",
    datetime: datetime.isoformat,
    list: _json,
    dict: _json,
}
"""How values stand in the text format of COPY, in which a backslash is two; all others as they print."""


def _settle_down(db: Database) -> None:
    """The planner knows what is there, and no vacuum comes in the middle of a run."""
    with db.write.connect() as conn:
        if db.dialect == "sqlite":
            conn.exec_driver_sql("ANALYZE")
            conn.commit()
        else:
            conn.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM (ANALYZE)")


_FILL: Mapping[str, str] = {
    "postgresql": """
        INSERT INTO watches (traveler_id, trip_id, state, armed_at, deadline, reminders, streak, weak_at, missed_at,
            grace_cut_seconds, look_at, version)
        SELECT gen_random_uuid(), gen_random_uuid(), 'armed', now(), look_at + interval '30 minutes', 0, 0, '[]', '[]',
            0, look_at, 1
        FROM (SELECT CAST(:look_from AS timestamptz) + :step * number * interval '1 second' AS look_at
              FROM generate_series(CAST(:first AS integer), :last) AS number) AS numbered
    """,
    "sqlite": """
        INSERT INTO watches (traveler_id, trip_id, state, armed_at, deadline, reminders, streak, weak_at, missed_at,
            grace_cut_seconds, look_at, version)
        WITH RECURSIVE numbered(number) AS
            (SELECT :first UNION ALL SELECT number + 1 FROM numbered WHERE number < :last)
        SELECT lower(hex(randomblob(16))), lower(hex(randomblob(16))), 'armed', datetime('now') || '.000000',
            datetime(:look_from, '+' || (:step * number + 1800) || ' seconds') || '.000000', 0, 0, '[]', '[]', 0,
            datetime(:look_from, '+' || (:step * number) || ' seconds') || '.000000', 1
        FROM numbered
    """,
}
