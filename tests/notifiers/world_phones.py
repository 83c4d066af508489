"""Simulated phones are a world of their own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from notifiers.phones import Phones


class PhonesWorld:
    address = "+77010000001"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._now = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
        self.notifier = Phones(path, self.now)

    def now(self) -> datetime:
        return self._now

    def pass_time(self, minutes: float) -> None:
        self._now += timedelta(minutes=minutes)

    def arrived(self) -> list[str]:
        return [text.body for text in self.notifier.received([self.address])]

    def lose_next_answer(self) -> bool:
        return False

    def write(self, body: str) -> str | None:
        return None

    def go_away(self) -> None:
        for path in self._path.parent.glob(f"{self._path.name}*"):
            os.remove(path)
        self._path.mkdir()


@contextmanager
def world(folder: Path) -> Iterator[PhonesWorld]:
    yield PhonesWorld(folder / "phones.db")
