"""Twilio's side of the wire: routes, authentication, error bodies.

Also a few plain URLs for other processes.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from tests.mock_twilio.faults import Fault, Refused
from tests.mock_twilio.wire import Exchange

if TYPE_CHECKING:
    from tests.mock_twilio.mock import MockTwilio

_ROUTE = re.compile(
    r"/2010-04-01/Accounts/(?P<account>\w+)/(?P<kind>Messages|Calls|IncomingPhoneNumbers)(?:/(?P<sid>\w+))?\.json"
)


class Server(ThreadingHTTPServer):
    """Listens from the start, so that the port is known; answers between `begin` and `end`."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], mock: MockTwilio) -> None:
        super().__init__(address, Handler)
        self.mock = mock
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    exchange: Exchange

    def do_GET(self) -> None:
        self._answer("GET", "")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def _answer(self, method: str, body: str) -> None:
        parts, mock = urlsplit(self.path), self.server.mock
        path = parts.path
        self.exchange = Exchange(method, path, _pairs(parts.query), _pairs(body), self.headers.get("Content-Type", ""))
        params = dict(self.exchange.form if method == "POST" else self.exchange.query)
        if path.startswith("/_mock/"):
            return self._control(path.removeprefix("/_mock/"), params)
        mock.exchanges.append(self.exchange)
        mock.requests.append((method, path, params))
        fault = mock.take_fault(method)
        try:
            if fault and not fault.accepts:
                return self._spoil(fault)
            status, answer = self._work(method, path, params)
        except Refused as refused:
            return self._error(refused.status, refused.code, refused.message)
        if fault:
            return self._spoil(fault)
        return self._json(status, answer)

    def _work(self, method: str, path: str, params: dict[str, str]) -> tuple[int, dict[str, object]]:
        mock, route = self.server.mock, _ROUTE.fullmatch(path)
        self._authenticate()
        if route is None or route["account"] != mock.account_sid:
            raise Refused(404, 20404, f"The requested resource {path} was not found")
        if route["kind"] == "IncomingPhoneNumbers":
            return 200, mock.owned.page(mock.account_sid, params)
        if route["kind"] == "Calls":
            return self._calls(method, path, route["sid"], params)
        if route["sid"]:
            text = mock.ledger.get(route["sid"])
            if text is None:
                raise Refused(404, 20404, f"The requested resource {path} was not found")
            if method == "POST":
                text.body, text.status = params.get("Body", text.body), params.get("Status", text.status)
            return 200, text.as_json(mock.account_sid)
        if method == "POST":
            return 201, mock.accept(params).as_json(mock.account_sid)
        try:
            return 200, mock.ledger.page(mock.account_sid, params, mock.now() - mock.list_lag, mock.lists_undated)
        except ValueError as error:
            raise Refused(400, 20001, str(error)) from error

    def _calls(self, method: str, path: str, sid: str | None, params: dict[str, str]) -> tuple[int, dict[str, object]]:
        mock = self.server.mock
        if sid:
            call = mock.calls.get(sid)
            if call is None:
                raise Refused(404, 20404, f"The requested resource {path} was not found")
            return 200, call.as_json(mock.account_sid)
        if method == "POST":
            events = tuple(value for name, value in self.exchange.form if name == "StatusCallbackEvent")
            return 201, mock.calls.create(params, events).as_json(mock.account_sid)
        try:
            return 200, mock.calls.page(mock.account_sid, params)
        except ValueError as error:
            raise Refused(400, 20001, str(error)) from error

    def _authenticate(self) -> None:
        mock = self.server.mock
        accepted = {f"{mock.account_sid}:{token}" for token in mock.auth_tokens}
        wanted = {"Basic " + base64.b64encode(pair.encode()).decode() for pair in accepted}
        if self.headers.get("Authorization") not in wanted:
            raise Refused(401, 20003, "Authenticate")

    def _spoil(self, fault: Fault) -> None:
        """Fail as scripted: an error, a strange answer, or silence and a closed line."""
        if fault.raw is not None:
            self._send(fault.status, fault.raw, "text/html")
        elif fault.status:
            self._error(fault.status, fault.code, fault.message)
        elif fault.silence:
            self.server.mock.stopping.wait(fault.silence)

    def _control(self, verb: str, params: dict[str, str]) -> None:
        """For tests in another process: POST text, text_unheard, deliver, undelivered, fail,
        lose_answer; GET ledger.
        """
        mock = self.server.mock
        answer: object = None
        if verb == "text":
            answer = mock.text(params["From"], params["Body"], params.get("Sid"))
        elif verb == "text_unheard":
            answer = mock.text_unheard(params["From"], params["Body"])
        elif verb == "deliver":
            answer = mock.deliver(params["Sid"])
        elif verb == "undelivered":
            answer = mock.undelivered(params["Sid"], int(params["Code"]))
        elif verb == "fail":
            mock.fail_next(int(params["Status"]), int(params.get("Code", "0")), times=int(params.get("Times", "1")))
        elif verb == "lose_answer":
            mock.lose_answer(times=int(params.get("Times", "1")), after=float(params.get("After", "0")))
        elif verb == "ledger":
            with mock.ledger.lock:
                answer = [{**text.as_json(mock.account_sid), "reached": text.reached} for text in mock.ledger.texts]
        else:
            return self._error(404, 20404, f"No such control: {verb}")
        return self._json(200, {"result": answer})

    def _error(self, status: int, code: int, message: str) -> None:
        more = f"https://www.twilio.com/docs/errors/{code}"
        self._json(status, {"code": code, "message": message, "more_info": more, "status": status})

    def _json(self, status: int, answer: dict[str, object]) -> None:
        self.exchange.status, self.exchange.answer = status, answer
        self._send(status, json.dumps(answer).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # The client gave up waiting, as some tests want it to.

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the requests are in the mock's own list."""


def _pairs(fields: str) -> list[tuple[str, str]]:
    return parse_qsl(fields, keep_blank_values=True)
