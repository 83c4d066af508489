"""The adapter of deploy/ADAPTERS.md, run as it stands there, against the application over HTTP."""

from __future__ import annotations

import importlib.util
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import URLError

import pytest
import uvicorn
from sqlalchemy import select

from notifiers.base import Accepted, Message, Rejected
from service.db import tables
from service.db.routing import Inbox
from service.db.stored import table_of
from service.usecases.proof import watermark
from service.usecases.reconcile_inbound import reconcile_inbound
from tests.scenarios.programs import SECRET, adapter, beside_twilio
from tests.scenarios.story import OPERATOR, TRAVELER, Story, open_story

PAGE = Path(__file__).parents[2] / "deploy" / "ADAPTERS.md"
INBOX, OUTBOX = table_of(Inbox), table_of(tables.Outbox)


class Provider(ModuleType):
    """Some provider: what it was given, and what waits at its numbers."""

    def __init__(self) -> None:
        super().__init__("my_provider")
        self.sent: list[tuple[str, str]] = []
        self.waiting: list[dict[str, str]] = []

    def send(self, to: str, text: str) -> None:
        self.sent.append((to, text))

    def received(self) -> list[dict[str, str]]:
        return list(self.waiting)

    def forget(self, name: str) -> None:
        self.waiting = [one for one in self.waiting if one["id"] != name]


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The application on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off"))
    up = threading.Event()
    begin = server.startup

    async def startup(sockets: Any = None) -> None:
        await begin(sockets)
        up.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    assert up.wait(20)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def answering(handler: Any) -> Iterator[str]:
    """The adapter's own server."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    one = Provider()
    monkeypatch.setitem(sys.modules, "my_provider", one)
    return one


@pytest.fixture
def documented(provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """What the page's program defines."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    for name, value in {"SECRET": SECRET, "AMANBA": "", "TAKEN": str(tmp_path / "taken")}.items():
        monkeypatch.setenv(name, value)
    program = tmp_path / "adapter.py"
    program.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("adapter", program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.Messages, "log_message", lambda *_: None)
    return module


def rows(story: Story, table: Any) -> list[Any]:
    return list(story.service.read(lambda conn: conn.execute(select(table)).all()))


def test_texts_go_out_and_come_in_by_it(sqlite_url: str, provider: Provider, documented: Any) -> None:
    with open_story(sqlite_url) as story, answering(documented.Messages) as url:
        # Both sides go by the clock of this machine.
        story.now = datetime.now(UTC)
        beside_twilio(story, adapter(url), first=True)
        story.call(
            "POST", "/travelers", {"name": "Aizhan", "phone": TRAVELER, "language": "en", "citizenship": "KZ"}, 202
        )
        story.run()
        ((to, text),) = provider.sent
        assert to == TRAVELER
        assert re.search(r"\d{6}", text)
        assert {row.provider for row in rows(story, OUTBOX)} == {"http_sms"}

        received_at = (story.now - timedelta(minutes=1)).isoformat()
        written = [{"id": f"m{n}", "from": OPERATOR, "text": t, "received_at": received_at} for n, t in enumerate("ab")]
        provider.waiting = list(written)
        with served(story.client.app) as home:
            documented.AMANBA = home
            documented.hand_over()
            provider.waiting = list(written)
            documented.hand_over()
        assert [row.provider_id for row in rows(story, INBOX) if row.source == "http_sms"] == ["m0", "m1"]
        assert provider.waiting == []
        story.now = datetime.now(UTC)
        reconcile_inbound(story.service)
        mark = story.service.read(lambda conn: watermark(conn, "http_sms"))
        assert mark.read_until is not None
        assert story.now - mark.read_until < timedelta(minutes=1)
        assert mark.failing_since is None

        provider.waiting = list(written)
        with pytest.raises((URLError, OSError)):
            documented.hand_over()
        assert provider.waiting == written, "while we are down nothing is let go"


def test_it_sends_nothing_twice_and_believes_nobody_else(provider: Provider, documented: Any) -> None:
    with answering(documented.Messages) as url:
        ours = adapter(url)(lambda: datetime.now(UTC))
        stranger = adapter(url, AMANBA_HTTP_SMS_SECRET="another-secret-16")(lambda: datetime.now(UTC))
        late = adapter(url)(lambda: datetime.now(UTC) - timedelta(minutes=6))
        message = Message("0c7cbb9c-4d5c-4a9a-9d5a-1f2a3b4c5d6e", TRAVELER, "Аманба?", "alert", None, None, None)
        assert isinstance(ours.send(message), Accepted)
        assert isinstance(ours.send(message), Accepted)
        assert isinstance(stranger.send(message), Rejected)
        assert isinstance(late.send(message), Rejected)
    assert provider.sent == [(TRAVELER, "Аманба?")]
