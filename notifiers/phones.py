"""Simulated phones: SMS for trying the service out, when no provider is set up. Nothing leaves this machine.

A small SQLite file plays the telephone network. It is not the service's database, so that a service killed in
the middle of a send finds, when it comes back, what the network had already taken.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, Field

from notifiers.base import (
    Accepted,
    Cause,
    DeliveryState,
    FindResult,
    Found,
    Message,
    NotFound,
    Rejected,
    SendResult,
    StatusResult,
    Unavailable,
)
from notifiers.registry import Clock, NotifierSpec

NUMBER = "+77000000000"
"""What the service's own number is on the simulated network. No operator has it."""
PHONE_OFF = "phone_off"
"""The code of a refusal because the phone was switched off."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, outbox_id TEXT NOT NULL, number TEXT NOT NULL,
    body TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS texts_by_number ON texts (number, id);
CREATE INDEX IF NOT EXISTS texts_by_outbox ON texts (outbox_id);
CREATE TABLE IF NOT EXISTS switched_off (number TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS typed_texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, provider_id TEXT NOT NULL UNIQUE, number TEXT NOT NULL,
    body TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, after_text INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS typed_texts_by_number ON typed_texts (number, id);
CREATE TABLE IF NOT EXISTS answering (number TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


TYPED = "typed"
ANSWERED = "answered"
"""The kinds of what a phone sent: typed by its owner, or by the phone itself while it answers in her place."""


class PhonesSettings(BaseModel):
    """Where the simulated network keeps its texts."""

    path: Path = Field(title="File", description="SQLite file of the simulated telephone network")


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text on the screen of a simulated phone. `id` only grows; `at` is aware, UTC."""

    id: int
    outbox_id: str
    number: str
    body: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a phone's thread. `mine`: its owner sent it; `id` is unique among texts of its direction."""

    id: str
    number: str
    body: str
    kind: str
    at: datetime
    mine: bool


