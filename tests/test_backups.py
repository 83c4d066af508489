"""`amanba backup` and `amanba restore` as an operator gives them."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import insert, select

from service.cli import main
from service.clock import utc_now
from service.db import tx
from service.db.engine import make_engine
from service.db.migrate import upgrade
from service.db.sealed_stream import MAGIC
from service.db.secrets import make_key
from service.db.stored import table_of
from service.db.tables import Traveler
from service.settings import Settings
from service.wiring import build


class Console:
    """Runs the command in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status, and what was said."""
        self._monkeypatch.setattr(sys, "argv", ["amanba", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        return (ended.value.code if isinstance(ended.value.code, int) else 0), said.out + said.err

    def refusal(self, *arguments: str) -> str:
        """The one sentence with which nothing is done."""
        status, said = self.run(*arguments)
        assert status == 1
        assert said.count("\n") == 1, said
        return said


@pytest.fixture
def installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder with an installation of one traveler; it has a backup key."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setenv("AMANBA_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("AMANBA_BACKUP_KEY", make_key())
    settings = Settings()
    settings.data_dir.mkdir()
    upgrade(settings.database)
    with closing(build(settings).db) as db:
        row = {"traveler_id": uuid4(), "language": "kk", "phone_hash": b"", "sealed": b"", "key_id": uuid4()}
        whole = {**row, "audit_head": b"", "audit_length": 0, "created_at": utc_now()}
        tx.run(db, lambda conn: conn.execute(insert(table_of(Traveler)), whole))
    yield tmp_path
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], installation: Path) -> Console:
    return Console(monkeypatch, capsys, installation)


def travelers(url: str) -> list[str]:
    with closing(make_engine(url)) as db:
        return list(tx.read(db, lambda conn: conn.execute(select(table_of(Traveler).c.language)).scalars()))


def test_there_and_back(console: Console) -> None:
    path, keys = console.folder / "one.backup", Settings().key_file
    status, said = console.run("backup", str(path))
    assert (status, f"The backup {path} holds 0 trips and" in said) == (0, True)
    assert "AMANBA_SECRET_KEYS and AMANBA_BACKUP_KEY are not in it" in said
    # Another machine, to which the secret keys were brought.
    console.set(AMANBA_DATA_DIR=str(console.folder / "new"), AMANBA_SECRET_KEYS_FILE=str(keys))
    status, said = console.run("restore", str(path))
    assert (status, "Restored: 0 trips and" in said, "Start Amanba now" in said) == (0, True, True)
    assert travelers(Settings().database) == ["kk"]
    assert console.refusal("restore", str(path)).startswith("Nothing was restored: the database holds people")


def test_through_a_pipe_nothing_but_the_backup_flows(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def run(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["amanba", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code

    # A variable that nobody reads writes a line to the log.
    monkeypatch.setenv("AMANBA_STORM_BRAK", "0")
    run("backup", "-")
    out, err = capfdbinary.readouterr()
    assert out.startswith(MAGIC)
    assert b"unknown_setting" in err
    monkeypatch.setenv("AMANBA_DATABASE_URL", f"sqlite:///{installation / 'new.db'}")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(out)))
    run("restore", "-")
    assert travelers(Settings().database) == ["kk"]


def test_every_night_into_a_folder(console: Console) -> None:
    folder = console.folder / "backups"
    folder.mkdir()
    assert "--keep-days needs a folder" in console.refusal("backup", str(folder / "one"), "--keep-days", "30")
    assert console.run("backup", str(folder))[0] == 0
    [first] = folder.iterdir()
    long_ago = (utc_now() - timedelta(days=31)).strftime("%Y%m%dT%H%M%SZ")
    first.rename(folder / f"amanba-{long_ago}.backup")
    status, said = console.run("backup", str(folder), "--keep-days", "30")
    assert (status, "Older than 30 days and deleted: 1." in said) == (0, True)
    assert [path.name == f"amanba-{long_ago}.backup" for path in folder.iterdir()] == [False]


def test_what_was_killed_goes_with_the_old_ones_and_one_that_cannot_go_unmakes_no_backup(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = console.folder / "backups"
    folder.mkdir()
    long_ago = (utc_now() - timedelta(days=31)).strftime("%Y%m%dT%H%M%SZ")
    left_over = folder / f".amanba-{long_ago}.backup.0123abcd"
    left_over.write_bytes(MAGIC)

    def refuse(folder: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    with monkeypatch.context() as changed:
        changed.setattr("service.backups.forget_old", refuse)
        status, said = console.run("backup", str(folder), "--keep-days", "30")
    assert (status, "No backup was made" in said, "The older backups stay: " in said) == (1, False, True)
    # In the same second it bears the same name.
    status, said = console.run("backup", str(folder), "--keep-days", "30", "--force")
    assert (status, left_over.exists()) == (0, False)


def test_what_is_missing_is_one_sentence(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    for settings, said in (
        ({"AMANBA_BACKUP_KEY": ""}, "AMANBA_BACKUP_KEY is not set; make one with: amanba key"),
        ({"AMANBA_BACKUP_KEY": "c2hvcnQ"}, "AMANBA_BACKUP_KEY: it has 5 bytes in place of 32"),
        ({"AMANBA_BACKUP_KEY_FILE": "/nowhere/key"}, "are both set; keep one"),
        ({"AMANBA_BACKUP_KEY": "", "AMANBA_BACKUP_KEY_FILE": "/nowhere/key"}, "No such file"),
        ({"AMANBA_DATABASE_URL": "sqlite:////nowhere/amanba.db"}, "there is no database at /nowhere/amanba.db"),
        ({"AMANBA_DATABASE_URL": "mysql://host/db"}, "AMANBA_DATABASE_URL"),
    ):
        with monkeypatch.context() as changed:
            for name, value in settings.items():
                changed.setenv(name, value)
            sentence = console.refusal("backup", str(console.folder / "one"))
        assert sentence.startswith("No backup was made: ")
        assert said in sentence
    assert not (console.folder / "one").exists()


def test_the_backup_key_is_none_of_the_secret_keys(console: Console) -> None:
    console.set(AMANBA_BACKUP_KEY=Settings().key_file.read_text().strip())
    assert "AMANBA_BACKUP_KEY is one of AMANBA_SECRET_KEYS" in console.refusal("backup", str(console.folder / "one"))


def test_no_secret_keys_are_made_where_nobody_could_read_what_comes(console: Console) -> None:
    path = console.folder / "one.backup"
    console.run("backup", str(path))
    console.set(AMANBA_DATA_DIR=str(console.folder / "new"))
    assert "Put the secret keys of the installation that was backed up" in console.refusal("restore", str(path))
    assert not Settings().key_file.exists()
