"""Tells the other processes over one PostgreSQL that there is something to do, and hears them (LISTEN, NOTIFY).

A notice says which job there is something for, and nothing else. It only saves the wait for the next tick: one that is
lost costs a second. So none is sent within a transaction of people's, and none is sent twice.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Mapping

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import Connection, text

from service.clock import monotonic

PREFIX = "amanba_"
SCHEMA_CHANNEL = f"{PREFIX}schema"
TELLS_APART_SECONDS = 0.1
"""What is told meanwhile is told together: a burst must not let every worker look for every row of it."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
STOP_SECONDS = 6.0
"""How long a stop waits for a connection that is just being made."""

_NOTIFY = "SELECT pg_notify(channel, '') FROM unnest(%s::text[]) AS channel"

log = structlog.get_logger()


def tell_within(conn: Connection, channel: str) -> None:
    """Tell others when this transaction commits. For rare things only: such commits wait for one another."""
    conn.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


class Line:
    """One thread and one connection outside the pools, over which this process tells others and hears them.

    While the database is away it tells nothing, and connects again after a pause that doubles up to 15 s. Then it calls
    everything that it hears once, because notices of meanwhile are lost.
    """

    def __init__(
        self, connect: Callable[[], psycopg.Connection], hears: Mapping[str, Callable[[], None]] | None = None
    ) -> None:
        """`connect` opens a connection that commits by itself; `hears`: what to call when others tell of a name."""
        self._connect = connect
        self._hears = dict(hears or {})
        self._told: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._is_lost = False
        self._news, self._ring = os.pipe()
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)
        self.is_open = threading.Event()
        """It is connected and hears."""

    def start(self) -> None:
        self._thread.start()

    def tell(self, name: str) -> None:
        """Let the others know, soon; costs a microsecond or two here."""
        with self._lock:
            is_first = not self._told
            # Before the thread is woken: it looks what there is without the lock.
            self._told.add(name)
            if is_first and not self._stopping:
                os.write(self._ring, b".")

    def stop(self) -> None:
        """Close the connection and end the thread."""
        with self._lock:
            self._stopping = True
            os.write(self._ring, b".")
        self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            os.close(self._ring)
            os.close(self._news)

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping:
            try:
                with self._connect() as connection:
                    self._begin(connection)
                    pause = FIRST_PAUSE_SECONDS
                    self._serve(connection)
            except Exception as error:
                # Whatever it was: the clock wakes everybody meanwhile, and the next line may hold.
                self.is_open.clear()
                if not self._is_lost:
                    self._is_lost = True
                    log.warning("line_lost", reason=type(error).__name__)
                self._rest(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        self.is_open.clear()

    def _begin(self, connection: psycopg.Connection) -> None:
        for name in self._hears:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(PREFIX + name)))
        if self._is_lost:
            self._is_lost = False
            log.info("line_regained")
            for call in self._hears.values():
                call()
        self.is_open.set()

    def _serve(self, connection: psycopg.Connection) -> None:
        quiet_until = monotonic()
        while not self._stopping:
            self._hear(connection)
            wait = quiet_until - monotonic()
            if wait <= 0 and (told := self._take()):
                connection.execute(_NOTIFY, [[PREFIX + name for name in told]])
                quiet_until = monotonic() + TELLS_APART_SECONDS
                continue
            self._wait(max(wait, 0.0) if self._told else None, connection.fileno())

    def _hear(self, connection: psycopg.Connection) -> None:
        ours = connection.info.backend_pid
        # A timeout of nought still takes what has arrived.
        heard = {notice.channel for notice in connection.notifies(timeout=0) if notice.pid != ours}
        for name, call in self._hears.items():
            if PREFIX + name in heard:
                call()

    def _take(self) -> set[str]:
        with self._lock:
            told, self._told = self._told, set()
        return told

    def _wait(self, seconds: float | None, *others: int) -> None:
        """Until this process has news, one of `others` can be read, or the time is over."""
        poll = select.poll()
        for file in (self._news, *others):
            poll.register(file, select.POLLIN)
        if self._news in dict(poll.poll(None if seconds is None else seconds * 1000)):
            os.read(self._news, 4096)

    def _rest(self, seconds: float) -> None:
        """Wait, but not when we are to end. What is told meanwhile is told after all."""
        until = monotonic() + seconds
        while not self._stopping and (left := until - monotonic()) > 0:
            self._wait(left)
