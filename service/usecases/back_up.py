"""Backup and restore: everything that is stored, as one sealed file.

What people told us stays sealed inside it as it is in the database, under data keys that AMANBA_SECRET_KEYS wrap; those
are not in it and must be kept apart. AMANBA_BACKUP_KEY seals the file as a whole, because numbers of rows, times and
keyed hashes tell something too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from sqlalchemy import Connection

from service.db import tx
from service.db.dump import dump
from service.db.engine import Database
from service.db.errors import BackupBroken
from service.db.load import Loaded, load
from service.db.sealed_stream import MAGIC, SealedLines, is_sealed_stream, read_lines
from service.db.wrapping import Wrapper

# Also what one that was killed has left over.
_NAME = re.compile(r"amanba-(\d{8}T\d{6}Z)\.backup|\.amanba-(\d{8}T\d{6}Z)\.backup\.[0-9a-f]{8}")
_TIME = "%Y%m%dT%H%M%SZ"


class BackupExists(OSError):
    """There is a file of this name already."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that lies whole on the disk: where, how many bytes, how many rows each table has."""

    path: Path
    size: int
    counts: dict[str, int]


def back_up(db: Database, key: bytes, target: Path, now: datetime, *, replace: bool = False) -> Made:
    """Write a backup to a file, or into a folder under a name made of the time, while everything runs.

    Killed here: a file that begins with a dot is left over, which `forget_old` deletes once it is old; what stands
    under `target` is a whole backup or none.

    Raises:
        BackupExists: the file is there, and `replace` is false.
        StorageUnavailable, SchemaUnknown: there is no new file.
    """
    path = target / f"amanba-{now.astimezone(UTC).strftime(_TIME)}.backup" if target.is_dir() else target
    if path.exists() and not replace:
        raise BackupExists(f"{path} is there already; take another name, or --force")
    draft = path.with_name(f".{path.name}.{token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            counts = back_up_to(db, key, file, now)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return Made(path, size, counts)


def back_up_to(db: Database, key: bytes, out: BinaryIO, now: datetime) -> dict[str, int]:
    """Write a backup to a stream; returns how many rows each table has. Without the end it opens as broken."""
    begin = _from_its_start(out, empty=True)

    def work(conn: Connection) -> dict[str, int]:
        begin()
        lines = SealedLines(out, key)
        counts = dump(conn, now, lines.write)
        lines.finish()
        return counts

    return tx.read(db, work)


def restore(db: Database, key: bytes, secrets: Sequence[bytes], source: BinaryIO, now: datetime) -> Loaded:
    """Put a backup into an empty database, all of it or nothing. Nothing is sent; that is the engine's, once it runs.

    Raises:
        BackupBroken: it is none, was made with another key, was altered or cut, or by a newer version.
        NotEmpty: there are people already, or an engine runs.
        SecretMissing: AMANBA_SECRET_KEYS lacks the secret that this backup's people were sealed under.
    """
    begin, wrapper = _from_its_start(source), Wrapper(secrets)

    def work(conn: Connection) -> Loaded:
        begin()
        return load(conn, read_lines(source, key), wrapper, now)

    return tx.run(db, work)


def forget_old(folder: Path, keep: timedelta, now: datetime) -> list[Path]:
    """Delete the backups in a folder that are older than `keep` by their names, and what killed ones left over;
    whatever else lies there stays."""
    old = [path for path in folder.iterdir() if (at := _made_at(path)) is not None and at < now - keep]
    for path in old:
        path.unlink()
    return sorted(old)


def _made_at(path: Path) -> datetime | None:
    named = _NAME.fullmatch(path.name)
    if named is None or not path.is_file():
        return None
    with path.open("rb") as file:
        if not is_sealed_stream(file.read(len(MAGIC))):
            return None
    try:
        return datetime.strptime(named.group(1) or named.group(2), _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _from_its_start(stream: BinaryIO, *, empty: bool = False) -> Callable[[], None]:
    """What to call before each try of a transaction that reads a stream, or fills it anew: a pipe has one try only."""
    start = stream.tell() if stream.seekable() else None
    tries = count()

    def begin() -> None:
        if next(tries) == 0:
            return
        if start is None:
            raise BackupBroken("the database broke off in the middle; begin again")
        stream.seek(start)
        if empty:
            stream.truncate()

    return begin


def _sync_folder(folder: Path) -> None:
    # A new name must not vanish in a power cut after we said that the backup is made.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
