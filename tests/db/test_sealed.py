"""What is sealed opens for its purpose only, outlives a change of secrets, and dies with its key."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select

from service.db import sealed, tx
from service.db.engine import Database
from service.db.errors import KeyErased, SealBroken, SecretMissing
from service.db.sealed import Keyring, key_of, open_keyring
from service.db.stored import table_of
from service.db.tables import DataKey

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
OLD, NEW = bytes(range(32)), bytes(range(100, 132))
SECRET = "Айгуль, +77010000001".encode()


@pytest.fixture
def keyring(db: Database) -> Keyring:
    return open_keyring(db, [OLD], NOW)


@pytest.fixture
def key_id(db: Database, keyring: Keyring) -> UUID:
    return tx.run(db, lambda conn: keyring.new_key(conn, "trip", NOW))


def seal(db: Database, keyring: Keyring, key_id: UUID) -> bytes:
    return tx.read(db, lambda conn: keyring.seal(conn, key_id, b"contact", SECRET))


def unseal(db: Database, keyring: Keyring, blob: bytes, purpose: bytes = b"contact") -> bytes:
    return tx.read(db, lambda conn: keyring.open(conn, purpose, blob))


def test_what_is_sealed_opens_in_another_process_and_shows_nothing(
    db: Database, keyring: Keyring, key_id: UUID
) -> None:
    blob = seal(db, keyring, key_id)
    assert key_of(blob) == key_id
    assert SECRET not in blob
    assert seal(db, keyring, key_id) != blob
    assert unseal(db, open_keyring(db, [OLD], NOW), blob) == SECRET


def test_a_value_does_not_open_for_another_purpose(db: Database, keyring: Keyring, key_id: UUID) -> None:
    blob = seal(db, keyring, key_id)
    with pytest.raises(SealBroken):
        unseal(db, keyring, blob, b"outbox")


def test_no_byte_of_a_value_can_be_changed_or_cut(db: Database, keyring: Keyring, key_id: UUID) -> None:
    blob = seal(db, keyring, key_id)
    for place in range(len(blob)):
        altered = bytearray(blob)
        altered[place] ^= 1
        with pytest.raises((SealBroken, KeyErased)):
            unseal(db, keyring, bytes(altered))
    for length in (0, 1, 17, 28, 29, len(blob) - 1):
        with pytest.raises(SealBroken):
            unseal(db, keyring, blob[:length])


def test_a_wrapped_key_cannot_stand_in_the_row_of_another(db: Database, keyring: Keyring, key_id: UUID) -> None:
    other = tx.run(db, lambda conn: keyring.new_key(conn, "trip", NOW))
    keys = table_of(DataKey)

    def swap(conn: Connection) -> None:
        stolen = conn.execute(select(keys.c.wrapped).where(keys.c.key_id == other)).scalar_one()
        conn.execute(keys.update().where(keys.c.key_id == key_id).values(wrapped=stolen))

    blob = seal(db, keyring, key_id)
    tx.run(db, swap)
    with pytest.raises(SealBroken, match=r"data key .* was altered"):
        unseal(db, open_keyring(db, [OLD], NOW), blob)


def test_erasing_a_key_deletes_what_it_sealed(db: Database, keyring: Keyring, key_id: UUID) -> None:
    blob = seal(db, keyring, key_id)
    tx.run(db, lambda conn: keyring.erase(conn, key_id))
    with pytest.raises(KeyErased):
        unseal(db, keyring, blob)


def test_a_process_forgets_a_key_that_another_erased(
    db: Database, keyring: Keyring, key_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = seal(db, keyring, key_id)
    elsewhere = open_keyring(db, [OLD], NOW)
    tx.run(db, lambda conn: elsewhere.erase(conn, key_id))
    assert unseal(db, keyring, blob) == SECRET
    monkeypatch.setattr(sealed, "CACHE_SECONDS", -1.0)
    with pytest.raises(KeyErased):
        unseal(db, keyring, blob)


def test_secrets_can_be_changed_while_everything_stays_readable(db: Database, keyring: Keyring, key_id: UUID) -> None:
    blob = seal(db, keyring, key_id)
    phone = keyring.phone_hash("+77010000001")

    both = open_keyring(db, [NEW, OLD], NOW)
    assert unseal(db, both, blob) == SECRET
    # The trip's key and the key of all hashes; the second time there is nothing left to do.
    assert both.rewrap(db) == 2
    assert both.rewrap(db) == 0

    alone = open_keyring(db, [NEW], NOW)
    assert unseal(db, alone, blob) == SECRET
    assert alone.phone_hash("+77010000001") == phone
    with pytest.raises(SecretMissing):
        open_keyring(db, [OLD], NOW)


def test_more_keys_than_a_batch_are_wrapped_anew(
    db: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "_BATCH", 3)
    tx.run(db, lambda conn: [keyring.new_key(conn, "trip", NOW) for _ in range(8)])
    assert open_keyring(db, [NEW, OLD], NOW).rewrap(db) == 9
    open_keyring(db, [NEW], NOW)


def test_hashes_differ_by_kind_and_by_installation(db: Database, keyring: Keyring) -> None:
    assert keyring.phone_hash("x") == keyring.phone_hash("x")
    assert len({keyring.phone_hash("x"), keyring.token_hash("x"), keyring.code_hash("x")}) == 3
    assert keyring.token_hash("x") == open_keyring(db, [OLD], NOW).token_hash("x")


def test_a_batch_of_keys_is_loaded_in_one_statement(db: Database, keyring: Keyring) -> None:
    key_ids = tx.run(db, lambda conn: [keyring.new_key(conn, "trip", NOW) for _ in range(5)])
    blobs = [seal(db, keyring, key_id) for key_id in key_ids]
    fresh = open_keyring(db, [OLD], NOW)
    gone = UUID(bytes=os.urandom(16))

    tx.read(db, lambda conn: fresh.prefetch(conn, [*map(key_of, blobs), gone]))
    tx.run(db, lambda conn: conn.execute(table_of(DataKey).delete()))
    assert [unseal(db, fresh, blob) for blob in blobs] == [SECRET] * 5


def test_there_is_one_service_key_a_day(db: Database, keyring: Keyring) -> None:
    def of(moment: datetime, keyring: Keyring = keyring) -> UUID:
        return tx.run(db, lambda conn: keyring.service_key(conn, moment))

    today = of(NOW)
    assert of(NOW + timedelta(hours=13, minutes=59)) == today
    assert of(NOW, open_keyring(db, [OLD], NOW)) == today
    tomorrow = of(NOW + timedelta(hours=14))
    assert tomorrow != today
    assert of(NOW + timedelta(hours=20)) == tomorrow


def test_a_service_key_that_was_rolled_back_is_not_used_again(db: Database, keyring: Keyring) -> None:
    made: list[UUID] = []

    def make_and_fail(conn: Connection) -> None:
        made.append(keyring.service_key(conn, NOW))
        made.append(keyring.service_key(conn, NOW + timedelta(seconds=1)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tx.run(db, make_and_fail)
    kept = tx.run(db, lambda conn: keyring.service_key(conn, NOW + timedelta(seconds=2)))
    assert kept not in made
    blob = seal(db, keyring, kept)
    assert unseal(db, open_keyring(db, [OLD], NOW), blob) == SECRET


def test_service_keys_are_erased_after_eight_days_and_others_never(
    db: Database, keyring: Keyring, key_id: UUID
) -> None:
    first = tx.run(db, lambda conn: keyring.service_key(conn, NOW))
    blob = seal(db, keyring, first)
    assert tx.run(db, lambda conn: keyring.erase_service_keys(conn, NOW + timedelta(days=8, seconds=-1))) == 0
    assert unseal(db, keyring, blob) == SECRET
    assert tx.run(db, lambda conn: keyring.erase_service_keys(conn, NOW + timedelta(days=8))) == 1
    with pytest.raises(KeyErased):
        unseal(db, keyring, blob)
    left = select(func.count()).select_from(table_of(DataKey))
    assert tx.read(db, lambda conn: conn.execute(left).scalar_one()) == 2
