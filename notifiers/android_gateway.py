"""SMS by a phone and a SIM of your own: "SMS Gateway for Android" (capcom6), by its local, private or cloud server.

A message has our id there, so that it is found for certain. One that has failed keeps its id: the next try has another.
The local server lists the phone's inbox. The others do not; there the phone hands over what comes in, tries again for
two days, and its ping is its sign of life.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from notifiers.android_wire import STATES, MalformedEvent, message_of, names_of, reason_of
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
from notifiers.connections import NeverLeft
from notifiers.hook_news import HookNews
from notifiers.json_client import TROUBLE, JsonClient, Reply, in_time, one_line
from notifiers.registry import Clock, NotifierSpec
from notifiers.segments import spell_cheaply
from notifiers.signing import Fault, fault_of
from notifiers.telephone import E164

HOOK_PATH = "/hooks/android"
HEARD_BY = ("sms:received", "system:ping")
REPORTED_BY = ("sms:sent", "sms:delivered", "sms:failed")
PAGE = 500
MOST_PAGES = 200
LATE_MARGIN = timedelta(hours=1)
"""How far before `since` we ask: the phone knows a text by the time at which its network took it."""
URGENT = frozenset({"alert", "all_clear", "operator", "sign_up", "page_code", "reminder"})
PAST_LIMITS, USUAL = 100, 0
"""The app's priorities. From 100 on it sends at once, whatever limits and pauses are set in it."""
PER_HALF_HOUR = 30
"""What Android lets an app send in 30 minutes before it asks the phone's owner each time."""
SECONDS_OF_HALF_HOUR = 1800
AT_ONCE = 15
SHORTEST_TTL = 5

# Older apps know the one name, newer ones the other.
_SILENT = {"triggerWebhooks": False, "webhookDelivery": "Disabled"}
_TELLING = {"triggerWebhooks": True, "webhookDelivery": "Individual"}


