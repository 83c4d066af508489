"""Calls by Twilio: what is to be said comes with the request, so that it is heard even if we die after it.

A call has no text by which it could be found again, and its list does not name ours: one whose answer was lost is known
by its first status callback, and without that the person is called twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import Field, field_validator

from notifiers.base import (
    Accepted,
    InboundMessage,
    Message,
    Rejected,
    SendResult,
    SourceUnreadable,
    StatusResult,
    Unavailable,
    Utterance,
)
from notifiers.hook_news import HookNews
from notifiers.registry import Clock, NotifierSpec, is_loopback
from notifiers.twilio_access import Account, AccountSettings
from notifiers.twilio_calls import Calls, meaning_of, outcome, refused
from notifiers.twilio_client import TROUBLE, reason, verdict
from notifiers.twilio_messages import instant, sid_of
from notifiers.twilio_numbers import CALLS, look_at_numbers
from notifiers.twiml import Way, call

HOOK_PATH = "/hooks/twilio/voice"
RING_SECONDS = 28
"""A voicemail usually picks up between 20 and 30 s."""
ROUNDS = 3
ROUNDS_TO_LISTEN = 2
"""What needs no answer is said twice, so that a voicemail keeps it."""
EVENTS = ("initiated", "ringing", "answered", "completed")
QUERY_MARGIN = timedelta(hours=26)
"""How far before `since` we ask: by its text StartTime knows days only (UTC), by its schema it is an instant."""
LATE_MARGIN = timedelta(hours=1)

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8566696", "+86282452253", "+464"})
"""What a call without a number comes from: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE on a phone's keys."""


class TwilioVoiceSettings(AccountSettings):
    """How to make calls through Twilio. The account's variables are those of its SMS."""

    voice_from: str = Field(
        title="Caller id", description="The number that calls, +…", examples=["+48732000000"], pattern=_NUMBER.pattern
    )
    voice_inbound: str = Field(
        default="",
        title="Numbers people may call to check in",
        description="Separated by commas; the caller id when empty, - for none",
    )
    voice_fallback_url: str = Field(
        default="", title="Fallback address", description="On another host; asked when ours does not answer a key"
    )
    voice_per_second: float | None = Field(
        default=1.0, title="Calls a second", description="As many as the account may begin", gt=0
    )

    @field_validator("voice_inbound")
    @classmethod
    def _can_be_called(cls, value: str) -> str:
        if value != "-" and not all(map(_NUMBER.fullmatch, _split(value))):
            raise ValueError("must be numbers like +48732000000, separated by commas, or -")
        return value

    @property
    def called_numbers(self) -> tuple[str, ...]:
        """The numbers whose missed calls are listed, E.164."""
        return () if self.voice_inbound == "-" else _split(self.voice_inbound) or (self.voice_from,)


class TwilioVoice(Account):
    """Calls through one Twilio account."""

    name = "twilio_voice"
    channel = "voice"
    settings: TwilioVoiceSettings

    def __init__(self, settings: TwilioVoiceSettings) -> None:
        super().__init__(settings)
        self._calls = Calls(self._client, settings.account_sid)

    @property
    def called_numbers(self) -> tuple[str, ...]:
        """The numbers that people may call to check in."""
        return self.settings.called_numbers

    @property
    def per_second(self) -> float | None:
        """How many calls the account may begin: Twilio would queue the others, the most urgent among them."""
        return self.settings.voice_per_second

    def send(self, message: Message) -> SendResult:
        """Call once. Where keys are explained they may be pressed all the while."""
        action = message.answer_url if message.answers and self._can_call_us(message.answer_url) else None
        ways = self._sayable(message.voiced) or ((Utterance(message.body, message.language),),)
        fields: dict[str, object] = {
            "To": message.to,
            "From": self.settings.voice_from,
            "Twiml": call(ways, max(ROUNDS if message.answers else ROUNDS_TO_LISTEN, len(ways)), action),
            "Timeout": RING_SECONDS,
        }
        if message.callback_url is not None and self._can_call_us(message.callback_url):
            fields |= {"StatusCallback": message.callback_url, "StatusCallbackEvent": list(EVENTS)}
        if self.settings.voice_fallback_url:
            fields["FallbackUrl"] = self.settings.voice_fallback_url
        try:
            made = self._calls.create(fields)
            return Accepted(sid_of(made), outcome(made)[0])
        except TROUBLE as error:
            result = verdict(error)
            return refused(result) if isinstance(result, Rejected) else result

    def list_inbound(self, since: datetime, until: datetime) -> list[InboundMessage]:
        """Who called each of our numbers from an hour before `since` up to now.

        Calls that withhold their number are left out: they could be anybody's. Raises `SourceUnreadable` unless every
        page of every number was read.
        """
        del until
        try:
            return [one for number in self.called_numbers for one in self._missed(number, since)]
        except TROUBLE as error:
            raise SourceUnreadable(reason(error)) from error

    def fetch_status(self, provider_id: str) -> StatusResult:
        """The call's state now, and why it reached nobody."""
        try:
            return outcome(self._calls.fetch(provider_id))
        except TROUBLE as error:
            return Unavailable(reason(error), maybe_accepted=True)

    def explain(self, code: str) -> str:
        """What Twilio means by a code of a call."""
        return meaning_of(code)

    def look_at_hooks(self, public_url: str) -> tuple[HookNews, ...] | Rejected | Unavailable:
        """Whether calls to our numbers are announced to us, so that nobody picks up."""
        url = f"{public_url}{HOOK_PATH}"
        return look_at_numbers(self._client, self.settings.account_sid, self.called_numbers, CALLS, url)

    def _can_call_us(self, url: str | None) -> bool:
        """Whether Twilio could reach this address: one of this machine alone would make it refuse the call."""
        return url is not None and (is_loopback(self.api_url) or not is_loopback(url))

    def _sayable(self, ways: Sequence[Way]) -> list[Way]:
        """The ways without those whose recordings Twilio could not fetch: it would end the call there."""
        return [way for way in ways if all(one.audio is None or self._can_call_us(one.audio) for one in way)]

    def _missed(self, number: str, since: datetime) -> Iterator[InboundMessage]:
        for row in self._calls.stream({"To": number, "StartTime>": f"{since - QUERY_MARGIN:%Y-%m-%dT00:00:00Z}"}):
            occurred_at = instant(row["start_time"] or row["date_created"])
            caller = row["from"] or ""
            if row["direction"] != "inbound" or occurred_at < since - LATE_MARGIN or not has_number(caller):
                continue
            yield InboundMessage(sid_of(row), caller, row["to"] or number, "", occurred_at, 0, missed_call=True)


def has_number(caller: str) -> bool:
    """Whether a caller's id is a number of theirs: not withheld, and no client or SIP address."""
    return caller not in _WITHHELD and _NUMBER.fullmatch(caller) is not None


def _split(numbers: str) -> tuple[str, ...]:
    return tuple(part for number in numbers.split(",") if (part := number.strip()))


def _build(settings: TwilioVoiceSettings, now: Clock) -> TwilioVoice:
    del now
    return TwilioVoice(settings)


SPEC = NotifierSpec(
    name="twilio_voice",
    channel="voice",
    title="Calls by Twilio",
    settings=TwilioVoiceSettings,
    build=_build,
    prefix="TWILIO",
)
