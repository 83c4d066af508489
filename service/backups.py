"""Backup and restore as the console command gives them: settings, keys, files, and what is said."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from notifiers.base import NotConfigured
from service.clock import utc_now
from service.db.engine import Database, make_engine
from service.db.secrets import BACKUP_NAME, NAME, parse_backup_key, parse_secret_keys, read_key_file
from service.settings import Settings
from service.usecases.back_up import back_up, back_up_to, forget_old, restore

STANDARD = "-"
"""In place of a file's name: standard output or input."""


@contextmanager
def target_of(name: str) -> Iterator[Path | BinaryIO]:
    """Where a backup goes: a path, or for `-` standard output, to which nothing else of ours is written.

    Raises:
        NotConfigured: standard output is a terminal.
    """
    if name != STANDARD:
        yield Path(name)
        return
    if sys.stdout.isatty():
        raise NotConfigured("a backup is no text for a terminal; name a file, or lead the output into one")
    yield sys.stdout.buffer
    sys.stdout.flush()


def make_backup(settings: Settings, target: Path | BinaryIO, *, force: bool = False) -> list[str]:
    """Back up to a file, into a folder, or to a stream; returns what to say of it.

    Raises:
        NotConfigured, SecretKeysError, StorageError, OSError: there is no new backup.
    """
    key, now = _backup_key(settings), utc_now()
    with closing(_open(settings, must_exist=True)) as db:
        if isinstance(target, Path):
            made = back_up(db, key, target, now, replace=force)
            said = [f"The backup {made.path} holds {_counted(made.counts)}; it has {made.size:,} bytes."]
        else:
            said = [f"The backup holds {_counted(back_up_to(db, key, target, now))}."]
    said.append(f"{NAME} and {BACKUP_NAME} are not in it: without them nobody can read it. Keep both in another place.")
    return said


def delete_old(folder: Path, keep_days: int) -> str:
    """Delete the backups in a folder that are older, once a new one is there; returns what to say of it.

    Raises:
        OSError: one could not be deleted.
    """
    gone = forget_old(folder, timedelta(days=keep_days), utc_now())
    return f"Older than {keep_days} days and deleted: {len(gone)}."


def restore_backup(settings: Settings, source: str) -> list[str]:
    """Put a backup from a file or from standard input into an empty database; returns what to say of it.

    Raises:
        NotConfigured, SecretKeysError, StorageError, OSError: nothing was restored.
    """
    key, secrets = _backup_key(settings), find_secret_keys(settings)
    if secrets is None:
        raise NotConfigured(
            f"{NAME} is not set and {settings.key_file} is not there. Put the secret keys of the installation that was"
            " backed up in their place first: without them nobody can read what is restored"
        )
    with closing(_open(settings)) as db, _source(source) as file:
        loaded = restore(db, key, secrets, file, utc_now())
    made = f"{loaded.at:%Y-%m-%d %H:%M} UTC, on {loaded.engine}"
    return [
        f"Restored: {_counted(loaded.counts)}, from the backup of {made}.",
        f"Messages that were waiting to be sent: {loaded.asked}. The provider is asked about each before it goes out.",
        "Start Amanba now. It reads what came in since the backup before it alarms anybody.",
        "What people changed or deleted after the backup is as it was before. What is past its time is deleted again.",
    ]


def find_secret_keys(settings: Settings) -> list[bytes] | None:
    """AMANBA_SECRET_KEYS as they are set, or lie in their file; None when there are none. None are made.

    Raises:
        SecretKeysError, OSError: they cannot be used.
    """
    given = settings.secret_keys.get_secret_value()
    if given:
        return parse_secret_keys(given)
    return parse_secret_keys(read_key_file(settings.key_file, NAME)) if settings.key_file.exists() else None


def find_backup_key(settings: Settings) -> bytes | None:
    """AMANBA_BACKUP_KEY as it is set, or lies in its file; None when there is none.

    Raises:
        NotConfigured, SecretKeysError, OSError: it cannot be used.
    """
    given, path = settings.backup_key.get_secret_value(), settings.backup_key_file
    if given and path is not None:
        raise NotConfigured(f"{BACKUP_NAME} and {BACKUP_NAME}_FILE are both set; keep one")
    if path is not None:
        given = read_key_file(path, BACKUP_NAME)
    if not given:
        return None
    key = parse_backup_key(given)
    # Who may make backups need not be one who may read the secret keys.
    with suppress(PermissionError):
        if key not in (find_secret_keys(settings) or ()):
            return key
        raise NotConfigured(f"{BACKUP_NAME} is one of {NAME}; make another one with: amanba key")
    return key


def _backup_key(settings: Settings) -> bytes:
    key = find_backup_key(settings)
    if key is None:
        raise NotConfigured(f"{BACKUP_NAME} is not set; make one with: amanba key")
    return key


def _open(settings: Settings, *, must_exist: bool = False) -> Database:
    try:
        url = make_url(settings.database)
        # To connect to a file that is not there would make one.
        if must_exist and url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise NotConfigured(f"there is no database at {url.database}")
        return make_engine(settings.database)
    except (ArgumentError, ValueError) as error:
        if isinstance(error, NotConfigured):
            raise
        raise NotConfigured(f"AMANBA_DATABASE_URL cannot be used: {error}") from None


@contextmanager
def _source(source: str) -> Iterator[BinaryIO]:
    if source == STANDARD:
        yield sys.stdin.buffer
        return
    with Path(source).open("rb") as file:
        yield file


def _counted(counts: Mapping[str, int]) -> str:
    trips = counts.get("trips", 0)
    return f"{trips:,} {'trip' if trips == 1 else 'trips'} and {sum(counts.values()):,} rows in all"
