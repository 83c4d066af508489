"""How a data key is wrapped under the secrets of AMANBA_SECRET_KEYS, so that they can be changed."""

import hashlib
import os
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, LargeBinary, func, select

from service.db.errors import SealBroken, SecretKeysError, SecretMissing
from service.db.stored import table_of
from service.db.tables import DataKey

_VERSION = b"\x01"
_NAME_BYTES = 8
NONCE_BYTES = 12


class Wrapper:
    """Wraps data keys under the first secret and unwraps those of every secret.

    A wrapped key is version (1 byte), name of the secret (8), nonce (12), AES-256-GCM ciphertext; its id and kind are
    the associated data, so that no row's key can stand in another's.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise SecretKeysError("AMANBA_SECRET_KEYS holds no key")
        self._secrets = {_name(secret): AESGCM(secret) for secret in secrets}
        self._first = _name(secrets[0])

    def wrap(self, key_id: UUID, kind: str, key: bytes) -> bytes:
        """Wrap `key` under the first secret."""
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = self._secrets[self._first].encrypt(nonce, key, _about(key_id, kind))
        return _VERSION + self._first + nonce + ciphertext

    def unwrap(self, key_id: UUID, kind: str, wrapped: bytes) -> bytes:
        """The data key.

        Raises:
            SecretMissing: it was wrapped under a secret that we do not have.
            SealBroken: it was altered.
        """
        secret = self._secrets.get(_secret_of(wrapped))
        if wrapped[:1] != _VERSION or secret is None:
            raise SecretMissing(f"AMANBA_SECRET_KEYS lacks the secret that wraps data key {key_id}")
        body = wrapped[1 + _NAME_BYTES :]
        try:
            return secret.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _about(key_id, kind))
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"data key {key_id} was altered") from error

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the first secret wraps it."""
        return _secret_of(wrapped) == self._first


def check_wrapped(conn: Connection, wrapper: Wrapper) -> int:
    """Whether the secrets open what wraps the data keys of a database, by one key of each secret that was ever used;
    how many secrets that were.

    Raises:
        SecretMissing: data keys were wrapped under a secret that we do not have.
        SealBroken: a data key was altered.
    """
    keys = table_of(DataKey)
    secret = func.substr(keys.c.wrapped, 2, _NAME_BYTES, type_=LargeBinary())
    names = conn.execute(select(secret).distinct()).scalars().all()
    for name in names:
        one = select(keys.c.key_id, keys.c.kind, keys.c.wrapped).where(secret == bytes(name)).limit(1)
        for row in conn.execute(one):
            wrapper.unwrap(row.key_id, row.kind, row.wrapped)
    return len(names)


def _name(secret: bytes) -> bytes:
    # Tells secrets apart without telling anything about them: they are random.
    return hashlib.sha256(b"amanba secret\0" + secret).digest()[:_NAME_BYTES]


def _secret_of(wrapped: bytes) -> bytes:
    return wrapped[1 : 1 + _NAME_BYTES]


def _about(key_id: UUID, kind: str) -> bytes:
    return key_id.bytes + kind.encode()
