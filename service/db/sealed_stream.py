"""A stream of lines, compressed and sealed, for what leaves the database as a whole.

    magic (14 bytes), version (1), salt (32), check (16), then chunks of 64 KiB, each AES-256-GCM with its tag

The file's own key and `check` come from the given key and the salt by HKDF-SHA256. A chunk's nonce is its number
(11 bytes, big-endian) and whether it is the last (1 byte), and the head is its associated data; so what was altered,
moved, repeated or cut off does not open. (STREAM of Hoang, Reyhanitabar, Rogaway and Vizár 2015, as in age's format.)
"""

import hmac
import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.db.errors import BackupBroken

MAGIC = b"AMANBA BACKUP\n"
VERSION = b"\x01"
CHUNK_BYTES = 64 * 1024

_SALT_BYTES = 32
_CHECK_BYTES = 16
_TAG_BYTES = 16
_KEY_BYTES = 32
# Rows hold ciphertext, which gains nothing by more effort.
_EFFORT = 1


class SealedLines:
    """Writes lines to `out`. Without `finish` nothing of it can be read as whole."""

    def __init__(self, out: BinaryIO, key: bytes) -> None:
        salt = os.urandom(_SALT_BYTES)
        own_key, check = _derive(key, salt)
        self._out = out
        self._head = MAGIC + VERSION + salt + check
        self._cipher = AESGCM(own_key)
        self._deflate = zlib.compressobj(_EFFORT)
        self._waiting = bytearray()
        self._number = 0
        out.write(self._head)

    def write(self, line: bytes) -> None:
        """One line, without its end; it holds no line break."""
        self._waiting += self._deflate.compress(line + b"\n")
        # A chunk is sealed when more follows, because the last one says that it is the last.
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        """Write what is left, and that it is all."""
        self._waiting += self._deflate.flush()
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last), plain, self._head))
        self._number += 1


def read_lines(source: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The lines of a sealed stream, each part of it proven before a line of it is given out.

    Raises:
        BackupBroken: it is no such stream, was made with another key, or was altered or cut; raised where that shows,
            so that nothing is to be taken for good before the last line has come.
    """
    inflate, rest = zlib.decompressobj(), b""
    for chunk in _open_chunks(source, key):
        *lines, rest = (rest + inflate.decompress(chunk)).split(b"\n")
        yield from lines
    if rest or not inflate.eof:
        raise BackupBroken("the backup ends in the middle of a line")


def is_sealed_stream(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return head.startswith(MAGIC)


def _open_chunks(source: BinaryIO, key: bytes) -> Iterator[bytes]:
    head = source.read(len(MAGIC) + len(VERSION) + _SALT_BYTES + _CHECK_BYTES)
    if not is_sealed_stream(head):
        raise BackupBroken("this is no backup of Amanba")
    version = head[len(MAGIC) : len(MAGIC) + 1]
    if version != VERSION:
        raise BackupBroken("the backup was made by a newer version of Amanba")
    salt, check = head[-_SALT_BYTES - _CHECK_BYTES : -_CHECK_BYTES], head[-_CHECK_BYTES:]
    own_key, expected = _derive(key, salt)
    if not hmac.compare_digest(check, expected):
        raise BackupBroken("the backup was made with another AMANBA_BACKUP_KEY")
    cipher, number = AESGCM(own_key), 0
    chunk = source.read(CHUNK_BYTES + _TAG_BYTES)
    last = False
    while not last:
        following = source.read(CHUNK_BYTES + _TAG_BYTES)
        last = not following
        try:
            yield cipher.decrypt(_nonce(number, last), chunk, head)
        except (InvalidTag, ValueError) as error:
            raise BackupBroken("the backup was altered or cut short") from error
        chunk, number = following, number + 1


def _derive(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    derived = HKDF(SHA256(), _KEY_BYTES + _CHECK_BYTES, salt, b"amanba backup 1").derive(key)
    return derived[:_KEY_BYTES], derived[_KEY_BYTES:]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
