"""SMS by a program of your own, an adapter. Whatever it speaks with its provider, with us it is deploy/ADAPTERS.md.

Out: POST of a message that it knows by its id however often it comes. In: it posts what people write to /hooks/http,
and reports to /hooks/http/status/<id>. Everything is signed, both ways (`notifiers.signing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from notifiers.base import (
    SEND_TIMEOUT_SECONDS,
    Accepted,
    Cause,
    CheckResult,
    DeliveryState,
    FindResult,
    Found,
    InboundMessage,
    Knows,
    Message,
    NotFound,
    Rejected,
    SendResult,
    SourceUnreadable,
    StatusResult,
    Unavailable,
)
from notifiers.connections import NeverLeft, NoAnswer
from notifiers.http_wire import MalformedCall, inbound_of, refusal_of, state_of
from notifiers.json_client import TROUBLE, JsonClient, Reply, in_time, one_line
from notifiers.plain_http import is_callable
from notifiers.registry import Clock, NotifierSpec
from notifiers.segments import spell_cheaply
from notifiers.signing import PREFIX, Fault, fault_of, signed_headers
from notifiers.telephone import E164, as_e164

TELLS_EVERY = timedelta(minutes=1)
MOST_PAGES = 1000
"""Of a list that never ends nothing may be concluded."""
CANNOT_SAY = (404, 405, 501)
"""What an adapter answers that does not know a message, or cannot be asked about any."""
NOBODY = "00000000-0000-0000-0000-000000000000"


class HttpSmsSettings(BaseModel):
    """Where the adapter is, and what it and we prove ourselves with."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    url: str = Field(
        title="Address of the adapter",
        description="https://… (http:// on this machine alone)",
        examples=["https://sms.example.org/messages"],
    )
    secret: SecretStr = Field(
        title="Secret",
        min_length=16,
        description="Shared with the adapter",
        examples=["a-secret-of-32-letters-or-more"],
    )
    secret_next: SecretStr | None = Field(
        default=None, title="Next secret", description="Believed as well while the secret is changed"
    )
    numbers: str = Field(default="", title="Numbers people text", description="Separated by commas; empty: one-way")
    list_url: str = Field(
        default="", title="Address of the list", description="Where it lists what came in; else it says how far it is"
    )
    timeout: float = Field(default=SEND_TIMEOUT_SECONDS, title="Time-out in seconds", gt=0, le=SEND_TIMEOUT_SECONDS)

    @field_validator("url", "list_url")
    @classmethod
    def _can_be_called(cls, value: str) -> str:
        if value and not (is_callable(value) and not urlsplit(value).query):
            raise ValueError("must be https://… without a query (http:// on this machine alone)")
        return value

    @field_validator("numbers")
    @classmethod
    def _can_receive(cls, value: str) -> str:
        if not all(E164.fullmatch(number) for number in _split(value)):
            raise ValueError("must be numbers like +77010000009, separated by commas")
        return value


class HttpSms:
    """SMS by an adapter. As it is, nobody can answer by it: nothing that came in is waited for."""

    name = "http_sms"
    channel = "sms"
    repeats_are_known = True
    """It knows a message by its Idempotency-Key."""

    def __init__(self, settings: HttpSmsSettings, now: Clock) -> None:
        self.settings = settings
        self.inbound_numbers = _split(settings.numbers)
        given = (settings.secret, settings.secret_next)
        self._secrets = tuple(one.get_secret_value() for one in given if one is not None and one.get_secret_value())
        self._now = now
        self._client = JsonClient(settings.url, settings.timeout, self._prove)

    @property
    def api_url(self) -> str:
        """Where requests go."""
        return self.settings.url

    def sender_for(self, to: str) -> str:
        """The adapter chooses: one of `numbers`, where there are any."""
        del to
        return ""

    def send(self, message: Message) -> SendResult:
        """POST the message. One that it has already is taken for accepted."""
        fields = {
            "id": message.outbox_id,
            "to": message.to,
            "text": spell_cheaply(message.body),
            "kind": message.kind,
            "ref_code": message.ref_code,
            "valid_for": int(message.valid_for.total_seconds()) if message.valid_for is not None else None,
            "status_url": _status_url(message),
        }
        try:
            reply = self._client.post_known("", fields, {"Idempotency-Key": message.outbox_id})
        except NeverLeft as error:
            return Unavailable(one_line(error), maybe_accepted=False)
        except NoAnswer as error:
            return Unavailable(one_line(error), maybe_accepted=True)
        return _verdict(reply, message)

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        """Ask for the message by its id, which is exact: neither `since` nor the body is needed. Of one that cannot be
        asked nothing is found: handed over once more, the message is there once."""
        del since
        try:
            reply = self._client.get(f"/{message.outbox_id}")
        except TROUBLE as error:
            return Unavailable(one_line(error), maybe_accepted=True)
        if reply.status in CANNOT_SAY:
            return NotFound()
        if reply.status != 200 or (state := state_of(reply.fields)) is None:
            return Unavailable(f"http_{reply.status}", maybe_accepted=True)
        return Found(_name_of(reply, message), state)

    def fetch_status(self, provider_id: str) -> StatusResult:
        """How far a message got, by the adapter's name for it."""
        try:
            reply = self._client.get(f"/{quote(provider_id, safe='')}")
        except TROUBLE as error:
            return Unavailable(one_line(error), maybe_accepted=True)
        state = state_of(reply.fields) if reply.status == 200 else None
        if state is None:
            return Unavailable(f"http_{reply.status}", maybe_accepted=True)
        return state, refusal_of(reply.fields) if state.is_bad else None

    def check_access(self) -> CheckResult:
        """Ask for a message that nobody has."""
        try:
            reply = self._client.get(f"/{NOBODY}")
        except TROUBLE as error:
            return Unavailable(one_line(error), maybe_accepted=True)
        if reply.status in (401, 403):
            return Rejected(Cause.CONFIGURATION, f"http_{reply.status}", "the adapter does not believe our signature")
        # One that cannot be asked about messages says so.
        return Knows(reply.date) if reply.status in CANNOT_SAY else Unavailable(f"http_{reply.status}", True)

    def heard_from(self, message: InboundMessage) -> InboundMessage:
        """The text with its sender in E.164, as somebody in the country of our first number would dial it."""
        if not self.inbound_numbers or E164.fullmatch(message.sender):
            return message
        return replace(message, sender=as_e164(message.sender, self.inbound_numbers[0]))

    def fault_of(self, body: bytes, timestamp: str | None, signature: str | None) -> Fault | None:
        """Why a request with these headers is not the adapter's; None when it is."""
        given = signature.removeprefix(PREFIX) if signature and signature.startswith(PREFIX) else None
        return fault_of(self._secrets, f"{timestamp}.".encode() + body, timestamp, given, self._now())

    def _prove(self, said: bytes) -> Mapping[str, str]:
        return signed_headers(self._secrets[0], said, self._now())


