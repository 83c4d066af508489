"""Whoever listens at the other end of a webhook or a heartbeat, on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]

    @property
    def page(self) -> dict[str, Any]:
        """The JSON that was posted."""
        page: dict[str, Any] = json.loads(self.body)
        return page


@dataclass
class HookServer:
    """What came, and what is answered: `status` 0 takes the request and hangs up; `may_answer` holds all answers."""

    calls: list[Call] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    may_answer: threading.Event = field(default_factory=threading.Event)
    called: threading.Event = field(default_factory=threading.Event)
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens, with a path that looks like a secret."""
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}/hook/0123456789"

    def stop(self) -> None:
        """Nobody listens any more."""
        if self.server is not None:
            self.may_answer.set()
            self.server.shutdown()
            self.server.server_close()
            self.server = None


@contextmanager
def hook_server() -> Iterator[HookServer]:
    """A server for as long as the block runs."""
    ours = HookServer()
    ours.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            ours.calls.append(Call(self.command, self.path, body, {k.lower(): v for k, v in self.headers.items()}))
            ours.called.set()
            ours.may_answer.wait(20)
            if ours.status:
                self.send_response(ours.status)
                for name, value in ours.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(ours.answer)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    ours.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ours.server.daemon_threads = False
    thread = threading.Thread(target=ours.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ours
    finally:
        ours.stop()
        thread.join()
