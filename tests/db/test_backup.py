"""A backup brings every row back, on the same engine or the other; or nothing at all."""

import io
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, Table, delete, insert, select, text, update

from service.db import tx
from service.db.dump import FORGOTTEN, dump
from service.db.engine import Database, make_engine
from service.db.errors import BackupBroken, Conflict, NotEmpty, SecretMissing
from service.db.load import RESTORED
from service.db.migrate import head, revision_of, upgrade, upgrade_within
from service.db.portable import form_of
from service.db.routing import Inbox
from service.db.sealed import open_keyring
from service.db.sealed_stream import CHUNK_BYTES, SealedLines, read_lines
from service.db.state import put_state
from service.db.stored import Stored, table_of
from service.db.tables import DataKey, Outbox, Traveler
from service.usecases.back_up import BackupExists, back_up, back_up_to, forget_old, restore

NOW = datetime(2026, 12, 1, 21, 0, 0, 123456, tzinfo=UTC)
KEY, SECRET = bytes(range(100, 132)), bytes(range(32))
INBOX, OUTBOX, TRAVELERS = table_of(Inbox), table_of(Outbox), table_of(Traveler)

VALUES: dict[str, tuple[Any, ...]] = {
    "instant": (NOW, datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "json": ({"name": "Әйгерім \u2028 \\ \" '", "n": [1, 2.5, None, True]}, []),
    "bytes": (bytes(range(256)), b""),
    "bool": (True, False),
    "int": (2**31 - 1, 0),
    "float": (0.1, -1e-9),
    "text": ("Тұрсын\n\t{}[]", ""),
}


@pytest.fixture(params=["sqlite to sqlite", "sqlite to postgresql", "postgresql to sqlite", "postgresql to postgresql"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """A database that is in use, and an empty place; of one kind or of both."""
    source, target = request.param.split(" to ")
    begun = request.getfixturevalue(f"{source}_url")
    empty = (
        f"sqlite:///{tmp_path / 'new.db'}" if target == "sqlite" else request.getfixturevalue("empty_postgresql_url")
    )
    databases = make_engine(begun), make_engine(empty)
    yield databases
    for database in databases:
        database.close()


@pytest.fixture
def begun(sqlite_url: str) -> Iterator[Database]:
    """A SQLite database with a traveler."""
    database = make_engine(sqlite_url)
    open_keyring(database, [SECRET], NOW)
    tx.run(database, lambda conn: conn.execute(insert(TRAVELERS), a_row(TRAVELERS, 1)))
    yield database
    database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A place where nothing is yet."""
    database = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A place that has its tables, and nobody in them."""
    url = f"sqlite:///{tmp_path / 'new.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    upgrade(url)
    database = make_engine(url)
    yield database
    database.close()


def a_row(table: Table, number: int) -> dict[str, Any]:
    """A row with values that are easily lost; the rows of one table differ by `number`."""
    return {column.name: a_value(column, number) for column in table.c}


def a_value(column: Column[Any], number: int) -> Any:
    form = form_of(column).name
    if form == "uuid":
        return UUID(int=number)
    if column.primary_key or column.name in ("provider_id", "dedupe_key"):
        return {"int": number, "text": f"{column.name} {number}", "bytes": number.to_bytes(4, "big")}[form]
    if column.nullable and number == 2:
        return None
    return VALUES[form][number % 2]


def fill(database: Database) -> None:
    """Rows in every table there is, also in those that are added after this was written."""
    open_keyring(database, [SECRET], NOW)

    def write(conn: Connection) -> None:
        for table in Stored.metadata.sorted_tables:
            if table.name != DataKey.__tablename__:
                conn.execute(insert(table), [a_row(table, 1), a_row(table, 2)])
        conn.execute(update(OUTBOX).values(state="sent"))

    tx.run(database, write)


def everything(database: Database) -> dict[str, list[Any]]:
    def read(conn: Connection) -> dict[str, list[Any]]:
        # Who tried what is erased after a day, and lies in no backup for a month.
        tables = [table for table in Stored.metadata.sorted_tables if table.name not in FORGOTTEN]
        return {table.name: sorted(map(repr, conn.execute(select(table)).all())) for table in tables}

    return tx.read(database, read)


def sealed(database: Database) -> bytes:
    out = io.BytesIO()
    back_up_to(database, KEY, out, NOW)
    return out.getvalue()


def restored(database: Database, backup: bytes, **more: Any) -> Any:
    given = {"key": KEY, "secrets": [SECRET], "source": io.BytesIO(backup), "now": NOW, **more}
    return restore(database, **given)


def test_every_row_of_every_table_comes_back_as_it_was(two: tuple[Database, Database]) -> None:
    begun, empty = two
    fill(begun)
    loaded = restored(empty, sealed(begun))
    assert everything(empty) == everything(begun)
    assert [name for name, count in loaded.counts.items() if not count] == sorted(FORGOTTEN)
    assert (loaded.at, loaded.engine) == (NOW, begun.dialect)
    assert tx.read(empty, revision_of) == head()
    # The keyring of the new place opens what the old one sealed, and finds the same numbers.
    assert open_keyring(empty, [SECRET], NOW).phone_hash("+1") == open_keyring(begun, [SECRET], NOW).phone_hash("+1")


def test_counting_goes_on_behind_what_was_counted_and_deleted(two: tuple[Database, Database]) -> None:
    begun, empty = two
    open_keyring(begun, [SECRET], NOW)

    def count(conn: Connection, number: int) -> int:
        row = {name: value for name, value in a_row(INBOX, number).items() if name != "inbox_id"}
        return int(conn.execute(insert(INBOX).returning(INBOX.c.inbox_id), row).scalar_one())

    for number in (1, 2, 3):
        last = tx.run(begun, lambda conn, number=number: count(conn, number))  # type: ignore[misc]
    tx.run(begun, lambda conn: conn.execute(delete(INBOX)))
    restored(empty, sealed(begun))
    assert tx.run(empty, lambda conn: count(conn, 4)) == last + 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_it_shows_one_moment_however_long_it_takes(kind: str, request: pytest.FixtureRequest, empty: Database) -> None:
    begun, other = (make_engine(request.getfixturevalue(f"{kind}_url")) for _ in range(2))
    fill(begun)
    before = everything(begun)

    out = io.BytesIO()
    lines = SealedLines(out, KEY)

    def write(line: bytes) -> None:
        """At the first line somebody else begins to work."""
        if line.startswith(b'{"format"'):
            tx.run(other, lambda conn: conn.execute(insert(TRAVELERS), a_row(TRAVELERS, 3)))
            tx.run(other, lambda conn: conn.execute(delete(OUTBOX)))
        lines.write(line)

    tx.read(begun, lambda conn: dump(conn, NOW, write))
    lines.finish()
    restored(empty, out.getvalue())
    assert everything(empty) == before != everything(begun)
    for database in (begun, other):
        database.close()


def test_whoever_takes_the_lines_may_take_ten_minutes_over_one(postgresql_url: str) -> None:
    begun = make_engine(postgresql_url)
    open_keyring(begun, [SECRET], NOW)
    patience: set[tuple[str, str]] = set()

    def read(conn: Connection) -> None:
        def write(line: bytes) -> None:
            if line.startswith(b'{"table"'):
                asked = ("statement_timeout", "idle_in_transaction_session_timeout")
                of_statements, of_pauses = (conn.execute(text(f"SHOW {name}")).scalar_one() for name in asked)
                patience.add((of_statements, of_pauses))

        dump(conn, NOW, write)

    tx.read(begun, read)
    assert patience == {("0", "10min")}
    begun.close()


def test_what_waited_is_asked_about_before_it_is_sent(begun: Database, empty: Database) -> None:
    later, waits = NOW + timedelta(hours=1), {"state": "pending", "lease_until": None, "claim_token": None}
    rows: list[dict[str, Any]] = [
        {**waits, "available_at": NOW - timedelta(minutes=1)},
        {**waits, "available_at": later},
        {"state": "sending", "lease_until": later, "available_at": NOW},
        {"state": "sent", "available_at": NOW},
    ]
    written = [{**a_row(OUTBOX, number), **row} for number, row in enumerate(rows, start=3)]
    for row in written:
        tx.run(begun, lambda conn, row=row: conn.execute(insert(OUTBOX), row))  # type: ignore[misc]
    assert restored(empty, sealed(begun)).asked == 2
    query = select(OUTBOX.c.state, OUTBOX.c.lease_until, OUTBOX.c.error).order_by(OUTBOX.c.outbox_id)
    found = tx.read(empty, lambda conn: conn.execute(query).all())
    assert [tuple(row) for row in found] == [
        ("sending", NOW, RESTORED),
        ("pending", None, found[1].error),
        ("sending", NOW, RESTORED),
        ("sent", found[3].lease_until, found[3].error),
    ]


def test_an_older_backup_is_brought_to_the_tables_of_today(tmp_path: Path, empty: Database) -> None:
    old = make_engine(f"sqlite:///{tmp_path / 'old.db'}")
    tx.run(old, lambda conn: upgrade_within(conn, "0001"))
    open_keyring(old, [SECRET], NOW)
    tx.run(old, lambda conn: conn.execute(insert(TRAVELERS), a_row(TRAVELERS, 1)))
    restored(empty, sealed(old))
    assert tx.read(empty, revision_of) == head()
    assert everything(empty)["travelers"] == tx.read(old, lambda c: [repr(row) for row in c.execute(select(TRAVELERS))])
    old.close()


CHUNK = CHUNK_BYTES + 16
HEAD_BYTES = 14 + 1 + 32 + 16
SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut between two chunks": (lambda b: b[: HEAD_BYTES + CHUNK], "altered or cut short"),
    "cut in a chunk": (lambda b: b[:-1], "altered or cut short"),
    "cut after its head": (lambda b: b[:HEAD_BYTES], "altered or cut short"),
    "a bit turned in its last chunk": (lambda b: b[:-20] + bytes([b[-20] ^ 1]) + b[-19:], "altered or cut short"),
    "longer than it was": (lambda b: b + b"\0", "altered or cut short"),
    "two chunks changed places": (
        lambda b: (
            b[:HEAD_BYTES]
            + b[HEAD_BYTES + CHUNK : HEAD_BYTES + 2 * CHUNK]
            + b[HEAD_BYTES : HEAD_BYTES + CHUNK]
            + b[HEAD_BYTES + 2 * CHUNK :]
        ),
        "altered or cut short",
    ),
    "a newer form": (lambda b: b[:14] + b"\x02" + b[15:], "newer version"),
    "something else": (lambda _: b"SQLite format 3\0" + bytes(100), "no backup of Amanba"),
    "nothing": (lambda _: b"", "no backup of Amanba"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_backup_restores_nothing(how: str, begun: Database, empty: Database) -> None:
    spoil, said = SPOILT[how]
    # So much that it takes several chunks, and random, so that it cannot be made smaller.
    tx.run(begun, lambda conn: conn.execute(update(TRAVELERS).values(sealed=random.randbytes(3 * CHUNK_BYTES))))
    backup = sealed(begun)
    assert len(backup) > HEAD_BYTES + 2 * CHUNK
    with pytest.raises(BackupBroken, match=said):
        restored(empty, spoil(backup))
    assert tx.read(empty, revision_of) is None, "not even its tables"


def test_another_backup_key_opens_nothing_and_says_so(begun: Database, empty: Database) -> None:
    with pytest.raises(BackupBroken, match="another AMANBA_BACKUP_KEY"):
        restored(empty, sealed(begun), key=bytes(range(50, 82)))


def test_other_secrets_refuse_it_because_nobody_could_read_it(begun: Database, empty: Database) -> None:
    with pytest.raises(SecretMissing):
        restored(empty, sealed(begun), secrets=[bytes(range(1, 33))])
    assert tx.read(empty, revision_of) is None


def test_nobody_is_overwritten(migrated: Database, begun: Database) -> None:
    tx.run(migrated, lambda conn: conn.execute(insert(TRAVELERS), a_row(TRAVELERS, 7)))
    before = everything(migrated)
    with pytest.raises(NotEmpty, match="people and trips already"):
        restored(migrated, sealed(begun))
    assert everything(migrated) == before


def test_an_engine_that_runs_keeps_its_place_and_one_that_has_ended_does_not(
    migrated: Database, begun: Database
) -> None:
    open_keyring(migrated, [bytes(range(7, 39))], NOW)
    tx.run(migrated, lambda conn: put_state(conn, "sweep", {}, NOW - timedelta(seconds=20)))
    with pytest.raises(NotEmpty, match="is running"):
        restored(migrated, sealed(begun))
    restored(migrated, sealed(begun), now=NOW + timedelta(minutes=3))
    assert everything(migrated) == everything(begun)


def test_what_people_wrote_does_not_stand_in_it(begun: Database) -> None:
    backup = sealed(begun)
    assert b"traveler" not in backup
    lines = list(read_lines(io.BytesIO(backup), KEY))
    assert any(b'"table":"travelers"' in line for line in lines)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 3 * CHUNK_BYTES + 5])
def test_lines_of_any_length_come_back(size: int) -> None:
    lines = [b"first", random.randbytes(size).replace(b"\n", b"."), b"last"]
    out = io.BytesIO()
    writer = SealedLines(out, KEY)
    for line in lines:
        writer.write(line)
    writer.finish()
    assert list(read_lines(io.BytesIO(out.getvalue()), KEY)) == lines


class Lost(io.BytesIO):
    """A stream during whose first use somebody else wins a race for the database."""

    def __init__(self, value: bytes = b"", *, pipe: bool = False) -> None:
        super().__init__(value)
        self._is_pipe, self._tries = pipe, 0

    def seekable(self) -> bool:
        return not self._is_pipe

    def read(self, size: int | None = -1, /) -> bytes:
        self._lose()
        return super().read(size)

    def write(self, data: Any, /) -> int:
        written = super().write(data)
        self._lose()
        return written

    def _lose(self) -> None:
        self._tries += 1
        if self._tries == 1:
            raise Conflict("a lost race")


class TestLostRace:
    def test_a_file_is_read_and_written_again_from_its_start(self, begun: Database, empty: Database) -> None:
        out = Lost()
        back_up_to(begun, KEY, out, NOW)
        assert len(out.getvalue()) == len(sealed(begun))
        restored(empty, b"", source=Lost(out.getvalue()))
        assert everything(empty) == everything(begun)

    def test_a_pipe_cannot_and_says_so(self, begun: Database, empty: Database) -> None:
        with pytest.raises(BackupBroken, match="begin again"):
            back_up_to(begun, KEY, Lost(pipe=True), NOW)
        with pytest.raises(BackupBroken, match="begin again"):
            restored(empty, b"", source=Lost(sealed(begun), pipe=True))
        assert tx.read(empty, revision_of) is None


class TestFile:
    def test_only_its_owner_reads_it_and_nothing_else_is_left(self, begun: Database, tmp_path: Path) -> None:
        made = back_up(begun, KEY, tmp_path / "one.backup", NOW)
        assert made.path.stat().st_mode & 0o777 == 0o600
        assert made.path.stat().st_size == made.size
        assert [path.name for path in tmp_path.iterdir()] == ["one.backup"]

    def test_it_replaces_no_file_unless_it_is_told_to(self, begun: Database, tmp_path: Path) -> None:
        path = tmp_path / "one.backup"
        path.write_text("mine")
        with pytest.raises(BackupExists):
            back_up(begun, KEY, path, NOW)
        assert path.read_text() == "mine"
        back_up(begun, KEY, path, NOW, replace=True)
        assert path.read_bytes() != b"mine"

    def test_one_that_breaks_off_leaves_nothing(self, tmp_path: Path) -> None:
        never_migrated = make_engine(f"sqlite:///{tmp_path / 'nothing.db'}")
        folder = tmp_path / "backups"
        folder.mkdir()
        with pytest.raises(Exception, match="another version"):
            back_up(never_migrated, KEY, folder, NOW)
        assert list(folder.iterdir()) == []
        never_migrated.close()

    def test_in_a_folder_the_old_ones_go_and_strangers_stay(self, begun: Database, tmp_path: Path) -> None:
        for days in (0, 29, 31, 400):
            back_up(begun, KEY, tmp_path, NOW - timedelta(days=days))
        stranger = tmp_path / "amanba-20200101T000000Z.backup"
        stranger.write_text("by its name alone it is ours")
        gone = forget_old(tmp_path, timedelta(days=30), NOW)
        assert [path.name for path in gone] == ["amanba-20251027T210000Z.backup", "amanba-20261031T210000Z.backup"]
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            stranger.name,
            "amanba-20261102T210000Z.backup",
            "amanba-20261201T210000Z.backup",
        ]