class TellingHttpSms(HttpSms):
    """Whose adapter has numbers and no list: it says how far it has handed over what came in."""

    tells_every = TELLS_EVERY


class ListedHttpSms(HttpSms):
    """Whose adapter can list what came in."""

    def __init__(self, settings: HttpSmsSettings, now: Clock) -> None:
        super().__init__(settings, now)
        self._list = JsonClient(settings.list_url, settings.timeout, self._prove)

    def list_inbound(self, since: datetime, until: datetime) -> Iterator[InboundMessage]:
        """What came from numbers, page by page. Raises `SourceUnreadable` unless every page was read."""
        span = {"since": since.astimezone(UTC).isoformat(), "until": until.astimezone(UTC).isoformat()}
        cursor: str | None = None
        began = monotonic()
        for _ in range(MOST_PAGES):
            fields = self._page({**span, **({"cursor": cursor} if cursor else {})}, began)
            try:
                messages = [self.heard_from(inbound_of(one)) for one in fields["messages"]]
            except (KeyError, TypeError, MalformedCall) as error:
                raise SourceUnreadable(f"the list is not as agreed: {one_line(error)}") from error
            yield from (one for one in messages if E164.fullmatch(one.sender))
            if not (cursor := fields.get("next")):
                return
        raise SourceUnreadable("the list does not end")

    def _page(self, query: Mapping[str, Any], began: float) -> Mapping[str, Any]:
        try:
            in_time(began)
            reply = self._list.get(f"?{urlencode(query)}")
        except TROUBLE as error:
            raise SourceUnreadable(one_line(error)) from error
        if reply.status != 200 or not reply.is_understood:
            raise SourceUnreadable(f"http_{reply.status}")
        return reply.fields


def _verdict(reply: Reply, message: Message) -> SendResult:
    status = reply.status
    if status == 409:
        return Accepted(_name_of(reply, message), state_of(reply.fields) or DeliveryState.ACCEPTED)
    if 200 <= status < 300:
        if not reply.is_understood:
            return Unavailable("a web page answered", maybe_accepted=True)
        return Accepted(_name_of(reply, message), state_of(reply.fields) or DeliveryState.ACCEPTED)
    if status == 429 or (status == 503 and reply.retry_after is not None):
        return Rejected(Cause.TEMPORARY, f"http_{status}", "the adapter asks us to wait", reply.retry_after)
    if status >= 500 or status == 408:
        return Unavailable(f"http_{status}", maybe_accepted=True)
    # Whoever refuses without a reason has not understood us: a person is not given up for that.
    return refusal_of({"code": f"http_{status}", "cause": Cause.CONFIGURATION.value, **reply.fields})


def _name_of(reply: Reply, message: Message) -> str:
    given = reply.fields.get("id")
    return given if isinstance(given, str) and 0 < len(given) <= 200 else message.outbox_id


def _status_url(message: Message) -> str | None:
    if message.callback_url is None:
        return None
    parts = urlsplit(message.callback_url)
    return f"{parts.scheme}://{parts.netloc}{parts.path.partition('/hooks/')[0]}/hooks/http/status/{message.outbox_id}"


def _split(numbers: str) -> tuple[str, ...]:
    return tuple(part for number in numbers.split(",") if (part := number.strip()))


def _build(settings: HttpSmsSettings, now: Clock) -> HttpSms:
    if settings.list_url:
        return ListedHttpSms(settings, now)
    return TellingHttpSms(settings, now) if _split(settings.numbers) else HttpSms(settings, now)


SPEC = NotifierSpec(
    name="http_sms",
    channel="sms",
    title="SMS by an adapter of your own",
    settings=HttpSmsSettings,
    build=_build,
    prefix="HTTP_SMS",
)
