"""AMANBA_SECRET_KEYS are changed while families live on: nothing stops, nothing is lost, and the old one may go."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, event, func, select

from service.db import tx
from service.db.engine import make_engine
from service.db.errors import KeyErased, SecretMissing
from service.db.sealed import key_of, open_keyring
from service.db.stored import Stored, table_of
from service.db.tables import DataKey
from service.db.wrapping import Wrapper, check_wrapped
from service.usecases.context import Service
from tests.scenarios.story import SECRET, Story, family
from tests.web.contact_pages import PIN, alarm_page, choose_pin

NEW = bytes(range(100, 132))
KEYS = table_of(DataKey)
MANY = 300
"""More keys than some batches hold, so that there is something to be in the middle of."""
SEALED = {"sealed", "kept_because", "word_key"}
PATIENCE = 60.0


def with_keys(story: Story, *keys: bytes) -> None:
    """From now on the processes of this installation have these secrets: they were given and started anew."""
    before = story.service

    def make_service(clock: Callable[[], datetime]) -> Service:
        fresh = {name: getattr(before, name) for name in ("notifiers", "segments", "fold", "public_url", "operator")}
        return Service(db=before.db, keys=open_keyring(before.db, keys, clock()), clock=clock, **fresh)

    story.use(make_service)
    story.restart()


@contextmanager
def in_turn(story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """`rewrap` over connections of its own, beside the engine, a few batches at a time.

    Lets it go on when it is called; at the end it runs on to its end. Afterwards it says how many keys were wrapped.
    """
    monkeypatch.setattr("service.db.sealed._BATCH", 20)
    turns, url = threading.Semaphore(0), story.service.db.write.url.render_as_string(hide_password=False)
    with closing(make_engine(url)) as db, ThreadPoolExecutor(1) as thread:
        keys = open_keyring(db, [NEW, SECRET], story.now)
        # Before a transaction begins, so that it waits without a lock.
        event.listen(db.write, "checkout", lambda *_: turns.acquire(timeout=PATIENCE))
        wrapped = thread.submit(keys.rewrap, db)

        def go_on() -> int:
            turns.release(3)
            return wrapped.result() if wrapped.done() else 0

        yield go_on
        turns.release(10_000)
        assert wrapped.result() > MANY


@contextmanager
def in_a_process(story: Story, _monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """The command, as whoever runs this gives it."""
    url = story.service.db.write.url.render_as_string(hide_password=False)
    secrets = ",".join(base64.urlsafe_b64encode(key).decode() for key in (NEW, SECRET))
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AMANBA_")}
    settings = {**mine, "AMANBA_DATABASE_URL": url, "AMANBA_SECRET_KEYS": secrets}
    command = [sys.executable, "-m", "service", "rewrap"]
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
        yield lambda: running.poll() or 0
        said = running.communicate(timeout=PATIENCE)[0].decode()
    assert running.returncode == 0, said
    assert int(said.split()[0]) > MANY, said


def sealed_values(conn: Connection) -> Iterator[tuple[str, bytes]]:
    """Every sealed value of every table, and where it stands."""
    for table in Stored.metadata.sorted_tables:
        for column in table.c:
            if column.name in SEALED and isinstance(column.type, LargeBinary):
                query = select(column).where(func.length(column) > 0)
                yield from ((f"{table.name}.{column.name}", bytes(value)) for value in conn.execute(query).scalars())


def unreadable(story: Story, secrets: Sequence[bytes]) -> list[str]:
    """Where values stand whose key these secrets do not open."""
    keys = open_keyring(story.service.db, secrets, story.now)

    def look(conn: Connection) -> list[str]:
        found, seen = [], 0
        for where, value in sealed_values(conn):
            seen += 1
            try:
                keys.prefetch(conn, [key_of(value)])
                keys.seal(conn, key_of(value), b"trial", b"")
            except (KeyErased, SecretMissing):
                found.append(where)
        assert seen > 20
        return found

    return tx.read(story.service.db, look)


WAYS = [
    in_turn,
    pytest.param(
        in_a_process, marks=pytest.mark.skipif(not os.environ.get("TEST_TIMING"), reason="make soak runs this")
    ),
]


@pytest.mark.parametrize("rewrap", WAYS)
def test_secrets_are_changed_while_a_family_lives_on(
    story: Story, monkeypatch: pytest.MonkeyPatch, rewrap: Callable[..., Any]
) -> None:
    """With new,old everywhere, `rewrap` runs beside the engine; then old goes, and everything still opens."""
    family(story, words=True)
    choose_pin(story, "Daniyar")
    with_keys(story, NEW, SECRET)
    fill(story)
    with rewrap(story, monkeypatch) as go_on:
        for round_ in range(2):
            assert not go_on(), "it was still under way"
            live_on(story, round_)
    live_on(story, 2)

    with_keys(story, NEW)
    assert story.service.read(lambda conn: check_wrapped(conn, Wrapper([NEW]))) == 1
    assert unreadable(story, [NEW]) == []
    with pytest.raises(SecretMissing):
        open_keyring(story.service.db, [SECRET], story.now)
    story.advance_to("2026-12-02T21:31+03:00")
    opened = story.client.post(f"{alarm_page(story.brother)}/sheet", data={"pin": PIN})
    assert "Lotus Garden Hotel" in opened.text
    story.traveler.text("green apples")
    story.run()
    story.mother.expect("Aizhan has answered. The alarm has ended.")


def fill(story: Story) -> None:
    """The keys of many others, wrapped by the old secret."""
    old = open_keyring(story.service.db, [SECRET], story.now)
    tx.run(story.service.db, lambda conn: [old.new_key(conn, "trip", story.now) for _ in range(MANY)])


def live_on(story: Story, round_: int) -> None:
    """Everything that makes keys and uses them: somebody signs up and plans, somebody texts, somebody is told."""
    mine: dict[str, Any] = {"token": story.token, "trip_id": story.trip_id}
    story.token = ""
    story.register(phone=f"+770180{round_:05}")
    story.plan_trip()
    story.token, story.trip_id = mine["token"], mine["trip_id"]
    story.traveler.text("what is this")
    story.client.post(story.check_in_url, data={"nonce": f"n{round_}", "text": "hello"})
    shown = story.call("GET", f"/trips/{story.trip_id}", None, 200, **{"Amanba-Passphrase": "a quiet harbour"})
    assert shown["status"] == "armed"
    story.advance(minutes=2)
