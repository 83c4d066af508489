"""What people's browsers and other programs do with us: they try again until they are answered."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.crash.fleet import Program

PATIENCE = 60.0
PAUSE = 0.1
BUSY = 503


class Refused(Exception):
    """An answer that trying again does not change."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body[:500])
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Client:
    """Asks whichever web is up, again and again: no answer and 503 mean that nothing is known."""

    webs: Callable[[], list[Program]]

    def call(self, method: str, path: str, body: Any = None, *, token: str = "", key: str = "") -> Any:
        """One call of the API; `key` makes a repeat harmless. Raises `Refused`."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        answer = self.ask(method, f"/api/v1{path}", b"" if body is None else json.dumps(body).encode(), headers)
        return json.loads(answer) if answer else None

    def get(self, path: str) -> str:
        """A page."""
        return self.ask("GET", path, b"", {}).decode()

    def post_form(self, path: str, form: Mapping[str, str]) -> None:
        """A form of a page."""
        self.ask("POST", path, urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of a 2xx."""
        end, pause = time.monotonic() + PATIENCE, threading.Event()
        while time.monotonic() < end:
            for program in self.webs():
                status, answer = _once(program, method, path, body, headers)
                if 200 <= status < 300:
                    return answer
                if status not in (0, BUSY):
                    raise Refused(status, answer)
            pause.wait(PAUSE)
        raise AssertionError(f"nobody answered {method} {path}")


def _once(program: Program, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=30)
    try:
        connection.request(method, path, body or None, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
