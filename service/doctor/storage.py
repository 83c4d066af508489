"""The database: reachable, the right tables, takes writes, keeps what it was given, opens with our keys.

The clock, too, because a database has one of its own. Nothing stays written.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError

from service.backups import find_secret_keys
from service.clock import utc_now
from service.db import tx
from service.db.engine import Database, make_engine
from service.db.errors import SealBroken, SecretKeysError, SecretMissing, StorageUnavailable
from service.db.look import SWEEP
from service.db.schema import HEAD, Fit, fit_of, revision_of
from service.db.state import get_state_at, put_state
from service.db.wrapping import Wrapper, check_wrapped
from service.doctor.findings import Finding, look, ok, wrong
from service.settings import Settings
from service.usecases.footing import OFF_AT_MOST

DATABASE, CLOCK, ENGINE = "database", "clock", "engine"
OLDEST_POSTGRESQL = 150000
"""Older ones get no corrections any more (postgresql.org/support/versioning, November 2026)."""
LITTLE_ROOM, NO_ROOM = 512 * 1024**2, 64 * 1024**2
SWEEP_IS_FRESH_FOR = timedelta(seconds=60)

_DURABLE = {
    "fsync": "a power cut can destroy the whole database",
    "full_page_writes": "a power cut can tear pages of the database",
    "synchronous_commit": "what was promised to a person can be lost in a crash",
}


class _Undone(Exception):
    """Ends a transaction that was only tried."""


def look_at_database(settings: Settings) -> Iterator[Finding]:
    """Everything about the database that is configured."""
    try:
        url = make_url(settings.database)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            yield from _look_at_an_empty_place(Path(url.database or ""))
            return
        db = make_engine(settings.database)
    except (ArgumentError, ValueError) as error:
        why = str(error).removeprefix("AMANBA_DATABASE_URL: ")
        yield wrong(DATABASE, f"AMANBA_DATABASE_URL cannot be used: {why}", "Write it as in deploy/env.example.")
        return
    with closing(db):
        try:
            yield from _look_at(db, settings)
        except StorageUnavailable as error:
            # The server's own words name hosts and people of the database, and no password.
            said = f"The database is away or takes no writes ({' '.join(str(error).split())[:200]})."
            yield wrong(DATABASE, said, "Start it, or mend AMANBA_DATABASE_URL; until then nothing is accepted.")


def _look_at_an_empty_place(path: Path) -> Iterator[Finding]:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield wrong(DATABASE, f"There is no database, and none can be made in {folder}.", "Let our user write there.")
        return
    do = "amanba serve makes it; amanba restore fills it from a backup."
    yield look(DATABASE, f"There is no database at {path} yet.", do)
    yield from _look_at_room(folder)


def _look_at(db: Database, settings: Settings) -> Iterator[Finding]:
    revision = tx.read(db, revision_of)
    fit = fit_of(revision)
    if revision is None:
        yield look(DATABASE, "The database is empty.", "Run amanba migrate, or amanba restore with a backup.")
    elif fit is Fit.NEWER:
        said = f"A newer version has changed its tables ({revision}; ours are {HEAD})."
        yield look(DATABASE, said, "Go on with the upgrade: this version accepts check-ins, and alarms nobody.")
    elif fit is Fit.FOREIGN:
        said = f"Its tables are those of another version ({revision}; ours are {HEAD})."
        yield wrong(DATABASE, said, "Run amanba migrate, after a backup.")
    if fit is Fit.OURS:
        _try_to_write(db)
        yield ok(DATABASE, f"The {_kind(db)} database answers, has our tables ({HEAD}) and takes writes.")
        yield from _look_at_secrets(db, settings)
        yield from _look_at_sweep(db)
    yield from _look_at_postgresql(db) if db.dialect == "postgresql" else _look_at_sqlite(db)


def _try_to_write(db: Database) -> None:
    def write(conn: Connection) -> None:
        put_state(conn, "doctor", True, utc_now())
        raise _Undone

    try:
        tx.run(db, write)
    except _Undone:
        return


def _look_at_secrets(db: Database, settings: Settings) -> Iterator[Finding]:
    about = "secret keys"
    try:
        keys = find_secret_keys(settings)
    except (SecretKeysError, OSError):
        return
    try:
        used = tx.read(db, lambda conn: check_wrapped(conn, Wrapper(keys))) if keys else 0
    except SecretMissing:
        do = "Set the keys of the installation that it was made with, all of them, separated by commas."
        yield wrong(about, "This database was made with other secret keys: what is sealed in it does not open.", do)
    except SealBroken:
        yield wrong(about, "A data key in the database was altered.", "Restore the last good backup.")
    else:
        if keys is None and tx.read(db, _has_keys):
            yield wrong(about, "There are none, and the database has been sealed with some.", "Bring them back.")
        elif used:
            yield ok(about, "They open this database.")


def _has_keys(conn: Connection) -> bool:
    return conn.execute(text("SELECT 1 FROM data_keys LIMIT 1")).first() is not None


def _look_at_sweep(db: Database) -> Iterator[Finding]:
    at = tx.read(db, lambda conn: get_state_at(conn, SWEEP))
    now = utc_now()
    if at is not None and abs(now - at) < SWEEP_IS_FRESH_FOR:
        yield ok(ENGINE, f"An engine runs; it completed a sweep {abs(now - at).total_seconds():.0f} s ago.")
        return
    since = f"since {at:%Y-%m-%d %H:%M} UTC" if at is not None else "yet"
    yield look(
        ENGINE,
        f"No engine has completed a sweep {since}: nobody is reminded or alarmed.",
        "Start amanba serve, or amanba worker.",
    )


def _look_at_sqlite(db: Database) -> Iterator[Finding]:
    mode = tx.read(db, lambda conn: conn.execute(text("PRAGMA journal_mode")).scalar_one())
    if mode != "wal":
        do = "Put it on a local disk; network file systems cannot do it."
        yield look(DATABASE, f"Its journal is {mode}, not wal: readers and the writer hold each other up.", do)
    yield from _look_at_room(Path(db.write.url.database or "").absolute().parent)
    yield ok(CLOCK, "The database is a file here and has no clock of its own.")


def _look_at_room(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**2:,.0f} MB are free in {folder}."
    if free < NO_ROOM:
        yield wrong(DATABASE, said, "Make room now: check-ins are refused when the disk is full.")
    elif free < LITTLE_ROOM:
        yield look(DATABASE, said, "Make room before it fills up.")
    else:
        yield ok(DATABASE, said)


def _look_at_postgresql(db: Database) -> Iterator[Finding]:
    names = ("server_version_num", "server_version", "TimeZone", *_DURABLE)
    query = text("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
    found = dict(zip(names, tx.read(db, lambda conn: conn.execute(query).one()), strict=True))
    if int(found["server_version_num"]) < OLDEST_POSTGRESQL:
        said = f"It is PostgreSQL {found['server_version']}, which gets no corrections any more."
        yield look(DATABASE, said, "Plan an upgrade; amanba backup and restore carry everything over.")
    unsafe = [f"{name} is off: {danger}" for name, danger in _DURABLE.items() if found[name] == "off"]
    for one in unsafe:
        yield wrong(DATABASE, f"{one}.", "Set it to on in postgresql.conf, and reload.")
    if not unsafe:
        yield ok(DATABASE, f"PostgreSQL {found['server_version']} keeps what was committed.")
    if found["TimeZone"] not in ("UTC", "Etc/UTC"):
        said = f"The time zone of our connections is {found['TimeZone']}."
        yield look(DATABASE, said, "Take it out of AMANBA_DATABASE_URL's options; UTC is what we ask for.")
    yield _look_at_clock(db)


def _look_at_clock(db: Database) -> Finding:
    before = utc_now()
    theirs: datetime = tx.read(db, lambda conn: conn.execute(text("SELECT clock_timestamp()")).scalar_one())
    off = before + (utc_now() - before) / 2 - theirs
    said = f"Ours is {off.total_seconds():+.1f} s off the database's."
    return ok(CLOCK, said) if abs(off) <= OFF_AT_MOST else wrong(CLOCK, said, OFF)


OFF = "Let both machines follow the time by NTP: an engine whose clock is off claims nothing."


def _kind(db: Database) -> str:
    return "SQLite" if db.dialect == "sqlite" else "PostgreSQL"
