"""The operator's webhook, with a receiver of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from notifiers.webhook import SPEC
from tests.notifiers.hook_server import HookServer, hook_server

ADDRESS = "whoever runs this"


class WebhookWorld:
    address = ADDRESS

    def __init__(self, server: HookServer) -> None:
        self._server = server
        self._now = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
        settings = SPEC.load({"AMANBA_WEBHOOK_URL": server.url, "AMANBA_WEBHOOK_TIMEOUT": "2"})
        self.notifier = SPEC.build(settings, self.now)

    def now(self) -> datetime:
        return self._now

    def pass_time(self, minutes: float) -> None:
        self._now += timedelta(minutes=minutes)

    def arrived(self) -> list[str]:
        return [call.page["text"] for call in self._server.calls]

    def lose_next_answer(self) -> bool:
        self._server.status = 0
        return True

    def write(self, body: str) -> str | None:
        return None

    def go_away(self) -> None:
        self._server.stop()


@contextmanager
def world(folder: Path) -> Iterator[WebhookWorld]:
    with hook_server() as server:
        yield WebhookWorld(server)
