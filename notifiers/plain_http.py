"""One HTTP request to an address that the operator named: no redirect is followed, and no answer is waited for long."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from notifiers.connections import read_until
from notifiers.registry import is_loopback

MOST_BYTES = 4096
"""How much of an answer is read: only what it begins with says something."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `retry_after`: the seconds that it asked us to wait, as it wrote them."""

    status: int
    body: bytes = b""
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing was said. `left` is False only when the request surely never arrived."""

    reason: str
    left: bool


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What was meant for one address goes to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Exchange:
    """One request and its answer, which have some seconds together."""

    def __init__(self, seconds: float) -> None:
        self.until = monotonic() + seconds
        self.is_connected = False
        """Until it is, nothing that was said to the server can be the request."""

    @property
    def left(self) -> float:
        """The seconds that are left; a `TimeoutError` when there are none."""
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def reach(self, address: tuple[str, int], *_: Any) -> socket.socket:
        """As `socket.create_connection`; each address of the name gets its share of the time, so that one which keeps
        silent leaves some to the others."""
        trouble = OSError("the name has no address")
        places = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
        for tried, (family, kind, protocol, _name, place) in enumerate(places):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self.left / (len(places) - tried))
                sock.connect(place)
            except OSError as error:
                sock.close()
                trouble = error
            else:
                return sock
        raise trouble

    def connection(self, kind: type[_Bounded], host: str, **named: Any) -> HTTPConnection:
        """What `urllib` asks for an exchange with `host`."""
        made: Any = kind(host, **named)
        made.exchange = self
        made.response_class = partial(_Response, until=self.until)
        made._create_connection = self.reach
        return made  # type: ignore[no-any-return]


class _Bounded(HTTPConnection):
    """Connects, and says what it says, in the time of its exchange."""

    exchange: _Exchange

    def connect(self) -> None:
        super().connect()
        # For the handshake, which may follow.
        self.sock.settimeout(self.exchange.left)

    def send(self, data: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self.exchange.left)
        super().send(data)


class _Plain(_Bounded):
    def connect(self) -> None:
        super().connect()
        self.exchange.is_connected = True


class _Secure(HTTPSConnection, _Bounded):
    def connect(self) -> None:
        super().connect()
        self.exchange.is_connected = True


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *given: Any, until: float, **named: Any) -> None:
        super().__init__(sock, *given, **named)
        read_until(self, sock, until)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(self._exchange.connection, _Plain), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(self._exchange.connection, _Secure), req)


def request(
    url: str, seconds: float, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer | NoAnswer:
    """GET `url`, or POST `body` to it; all of it takes `seconds` at most, however slowly the answer drips in, but for
    the look-up of the name, which only the resolver can end. Total: trouble is a value.

    A `NoAnswer` never repeats the address, which may hold a secret.
    """
    proxies = urllib.request.ProxyHandler({} if is_loopback(url) else None)
    exchange = _Exchange(seconds)
    opener = urllib.request.build_opener(proxies, _NoRedirect, _Http(exchange), _Https(exchange))
    opener.addheaders = [("User-Agent", "amanba")]
    try:
        asked = urllib.request.Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - https or loopback
        with opener.open(asked) as answer:
            # What has come by now, and no more of it.
            return Answer(answer.status, answer.read1(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, b"", error.headers.get("Retry-After") or "")
    except urllib.error.URLError as error:
        return NoAnswer(type(error.reason).__name__, left=exchange.is_connected)
    except (OSError, HTTPException, ValueError) as error:
        return NoAnswer(type(error).__name__, left=exchange.is_connected)


def is_callable(url: str) -> bool:
    """Whether it is an `https://` address, or an `http://` one of this machine; without user and password."""
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
        return is_safe and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False
