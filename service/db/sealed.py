"""Sealing what people told us, and looking up numbers and tokens without storing them.

A sealed value is version (1 byte), id of its data key (16), nonce (12), AES-256-GCM ciphertext; the associated data is
its purpose, such as `b"contact"`, so that a value cannot be moved to a column where it would mean something else. Each
trip and traveler has a data key of its own; erasing that key's row deletes all that it sealed. A backup made before
still has the key, until the backup itself is deleted.
"""

import hmac
import os
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from threading import Lock
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Row,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from service.clock import monotonic
from service.db import tx
from service.db.engine import Database
from service.db.errors import KeyErased, SealBroken
from service.db.rows import ids, insert_ignore, is_one_of
from service.db.stored import table_of
from service.db.tables import DataKey
from service.db.wrapping import NONCE_BYTES, Wrapper

Kind = Literal["traveler", "trip", "service"]

SERVICE_KEY_LIFE = timedelta(days=8)
CACHED_KEYS = 10_000
CACHE_SECONDS = 600.0
"""How long a process may still open values whose key another process has erased."""

_VERSION = b"\x01"
_KEY_BYTES = 32
_HEADER = 1 + 16
_SEALED = _HEADER + NONCE_BYTES
_BATCH = 500
# Longer than any transaction may last: a row that is older and visible is committed.
_SURELY_COMMITTED = timedelta(minutes=2)
_HASH_KEY = UUID("5f1d3a0e-0000-4000-8000-000000000001")
"""The one key of its kind: under a key that never changes, look-ups outlive a change of AMANBA_SECRET_KEYS."""

_keys = table_of(DataKey)
_SELECT = select(_keys.c.key_id, _keys.c.kind, _keys.c.wrapped)
_SELECT_OF_DAY = (
    select(_keys.c.key_id, _keys.c.created_at)
    .where(
        _keys.c.kind == "service",
        _keys.c.created_at >= bindparam("begin"),
        _keys.c.created_at < bindparam("end"),
    )
    .order_by(_keys.c.created_at, _keys.c.key_id)
    .limit(1)
)


class _Cached(NamedTuple):
    cipher: AESGCM
    loaded: float


def open_keyring(db: Database, secrets: Sequence[bytes], now: datetime) -> "Keyring":
    """The keyring of an installation; at first use, makes the key under which numbers and tokens are hashed.

    Raises:
        SecretMissing: none of the secrets is one that this database was made with.
        StorageUnavailable: the database is away.
    """
    wrapper = Wrapper(secrets)
    wrapped = wrapper.wrap(_HASH_KEY, "hash", os.urandom(_KEY_BYTES))
    row = {"key_id": _HASH_KEY, "kind": "hash", "wrapped": wrapped, "created_at": now}

    def make_or_find(conn: Connection) -> bytes:
        # Of two processes that start together one makes it and both find it.
        insert_ignore(conn, _keys, [row])
        found: bytes = conn.execute(select(_keys.c.wrapped).where(_keys.c.key_id == _HASH_KEY)).scalar_one()
        return found

    return Keyring(wrapper, wrapper.unwrap(_HASH_KEY, "hash", tx.run(db, make_or_find)))


def key_of(blob: bytes) -> UUID:
    """The data key that sealed `blob`, for `Keyring.prefetch`.

    Raises:
        SealBroken: it is no sealed value.
    """
    return UUID(bytes=_name_in(bytes(blob)))


def _name_in(blob: bytes) -> bytes:
    if blob[:1] != _VERSION or len(blob) < _SEALED:
        raise SealBroken("not a sealed value")
    return blob[1:_HEADER]


def keys_used(conn: Connection, *wanted: tuple[ColumnElement[bytes], ColumnElement[bool]]) -> set[UUID]:
    """The data keys that sealed the values of columns in rows that meet a condition, each given as a pair."""
    heads: set[bytes] = set()
    for column, condition in wanted:
        query = select(func.substr(column, 2, _HEADER - 1)).where(condition, func.length(column) >= _HEADER).distinct()
        heads.update(bytes(head) for head in conn.execute(query).scalars())
    return {UUID(bytes=head) for head in heads}


