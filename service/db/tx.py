"""The only place that commits: whole transactions, tried again as a whole.

The function that is run may be run several times and must have no effect but in its transaction: no network
call, no message, nothing appended to a list of its caller's.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service.clock import monotonic
from service.db.engine import Database
from service.db.errors import Conflict, StorageUnavailable
from service.edges import Act, reach

T = TypeVar("T")

TRIES = 8
GIVE_UP_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.5

# serialization_failure, deadlock_detected, lock_not_available: nothing of the transaction is stored.
_LOST_A_RACE = frozenset({"40001", "40P01", "55P03"})
_ENDED_IDLE = "25P03"
# query_canceled (our time-out), read_only_sql_transaction (a standby after a failover), idle in transaction.
_AWAY = frozenset({"57014", "25006", _ENDED_IDLE})
# SQLite's primary result codes: BUSY, LOCKED.
_SQLITE_LOST_A_RACE = frozenset({5, 6})
# NOMEM, READONLY, INTERRUPT, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB.
_SQLITE_AWAY = frozenset({7, 8, 9, 10, 11, 13, 14, 26})


def run(db: Database, work: Callable[[Connection], T], act: Act | None = None) -> T:
    """Run `work` in a transaction and commit it. `act` names its edges for the crash suite.

    1. A lost race (serialization failure, deadlock, lock time-out, `Conflict`) or a connection that broke
       before the commit: roll back, pause a jittered while, begin again; `TRIES` times and some 10 s at most.
    2. The database is away or full: `StorageUnavailable`.
    3. An error of `work` itself (also a unique key broken): roll back and pass it on.

    Killed here: before the commit nothing is stored; after it everything is.

    Raises:
        StorageUnavailable: nothing may be taken as stored (it may be if the connection broke in the commit).
    """
    return _run(db.write, work, act)


def read(db: Database, work: Callable[[Connection], T]) -> T:
    """Run `work` on one consistent view for a page; writing raises an error.

    Raises:
        StorageUnavailable: the database is away.
    """
    return _run(db.read, work, None)


def _run(engine: Engine, work: Callable[[Connection], T], act: Act | None) -> T:
    attempt, began = 1, monotonic()
    while True:
        try:
            return _once(engine, work, act)
        except (Conflict, SQLAlchemyError) as error:
            if not _lost_a_race(error):
                if _away(error):
                    raise StorageUnavailable(_say(error)) from error
                raise
            # A try may itself have waited for a lock; the caller has a person waiting.
            if attempt == TRIES or monotonic() - began > GIVE_UP_SECONDS:
                raise StorageUnavailable(f"gave up after {attempt} tries: {_say(error)}") from error
        time.sleep(_pause_after(attempt))
        attempt += 1


def _once(engine: Engine, work: Callable[[Connection], T], act: Act | None) -> T:
    with engine.connect() as connection:
        # Leaving without a commit, by an error, rolls back.
        transaction = connection.begin()
        value = work(connection)
        if act is not None:
            reach(act.before)
        try:
            transaction.commit()
        except DBAPIError as error:
            # Ended while it did nothing, it had ended before we asked for the commit; of other ends nobody can tell.
            if error.connection_invalidated and _sqlstate(error) != _ENDED_IDLE:
                raise StorageUnavailable(f"the commit was not confirmed: {_say(error)}") from error
            raise
        if act is not None:
            reach(act.after)
        return value


def _lost_a_race(error: Exception) -> bool:
    if isinstance(error, Conflict):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error.orig) in _SQLITE_LOST_A_RACE
    return error.connection_invalidated or _sqlstate(error) in _LOST_A_RACE


def _away(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error.orig) in _SQLITE_AWAY
    return isinstance(error, OperationalError) or _sqlstate(error) in _AWAY


def _sqlite_code(error: sqlite3.Error) -> int:
    # Extended codes (SQLITE_BUSY_SNAPSHOT) keep the primary code in their low byte.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _sqlstate(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _say(error: Exception) -> str:
    # Never the statement's parameters: they hold what people wrote.
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}".strip()


def _pause_after(attempt: int) -> float:
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**attempt)
    return longest * secrets.randbelow(1000) / 1000
