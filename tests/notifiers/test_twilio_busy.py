"""A Twilio that has too much to do says how long to wait, and is believed."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import SecretStr

from notifiers.base import Cause, Message, Rejected, Unavailable
from notifiers.twilio_sms import TwilioSettings, TwilioSms

MESSAGE = Message("id", "+77010000000", "text #A2B3", "alert", "A2B3", None, None)


class Busy(BaseHTTPRequestHandler):
    wait: str | None = None

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(429)
        if self.wait is not None:
            self.send_header("Retry-After", self.wait)
        body = b'{"code": 20429, "message": "Too Many Requests", "status": 429}'
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody wants to know."""


@pytest.fixture
def twilio() -> Iterator[TwilioSms]:
    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings = {"from_": "+48732000000", "api_url": f"http://127.0.0.1:{server.server_port}"}
        yield TwilioSms(TwilioSettings(account_sid="AC1", auth_token=SecretStr("t"), **settings))
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("wait", "expected"), [("7", timedelta(seconds=7)), ("9" * 12, timedelta(days=1))])
def test_it_says_how_long(twilio: TwilioSms, monkeypatch: pytest.MonkeyPatch, wait: str, expected: timedelta) -> None:
    monkeypatch.setattr(Busy, "wait", wait)
    answer = twilio.send(MESSAGE)
    assert isinstance(answer, Rejected)
    assert (answer.cause, answer.code, answer.retry_after) == (Cause.TEMPORARY, "20429", expected)


@pytest.mark.parametrize("wait", [None, "soon", "-5", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_without_a_number_of_seconds_it_was_just_not_taken(
    twilio: TwilioSms, monkeypatch: pytest.MonkeyPatch, wait: str | None
) -> None:
    monkeypatch.setattr(Busy, "wait", wait)
    answer = twilio.send(MESSAGE)
    assert isinstance(answer, Unavailable)
    assert not answer.maybe_accepted
