"""The only module that decides how we connect to SQLite and PostgreSQL."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

BUSY_SECONDS = 5.0
"""How long a statement waits for somebody else's lock."""
POOL_SECONDS = 10.0
"""How long a thread waits for a connection of its own process."""
STATEMENT_SECONDS = 30.0
IDLE_IN_TRANSACTION_SECONDS = 30.0
"""A process that is suspended in a transaction holds its locks no longer than that."""
CONNECT_SECONDS = 5
PATH_IS_DEAD_AFTER_SECONDS = 20
"""How long either side goes on waiting for one that does not even say that it has received something."""
KEEPALIVE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Database:
    """A database: `write` for transactions that change it, `read` for pages; `service.db.tx` uses both."""

    write: Engine
    read: Engine
    connect_alone: Callable[[], psycopg.Connection] | None = None
    """Opens a connection outside of the pools that commits by itself; None where there is nobody to tell anything."""

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
        ValueError: another engine, SQLite without a file, or a password that is not written as a URL takes it.
    """
    parsed = make_url(url)
    if "@" in (parsed.host or ""):
        # Every error of such a connection would name the end of the password as its host.
        raise ValueError("AMANBA_DATABASE_URL: write @ within the password as %40")
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
    arguments = _connect_arguments(url)
    write = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=POOL_SECONDS,
        # No ping before each use: the first error of a connection that was cut off makes the pool replace all that are
        # older, and `service.db.tx` begins that transaction again.
        connect_args=arguments,
    )

    def connect_alone() -> psycopg.Connection:
        given, named = write.dialect.create_connect_args(url)
        return psycopg.connect(*given, **{**named, **arguments, "autocommit": True})

    # What a page reads by several statements is of one moment, as it is with SQLite.
    read = write.execution_options(postgresql_readonly=True, isolation_level="REPEATABLE READ")
    return Database(write, read, connect_alone)


def _connect_arguments(url: URL) -> dict[str, Any]:
    """How each connection is made; what the URL says of it wins.

    A network path that is cut off says nothing. Without our own times the system waits for it for two hours when we
    have nothing to say, and for a quarter of an hour when we have; the server would keep our locks as long.
    """
    options = {
        "timezone": "UTC",
        "statement_timeout": _milliseconds(STATEMENT_SECONDS),
        "lock_timeout": _milliseconds(BUSY_SECONDS),
        "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION_SECONDS),
        "tcp_keepalives_idle": str(KEEPALIVE_SECONDS),
        "tcp_keepalives_interval": str(KEEPALIVE_SECONDS // 2),
        "tcp_keepalives_count": "2",
        "tcp_user_timeout": _milliseconds(PATH_IS_DEAD_AFTER_SECONDS),
    }
    ours = " ".join(f"-c {name}={value}" for name, value in options.items())
    arguments = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "amanba",
        "keepalives": 1,
        "keepalives_idle": KEEPALIVE_SECONDS,
        "keepalives_interval": KEEPALIVE_SECONDS // 2,
        "keepalives_count": 2,
        "tcp_user_timeout": int(_milliseconds(PATH_IS_DEAD_AFTER_SECONDS)),
    }
    told = {name: value for name, value in arguments.items() if name not in url.query}
    # Of two options with one name the server takes the last.
    return {**told, "options": f"{ours} {url.query.get('options', '')}".strip()}


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
