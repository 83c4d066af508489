"""Programs that carry our texts beside Twilio in a story, and what they post to us."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from notifiers.android_gateway import SPEC as ANDROID
from notifiers.base import Notifier
from notifiers.http_sms import SPEC as HTTP_SMS
from notifiers.several import Several
from notifiers.signing import signed_headers
from tests.notifiers.android_phone import signed
from tests.scenarios.story import Story

SECRET = "a-secret-of-32-letters-or-more-0"
NOBODY_LISTENS = "http://127.0.0.1:9/messages"
JSON = {"Content-Type": "application/json"}


def beside_twilio(story: Story, make: Callable[[Callable[[], datetime]], Notifier], *, first: bool = False) -> Notifier:
    """From now on the story's texts have a second provider, tried after Twilio or before it."""
    twilio = story.service.notifiers["sms"]
    other = make(lambda: story.now)
    order = [other, twilio] if first else [twilio, other]
    service = replace(story.service, notifiers={**story.service.notifiers, "sms": Several(order, lambda: story.now)})
    story.use(lambda clock: service)
    story.restart()
    return other


def adapter(url: str = NOBODY_LISTENS, **more: str) -> Callable[[Callable[[], datetime]], Notifier]:
    """A provider that an adapter at `url` serves."""
    named = {"URL": url, "SECRET": SECRET, "NUMBERS": "+77010000009"}
    env = {**{f"AMANBA_HTTP_SMS_{name}": value for name, value in named.items()}, **more}
    return lambda now: HTTP_SMS.build(HTTP_SMS.load(env), now)


def phone(env: Mapping[str, str]) -> Callable[[Callable[[], datetime]], Notifier]:
    """A provider that is a phone."""
    return lambda now: ANDROID.build(ANDROID.load(env), now)


def post_event(story: Story, event: Any, **how: Any) -> Any:
    """What the phone posts; the answer."""
    body, headers = signed(event, how.pop("at", None) or story.now, **how)
    return story.client.post("/hooks/android", content=body, headers={**JSON, **headers})


def post(
    story: Story,
    fields: Any,
    path: str = "/hooks/http",
    *,
    at: datetime | None = None,
    secret: str = SECRET,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """What the adapter posts; the answer."""
    body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    proof = signed_headers(secret, body, at or story.now) if headers is None else headers
    return story.client.post(path, content=body, headers={**JSON, **proof})


def hand_over(story: Story, sender: str, text: str, at: datetime, name: str = "in-1") -> int:
    """A text that the adapter had; the status of the answer."""
    fields = {"id": name, "from": sender, "text": text, "received_at": at.isoformat()}
    status: int = post(story, fields).status_code
    story.run()
    return status


def catch_up(story: Story, at: datetime | None = None) -> int:
    """It says that all up to `at`, or to now, has been handed over; the status of the answer."""
    status: int = post(story, {"kind": "caught_up", "at": (at or story.now).isoformat()}).status_code
    return status
