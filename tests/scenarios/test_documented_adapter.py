"""The adapter of deploy/ADAPTERS.md, run as it stands there, between a provider and the application, all over HTTP."""

from __future__ import annotations

import importlib
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
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


class Provider:
    """Some provider that speaks JSON: what it was given, and what waits at its numbers."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.waiting: list[dict[str, str]] = []

    def answer(self, path: str, given: dict[str, str]) -> object:
        if path == "/send":
            self.sent.append((given["to"], given["text"]))
        elif path == "/inbox/delete":
            self.waiting = [one for one in self.waiting if one["sid"] != given["sid"]]
        else:
            assert path == "/inbox"
        return self.waiting

    @property
    def handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(Quiet):
            def do_POST(self) -> None:
                said = json.dumps(answer(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                self.send_response(200 if self.headers["Authorization"] == "Bearer key" else 401)
                self.end_headers()
                self.wfile.write(said.encode())

        return Handler


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


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
def provider() -> Provider:
    return Provider()


@pytest.fixture
def documented(provider: Provider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """What the page's program defines, with what every adapter shares as `adapter`."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len([line for line in code.splitlines() if line]) <= 20
    with answering(provider.handler) as url:
        values = {
            "SECRET": SECRET,
            "AMANBA": "",
            "TAKEN": str(tmp_path / "taken"),
            "API": url.rstrip("/"),
            "KEY": "key",
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        (tmp_path / "my_adapter.py").write_text(code, encoding="utf-8")
        monkeypatch.syspath_prepend(str(PAGE.parent))
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in ("adapter", "my_adapter"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        yield importlib.import_module("my_adapter")
        for name in ("adapter", "my_adapter"):
            monkeypatch.delitem(sys.modules, name)


@contextmanager
def taking(documented: Any) -> Iterator[str]:
    """The adapter takes messages."""
    handler = type("Messages", (Quiet, documented.adapter.messages(documented.send)), {})
    with answering(handler) as url:
        yield url


def rows(story: Story, table: Any) -> list[Any]:
    return list(story.service.read(lambda conn: conn.execute(select(table)).all()))


def test_texts_go_out_and_come_in_by_it(sqlite_url: str, provider: Provider, documented: Any) -> None:
    with open_story(sqlite_url) as story, taking(documented) as url:
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
        written = [{"sid": f"m{n}", "sender": OPERATOR, "body": t, "at": received_at} for n, t in enumerate("ab")]
        provider.waiting = list(written)
        with served(story.client.app) as home:
            documented.adapter.AMANBA = home
            documented.adapter.hand_over(documented.received, documented.forget)
            provider.waiting = list(written)
            documented.adapter.hand_over(documented.received, documented.forget)
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
            documented.adapter.hand_over(documented.received, documented.forget)
        assert provider.waiting == written, "while we are down nothing is let go"


def test_it_sends_nothing_twice_and_believes_nobody_else(provider: Provider, documented: Any) -> None:
    with taking(documented) as url:
        ours = adapter(url)(lambda: datetime.now(UTC))
        stranger = adapter(url, AMANBA_HTTP_SMS_SECRET="another-secret-16")(lambda: datetime.now(UTC))
        late = adapter(url)(lambda: datetime.now(UTC) - timedelta(minutes=6))
        message = Message("0c7cbb9c-4d5c-4a9a-9d5a-1f2a3b4c5d6e", TRAVELER, "Аманба?", "alert", None, None, None)
        assert isinstance(ours.send(message), Accepted)
        assert isinstance(ours.send(message), Accepted)
        assert isinstance(stranger.send(message), Rejected)
        assert isinstance(late.send(message), Rejected)
    assert provider.sent == [(TRAVELER, "Аманба?")]
