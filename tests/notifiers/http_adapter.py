"""An adapter as deploy/ADAPTERS.md describes it, with the network of telephones behind it; on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from notifiers.signing import PREFIX, SIGNATURE_HEADER, TIMESTAMP_HEADER, fault_of

SECRET = "a-secret-of-32-letters-or-more-0"
PAGE = 2
"""Texts on a page of the list."""


@dataclass
class Adapter:
    """What it was given, and what people sent to its numbers. `answer` is said instead of the usual, once; so
    many as `loses_answers` are not."""

    now: datetime = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answer: tuple[int, Any, dict[str, str]] | None = None
    loses_answers: int = 0
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}/messages"

    @property
    def list_url(self) -> str:
        return self.url.replace("/messages", "/inbox")

    def receive(self, sender: str, text: str) -> str:
        """A person texts one of its numbers."""
        name = f"in-{len(self.inbox)}"
        at = self.now.isoformat()
        self.inbox.append({"id": name, "from": sender, "to": "+77010000009", "text": text, "received_at": at})
        return name

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def take(self, body: bytes, key: str) -> tuple[int, Any]:
        fields = json.loads(body)
        self.keys.append(key)
        if key in self.taken:
            return 409, {"state": self.taken[key]["state"]}
        self.taken[key] = {**fields, "state": "sent"}
        return 202, {"state": "accepted"}

    def show(self, target: str) -> tuple[int, Any]:
        parts = urlsplit(target)
        if parts.path == "/inbox":
            return 200, self._list({name: values[0] for name, values in parse_qs(parts.query).items()})
        one = self.taken.get(parts.path.rpartition("/")[2])
        return (200, one) if one else (404, {"state": "unknown"})

    def _list(self, query: dict[str, str]) -> dict[str, Any]:
        since, until = datetime.fromisoformat(query["since"]), datetime.fromisoformat(query["until"])
        found = [one for one in self.inbox if since <= datetime.fromisoformat(one["received_at"]) < until]
        first = int(query.get("cursor", 0))
        more = {"next": str(first + PAGE)} if len(found) > first + PAGE else {}
        return {"messages": found[first : first + PAGE], **more}

    def advance(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@contextmanager
def http_adapter() -> Iterator[Adapter]:
    """For as long as the block runs. Its clock is `now`; what is signed at another time it does not believe."""
    ours = Adapter()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self._answer(self.path.encode(), b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(body, body)

        def _answer(self, said: bytes, body: bytes) -> None:
            fields: Any = {}
            more: dict[str, str] = {}
            stamp, given = self.headers.get(TIMESTAMP_HEADER), self.headers.get(SIGNATURE_HEADER, "")
            if fault_of([SECRET], f"{stamp}.".encode() + said, stamp, given.removeprefix(PREFIX), ours.now):
                status = 401
            elif ours.answer is not None:
                (status, fields, more), ours.answer = ours.answer, None
            else:
                key = self.headers.get("Idempotency-Key", "")
                status, fields = ours.take(body, key) if body else ours.show(self.path)
            if ours.loses_answers or ours.server is None:
                ours.loses_answers = max(0, ours.loses_answers - 1)
                self.close_connection = True
                return
            text = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    ours.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=ours.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ours
    finally:
        ours.stop()
        thread.join()
