"""Calls, in both directions: what is said in them, which keys are pressed, and how they end.

`MockTwilio.calls` knows all of them. `twilio.calls.answer("+7…")` picks up and hears; `press` presses keys on it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin
from xml.etree import ElementTree

from tests.mock_twilio.faults import Refused
from tests.mock_twilio.ledger import VERSION

if TYPE_CHECKING:
    from tests.mock_twilio.mock import MockTwilio

EVENTS = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress", "completed": "completed"}
ENDS = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
MOST_TWIML = 4000


def twiml_of(text: str) -> ElementTree.Element:
    """What the service wants said, taken apart."""
    return ElementTree.fromstring(text)  # noqa: S314


@dataclass
class Call:
    """One call. `said`: what was said in it, by `Say`, and the addresses played, in order. Times are aware, UTC."""

    sid: str
    direction: str
    from_: str
    to: str
    created: datetime
    status: str = "queued"
    twiml: str = ""
    callback: str | None = None
    events: tuple[str, ...] = ()
    started: datetime | None = None
    timeout: int = 60
    gather: ElementTree.Element | None = None
    said: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    hung_up: bool = False

    @property
    def outbound(self) -> bool:
        return self.direction != "inbound"

    @property
    def round(self) -> str:
        """What is said in one round."""
        return "".join(one.text or "" for one in _first_round(twiml_of(self.twiml)))

    def as_json(self, account: str) -> dict[str, object]:
        """The fields of Twilio's Call resource."""
        uri = f"/{VERSION}/Accounts/{account}/Calls/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account,
            "parent_call_sid": None,
            "from": self.from_,
            "to": self.to,
            "from_formatted": self.from_,
            "to_formatted": self.to,
            "direction": self.direction,
            "status": self.status,
            "date_created": _rfc2822(self.created),
            "date_updated": _rfc2822(self.started or self.created),
            "start_time": _rfc2822(self.started),
            "end_time": _rfc2822(self.started) if self.status in ENDS else None,
            "duration": "0",
            "answered_by": None,
            "annotation": None,
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "queue_time": "0",
            "trunk_sid": None,
            "phone_number_sid": None,
            "price": None,
            "price_unit": "USD",
            "api_version": VERSION,
            "uri": f"{uri}.json",
            "subresource_uris": {"events": f"{uri}/Events.json"},
        }


