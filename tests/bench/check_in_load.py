"""The other end of a bench of check-ins: presses the button over open connections, as fast as answers come.

Run as a program of its own, so that what it costs is not counted. Reads a `Load` as JSON, writes a `Round` for each
line that asks for one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import cast

import uvloop

NAMES = itertools.count()


@dataclass(frozen=True, slots=True)
class Load:
    """Which links to press, on which ports of this machine, over how many connections."""

    ports: Sequence[int]
    tokens: Sequence[str]
    connections: int
    run: str
    """Tells the names of this run's forms from those of others."""


@dataclass(slots=True)
class Round:
    """What came of it: answers by their status, and how long each took, in seconds, ascending."""

    seconds: float = 0.0
    answers: dict[int, int] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)

    @property
    def kept(self) -> int:
        return sum(count for status, count in self.answers.items() if 200 <= status < 300)

    def percentile(self, share: float) -> float:
        return self.took[min(len(self.took) - 1, int(len(self.took) * share))]


class _Presser(asyncio.Protocol):
    """One connection, on which a link is pressed as soon as the last press was answered."""

    def __init__(self, load: Load, first: int) -> None:
        self._links = itertools.cycle([*load.tokens[first:], *load.tokens[:first]])
        self._run = load.run
        self._round: Round | None = None
        self._ends = 0.0
        self._began = 0.0
        self._buffer = b""
        self._finished: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's own transports are no asyncio.Transport by class.
        self._transport = cast(asyncio.Transport, transport)

    def run(self, into: Round, ends: float) -> asyncio.Future[None]:
        self._round, self._ends = into, ends
        self._finished = asyncio.get_running_loop().create_future()
        self._press()
        return self._finished

    def _press(self) -> None:
        assert self._transport is not None
        body = b"nonce=%s%012d&text=" % (self._run.encode(), next(NAMES))
        self._began = perf_counter()
        self._transport.write(
            b"POST /c/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: ru\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (next(self._links).encode(), len(body), body)
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        _, _, length = head.lower().partition(b"content-length: ")
        if len(body) < int(length.split(b"\r\n")[0]):
            return
        status, now = int(head[9:12]), perf_counter()
        self._buffer = b""
        assert self._round is not None
        assert self._finished is not None
        self._round.answers[status] = self._round.answers.get(status, 0) + 1
        self._round.took.append(now - self._began)
        if now < self._ends:
            self._press()
        else:
            self._finished.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._finished is not None and not self._finished.done():
            self._finished.set_exception(exc or ConnectionResetError("the server hung up"))


async def _serve_rounds(load: Load) -> None:
    loop = asyncio.get_running_loop()
    apart = max(1, len(load.tokens) // load.connections)
    pressers = []
    for number in range(load.connections):
        port = load.ports[number % len(load.ports)]
        _, presser = await loop.create_connection(lambda n=number: _Presser(load, n * apart), "127.0.0.1", port)  # type: ignore[misc]
        pressers.append(presser)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        done, began = Round(), perf_counter()
        await asyncio.gather(*(presser.run(done, began + float(line)) for presser in pressers))
        done.seconds = perf_counter() - began
        done.took.sort()
        print(json.dumps(asdict(done)), flush=True)


if __name__ == "__main__":
    uvloop.run(_serve_rounds(Load(**json.loads(sys.stdin.readline()))))
