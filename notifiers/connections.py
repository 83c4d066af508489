"""Keep-alive connections to one HTTP server, shared by the threads that send.

A provider's own client asks the environment for proxies, builds a session's request and guesses at encodings for each
message: a millisecond of processor time, four times what the message itself needs. Nothing is repeated here: a request
that may have arrived must be asked about first.
"""

from __future__ import annotations

import io
import select
import ssl
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import SocketIO, socket
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

IDLE_SECONDS = 25.0
"""A connection that has rested longer may just be being closed by the other side, and is not used again."""


MOST_BYTES = 16 * 1024 * 1024
"""No answer that we ask for is longer."""
_CHUNK = 65536
_FIRST_FINAL = 200
"""Of the answers before it ("100 Continue") none is the last."""


class NeverLeft(OSError):
    """No connection came about, so the server cannot have the request."""


class NoAnswer(OSError):
    """The request was begun, and no whole answer came: the server may have it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; the names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    text: str


class Connections:
    """Connections to the server of `base` (http or https). Threads share it: each exchange has one to itself."""

    def __init__(
        self, base: str, timeout: float, tls: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ) -> None:
        """`timeout`: seconds from the beginning until the answer is read, however slowly it drips in; a request that
        has no connection by then does not leave. `tls`: makes what verifies https; asked for https only."""
        parts = urlsplit(base)
        self._host = parts.netloc.rpartition("@")[2]
        self._address = parts.hostname or "", parts.port
        self._tls = tls() if parts.scheme == "https" else None
        self._timeout = timeout
        self._idle: deque[tuple[HTTPConnection, float]] = deque()
        weakref.finalize(self, _close_all, self._idle)

    def exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Send one request to `target` (path and query) and read the answer.

        Raises:
            NeverLeft: the server cannot have the request.
            NoAnswer: it may have it.
        """
        request = _as_bytes(method, target, {"Host": self._host, **headers}, body)
        until = monotonic() + self._timeout
        connection = self._rested() or self._connected()
        if (left := until - monotonic()) <= 0:
            # Connecting and its handshake have a time-out for each step. What leaves too late may outlive its lease.
            connection.close()
            raise NeverLeft("TimeoutError: connecting took too long")
        try:
            connection.sock.settimeout(left)
            connection.sock.sendall(request)
            reading = _Reading()
            reading.read(connection.sock, until)
        except (OSError, HttpParserError, ValueError) as error:
            connection.close()
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        if reading.stays_open:
            self._idle.append((connection, monotonic()))
        else:
            connection.close()
        return reading.answer()

    def _rested(self) -> HTTPConnection | None:
        """The connection used last, so that those which are too many grow old and are closed."""
        while True:
            try:
                connection, since = self._idle.pop()
            except IndexError:
                return None
            if monotonic() < since + IDLE_SECONDS and not _has_news(connection.sock):
                return connection
            connection.close()

    def _connected(self) -> HTTPConnection:
        host, port = self._address
        if self._tls is not None:
            connection: HTTPConnection = HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)
        else:
            connection = HTTPConnection(host, port, timeout=self._timeout)
        try:
            connection.connect()
        except (OSError, HTTPException, ValueError) as error:
            connection.close()
            raise NeverLeft(f"{type(error).__name__}: {error}") from error
        return connection


def _close_all(idle: deque[tuple[HTTPConnection, float]]) -> None:
    while idle:
        idle.pop()[0].close()


def _has_news(sock: socket) -> bool:
    """Whether there is something to read where nothing was asked for: the server hung up, or is not to be trusted."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def read_until(response: HTTPResponse, sock: socket, until: float) -> None:
    """Let a response that is still to be read from `sock` be read no longer than until this instant (monotonic)."""
    buffered: Any = response.fp
    response.fp = io.BufferedReader(_Dated(buffered.detach(), sock, until))


class _Dated(io.RawIOBase):
    """Reads until an instant. A server that sends a byte now and then would else hold its reader for ever."""

    def __init__(self, raw: SocketIO, sock: socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _as_bytes(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """The request in one piece. `http.client` sends two, and takes its time to put the first together."""
    length = {"Content-Length": str(len(body))} if body is not None else {}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in {**headers, **length}.items())]
    head = "\r\n".join(lines)
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1:
        raise ValueError("a line of a request cannot be broken")
    return head.encode("latin-1") + b"\r\n\r\n" + (body or b"")


class _Reading:
    """One answer as it comes in. `http.client` reads its head as a letter's, which takes as long as all the rest."""

    def __init__(self) -> None:
        self.stays_open = False
        self._parser = HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._status = 0
        self._is_whole = False
        self._ends_with_connection = False

    def read(self, sock: socket, until: float) -> None:
        """Read the answer whole, no longer than until this instant (monotonic).

        Raises:
            OSError: it did not come, or not whole.
            HttpParserError: it is none.
        """
        count = 0
        while not self._is_whole:
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            sock.settimeout(left)
            data = sock.recv(_CHUNK)
            count += len(data)
            if count > MOST_BYTES:
                raise ConnectionError("the answer does not end")
            if data:
                self._parser.feed_data(data)
            elif self._ends_with_connection:
                return
            else:
                raise ConnectionError("the server hung up")

    def answer(self) -> Answer:
        """What was read."""
        return Answer(self._status, self._headers, b"".join(self._body).decode("utf-8", "replace"))

    # What the parser calls.

    def on_message_begin(self) -> None:
        # A second answer to one request: what is on this connection is not for the next.
        self.stays_open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_whole:
            key, said = name.decode("latin-1").lower(), value.decode("latin-1")
            self._headers[key] = f"{self._headers[key]}, {said}" if key in self._headers else said

    def on_headers_complete(self) -> None:
        if not self._is_whole:
            self._status = self._parser.get_status_code()
            self._ends_with_connection = not {"content-length", "transfer-encoding"} & self._headers.keys()

    def on_body(self, body: bytes) -> None:
        if not self._is_whole:
            self._body.append(body)

    def on_message_complete(self) -> None:
        if self._is_whole:
            return
        self._is_whole = self._status >= _FIRST_FINAL
        if self._is_whole:
            self.stays_open = self._parser.should_keep_alive()
        else:
            self._headers.clear()
            self._ends_with_connection = False
