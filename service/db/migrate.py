"""The schema's migrations: bring a database up to date, and say where it stands.

To write the next one: change the tables, call `draft` on a database that is up to date, and read what it wrote.
"""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from service.db import tx
from service.db.engine import Database, make_engine

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


@cache
def head() -> str:
    """The newest revision that this version knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("there are no migrations in this installation")
    return revision


def schema_known(db: Database) -> bool:
    """Whether the database is at `head()`."""
    return tx.read(db, revision_of) == head()


def revision_of(conn: Connection) -> str | None:
    """The revision of the connected database; None when it was never migrated."""
    return MigrationContext.configure(conn).get_current_revision()


def knows(revision: str) -> bool:
    """Whether this version can bring a database from `revision` to `head()`."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def upgrade_within(conn: Connection, revision: str = "head") -> None:
    """Bring the connected database up to `revision` in its running transaction."""
    if conn.dialect.name == "postgresql":
        # Waiting for a lock on a hot table makes everybody else wait behind us: better to try again.
        conn.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        conn.execute(text("SET LOCAL statement_timeout = 0"))
        conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
    command.upgrade(_config(conn), revision)


def draft(url: str, message: str) -> None:
    """Write a migration file from the tables to the database at `url`, for a person to read and finish."""
    db = make_engine(url)
    try:
        tx.run(db, lambda conn: command.revision(_config(conn), message, autogenerate=True))
    finally:
        db.close()


def _config(conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("service.db") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
