"""The passphrase of the private page, kept as a slow hash."""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(),))
_AT_ONCE = BoundedSemaphore(2)
"""Each takes 64 MB: whoever sends many passphrases waits, and does not take the memory of the whole service."""
SHORTEST = 8
"""Characters."""


def hash_passphrase(passphrase: str) -> str:
    """Argon2id with a salt of its own; takes a tenth of a second or more, so never inside a transaction."""
    with _AT_ONCE:
        return _HASHER.hash(_plain(passphrase))


def passphrase_fits(passphrase: str, stored: str) -> bool:
    """Whether it is the one that was set."""
    with _AT_ONCE:
        return _HASHER.verify(_plain(passphrase), stored)


def _plain(passphrase: str) -> str:
    # Keyboards compose й and ё in different ways.
    return unicodedata.normalize("NFKC", passphrase).strip()
