"""The only module that decides how we connect to SQLite and PostgreSQL."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

BUSY_SECONDS = 5.0
"""How long a statement waits for somebody else's lock."""
POOL_SECONDS = 10.0
"""How long a thread waits for a connection of its own process."""
STATEMENT_SECONDS = 30.0
IDLE_IN_TRANSACTION_SECONDS = 60.0
CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Database:
    """A database: `write` for transactions that change it, `read` for pages; `service.db.tx` uses both."""

    write: Engine
    read: Engine

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.write.dialect.name

    def close(self) -> None:
        """Let go of all connections."""
        self.read.dispose()
        self.write.dispose()


def make_engine(url: str, *, pool_size: int = 10) -> Database:
    """Connect to `sqlite:///FILE` or `postgresql+psycopg://…`, at the first statement.

    Args:
        pool_size: connections of this process to PostgreSQL; SQLite always has one that writes.

    Raises:
        ValueError: another engine, or SQLite without a file.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, pool_size)
        case "postgresql":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"), pool_size)
        case other:
            raise ValueError(f"AMANBA_DATABASE_URL: {other} is neither sqlite nor postgresql")


def _sqlite(url: URL, pool_size: int) -> Database:
    if url.database in (None, "", ":memory:"):
        raise ValueError("AMANBA_DATABASE_URL: SQLite needs a file; what lies in memory is lost with the process")

    # One connection writes: ten starve each other at SQLite's lock, where one makes threads queue here.
    write = _sqlite_engine(url, pool_size=1)
    read = _sqlite_engine(url, pool_size=pool_size)

    @event.listens_for(write, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        _pragmas(connection, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")

    @event.listens_for(write, "begin")
    def _begin_immediate(connection: Connection) -> None:
        # A plain BEGIN takes the write lock at the first write, after the reads that it was decided upon:
        # of 240 concurrent read-modify-writes, 200 were lost without an error.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(read, "connect")
    def _read_only(connection: Any, _record: Any) -> None:
        _pragmas(connection, "query_only=ON")

    @event.listens_for(read, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return Database(write, read)


def _sqlite_engine(url: URL, pool_size: int) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        # `timeout` is SQLite's busy_timeout; without an isolation level the driver begins nothing by itself.
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
    )


def _pragmas(connection: Any, *pragmas: str) -> None:
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _postgresql(url: URL, pool_size: int) -> Database:
    options = {
        "timezone": "UTC",
        "statement_timeout": _milliseconds(STATEMENT_SECONDS),
        "lock_timeout": _milliseconds(BUSY_SECONDS),
        "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION_SECONDS),
    }
    given = url.query.get("options", "")
    ours = " ".join(f"-c {name}={value}" for name, value in options.items())
    write = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_SECONDS,
        # What the URL says comes last and wins.
        connect_args={
            "options": f"{ours} {given}".strip(),
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "amanba",
        },
    )
    return Database(write, write.execution_options(postgresql_readonly=True))


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
