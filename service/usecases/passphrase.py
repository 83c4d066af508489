"""The passphrase of the private page, kept as a slow hash."""

from __future__ import annotations

import unicodedata

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = PasswordHash((Argon2Hasher(),))
SHORTEST = 8
"""Characters."""


def hash_passphrase(passphrase: str) -> str:
    """Argon2id with a salt of its own; takes a tenth of a second or more, so never inside a transaction."""
    return _HASHER.hash(_plain(passphrase))


def passphrase_fits(passphrase: str, stored: str) -> bool:
    """Whether it is the one that was set."""
    return _HASHER.verify(_plain(passphrase), stored)


def _plain(passphrase: str) -> str:
    # Keyboards compose й and ё in different ways.
    return unicodedata.normalize("NFKC", passphrase).strip()
