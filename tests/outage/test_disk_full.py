"""The disk under SQLite is full: what cannot be kept is refused, nothing is half-written, and it goes on after."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from service.db.routing import Inbox
from service.db.stored import table_of
from tests.scenarios.story import TRAVELER, Story, family, open_story

INBOX = table_of(Inbox)
ROOM = 8 * 1024 * 1024


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of some megabytes, for root; skips where it cannot be mounted."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(["mount", *options], capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("wb", buffering=0) as ballast:
        for size in (65536, 512, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                # No room for so much at once; perhaps for less.
                continue


def press(story: Story, nonce: str) -> int:
    return story.client.post(story.check_in_url, data={"nonce": nonce, "text": "ok"}).status_code


def rows(story: Story) -> int:
    return int(story.service.read(lambda conn: conn.execute(select(func.count()).select_from(INBOX)).scalar_one()))


def refuses(story: Story, kept: int) -> None:
    """By every way: the link, the hook, health."""
    story.client.headers["Accept-Language"] = "en"
    answer = story.client.post(story.check_in_url, data={"nonce": "full", "text": "ok"})
    assert answer.status_code == 503
    assert "again" in answer.text, "the page says to press again"
    assert story.twilio.text(TRAVELER, "ok") == 503
    assert story.client.get("/readyz").status_code == 503
    assert rows(story) == kept, "each answer 200 is a row, and no other"


def goes_on(story: Story) -> None:
    """What was pressed again is kept, what the provider could not deliver comes from its list; all is whole."""
    assert press(story, "full") == 200
    assert press(story, "full") == 200
    assert story.client.get("/readyz").status_code == 200
    story.advance(minutes=2)
    whole = story.service.read(lambda conn: conn.execute(text("PRAGMA integrity_check")).scalar_one())
    assert whole == "ok"
    results = story.service.read(lambda conn: conn.execute(select(INBOX.c.result, INBOX.c.source)).all())
    assert [row.source for row in results].count("check_in") == 1
    assert all(row.result for row in results)
    story.advance_to("2026-12-01T23:00+03:00")
    story.mother.expect_nothing()


def test_a_disk_that_is_full(tmp_path: Path, sqlite_template: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        shutil.copyfile(sqlite_template, disk / "amanba.db")
        with open_story(f"sqlite:///{disk / 'amanba.db'}") as story:
            family(story)
            story.advance_to("2026-12-01T19:40+03:00")
            kept = rows(story)
            fill(disk / "ballast")
            # The log in front of the file may have room inside: use that up as well.
            for number in range(200):
                if press(story, f"last-{number}") == 503:
                    break
                kept += 1
            refuses(story, kept)
            (disk / "ballast").unlink()
            assert press(story, "after") == 200
            assert story.client.get("/readyz").status_code == 200
            story.advance_to("2026-12-01T23:00+03:00")
            story.mother.expect_nothing()


def test_a_file_that_may_not_grow(home: Story) -> None:
    """The same without root: the system lets no file of this process become longer."""
    family(home)
    home.advance_to("2026-12-01T19:40+03:00")
    kept = rows(home)
    home.service.run(lambda conn: conn.exec_driver_sql("PRAGMA wal_autocheckpoint=0"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    database = home.service.db.write.url.database
    assert database is not None
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{database}-wal").stat().st_size, before[1]))
    try:
        refuses(home, kept)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    goes_on(home)
