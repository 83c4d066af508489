"""Pages to the operator by a webhook: JSON, POSTed to an address that the operator named in AMANBA_OPERATOR.

    {"text": "…", "reason": "sweep_late", "id": "<the message's id>", "at": "2026-11-22T07:00:00+00:00"}

`id` stays the same over every attempt, and is the `Idempotency-Key` as well; `at` is when this attempt was made. With
a secret, `Amanba-Signature: sha256=<hex>` is the HMAC-SHA-256 of the body as it was sent. Any 2xx means that the page
has arrived, but for a page of HTML: that is what a hotel's Wi-Fi or a sign-in answers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from notifiers.base import Accepted, Cause, DeliveryState, Message, Rejected, SendResult, Unavailable
from notifiers.plain_http import Answer, NoAnswer, is_callable, request
from notifiers.registry import Clock, NotifierSpec, is_loopback

TIMEOUT_SECONDS = 10.0
LONGEST_WAIT = timedelta(days=1)

_HTML = (b"<!doctype", b"<html")


class WebhookSettings(BaseModel):
    """Where pages go."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    url: SecretStr = Field(
        title="Addresses",
        description="https://…, separated by commas; who knows one can page you",
        examples=["https://hooks.example.org/amanba/0123456789"],
    )
    secret: SecretStr | None = Field(
        default=None, title="Signing secret", description="When set, Amanba-Signature proves that a page is ours"
    )
    timeout: float = Field(default=TIMEOUT_SECONDS, title="Time-out in seconds", gt=0, le=TIMEOUT_SECONDS)

    @field_validator("url")
    @classmethod
    def _can_be_called(cls, value: SecretStr) -> SecretStr:
        urls = split(value.get_secret_value())
        if not urls or not all(map(is_callable, urls)):
            raise ValueError("must be https://… (http:// on this machine alone)")
        return value


class Webhook:
    """Pages by HTTP."""

    name = "webhook"
    channel = "webhook"

    def __init__(self, settings: WebhookSettings, now: Clock) -> None:
        self._urls = split(settings.url.get_secret_value())
        self._secret = settings.secret.get_secret_value().encode() if settings.secret is not None else b""
        self._timeout = settings.timeout
        self._now = now

    @property
    def api_url(self) -> str:
        """The server that is called, without path; of several, one outside this machine if there is one."""
        parts = urlsplit(next((url for url in self._urls if not is_loopback(url)), self._urls[0]))
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def send(self, message: Message) -> SendResult:
        """POST the page once. `message.subject` is its reason; an address that is ours no more gives way to the first
        one that is: the operator has moved."""
        page = {
            "text": message.body,
            "reason": message.subject or "",
            "id": message.outbox_id,
            "at": self._now().isoformat(),
        }
        body = json.dumps(page, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": message.outbox_id}
        if self._secret:
            headers["Amanba-Signature"] = f"sha256={sign(self._secret, body)}"
        url = message.to if message.to in self._urls else self._urls[0]
        return _verdict(request(url, self._timeout, body=body, headers=headers), message)


def _verdict(answer: Answer | NoAnswer, message: Message) -> SendResult:
    if isinstance(answer, NoAnswer):
        return Unavailable(answer.reason, maybe_accepted=answer.left)
    status = answer.status
    if 200 <= status < 300:
        if answer.body.lstrip()[:9].lower().startswith(_HTML):
            return Unavailable("a web page answered", maybe_accepted=True)
        return Accepted(message.outbox_id, DeliveryState.SENT)
    if status == 429:
        # Of more digits than these an integer or a timedelta cannot be made.
        wait = timedelta(seconds=int(answer.retry_after[:9])) if answer.retry_after.isdecimal() else None
        return Rejected(Cause.TEMPORARY, "http_429", "webhook (too many pages)", wait and min(wait, LONGEST_WAIT))
    if status >= 500 or status == 408:
        # Perhaps it was taken; sent again it has the same id.
        return Rejected(Cause.TEMPORARY, f"http_{status}", "webhook (out of order)")
    return Rejected(Cause.CONFIGURATION, f"http_{status}", "webhook")


def sign(secret: bytes, body: bytes) -> str:
    """The HMAC-SHA-256 of a body, in hex."""
    return hmac.new(secret, body, hashlib.sha256).hexdigest()


def split(urls: str) -> tuple[str, ...]:
    """Addresses separated by commas; one that holds a comma writes it as %2C."""
    return tuple(part for url in urls.split(",") if (part := url.strip()))


SPEC = NotifierSpec(
    name="webhook",
    channel="webhook",
    title="Webhook of the operator",
    settings=WebhookSettings,
    build=Webhook,
    prefix="WEBHOOK",
    reaches_people=False,
)
