"""One HTTP request to an address that the operator named: no redirect is followed, and no answer is waited for long."""

from __future__ import annotations

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from notifiers.registry import is_loopback

MOST_BYTES = 4096
"""How much of an answer is read: only what it begins with says something."""
NEVER_LEFT = (ConnectionRefusedError, socket.gaierror, ssl.SSLError)


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


def request(
    url: str, timeout: float, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer | NoAnswer:
    """GET `url`, or POST `body` to it; `timeout` in seconds is for each step of it. Total: trouble is a value.

    A `NoAnswer` never repeats the address, which may hold a secret.
    """
    proxies = urllib.request.ProxyHandler({} if is_loopback(url) else None)
    opener = urllib.request.build_opener(proxies, _NoRedirect)
    opener.addheaders = [("User-Agent", "amanba")]
    try:
        asked = urllib.request.Request(url, data=body, headers=dict(headers or {}))  # noqa: S310 - https or loopback
        with opener.open(asked, timeout=timeout) as answer:
            # What has come by now: a server that drips its answer must not hold a thread.
            return Answer(answer.status, answer.read1(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, b"", error.headers.get("Retry-After") or "")
    except urllib.error.URLError as error:
        why = error.reason
        return NoAnswer(type(why).__name__, left=not isinstance(why, NEVER_LEFT))
    except (OSError, HTTPException, ValueError) as error:
        return NoAnswer(type(error).__name__, left=True)


def is_callable(url: str) -> bool:
    """Whether it is an `https://` address, or an `http://` one of this machine; without user and password."""
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
        return is_safe and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False