class Calls:
    """All calls of the mock's account, oldest first."""

    def __init__(self, mock: MockTwilio) -> None:
        self._mock = mock
        self.calls: list[Call] = []

    # --- Twilio's API

    def create(self, form: Mapping[str, str], events: tuple[str, ...]) -> Call:
        """Take a call as POST Calls does. Raises `Refused`."""
        mock, to, twiml = self._mock, form.get("To", ""), form.get("Twiml", "")
        callback = form.get("StatusCallback")
        for wrong, code, message in (
            (not to, 21201, "No 'To' number specified"),
            (not mock.is_number(to), 21211, f"Invalid 'To' Phone Number: {to}"),
            (not form.get("From"), 21213, "No 'From' number specified"),
            (form.get("From") not in mock.numbers, 21210, "'From' phone number not verified"),
            (not twiml, 21205, "Url or Twiml is required"),
            (len(twiml) > MOST_TWIML, 21218, "Twiml is too long"),
            (not _is_twiml(twiml), 12100, "Document parse failure"),
            (not 1 <= int(form.get("Timeout", "60")) <= 600, 21220, "Invalid Timeout"),
            (callback is not None and not callback.startswith(("http://", "https://")), 21205, "Not a valid URL"),
            (not set(events) <= EVENTS.keys(), 21626, "Invalid StatusCallbackEvent"),
            (to in mock.refused, mock.refused.get(to, 0), f"Refused for {to}"),
        ):
            if wrong:
                raise Refused(400, code, message)
        call = self._new("outbound-api", form["From"], to)
        call.twiml, call.callback, call.events = twiml, callback, events or ("completed",)
        call.timeout = int(form.get("Timeout", "60"))
        return call

    def get(self, sid: str) -> Call | None:
        return next((call for call in self.calls if call.sid == sid), None)

    def page(self, account: str, query: Mapping[str, str]) -> dict[str, object]:
        """One page of the list, newest first. Raises `ValueError` on a bad query."""
        size, number = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        if not 1 <= size <= 1000:
            raise ValueError("PageSize must be between 1 and 1000")
        first = query.get("StartTime>", "0001-01-01")
        earliest = datetime.strptime(first[:10], "%Y-%m-%d").replace(tzinfo=UTC)
        rows = [
            call
            for call in reversed(self.calls)
            if query.get("To", call.to) == call.to and (call.started or call.created) >= earliest
        ]
        shown = rows[number * size : (number + 1) * size]
        more = {**query, "Page": str(number + 1)}
        folder = f"/{VERSION}/Accounts/{account}/Calls.json"
        following = f"{folder}?{urlencode(more)}" if len(rows) > (number + 1) * size else None
        return {
            "calls": [call.as_json(account) for call in shown],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + max(len(shown) - 1, 0),
            "uri": f"{folder}?{urlencode(query)}",
            "first_page_uri": f"{folder}?{urlencode({**query, 'Page': '0'})}",
            "next_page_uri": following,
            "previous_page_uri": None,
        }

    # --- people who are called

    def to(self, number: str) -> list[Call]:
        """The calls to a number, oldest first."""
        return [call for call in self.calls if call.outbound and call.to == number]

    def last(self, number: str) -> Call:
        """The newest call to a number."""
        calls = self.to(number)
        assert calls, f"{number} was not called"
        return calls[-1]

    def ring(self, number: str) -> Call:
        """The newest call to a number rings."""
        call = self.last(number)
        assert call.status == "queued", f"{call.status}"
        self.report(call, "initiated", "queued")
        self.report(call, "ringing", "ringing")
        return call

    def no_answer(self, number: str) -> None:
        """It rings, and nobody picks up."""
        self._end(self.ring(number), "no-answer")

    def busy(self, number: str) -> None:
        self._end(self.last(number), "busy")

    def fail(self, number: str, sip: int) -> None:
        """The carrier could not put it through."""
        self._end(self.last(number), "failed", SipResponseCode=str(sip))

    def answer(self, number: str) -> Call:
        """Somebody picks up, and hears the first round."""
        call = self.ring(number)
        call.started = self._mock.now().replace(microsecond=0)
        self.report(call, "answered", "in-progress")
        self._hear(call, twiml_of(call.twiml))
        return call

    def press(self, number: str, keys: str) -> str:
        """Press keys during the newest call, and hear what is said then, which is returned."""
        call = self.last(number)
        assert call.gather is not None, "No key is waited for"
        heard = len(call.said)
        self._post(call, call.gather.get("action", ""), Digits=keys[: int(call.gather.get("numDigits", "99"))])
        return " ".join(call.said[heard:])

    def hang_up(self, number: str) -> None:
        """The call ends: she puts the receiver down, or a voicemail is full."""
        self._end(self.last(number), "completed")

    # --- people who call

    def ring_us(self, caller: str, to: str | None = None) -> str:
        """Somebody calls one of our numbers; returns the TwiML that we answer, empty when nobody listened."""
        call = self.ring_unheard(caller, to)
        path = f"{self._mock.app_url}/hooks/twilio/voice"
        status, answer = self._mock.signed(path, {**self._form(call), "Direction": "inbound", "CallStatus": "ringing"})
        return answer if status == 200 else ""

    def ring_unheard(self, caller: str, to: str | None = None) -> Call:
        """Somebody calls while the service is down: only the list will ever tell."""
        call = self._new("inbound", caller, to or self._mock.number)
        call.started, call.status = call.created, "busy"
        return call

    # --- the line

    def report(self, call: Call, event: str, status: str, **more: str) -> int:
        """Set a call's status, and post it when its event was asked for."""
        call.status = status
        if call.callback is None or event not in call.events:
            return 0
        form = {**self._form(call), "CallStatus": EVENTS.get(status, status), **more}
        return self._mock.signed(call.callback, form)[0]

    def _end(self, call: Call, status: str, **more: str) -> None:
        call.hung_up, call.gather = True, None
        self.report(call, "completed", status, **more)

    def _hear(self, call: Call, document: ElementTree.Element) -> None:
        """Listen until keys are waited for, or the call ends."""
        call.gather = None
        for verb in document:
            if verb.tag == "Gather":
                call.gather = verb
                self._listen(call, verb)
                return
            self._listen_to(call, verb)
            if verb.tag == "Hangup":
                self._end(call, "completed")
                return
            if verb.tag == "Redirect":
                self._post(call, verb.text or "")
                return

    def _listen(self, call: Call, gather: ElementTree.Element) -> None:
        for verb in gather:
            self._listen_to(call, verb)

    def _listen_to(self, call: Call, verb: ElementTree.Element) -> None:
        if verb.tag in ("Say", "Play"):
            call.said.append(verb.text or "")
            call.languages.append(verb.get("language", ""))

    def _post(self, call: Call, url: str, **more: str) -> None:
        address = urljoin(self._mock.app_url, url)
        status, answer = self._mock.signed(address, {**self._form(call), "CallStatus": "in-progress", **more})
        assert status == 200, f"{address}: {status}"
        self._hear(call, twiml_of(answer))

    def _form(self, call: Call) -> dict[str, str]:
        return {
            "CallSid": call.sid,
            "AccountSid": self._mock.account_sid,
            "From": call.from_,
            "To": call.to,
            "Direction": call.direction,
            "ApiVersion": VERSION,
        }

    def _new(self, direction: str, from_: str, to: str) -> Call:
        call = Call("CA" + secrets.token_hex(16), direction, from_, to, self._mock.now().replace(microsecond=0))
        self.calls.append(call)
        return call


def _first_round(document: ElementTree.Element) -> list[ElementTree.Element]:
    gathers = document.findall("Gather")
    found = gathers[0] if gathers else document
    says = found.findall("Say")
    return says if gathers else says[:1]


def _is_twiml(text: str) -> bool:
    try:
        return twiml_of(text).tag == "Response"
    except ElementTree.ParseError:
        return False


def _rfc2822(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at.astimezone(UTC))
