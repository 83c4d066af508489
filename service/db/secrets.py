"""AMANBA_SECRET_KEYS, the secrets that wrap all data keys, and AMANBA_BACKUP_KEY. What no process may print."""

import base64
import binascii
import os
import stat
from pathlib import Path
from secrets import token_bytes

from service.db.errors import SecretKeysError

NAME = "AMANBA_SECRET_KEYS"
BACKUP_NAME = "AMANBA_BACKUP_KEY"
KEY_BYTES = 32
_FEWEST_DIFFERENT_BYTES = 8
"""Random keys have some 30 different bytes; fewer than this means zeros, a pattern or a word repeated."""


def parse_secret_keys(text: str) -> list[bytes]:
    """The keys in a comma-separated list of 32 random bytes each in base64url; the first seals, all open.

    Raises:
        SecretKeysError: none, one that is not such a key, a placeholder, or the same one twice.
    """
    keys = [_parse(part.strip(), f"{NAME}: key {place}") for place, part in enumerate(text.split(","), start=1)]
    if len(set(keys)) < len(keys):
        raise SecretKeysError(f"{NAME} holds the same key twice")
    return keys


def parse_backup_key(text: str) -> bytes:
    """The one key that seals backups: 32 random bytes in base64url.

    Raises:
        SecretKeysError: it is not such a key, or a placeholder.
    """
    return _parse(text.strip(), f"{BACKUP_NAME}: it")


def make_key() -> str:
    """A new key as AMANBA_SECRET_KEYS takes it."""
    return base64.urlsafe_b64encode(token_bytes(KEY_BYTES)).decode().rstrip("=")


def load_or_make_key_file(path: Path) -> list[bytes]:
    """The keys in a file that only its owner may read; with no file there, one is made with one new key.

    Two processes that start together get the same key.

    Raises:
        SecretKeysError: others may read the file, or what it holds is not a list of keys.
    """
    if not path.exists():
        _make(path)
    return parse_secret_keys(read_key_file(path, NAME))


def read_key_file(path: Path, name: str) -> str:
    """What a file of keys holds; `name`: the variable that they are for.

    Raises:
        SecretKeysError: others may read the file.
        OSError: we may not, or it is not there.
    """
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretKeysError(f"{name}: others may read {path}; run: chmod 600 {path}")
    return path.read_text(encoding="ascii", errors="replace")


def _parse(part: str, which: str) -> bytes:
    if not part:
        raise SecretKeysError(f"{which} is empty")
    try:
        key = base64.b64decode(part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SecretKeysError(f"{which} is not base64url") from error
    if len(key) != KEY_BYTES:
        raise SecretKeysError(f"{which} has {len(key)} bytes in place of {KEY_BYTES}")
    if len(set(key)) < _FEWEST_DIFFERENT_BYTES:
        raise SecretKeysError(f"{which} is a placeholder; it must be random")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{token_bytes(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link appears whole or not at all, and never over a file that another process made meanwhile.
            os.link(draft, path)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    # A key that seals what is stored must not vanish in a power cut that what is stored survives.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
