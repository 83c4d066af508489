"""Connections that are kept: what a server may do to them, and what may be concluded from it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic

import certifi
import pytest

from notifiers.base import Message, NotConfigured, Unavailable
from notifiers.connections import Connections, NeverLeft, NoAnswer
from notifiers.twilio_sms import TwilioSettings, TwilioSms

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok"
PATIENCE = 20.0

Talk = Callable[[socket.socket], None]


class Server:
    """Plays one part after another, each on a connection of its own."""

    def __init__(self, *parts: Talk) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._play, args=(parts,))
        self.thread.start()

    def _play(self, parts: tuple[Talk, ...]) -> None:
        for part in parts:
            line, _ = self.listener.accept()
            with line:
                line.settimeout(PATIENCE)
                part(line)


def answers(*given: bytes) -> Talk:
    def talk(line: socket.socket) -> None:
        for answer in given:
            while not line.recv(65536).endswith(b"\r\n\r\n"):
                pass
            line.sendall(answer)

    return talk


@contextmanager
def server(*parts: Talk) -> Iterator[Server]:
    made = Server(*parts)
    try:
        yield made
    finally:
        made.thread.join(PATIENCE)
        made.listener.close()


@pytest.mark.parametrize("answer", [OK, CHUNKED])
def test_a_connection_serves_one_request_after_another(answer: bytes) -> None:
    with server(answers(answer, answer)) as one:
        connections = Connections(one.base, 5)
        assert [connections.exchange("GET", "/", {}).text for _ in range(2)] == ["ok", "ok"]


def test_what_comes_before_the_answer_is_not_the_answer() -> None:
    with server(answers(b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" + OK)) as one:
        answer = Connections(one.base, 5).exchange("GET", "/", {})
    assert (answer.status, answer.text, dict(answer.headers)) == (200, "ok", {"content-length": "2"})


def test_an_answer_that_does_not_end_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifiers.connections.MOST_BYTES", 1000)
    with server(answers(OK, LAST + b"k" * 1000)) as one:
        connections = Connections(one.base, 5)
        assert connections.exchange("GET", "/", {}).text == "ok"
        with pytest.raises(NoAnswer, match="end"):
            connections.exchange("GET", "/", {})


def test_a_second_answer_is_nobodys() -> None:
    """It could be taken for that of the next request, which may be about somebody else."""
    refusal = b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno"
    with server(answers(OK + refusal), answers(CHUNKED)) as one:
        connections = Connections(one.base, 5)
        said = [connections.exchange("GET", "/", {}) for _ in range(2)]
    assert [(answer.status, answer.text) for answer in said] == [(200, "ok"), (200, "ok")]


def test_one_that_the_server_has_closed_is_not_used_again() -> None:
    """To send on it would leave it open whether the message went."""
    closed = threading.Event()

    def hang_up(line: socket.socket) -> None:
        answers(OK)(line)
        line.close()
        closed.set()

    with server(hang_up, answers(LAST)) as one:
        connections = Connections(one.base, 5)
        assert connections.exchange("GET", "/", {}).text == "ok"
        assert closed.wait(PATIENCE)
        assert connections.exchange("GET", "/", {}).text == "ok"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX:",
        b"what?\r\n\r\n",
    ],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    with server(answers(answer)) as one, pytest.raises(NoAnswer):
        Connections(one.base, 5).exchange("POST", "/", {}, b"")


def test_an_answer_that_drips_in_ends_with_the_time_that_it_has() -> None:
    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        line.settimeout(0.05)
        while True:
            try:
                line.sendall(b".")
                if line.recv(65536) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    with server(drip) as one, pytest.raises(NoAnswer, match="timed out"):
        Connections(one.base, 0.3).exchange("GET", "/", {})


@pytest.mark.parametrize(("seconds", "trouble"), [(PATIENCE - 1, NoAnswer), (PATIENCE, NeverLeft)])
def test_what_connecting_took_is_missing_from_the_rest(
    seconds: float, trouble: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All in all a sending takes no longer than its lease counts with, and what is too late does not leave at all."""
    began, late = monotonic(), 0.0
    monkeypatch.setattr("notifiers.connections.monotonic", lambda: monotonic() + late)
    connect = HTTPConnection.connect

    def slowly(connection: HTTPConnection) -> None:
        nonlocal late
        connect(connection)
        late = seconds

    monkeypatch.setattr(HTTPConnection, "connect", slowly)
    said: list[bytes] = []
    with server(lambda line: said.append(line.recv(65536) + line.recv(65536))) as made, pytest.raises(trouble):
        Connections(made.base, PATIENCE).exchange("GET", "/", {})
    assert bool(said[0]) is (trouble is NoAnswer)
    assert monotonic() < began + PATIENCE / 2


def test_where_nobody_listens_nothing_has_arrived() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        base = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(NeverLeft):
        Connections(base, 5).exchange("POST", "/", {}, b"")


def twilio(api_url: str) -> TwilioSms:
    settings = {"account_sid": "AC1", "auth_token": "t", "from_": "+48732000000", "api_url": api_url}
    return TwilioSms(TwilioSettings.model_validate(settings))


def test_nothing_is_said_to_a_server_that_cannot_prove_who_it_is() -> None:
    heard = []

    def listen(line: socket.socket) -> None:
        # The first bytes are a greeting; what would follow it is the message.
        heard.append(line.recv(65536))
        line.sendall(b"\x15\x03\x03\x00\x02\x02\x28")

    with server(listen) as one:
        api_url = one.base.replace("http:", "https:")
        answer = twilio(api_url).send(Message("id", "+77010000000", "secret", "alert", None, None, None))
    assert isinstance(answer, Unavailable)
    assert not answer.maybe_accepted
    assert b"secret" not in heard[0]
    assert heard[0][:1] == b"\x16"


def test_authorities_are_those_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("CURL_CA_BUNDLE", certifi.where())
    connections = twilio("https://127.0.0.1:1")._client.http_client._connections
    assert connections._tls.verify_mode is ssl.CERT_REQUIRED
    assert connections._tls.check_hostname
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nothing"))
    with pytest.raises(NotConfigured, match="nothing"):
        twilio("https://127.0.0.1:1")


def test_a_proxy_that_the_environment_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "")
    with server(answers(OK)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base)
        answer = twilio("http://twilio.invalid").fetch_status("SM1")
    assert isinstance(answer, Unavailable), "the proxy answered, and not as Twilio does"
    assert not answer.reason.startswith("NeverLeft")


@pytest.mark.parametrize(("target", "value"), [("/a\r\nX: 1", ""), ("/", "1\nX: 2")])
def test_nobody_breaks_a_line_of_a_request(target: str, value: str) -> None:
    with pytest.raises(ValueError, match="broken"):
        Connections("http://127.0.0.1:1", 5).exchange("GET", target, {"A": value})
