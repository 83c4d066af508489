"""The schema's migrations: bring a database up to date, and say where it stands.

To write the next one: change the tables, call `draft` on a database that is up to date, and read what it wrote.

Expand first, contract a release later, because the old version goes on beside the new schema. An upgrade is: `amanba
migrate`; new workers and webs start; old ones are told to end. From the migration on the old engine claims nothing, and
the old web goes on accepting. So in one release a migration only

- adds tables, indexes, and columns that are nullable or have a default of the database's own (`server_default`);
- loosens a check, a length or NOT NULL;
- holds no lock for longer than a moment (`LOCK_SECONDS`) and rewrites no large table: a job of the new version fills in
  what takes longer;
- drops and renames nothing, and gives no column another meaning.

What the new version does not use any more goes a release later, by a revision whose name says from which version on it
serves (`service.db.schema`). An old web that is served no longer says so by /readyz.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from service.db import tx
from service.db.engine import make_engine
from service.db.listen import SCHEMA_CHANNEL, tell_within
from service.db.schema import HEAD, KNOWN, revision_of

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["current", "draft", "head", "knows", "revision_of", "upgrade", "upgrade_within"]

LOCK_SECONDS = 5
_ONE_AT_A_TIME = 0x616D616E6261
"""The number of the advisory lock that lets one of several starting processes migrate."""


def upgrade(url: str) -> None:
    """Bring the database at `url` up to `head()`, in one transaction; does nothing when it is there.

    Raises:
        StorageUnavailable: somebody holds a lock on a table for too long; nothing was changed.
    """
    db = make_engine(url)
    try:
        tx.run(db, upgrade_within)
    finally:
        db.close()


def current(url: str) -> str | None:
    """The revision of the database at `url`; None when it was never migrated."""
    db = make_engine(url)
    try:
        return tx.read(db, revision_of)
    finally:
        db.close()


def head() -> str:
    """The newest revision that this version knows."""
    return HEAD


def knows(revision: str) -> bool:
    """Whether this version can bring a database from `revision` to `head()`."""
    return revision in KNOWN


def upgrade_within(conn: Connection, revision: str = "head") -> None:
    """Bring the connected database up to `revision` in its running transaction, and let engines hear of it at once."""
    is_postgresql = conn.dialect.name == "postgresql"
    if is_postgresql:
        # Waiting for a lock on a hot table makes everybody else wait behind us: better to try again.
        conn.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
    if revision_of(conn) == (HEAD if revision == "head" else revision):
        return
    _migrate(conn, revision)
    if is_postgresql:
        tell_within(conn, SCHEMA_CHANNEL)


def _migrate(conn: Connection, revision: str) -> None:
    # Only who migrates needs Alembic, whose import takes a second.
    from alembic import command

    command.upgrade(_config(conn), revision)


def draft(url: str, message: str) -> None:
    """Write a migration file from the tables to the database at `url`, for a person to read and finish."""
    from alembic import command

    db = make_engine(url)
    try:
        tx.run(db, lambda conn: command.revision(_config(conn), message, autogenerate=True))
    finally:
        db.close()


def _config(conn: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("service.db") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
