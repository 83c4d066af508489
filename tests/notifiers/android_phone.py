"""An Android phone with the gateway app, by its local server: its queue, its inbox and what it posts; on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD, KEY, NUMBER = "ABC123", "a-password-of-the-app", "a-signing-key", "+77010000009"
ALMATY = timezone(timedelta(hours=5))


@dataclass
class AndroidPhone:
    """`sent` by id, with their states; `sms`: what lies in the phone's inbox; `listed`: what the app has read of it,
    each time that it was `asked` to."""

    now: datetime = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    sms: list[dict[str, Any]] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    webhooks: list[dict[str, Any]] = field(default_factory=list)
    answer: tuple[int, Any] | None = None
    loses_answers: int = 0
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"

    def env(self, **more: str) -> dict[str, str]:
        named = {"API_URL": self.url, "USER": USER, "PASSWORD": PASSWORD, "SIGNING_KEY": KEY, "NUMBER": NUMBER}
        return {f"AMANBA_ANDROID_{name}": value for name, value in {**named, **more}.items()}

    def receive(self, sender: str, text: str) -> dict[str, Any]:
        """The SIM gets a text; the webhook that tells of it, in the phone's own time zone."""
        at = self.now.astimezone(ALMATY).isoformat(timespec="milliseconds")
        self.sms.append({"sender": sender, "contentPreview": text, "createdAt": at, "type": "SMS"})
        payload = {
            "messageId": f"{hash(text) & 0xFFFFFFFF:x}",
            "message": text,
            "phoneNumber": sender,
            "receivedAt": at,
        }
        return {"event": "sms:received", "id": "Ey6E", "deviceId": "ffff", "payload": payload}

    def fail(self, name: str, reason: str) -> dict[str, Any]:
        """The phone could not send; the webhook that tells of it."""
        self.sent[name] |= {"state": "Failed", "error": reason}
        return {"event": "sms:failed", "payload": {"messageId": name, "phoneNumber": "+7", "reason": reason}}

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def post(self, path: str, fields: dict[str, Any]) -> tuple[int, Any]:
        if path == "/inbox/refresh":
            since, until = (datetime.fromisoformat(fields[name]) for name in ("since", "until"))
            found = [one for one in self.sms if since <= datetime.fromisoformat(one["createdAt"]) <= until]
            self.asked.append(fields)
            self.listed += [one for one in found if one not in self.listed]
            return 202, b""
        if fields["id"] in self.sent:
            return 409, {"message": "already exists"}
        self.sent[fields["id"]] = {**fields, "state": "Pending", "error": None}
        return 202, self._shown(fields["id"])

    def get(self, target: str) -> tuple[int, Any]:
        parts = urlsplit(target)
        if parts.path == "/webhooks":
            return 200, self.webhooks
        if parts.path == "/inbox":
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            span = [datetime.fromisoformat(query[name]) for name in ("from", "to")]
            found = [one for one in self.listed if span[0] <= datetime.fromisoformat(one["createdAt"]) <= span[1]]
            first = int(query["offset"])
            return 200, found[first : first + int(query["limit"])]
        name = parts.path.rpartition("/")[2]
        return (200, self._shown(name)) if name in self.sent else (404, b"")

    def _shown(self, name: str) -> dict[str, Any]:
        one = self.sent[name]
        recipients = [{"phoneNumber": one["phoneNumbers"][0], "state": one["state"], "error": one["error"]}]
        return {"id": name, "state": one["state"], "recipients": recipients, "isEncrypted": False, "states": {}}


def signed(event: Any, now: datetime, key: str = KEY) -> tuple[bytes, dict[str, str]]:
    """A webhook as the app posts it: the body, and the headers that prove it."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    stamp = str(int(now.timestamp()))
    return body, {
        "X-Timestamp": stamp,
        "X-Signature": hmac.new(key.encode(), body + stamp.encode(), hashlib.sha256).hexdigest(),
    }


@contextmanager
def android_phone() -> Iterator[AndroidPhone]:
    """For as long as the block runs."""
    ours = AndroidPhone()
    who = f"Basic {b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self._answer(lambda: ours.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(lambda: ours.post(self.path, json.loads(body)))

        def _answer(self, work: Any) -> None:
            said: Any = b""
            if self.headers.get("Authorization") != who:
                status = 401
            elif ours.answer is not None:
                (status, said), ours.answer = ours.answer, None
            else:
                status, said = work()
            if ours.loses_answers or ours.server is None:
                ours.loses_answers = max(0, ours.loses_answers - 1)
                self.close_connection = True
                return
            text = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
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
