"""A provider of our own that answers as Twilio does and costs as little as it can, in a process of its own.

It takes every text, or refuses one in some with a 500 without taking it, after a latency, and remembers which it took
and when. `running` starts one; its clock is CLOCK_MONOTONIC, which all processes of a machine share.

    python -m tests.bench.sink --latency 0.2 --errors 0.01
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

_ANSWER = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
_ERROR = b'{"code":20500,"message":"Internal Server Error","status":500}'


@dataclass(frozen=True, slots=True)
class Taken:
    """One text that the sink took: its outbox id, to whom it went, and when, in monotonic seconds."""

    ref: str
    to: str
    at: float


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink that runs."""

    url: str

    def settings(self) -> dict[str, str]:
        """The environment with which the product sends to it."""
        return {
            "AMANBA_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "AMANBA_TWILIO_AUTH_TOKEN": "a-token",
            "AMANBA_TWILIO_FROM": "+48732000000",
            "AMANBA_TWILIO_API_URL": self.url,
        }

    def count(self) -> int:
        """How many texts it has taken."""
        return int(self._ask("count"))

    def taken(self) -> list[Taken]:
        """All that it has taken, in the order of arrival."""
        return [Taken(*one) for one in self._ask("taken")]

    def forget(self) -> None:
        """Let it have taken nothing."""
        self._ask("forget")

    def _ask(self, what: str) -> Any:
        with urlopen(f"{self.url}/_sink/{what}", timeout=60) as answer:
            return json.load(answer)


@contextmanager
def running(latency: float = 0.0, errors: float = 0.0) -> Iterator[Sink]:
    """A sink on a free port of this machine. `latency`: seconds before each answer; `errors`: the share of 500s."""
    command = [sys.executable, "-m", __name__, "--latency", str(latency), "--errors", str(errors)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        try:
            yield Sink(process.stdout.readline().strip())
        finally:
            process.terminate()


class _Network:
    """What was taken: for each text its form, undecoded, and the instant."""

    def __init__(self, latency: float, errors: float) -> None:
        self.latency = latency
        self.every = round(1 / errors) if errors else 0
        self.asked = 0
        self.taken: list[tuple[bytes, float, datetime]] = []
        self.by_number: dict[bytes, list[int]] = defaultdict(list)

    def post(self, form: bytes) -> bytes:
        self.asked += 1
        if self.every and self.asked % self.every == 0:
            return _answer(b"500 Internal Server Error", _ERROR)
        number = next(part[3:] for part in form.split(b"&") if part.startswith(b"To="))
        self.by_number[number].append(len(self.taken))
        self.taken.append((form, time.monotonic(), datetime.now(UTC)))
        return _answer(b"201 CREATED", b'{"sid":"SM%032x","status":"queued"}' % len(self.taken))

    def get(self, target: bytes) -> bytes:
        parts = urlsplit(target)
        if parts.path.startswith(b"/_sink/"):
            return _answer(b"200 OK", json.dumps(self._told(parts.path[7:])).encode())
        query = dict(part.split(b"=", 1) for part in parts.query.split(b"&") if b"=" in part)
        listed = [self._row(place) for place in reversed(self.by_number.get(query.get(b"To", b""), []))]
        page = {"messages": listed, "next_page_uri": None, "page": 0, "page_size": 1000, "start": 0, "end": 0}
        return _answer(b"200 OK", json.dumps(page).encode())

    def _told(self, what: bytes) -> Any:
        if what == b"forget":
            self.taken.clear()
            self.by_number.clear()
        if what == b"taken":
            forms = ((dict(parse_qsl(form.decode())), at) for form, at, _ in self.taken)
            return [(form.get("StatusCallback", "").rsplit("/", 1)[-1], form["To"], at) for form, at in forms]
        return len(self.taken)

    def _row(self, place: int) -> dict[str, Any]:
        form = dict(parse_qsl(self.taken[place][0].decode()))
        at = format_datetime(self.taken[place][2])
        said = {"sid": f"SM{place + 1:032x}", "status": "sent", "direction": "outbound-api", "body": form["Body"]}
        return {**said, "to": form["To"], "from": form["From"], "date_created": at, "date_sent": at, "num_media": "0"}


class _Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, network: _Network) -> None:
        self._network = network
        self._heard = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        end = self._heard.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._heard[:end]
        place = head.find(b"Content-Length:")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(self._heard) < end + 4 + length:
            return
        form, self._heard = self._heard[end + 4 : end + 4 + length], self._heard[end + 4 + length :]
        if head.startswith(b"POST"):
            answer = self._network.post(form)
            if self._network.latency:
                asyncio.get_running_loop().call_later(self._network.latency, self._transport.write, answer)
                return
        else:
            answer = self._network.get(head.split(b" ", 2)[1])
        self._transport.write(answer)


def _answer(status: bytes, body: bytes) -> bytes:
    return _ANSWER % (status, len(body), body)


async def _serve(latency: float, errors: float, port: int) -> None:
    network = _Network(latency, errors)
    server = await asyncio.get_running_loop().create_server(lambda: _Line(network), "127.0.0.1", port, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--errors", type=float, default=0.0, help="the share of texts that get a 500 and are not taken")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    asyncio.run(_serve(given.latency, given.errors, given.port))


if __name__ == "__main__":
    _main()
