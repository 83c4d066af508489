"""The mock itself: what tests script, what people text, and what Twilio posts to the app."""

from __future__ import annotations

import http.client
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode, urlsplit

from tests.mock_twilio.calls import Calls
from tests.mock_twilio.faults import Fault, Refused
from tests.mock_twilio.ledger import VERSION, Ledger, Text
from tests.mock_twilio.numbers import Numbers
from tests.mock_twilio.phone import Phone
from tests.mock_twilio.server import Server
from tests.mock_twilio.signing import sign
from tests.mock_twilio.wire import Exchange

DeliverHook = Callable[[str, Mapping[str, str], Mapping[str, str]], int]
"""Takes (path with query, form, headers) to the app and returns its HTTP status."""
TalkHook = Callable[[str, Mapping[str, str], Mapping[str, str]], tuple[int, str]]
"""The same, and returns what the app wants said as well."""

AUTH_TOKEN = "mock-token"
_OPT_OUT = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
_OPT_IN = frozenset(("START", "YES", "UNSTOP"))
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


class MockTwilio:
    """`with MockTwilio(app_url=…) as twilio:`; tests read `ledger`, which is the truth, or a `phone`."""

    def __init__(
        self,
        *,
        app_url: str = "http://127.0.0.1:8000",
        deliver_hook: DeliverHook | None = None,
        hook_path: str = "/hooks/twilio/sms",
        port: int = 0,
        account_sid: str = "AC" + "1" * 32,
        auth_token: str = AUTH_TOKEN,
        numbers: tuple[str, ...] = ("+48732000000",),
    ) -> None:
        self.app_url = app_url.rstrip("/")
        self.hook_path = hook_path
        self.account_sid = account_sid
        self.auth_tokens = {auth_token}
        self.auth_token = auth_token
        self.numbers = numbers
        self.services: dict[str, tuple[str, ...]] = {}
        """Messaging Services by their SID, and the numbers from which each chooses; the first one, here."""
        self.ledger = Ledger()
        self.calls = Calls(self)
        self.owned = Numbers(numbers)
        self.talk: TalkHook | None = None
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.exchanges: list[Exchange] = []
        self.refused: dict[str, int] = {}
        self.opted_out: set[tuple[str, str]] = set()
        self.switched_off: set[str] = set()
        self.list_lag = timedelta(0)
        self.lists_undated = False
        self.on_accept: Callable[[Text], None] | None = None
        self.stopping = threading.Event()
        self._clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._offset = timedelta(0)
        self._faults: list[Fault] = []
        self._phones: dict[str, Phone] = {}
        self._deliver_hook = deliver_hook or self._post
        self._server = Server(("127.0.0.1", port), self)

    # --- life and time

    def __enter__(self) -> Self:
        self._server.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.end()

    @property
    def url(self) -> str:
        """The base URL of the API: what AMANBA_TWILIO_API_URL must be."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def number(self) -> str:
        """The service's number, which people text."""
        return self.numbers[0]

    def env(self) -> dict[str, str]:
        """The settings that point the service here."""
        return {
            "AMANBA_TWILIO_ACCOUNT_SID": self.account_sid,
            "AMANBA_TWILIO_AUTH_TOKEN": self.auth_token,
            "AMANBA_TWILIO_FROM": self.number,
            "AMANBA_TWILIO_API_URL": self.url,
        }

    def voice_env(self) -> dict[str, str]:
        """What makes the service call as well."""
        return {"AMANBA_TWILIO_VOICE_FROM": self.number}

    def is_number(self, text: str) -> bool:
        return _NUMBER.fullmatch(text) is not None

    def now(self) -> datetime:
        """Twilio's clock."""
        return self._clock() + self._offset

    def use_clock(self, clock: Callable[[], datetime]) -> None:
        """Tell the time by `clock` (aware) instead of the machine's."""
        self._clock, self._offset = clock, timedelta(0)

    def advance(self, **span: float) -> None:
        """Move Twilio's clock on: `advance(minutes=60)`."""
        self._offset += timedelta(**span)

    # --- faults

    def fail_next(self, status: int, code: int = 0, *, times: int = 1, method: str = "POST", message: str = "") -> None:
        """Answer the next requests of `method` with an error, without doing anything."""
        self._faults.append(Fault(method, times, status, code or status, message or f"Scripted {code or status}"))

    def refuse(self, number: str, code: int) -> None:
        """Refuse every text to `number` with HTTP 400 and this Twilio code."""
        self.refused[number] = code

    def lose_answer(self, *, times: int = 1, after: float = 0.0) -> None:
        """Accept the next texts, stay silent for `after` seconds, and hang up: the ledger has them, the
        client does not know.
        """
        self._faults.append(Fault("POST", times, accepts=True, silence=after))

    def hang_up(self, *, times: int = 1, method: str = "POST", after: float = 0.0) -> None:
        """Read the next requests, do nothing, stay silent for `after` seconds, and hang up."""
        self._faults.append(Fault(method, times, silence=after))

    def answer_raw(self, body: bytes, *, status: int = 200, method: str = "POST") -> None:
        """Answer the next request with something that is not Twilio's."""
        self._faults.append(Fault(method, 1, status, raw=body))

    def pass_next(self, *, times: int = 1, method: str = "POST") -> None:
        """Let the next requests through unharmed, before the fault scripted after this."""
        self._faults.append(Fault(method, times, passes=True))

    def forget_faults(self) -> None:
        """What was to go wrong does not."""
        self._faults.clear()

    def take_fault(self, method: str) -> Fault | None:
        """The fault that the next request of this method meets (for the server)."""
        with self.ledger.lock:
            for fault in self._faults:
                if fault.method == method:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return None if fault.passes else fault
        return None

    # --- texts from the service

    def accept(self, form: Mapping[str, str]) -> Text:
        """Take a text as POST Messages does. Raises `Refused`."""
        to, body = form.get("To", ""), form.get("Body", "")
        pool = self.services.get(form.get("MessagingServiceSid", ""), ())
        sender = form.get("From") or next(iter(pool), "")
        for wrong, code, message in (
            (not to, 21604, "A 'To' phone number is required."),
            (not _NUMBER.fullmatch(to), 21211, f"The 'To' number {to} is not a valid phone number."),
            (not sender, 21603, "A 'From' phone number is required."),
            (sender not in (*self.numbers, *pool), 21606, f"The From phone number {sender} is not SMS-capable."),
            (not body, 21602, "Message body is required."),
            (len(body) > 1600, 21617, "The concatenated message body exceeds the 1600 character limit."),
            (not _is_validity(form.get("ValidityPeriod", "1")), 21624, "Invalid ValidityPeriod."),
            (
                not _is_url(form.get("StatusCallback", "http://a")),
                21609,
                "The StatusCallback URL is not valid.",
            ),
            ((sender, to) in self.opted_out, 21610, "Attempt to send to unsubscribed recipient"),
            (to in self.refused, self.refused.get(to, 0), f"Refused for {to}"),
        ):
            if wrong:
                raise Refused(400, code, message)
        text = self._new("outbound-api", sender, to, body, "accepted" if pool else "queued")
        text.callback = form.get("StatusCallback")
        text.validity = int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None
        text.reached = to not in self.switched_off
        self.ledger.add(text)
        if self.on_accept:
            self.on_accept(text)
        return text

    @property
    def sent(self) -> list[Text]:
        """Every text that the service handed over, oldest first."""
        with self.ledger.lock:
            return [text for text in self.ledger.texts if text.outbound]

    def phone(self, number: str) -> Phone:
        """The phone with this number; always the same object."""
        return self._phones.setdefault(number, Phone(self, number))

    def deliver(self, sid: str) -> int:
        """The handset has it: say so to the status callback. Returns the app's HTTP status."""
        return self.report(sid, "delivered")

    def undelivered(self, sid: str, code: int) -> int:
        """The carrier could not deliver it."""
        return self.report(sid, "undelivered", code)

    def report(self, sid: str, status: str, code: int | None = None, *, only_post: bool = False) -> int:
        """Set a text's status and post it; with `only_post` a late or repeated callback that changes
        nothing.
        """
        text = self.ledger.get(sid)
        assert text is not None, f"No text {sid}"
        if not only_post:
            text.status, text.error_code = status, code
            text.sent = text.sent or self.now()
            text.reached = status == "delivered" or (text.reached and status not in ("failed", "undelivered"))
        if text.callback is None:
            return 0
        form = {
            "SmsSid": sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "MessageSid": sid,
            "To": text.to,
            "From": text.from_,
            "AccountSid": self.account_sid,
            "ApiVersion": VERSION,
        }
        return self._signed(text.callback, form if code is None else {**form, "ErrorCode": str(code)})

    # --- texts from people

    def text(
        self,
        from_: str,
        body: str,
        sid: str | None = None,
        *,
        to: str | None = None,
        media: int = 0,
        opt_out: str | None = None,
    ) -> int:
        """Somebody texts the service. A `sid` already in the ledger is Twilio's repeat of the same hook. `opt_out`:
        what Advanced Opt-Out takes it for.

        Returns the app's HTTP status, 0 when nobody listened."""
        text = self.ledger.get(sid) if sid else None
        text = text or self._receive(from_, body, sid, to, media)
        form = {
            "ToCountry": "PL",
            "SmsMessageSid": text.sid,
            "NumMedia": str(text.media),
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "Body": text.body,
            "FromCountry": "KZ",
            "FromCity": "",
            "To": text.to,
            "NumSegments": "1",
            "MessageSid": text.sid,
            "AccountSid": self.account_sid,
            "From": text.from_,
            "ApiVersion": VERSION,
        }
        if opt_out is not None:
            form["OptOutType"] = opt_out
        return self._signed(self.app_url + self.hook_path, form)

    def text_unheard(self, from_: str, body: str, *, to: str | None = None, media: int = 0) -> str:
        """Somebody texts the service while it is down: only the list will ever tell. Returns the sid."""
        return self._receive(from_, body, None, to, media).sid

    def _receive(self, from_: str, body: str, sid: str | None, to: str | None, media: int) -> Text:
        text = self._new("inbound", from_, to or self.number, body, "received")
        text.sid, text.media, text.sent = (
            sid or (("MM" if media else "SM") + text.sid[2:]),
            media,
            text.created,
        )
        word = body.strip().upper()
        if word in _OPT_OUT:
            self.opted_out.add((text.to, from_))
        elif word in _OPT_IN:
            self.opted_out.discard((text.to, from_))
        return self.ledger.add(text)

    def _new(self, direction: str, from_: str, to: str, body: str, status: str) -> Text:
        created = self.now().replace(microsecond=0)
        sid = "SM" + secrets.token_hex(16)
        return Text(sid, direction, from_, to, body, status, created, self.ledger.next_order())

    def _signed(self, url: str, form: Mapping[str, str]) -> int:
        return self._deliver_hook(_path(url), form, {"X-Twilio-Signature": sign(self.auth_token, url, form)})

    def signed(self, url: str, form: Mapping[str, str]) -> tuple[int, str]:
        """Post to `url` of the app, as in a call; its status and what it answered."""
        headers = {"X-Twilio-Signature": sign(self.auth_token, url, form)}
        return (self.talk or self._exchange)(_path(url), form, headers)

    def _post(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> int:
        return self._exchange(path, form, headers)[0]

    def _exchange(self, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, str]:
        """Post over HTTP to `app_url`, as Twilio does: 15 s at most, and no second try."""
        connection = http.client.HTTPConnection(urlsplit(self.app_url).netloc, timeout=15)
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        try:
            connection.request("POST", path, urlencode(form), {**headers, **kind})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _is_validity(value: str) -> bool:
    return value.isdecimal() and 1 <= int(value) <= 36000


def _is_url(value: str) -> bool:
    return value.startswith(("http://", "https://"))
