"""One request to an address that the operator named: it takes the time that it has, whatever the other side does."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import Any

import pytest

from notifiers.base import Message, Unavailable
from notifiers.plain_http import Answer, NoAnswer, request
from notifiers.webhook import SPEC
from tests.notifiers.test_connections import LAST, Talk, answers, server
from tests.notifiers.test_webhook import NOW

SECONDS = 0.3
SLOW = b"." * 60
HEAD = b"HTTP/1.1 200 OK\r\nX-Slow: " + SLOW + b"\r\nContent-Length: 2\r\n\r\nok"
CHUNK = b"2;" + SLOW + b"\r\nok\r\n0\r\n\r\n"


def drips(slowly: bytes, first: bytes = b"") -> Talk:
    """Answers a request: `first` at once, then `slowly` byte by byte, in four times the seconds that it has."""

    def talk(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(first)
        line.settimeout(4 * SECONDS / len(slowly))
        for byte in slowly:
            try:
                line.sendall(bytes([byte]))
                if line.recv(65536) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    return talk


@pytest.mark.parametrize(
    "talk", [drips(HEAD), drips(CHUNK, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")], ids=["head", "chunk"]
)
def test_an_answer_that_drips_in_ends_with_the_time_that_it_has(talk: Talk) -> None:
    with server(talk) as one:
        assert request(one.base, SECONDS, body=b"{}") == NoAnswer("TimeoutError", left=True)


def test_a_page_of_which_only_drips_were_heard_may_have_been_taken() -> None:
    with server(drips(HEAD)) as one:
        settings = SPEC.load({"AMANBA_WEBHOOK_URL": one.base, "AMANBA_WEBHOOK_TIMEOUT": str(SECONDS)})
        page = Message("id", one.base, "No sweep since 20:41.", "operator", None, None, None)
        assert SPEC.build(settings, lambda: NOW).send(page) == Unavailable("TimeoutError", maybe_accepted=True)


def test_a_server_that_keeps_silent_before_it_has_proved_who_it_is_has_nothing() -> None:
    def listen(line: socket.socket) -> None:
        while line.recv(65536):
            continue

    with server(listen) as one:
        url = one.base.replace("http:", "https:")
        # Certificates are read within the same time; on a busy machine that takes a while.
        assert request(url, 4 * SECONDS, body=b"{}") == NoAnswer("TimeoutError", left=False)


def test_a_proxy_that_drips_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    with server(drips(HEAD)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.base)
        assert request("https://hooks.invalid/", SECONDS, body=b"{}") == NoAnswer("TimeoutError", left=False)


def test_one_address_that_keeps_silent_leaves_time_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo
    with server(answers(LAST)) as one, closing(_full()) as silent, closing(_line_to(silent)):
        ports = [silent.getsockname()[1], int(one.base.rsplit(":", 1)[1])]

        def both(host: str, port: int, *given: Any, **named: Any) -> list[Any]:
            return [found for port in ports for found in look_up("127.0.0.1", port, *given, **named)]

        monkeypatch.setattr("socket.getaddrinfo", both)
        assert request(one.base, 4 * SECONDS) == Answer(200, b"ok")


def _full() -> socket.socket:
    """Takes one connection, which nobody fetches, and keeps silent to whoever comes after it."""
    return socket.create_server(("127.0.0.1", 0), backlog=0)


def _line_to(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname())
