"""The passphrase of the private page, kept as a slow hash."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from service.db.errors import StorageUnavailable


@dataclass(frozen=True, slots=True)
class Effort:
    """What it takes to try one passphrase, by Argon2id: passes over so much memory, in lanes side by side."""

    passes: int = 3
    kibibytes: int = 65536
    lanes: int = 4

    @property
    def hasher(self) -> PasswordHash:
        """It also verifies what was hashed with another effort, which each hash names."""
        return PasswordHash((Argon2Hasher(time_cost=self.passes, memory_cost=self.kibibytes, parallelism=self.lanes),))


FULL = Effort()
_HASHER = FULL.hasher
_AT_ONCE = BoundedSemaphore(2)
"""Each takes 64 MB: whoever sends many passphrases waits, and does not take the memory of the whole service."""
_IN_LINE = BoundedSemaphore(8)
"""Nor its threads: those who wait would hold up her own button, which needs one of the same forty."""
SHORTEST = 8
"""Characters."""


def hash_passphrase(passphrase: str, effort: Effort = FULL) -> str:
    """Argon2id with a salt of its own; takes a tenth of a second or more, so never inside a transaction.

    Raises:
        StorageUnavailable: too many wait for theirs.
    """
    with _in_turn():
        return effort.hasher.hash(_plain(passphrase))


def passphrase_fits(passphrase: str, stored: str) -> bool:
    """Whether it is the one that was set; raises as `hash_passphrase`."""
    with _in_turn():
        return _HASHER.verify(_plain(passphrase), stored)


@contextmanager
def _in_turn() -> Iterator[None]:
    if not _IN_LINE.acquire(blocking=False):
        raise StorageUnavailable("too many passphrases at once")
    try:
        with _AT_ONCE:
            yield
    finally:
        _IN_LINE.release()


def _plain(passphrase: str) -> str:
    # Keyboards compose й and ё in different ways.
    return unicodedata.normalize("NFKC", passphrase).strip()