class AndroidSettings(BaseModel):
    """Which server leads to the phone, and how it and we prove ourselves."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    api_url: str = Field(
        title="Address of the server",
        description="Local: http://192.168.…:8080, private: https://…/api/3rdparty/v1, cloud: https://api.sms-gate.app/3rdparty/v1",
        pattern=r"^https?://[^/\s?]+[^\s?]*$",
        examples=["https://api.sms-gate.app/3rdparty/v1"],
    )
    user: str = Field(title="User", examples=["ABC123"])
    password: SecretStr = Field(title="Password", min_length=1, examples=["a-password-of-the-app"])
    signing_key: SecretStr = Field(
        title="Signing key", min_length=1, description="Settings, Webhooks, Signing Key", examples=["a-signing-key"]
    )
    signing_key_next: SecretStr | None = Field(
        default=None, title="Next signing key", description="Believed as well while the key is changed"
    )
    number: str = Field(title="Number of the SIM", description="What people text", examples=["+77010000009"])
    local: bool = Field(
        default=False, title="Local server", description="true when the address is the phone's own: it lists its inbox"
    )
    device: str = Field(default="", title="Device", description="Its id, when the account has several")
    sim: int | None = Field(default=None, title="SIM slot", ge=1, le=3)
    per_half_hour: int = Field(default=PER_HALF_HOUR, title="Texts in 30 minutes", ge=1, le=10_000)
    ping: int = Field(default=120, title="Seconds between pings", ge=30, le=900, description="As set in the app")
    timeout: float = Field(default=SEND_TIMEOUT_SECONDS, title="Time-out in seconds", gt=0, le=SEND_TIMEOUT_SECONDS)

    @field_validator("number")
    @classmethod
    def _can_receive(cls, value: str) -> str:
        if not E164.fullmatch(value):
            raise ValueError("must be a number like +77010000009")
        return value

    @field_validator("api_url")
    @classmethod
    def _holds_no_secret(cls, value: str) -> str:
        if urlsplit(value).username is not None:
            raise ValueError("user and password have variables of their own")
        return value


class AndroidGateway:
    """SMS by one phone."""

    name = "android_gateway"
    channel = "sms"

    def __init__(self, settings: AndroidSettings, now: Clock) -> None:
        self.settings = settings
        self.inbound_numbers = (settings.number,)
        # After a pause as many go at once as come to it in a quarter of an hour, 15 at most; with these it must hold.
        rest = settings.per_half_hour - AT_ONCE
        self.per_second = max(settings.per_half_hour / 3 * 2, rest) / SECONDS_OF_HALF_HOUR
        given = (settings.signing_key, settings.signing_key_next)
        self._keys = tuple(one.get_secret_value() for one in given if one is not None and one.get_secret_value())
        who = b64encode(f"{settings.user}:{settings.password.get_secret_value()}".encode()).decode()
        self._client = JsonClient(settings.api_url, settings.timeout, lambda _: {"Authorization": f"Basic {who}"})
        self._now = now

    @property
    def api_url(self) -> str:
        """Where requests go."""
        return self.settings.api_url

    def send(self, message: Message) -> SendResult:
        """Enqueue the message under our id; when that try has failed there, under the next one."""
        left = False
        for name in names_of(message.outbox_id):
            try:
                reply = self._client.post_known("/messages", self._fields(message, name))
                if reply.status != 409:
                    return _verdict(reply, name)
                left = True
                state = self._state_of(name)
            except NeverLeft as error:
                return Unavailable(one_line(error), maybe_accepted=left)
            except TROUBLE as error:
                return Unavailable(one_line(error), maybe_accepted=True)
            if state is None:
                return Unavailable("the phone has the message and does not show it", maybe_accepted=True)
            if not state.is_bad:
                return Accepted(name, state)
        return Rejected(Cause.TEMPORARY, "failed", "The phone has failed to send this too often")

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        """Look for the last try by its id, which is exact: neither `since` nor the body is needed."""
        del since
        last: FindResult = NotFound()
        for name in names_of(message.outbox_id):
            try:
                reply = self._client.get(f"/messages/{name}")
            except TROUBLE as error:
                return Unavailable(one_line(error), maybe_accepted=True)
            if _is_missing(reply):
                return last
            if (state := _state(reply)) is None:
                return Unavailable(f"http_{reply.status}", maybe_accepted=True)
            last = Found(name, state)
            if not state.is_bad:
                return last
        return last

    def fetch_status(self, provider_id: str) -> StatusResult:
        """How far a message got, and why it failed."""
        try:
            reply = self._client.get(f"/messages/{provider_id}")
        except TROUBLE as error:
            return Unavailable(one_line(error), maybe_accepted=True)
        if (state := _state(reply)) is None:
            return Unavailable(f"http_{reply.status}", maybe_accepted=True)
        return state, reason_of(_error(reply)) if state.is_bad else None

    def check_access(self) -> CheckResult:
        """Ask which webhooks are registered."""
        try:
            reply = self._client.get("/webhooks")
        except TROUBLE as error:
            return Unavailable(one_line(error), maybe_accepted=True)
        if reply.status == 200 and isinstance(reply.said, list):
            return Knows(reply.date)
        result = _verdict(reply, "")
        return result if isinstance(result, Rejected) else Unavailable(f"http_{reply.status}", maybe_accepted=True)

    def look_at_hooks(self, public_url: str) -> tuple[HookNews, ...] | Rejected | Unavailable:
        """Whether the app has been told to post to us what we live by."""
        try:
            reply = self._client.get("/webhooks")
        except TROUBLE as error:
            return Unavailable(one_line(error), maybe_accepted=True)
        if reply.status != 200 or not isinstance(reply.said, list):
            return Unavailable(f"http_{reply.status}", maybe_accepted=True)
        url = f"{public_url}{HOOK_PATH}"
        there = {str(one.get("event")) for one in reply.said if isinstance(one, dict) and one.get("url") == url}
        missing = [event for event in (*HEARD_BY, *REPORTED_BY) if event not in there]
        if self.settings.local and "system:ping" in missing:
            # The phone's own server lists its inbox: nobody waits for its word.
            missing.remove("system:ping")
        if not missing:
            return (HookNews("The phone posts to us what it receives, and what became of what it sends."),)
        said = f"The phone is not told to post these to {url}: {', '.join(missing)}."
        is_lost = not self.settings.local and any(event in missing for event in HEARD_BY)
        return (HookNews(said, "Register each of them as a webhook, as deploy/ADAPTERS.md says.", is_lost),)

    def fault_of(self, body: bytes, timestamp: str | None, signature: str | None) -> Fault | None:
        """Why a webhook with these headers is not the phone's; None when it is. The app signs the body followed by the
        timestamp."""
        return fault_of(self._keys, body + (timestamp or "").encode(), timestamp, signature, self._now())

    def _fields(self, message: Message, name: str) -> dict[str, object]:
        fields: dict[str, object] = {
            "id": name,
            "textMessage": {"text": spell_cheaply(message.body)},
            "phoneNumbers": [message.to],
            "withDeliveryReport": True,
            "priority": PAST_LIMITS if message.kind in URGENT else USUAL,
        }
        if message.valid_for is not None:
            fields["ttl"] = max(SHORTEST_TTL, int(message.valid_for.total_seconds()))
        if self.settings.sim is not None:
            fields["simNumber"] = self.settings.sim
        if self.settings.device:
            fields["deviceId"] = self.settings.device
        return fields

    def _state_of(self, name: str) -> DeliveryState | None:
        return _state(self._client.get(f"/messages/{name}"))


class RemoteAndroidGateway(AndroidGateway):
    """Behind a private or cloud server, which lists nothing: the phone hands over by itself, and pings."""

    @property
    def tells_every(self) -> timedelta:
        """How often the phone pings."""
        return timedelta(seconds=self.settings.ping)

    def hand_over_again(self, since: datetime, until: datetime) -> None:
        """Let the app read the phone's inbox again: what came while it did not run it has told nobody."""
        fields: dict[str, object] = {"since": _stamp(since), "until": _stamp(until), **_TELLING}
        if self.settings.device:
            fields["deviceId"] = self.settings.device
        try:
            reply = self._client.post("/inbox/refresh", fields)
        except TROUBLE as error:
            raise SourceUnreadable(one_line(error)) from error
        if not 200 <= reply.status < 300:
            raise SourceUnreadable(f"http_{reply.status}")