class Keyring:
    """Seals, opens and hashes. Safe to share between threads; keeps the unwrapped keys that it used last."""

    def __init__(self, wrapper: Wrapper, hash_key: bytes) -> None:
        self._wrapper = wrapper
        self._hash_key = hash_key
        # By the bytes of their ids, as sealed values name them: an id is slow to make, and to compare.
        self._cache: OrderedDict[bytes, _Cached] = OrderedDict()
        self._today: tuple[date, UUID] | None = None
        self._lock = Lock()

    def new_key(self, conn: Connection, kind: Kind, now: datetime) -> UUID:
        """Make a data key; it exists once the transaction commits."""
        key_id, key = uuid4(), os.urandom(_KEY_BYTES)
        row = {"key_id": key_id, "kind": kind, "wrapped": self._wrapper.wrap(key_id, kind, key), "created_at": now}
        conn.execute(insert(_keys), row)
        self._remember({key_id.bytes: AESGCM(key)})
        return key_id

    def service_key(self, conn: Connection, now: datetime) -> UUID:
        """The key of the day (UTC) for what READ reseals or nobody needs for long; made at first use."""
        day = now.astimezone(UTC).date()
        today = self._today
        if today is not None and today[0] == day:
            return today[1]
        begin = datetime.combine(day, time(), UTC)
        found = conn.execute(_SELECT_OF_DAY, {"begin": begin, "end": begin + timedelta(days=1)}).first()
        if found is None:
            return self.new_key(conn, "service", now)
        if found.created_at <= now - _SURELY_COMMITTED:
            # Never remember one that may yet be rolled back: what it went on to seal would be lost.
            self._today = (day, found.key_id)
        key_id: UUID = found.key_id
        return key_id

    def erase(self, conn: Connection, key_id: UUID) -> None:
        """Delete all that this key sealed, by deleting the key."""
        conn.execute(delete(_keys).where(_keys.c.key_id == key_id))
        self._forget([key_id])

    def erase_service_keys(self, conn: Connection, now: datetime, keep: Collection[UUID] = ()) -> int:
        """Erase the service keys older than `SERVICE_KEY_LIFE` but for some; how many."""
        old = (_keys.c.kind == "service") & (_keys.c.created_at <= now - SERVICE_KEY_LIFE)
        key_ids = [key_id for key_id in conn.execute(select(_keys.c.key_id).where(old)).scalars() if key_id not in keep]
        conn.execute(delete(_keys).where(_keys.c.key_id.in_(key_ids)))
        self._forget(key_ids)
        return len(key_ids)

    def prefetch(self, conn: Connection, key_ids: Iterable[UUID]) -> None:
        """Load the keys that a batch will need in one statement; erased ones are passed over."""
        now, names = monotonic(), {key_id.bytes: key_id for key_id in key_ids}
        with self._lock:
            missing = [key_id for name, key_id in names.items() if self._fresh(name, now) is None]
        for start in range(0, len(missing), _BATCH):
            self.admit(_read(conn, missing[start : start + _BATCH]))

    def admit(self, rows: Iterable[Row[Any]]) -> None:
        """Keep the keys that a batch will need, of rows with a `key_id`, its `kind` and how it is `wrapped`."""
        self._remember({row.key_id.bytes: self._unwrap(row.key_id, row.kind, row.wrapped) for row in rows})

    def seal(self, conn: Connection, key_id: UUID, purpose: bytes, value: bytes) -> bytes:
        """Seal `value` for `purpose`.

        Raises:
            KeyErased: the key is gone.
        """
        nonce, name = os.urandom(NONCE_BYTES), key_id.bytes
        ciphertext = self._cipher(conn, name).encrypt(nonce, value, purpose)
        return _VERSION + name + nonce + ciphertext

    def open(self, conn: Connection, purpose: bytes, blob: bytes) -> bytes:
        """What was sealed for `purpose`.

        Raises:
            KeyErased: its key is gone.
            SealBroken: it was altered, or sealed for another purpose.
        """
        blob = bytes(blob)
        return _opened(self._cipher(conn, _name_in(blob)), purpose, blob)

    def open_all(self, conn: Connection, purpose: bytes, blobs: Sequence[bytes]) -> list[bytes]:
        """What was sealed for `purpose`, of many whose keys were prefetched; raises as `open`."""
        now, names = monotonic(), [_name_in(blob) for blob in blobs]
        with self._lock:
            ciphers = [self._fresh(name, now) for name in names]
        return [
            _opened(cipher or self._cipher(conn, name), purpose, blob)
            for cipher, name, blob in zip(ciphers, names, blobs, strict=True)
        ]

    def phone_hash(self, number: str) -> bytes:
        """The keyed hash of a number in E.164, or of another address, to look up whose it is."""
        return self._hash(b"phone", number)

    def token_hash(self, token: str) -> bytes:
        """The keyed hash of a link's token."""
        return self._hash(b"token", token)

    def code_hash(self, code: str) -> bytes:
        """The keyed hash of a short code."""
        return self._hash(b"code", code)

    def checkpoint_hash(self, said: str) -> bytes:
        """The keyed hash that marks a checkpoint of the audit trail as ours."""
        return self._hash(b"checkpoint", said)

    def rewrap(self, db: Database) -> int:
        """Wrap under the first secret every key that another wraps; how many. After it the others may go."""
        count, last = 0, UUID(int=0)
        while True:
            seen, changed, last = tx.run(db, partial(self._rewrap_batch, after=last))
            count += changed
            if seen < _BATCH:
                return count

    def _rewrap_batch(self, conn: Connection, after: UUID) -> tuple[int, int, UUID]:
        rows = conn.execute(_SELECT.where(_keys.c.key_id > after).order_by(_keys.c.key_id).limit(_BATCH)).all()
        old = [row for row in rows if not self._wrapper.is_current(row.wrapped)]
        for row in old:
            key = self._wrapper.unwrap(row.key_id, row.kind, row.wrapped)
            wrapped = self._wrapper.wrap(row.key_id, row.kind, key)
            conn.execute(update(_keys).where(_keys.c.key_id == row.key_id).values(wrapped=wrapped))
        return len(rows), len(old), rows[-1].key_id if rows else after

    def _hash(self, label: bytes, value: str) -> bytes:
        return hmac.digest(self._hash_key, label + b"\0" + value.encode(), "sha256")

    def _cipher(self, conn: Connection, name: bytes) -> AESGCM:
        if (cached := self._cached(name)) is not None:
            return cached
        key_id = UUID(bytes=name)
        row = _read(conn, [key_id]).first()
        if row is None:
            raise KeyErased(f"data key {key_id} is gone")
        cipher = self._unwrap(key_id, row.kind, row.wrapped)
        self._remember({name: cipher})
        return cipher

    def _unwrap(self, key_id: UUID, kind: str, wrapped: bytes) -> AESGCM:
        return AESGCM(self._wrapper.unwrap(key_id, kind, wrapped))

    def _cached(self, name: bytes) -> AESGCM | None:
        with self._lock:
            return self._fresh(name, monotonic())

    def _fresh(self, name: bytes, now: float) -> AESGCM | None:
        """The kept key, unless it has been kept for too long; under the lock."""
        entry = self._cache.get(name)
        if entry is None:
            return None
        if now - entry.loaded > CACHE_SECONDS:
            del self._cache[name]
            return None
        self._cache.move_to_end(name)
        return entry.cipher

    def _remember(self, ciphers: Mapping[bytes, AESGCM]) -> None:
        now = monotonic()
        with self._lock:
            for name, cipher in ciphers.items():
                self._cache[name] = _Cached(cipher, now)
            while len(self._cache) > CACHED_KEYS:
                self._cache.popitem(last=False)

    def _forget(self, key_ids: Iterable[UUID]) -> None:
        with self._lock:
            for key_id in key_ids:
                self._cache.pop(key_id.bytes, None)
                if self._today is not None and self._today[1] == key_id:
                    self._today = None


def _opened(cipher: AESGCM, purpose: bytes, blob: bytes) -> bytes:
    try:
        return cipher.decrypt(blob[_HEADER:_SEALED], blob[_SEALED:], purpose)
    except InvalidTag as error:
        raise SealBroken("a sealed value was altered, or sealed for another purpose") from error


def _read(conn: Connection, key_ids: Sequence[UUID]) -> CursorResult[Any]:
    dialect = conn.dialect.name
    return conn.execute(_some_query(dialect), ids(dialect, key_ids))


@lru_cache(maxsize=2)
def _some_query(dialect: str) -> Select[Any]:
    return _SELECT.where(is_one_of(dialect, _keys.c.key_id))
