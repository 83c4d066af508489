"""SMS by an adapter, with an adapter of our own at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from notifiers.http_sms import SPEC
from tests.notifiers.http_adapter import SECRET, Adapter, http_adapter


class HttpWorld:
    address = "+77010000001"

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        settings = SPEC.load(
            {
                "AMANBA_HTTP_SMS_URL": adapter.url,
                "AMANBA_HTTP_SMS_LIST_URL": adapter.list_url,
                "AMANBA_HTTP_SMS_SECRET": SECRET,
                "AMANBA_HTTP_SMS_TIMEOUT": "2",
            }
        )
        self.notifier = SPEC.build(settings, self.now)

    def now(self) -> datetime:
        return self.adapter.now

    def pass_time(self, minutes: float) -> None:
        self.adapter.advance(minutes)

    def arrived(self) -> list[str]:
        return [one["text"] for one in self.adapter.taken.values()]

    def lose_next_answer(self) -> bool:
        # The first is asked for again at once.
        self.adapter.loses_answers = 2
        return True

    def write(self, body: str) -> str | None:
        return self.adapter.receive(self.address, body)

    def go_away(self) -> None:
        self.adapter.stop()


@contextmanager
def world(folder: Path) -> Iterator[HttpWorld]:
    with http_adapter() as adapter:
        yield HttpWorld(adapter)