class LocalAndroidGateway(AndroidGateway):
    """The phone's own server, which lists its inbox."""

    def list_inbound(self, since: datetime, until: datetime) -> Iterator[InboundMessage]:
        """Let the app read the phone's inbox again, also what came while it did not run, and list what numbers sent.

        Raises `SourceUnreadable` unless every page was read.
        """
        began = monotonic()
        span = {"from": _stamp(since - LATE_MARGIN), "to": _stamp(until + LATE_MARGIN)}
        try:
            # Read by the app and told to nobody: what is new is on the list.
            asked = {"since": span["from"], "until": span["to"], **_SILENT}
            refreshed = self._client.post("/inbox/refresh", asked)
            if not 200 <= refreshed.status < 300 or not refreshed.is_understood:
                raise SourceUnreadable(f"the phone did not read its inbox (http_{refreshed.status})")
            for page in range(MOST_PAGES):
                in_time(began)
                rows = self._page({**span, "limit": PAGE, "offset": page * PAGE})
                messages = [message_of(row, self.settings.number) for row in rows if _is_of_a_person(row)]
                yield from (one for one in messages if E164.fullmatch(one.sender))
                if len(rows) < PAGE:
                    return
        except TROUBLE as error:
            raise SourceUnreadable(one_line(error)) from error
        except MalformedEvent as error:
            raise SourceUnreadable(f"the inbox is not as expected: {error}") from error
        raise SourceUnreadable("the inbox does not end")

    def _page(self, query: Mapping[str, Any]) -> list[Any]:
        reply = self._client.get(f"/inbox?{urlencode(query)}")
        if reply.status != 200 or not isinstance(reply.said, list):
            raise SourceUnreadable(f"http_{reply.status}")
        return reply.said


def _is_of_a_person(row: Any) -> bool:
    """A row of another kind is a picture that has not been fetched, or data for a program."""
    if not isinstance(row, dict):
        raise MalformedEvent("a row is missing")
    return row.get("type") in ("SMS", "MMS_DOWNLOADED")


def _verdict(reply: Reply, name: str) -> SendResult:
    status, state = reply.status, STATES.get(str(reply.fields.get("state")))
    if 200 <= status < 300:
        if state is None:
            return Unavailable("the server did not say that it has the message", maybe_accepted=True)
        return Accepted(name, state)
    said = one_line(reply.fields.get("message") or reply.fields.get("error") or "")
    if status == 429 or (status == 503 and "queue" in said.casefold()):
        # Refused unprocessed: the phone is behind with what it has. Another provider may take it at once.
        return Unavailable(f"http_{status}: {said}", maybe_accepted=False)
    if status >= 500 or status == 408:
        return Unavailable(f"http_{status}", maybe_accepted=True)
    if status in (400, 422) and "phonenumber" in said.casefold().replace(" ", ""):
        return Rejected(Cause.PERMANENT, f"http_{status}", "The number is not valid")
    return Rejected(Cause.CONFIGURATION, f"http_{status}", said or "The server did not accept us")


def _state(reply: Reply) -> DeliveryState | None:
    return STATES.get(str(reply.fields.get("state"))) if reply.status == 200 else None


def _is_missing(reply: Reply) -> bool:
    """The app says no word about a message that it does not have; a server says so in JSON."""
    return reply.status == 404 and reply.is_understood


def _error(reply: Reply) -> object:
    recipients = reply.fields.get("recipients")
    first = recipients[0] if isinstance(recipients, list) and recipients else None
    return first.get("error") if isinstance(first, dict) else reply.fields.get("reason")


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _build(settings: AndroidSettings, now: Clock) -> AndroidGateway:
    return LocalAndroidGateway(settings, now) if settings.local else RemoteAndroidGateway(settings, now)


SPEC = NotifierSpec(
    name="android_gateway",
    channel="sms",
    title="SMS by a phone of your own",
    settings=AndroidSettings,
    build=_build,
    prefix="ANDROID",
)
