"""An SMS adapter but for its provider: copy this file beside your own program, and see ADAPTERS.md.

It needs Python alone. `SECRET` and `AMANBA` (its address) come from the environment; `PORT` is where Amanba posts its
messages, `TAKEN` the file that remembers which were sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shelve
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

SECRET, AMANBA = os.environ["SECRET"].encode(), os.environ["AMANBA"]
PORT, TAKEN = int(os.environ.get("PORT", "8010")), os.environ.get("TAKEN", "taken")
LOOK_EVERY_SECONDS = 20
STALE_AFTER_SECONDS = 300

Send = Callable[[str, str], object]
Received = Callable[[], Iterable[Mapping[str, str]]]
Forget = Callable[[str], object]


def proof(at: object, said: bytes) -> str:
    """The signature of a request."""
    return "sha256=" + hmac.new(SECRET, f"{at}.".encode() + said, hashlib.sha256).hexdigest()


def tell(**fields: str) -> None:
    """Tell Amanba; raises unless it has kept it."""
    body, at = json.dumps(fields).encode(), int(time.time())
    headers = {"Amanba-Timestamp": str(at), "Amanba-Signature": proof(at, body), "Content-Type": "application/json"}
    request = urllib.request.Request(AMANBA + "/hooks/http", body, headers)  # noqa: S310 - an address of one's own
    urllib.request.urlopen(request, timeout=20).close()  # noqa: S310


def hand_over(received: Received, forget: Forget) -> None:
    """Hand over what came in, and let each go once Amanba has it."""
    began = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    for text in received():
        tell(**text)
        forget(text["id"])
    # Only now: nothing that came before `began` is left.
    tell(kind="caught_up", at=began)


def messages(send: Send) -> type[BaseHTTPRequestHandler]:
    """What answers Amanba's messages."""

    class Messages(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body, at = self.rfile.read(int(self.headers["Content-Length"])), self.headers["Amanba-Timestamp"] or "0"
            is_proven = hmac.compare_digest(proof(at, body), self.headers["Amanba-Signature"] or "")
            if not is_proven or abs(time.time() - int(at)) > STALE_AFTER_SECONDS:
                return self.send_error(403)
            self.send_response(self.take(json.loads(body)))
            return self.end_headers()

        def take(self, message: Mapping[str, Any]) -> int:
            # Kept: a message comes again when the answer was lost.
            with shelve.open(TAKEN) as taken:  # noqa: S301 - written by nobody else
                if message["id"] in taken:
                    return 409
                send(message["to"], message["text"])
                taken[message["id"]] = True
                return 202

    return Messages


def run(send: Send, received: Received, forget: Forget) -> None:
    """Take messages, and hand over what comes in, until the process ends."""

    def work() -> None:
        while True:
            try:
                hand_over(received, forget)
            except Exception as error:
                # Amanba is down, or the provider: all of it is handed over next time.
                print(type(error).__name__, flush=True)
            time.sleep(LOOK_EVERY_SECONDS)

    threading.Thread(target=work, daemon=True).start()
    HTTPServer(("127.0.0.1", PORT), messages(send)).serve_forever()