class Phones:
    """The simulated network: takes every text at once, except for a phone that is switched off."""

    name = "phones"
    channel = "sms"

    def __init__(self, path: Path, now: Clock) -> None:
        self.inbound_numbers = (NUMBER,)
        self._path = path
        self._now = now
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    def send(self, message: Message) -> SendResult:
        """Put the text on the phone's screen, or refuse it for now when the phone is off."""
        try:
            with self._transaction() as connection:
                if _is_off(connection, message.to):
                    return Rejected(Cause.TEMPORARY, PHONE_OFF, "The phone is switched off")
                row = (message.outbox_id, message.to, message.body, message.kind, self._now().isoformat())
                cursor = connection.execute(
                    "INSERT INTO texts (outbox_id, number, body, kind, at) VALUES (?, ?, ?, ?, ?)", row
                )
        except sqlite3.Error as error:
            return Unavailable(f"Simulated network: {error}", maybe_accepted=True)
        return Accepted(str(cursor.lastrowid), DeliveryState.DELIVERED)

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        """Look for the text by its outbox id, which is exact: neither `since` nor the body is needed."""
        del since
        try:
            with self._transaction() as connection:
                row = connection.execute(
                    "SELECT max(id) FROM texts WHERE outbox_id = ?", (message.outbox_id,)
                ).fetchone()
        except sqlite3.Error as error:
            return Unavailable(f"Simulated network: {error}", maybe_accepted=True)
        return NotFound() if row[0] is None else Found(str(row[0]), DeliveryState.DELIVERED)

    def fetch_status(self, provider_id: str) -> StatusResult:
        """A text that was taken is on the screen."""
        try:
            with self._transaction() as connection:
                row = connection.execute("SELECT id FROM texts WHERE id = ?", (provider_id,)).fetchone()
        except sqlite3.Error as error:
            return Unavailable(f"Simulated network: {error}", maybe_accepted=True)
        if row:
            return DeliveryState.DELIVERED, None
        return DeliveryState.FAILED, Rejected(Cause.TEMPORARY, "unknown", "No phone has this text")

    def received(self, numbers: Iterable[str], since_id: int = 0) -> list[ReceivedText]:
        """What the phones with these numbers received after text `since_id`, oldest first."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT id, outbox_id, number, body, kind, at FROM texts"
                " WHERE number IN (SELECT value FROM json_each(?)) AND id > ? ORDER BY id",
                (json.dumps(list(numbers)), since_id),
            ).fetchall()
        return [
            ReceivedText(id, outbox_id, number, body, kind, datetime.fromisoformat(at).astimezone(UTC))
            for id, outbox_id, number, body, kind, at in rows
        ]

    def type_text(self, number: str, body: str, provider_id: str, kind: str = TYPED) -> bool:
        """Keep a text that this phone's owner sent; False when one with this `provider_id` is there already."""
        row = (provider_id, number, body, kind, self._now().isoformat())
        with self._transaction() as connection:
            return (
                connection.execute(
                    "INSERT OR IGNORE INTO typed_texts (provider_id, number, body, kind, at, after_text)"
                    " VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM texts))",
                    row,
                ).rowcount
                == 1
            )

    def threads(self, numbers: Iterable[str], last: int) -> dict[str, list[Text]]:
        """What these phones show: the `last` texts of each, received and sent, oldest first."""
        with self._transaction() as connection:
            return {number: _thread(connection, number, last) for number in numbers}

    def numbers(self) -> list[str]:
        """Every phone that has received a text, in the order of the first one."""
        with self._transaction() as connection:
            rows = connection.execute("SELECT number FROM texts GROUP BY number ORDER BY min(id)").fetchall()
        return [number for (number,) in rows]

    def answer_reminders(self, number: str, body: str | None) -> None:
        """From now on this phone answers reminders with `body` by itself; with None it does not."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM answering WHERE number = ?", (number,))
            if body is not None:
                connection.execute("INSERT INTO answering VALUES (?, ?)", (number, body))

    def answering(self) -> dict[str, str]:
        """The phones that answer reminders by themselves, and what they answer."""
        with self._transaction() as connection:
            return dict(connection.execute("SELECT number, body FROM answering ORDER BY number").fetchall())

    def switch_off(self, number: str) -> None:
        """From now on this phone cannot be reached."""
        with self._transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO switched_off VALUES (?)", (number,))

    def switch_on(self, number: str) -> None:
        """This phone can be reached again; what was refused meanwhile does not come by itself."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM switched_off WHERE number = ?", (number,))

    def is_off(self, number: str) -> bool:
        """Whether the phone is switched off."""
        with self._transaction() as connection:
            return _is_off(connection, number)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One connection and one transaction; threads and processes share nothing but the file."""
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection


def _thread(connection: sqlite3.Connection, number: str, last: int) -> list[Text]:
    """In the order in which the network took them; clocks may stand still or be set back."""
    rows = connection.execute(
        "SELECT * FROM (SELECT id AS place, 0 AS mine, id, body, kind, at FROM texts WHERE number = :number"
        " UNION ALL SELECT after_text, id, provider_id, body, kind, at FROM typed_texts WHERE number = :number)"
        " ORDER BY place DESC, mine DESC LIMIT :last",
        {"number": number, "last": last},
    ).fetchall()
    return [
        Text(str(id), number, body, kind, datetime.fromisoformat(at).astimezone(UTC), mine > 0)
        for _, mine, id, body, kind, at in reversed(rows)
    ]


def _is_off(connection: sqlite3.Connection, number: str) -> bool:
    return connection.execute("SELECT 1 FROM switched_off WHERE number = ?", (number,)).fetchone() is not None


def _build(settings: PhonesSettings, now: Clock) -> Phones:
    return Phones(settings.path, now)


SPEC = NotifierSpec(
    name="phones",
    channel="sms",
    title="Simulated phones",
    settings=PhonesSettings,
    build=_build,
    prefix="PHONES",
    simulated=True,
)
