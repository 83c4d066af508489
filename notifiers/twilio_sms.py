"""SMS by Twilio, through Twilio's own client.

Twilio has no idempotency key: a POST whose answer was lost may have sent. So nothing is retried here;
the caller asks `find_sent` first. The client is the synchronous one: the asynchronous one ignores its
time-out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import Field, field_validator

from notifiers.base import (
    Accepted,
    FindResult,
    Found,
    InboundMessage,
    Message,
    NotFound,
    Rejected,
    SendResult,
    SourceUnreadable,
    StatusResult,
    Unavailable,
)
from notifiers.hook_news import HookNews
from notifiers.registry import Clock, NotifierSpec
from notifiers.segments import fit, spell_cheaply
from notifiers.twilio_access import Account, AccountSettings
from notifiers.twilio_client import TROUBLE, reason, verdict
from notifiers.twilio_errors import REASONS, refusal
from notifiers.twilio_hooks import state_of
from notifiers.twilio_messages import Messages, instant, sid_of, stamp
from notifiers.twilio_numbers import TEXTS, look_at_numbers
from notifiers.twilio_senders import Senders, countries_of, is_number, is_sender, split

QUERY_MARGIN = timedelta(hours=26)
"""How far before `since` we ask: Twilio's text says that DateSent knows days only, its schema says
otherwise.
"""
LATE_MARGIN = timedelta(hours=1)
"""How far before `since` a row still counts: lists lag and clocks differ. A row seen twice costs nothing."""
CLOCK_MARGIN = timedelta(minutes=1)
"""How far Twilio's clock may be behind ours, when a text is known by its code."""
SECOND = timedelta(seconds=1)
"""Twilio's times are whole seconds.

A text known by its body alone gets no more: an earlier one reads the same.
"""

HOOK_PATH = "/hooks/twilio/sms"
_VALIDITY_SECONDS = (6, 36000)
_MOST_UNITS = 1600
"""The longest text that Twilio takes; a longer one is refused whole."""
_TRIAL_PREFIX = "Sent from your Twilio trial account - "


class TwilioSettings(AccountSettings):
    """How to reach Twilio as us."""

    from_: str = Field(
        title="Sender",
        description="A number (+…), a registered name or a Messaging Service (MG…)",
        examples=["+48732000000"],
    )
    from_by_country: str = Field(default="", title="Senders of some countries", description="KZ=Amanba,US=+12025550123")
    inbound: str = Field(
        default="",
        title="Numbers people text",
        description="Separated by commas, the one to be printed first; the sender's when empty",
    )
    per_second: float | None = Field(
        default=None,
        title="Messages a second",
        description="What the sender carries: 1 for a number of the US, 10 for most others; what exceeds it waits here,"
        " where the most urgent goes first, and not in Twilio's queue",
        gt=0,
        le=1000,
    )

    @field_validator("from_")
    @classmethod
    def _can_send(cls, value: str) -> str:
        if not is_sender(value):
            raise ValueError("must be a number like +48732000000, a short code, a name (11 characters) or MG…")
        return value

    @field_validator("from_by_country")
    @classmethod
    def _can_be_told_apart(cls, value: str) -> str:
        countries_of(value)
        return value

    @field_validator("inbound")
    @classmethod
    def _can_receive(cls, value: str) -> str:
        if not all(map(is_number, split(value))):
            raise ValueError("must be numbers like +48732000000, separated by commas")
        return value

    @property
    def senders(self) -> Senders:
        """Whom people see as the sender."""
        return Senders(self.from_, countries_of(self.from_by_country))

    @property
    def inbound_numbers(self) -> tuple[str, ...]:
        """The numbers that people text, E.164; none when every sender is a name and nothing else was given."""
        return split(self.inbound) or tuple(number for number in self.senders.numbers if is_number(number))

    @property
    def numbers_read(self) -> tuple[str | None, ...]:
        """Every number of ours that somebody may text, be it in reply; None stands for all of the account's.

        So it is with a Messaging Service whose numbers nobody has named: a reply must not be missed for that."""
        if self.senders.has_service and not self.inbound:
            return (None,)
        return tuple(dict.fromkeys((*split(self.inbound), *self.senders.numbers)))


class TwilioSms(Account):
    """SMS through one Twilio account."""

    name = "twilio_sms"
    channel = "sms"
    settings: TwilioSettings

    def __init__(self, settings: TwilioSettings) -> None:
        super().__init__(settings)
        self._messages = Messages(self._client, settings.account_sid)
        self._senders = settings.senders

    @property
    def per_second(self) -> float | None:
        """How many texts a second its sender carries."""
        return self.settings.per_second

    @property
    def inbound_numbers(self) -> tuple[str, ...]:
        """The numbers that people text."""
        return self.settings.inbound_numbers

    def sender_for(self, to: str) -> str:
        """Whom a person at this number sees as the sender."""
        return self._senders.seen_at(to)

    def send(self, message: Message) -> SendResult:
        """POST the message once. Punctuation is folded when that alone makes the text GSM-7."""
        fields = {"To": message.to, **self._senders.fields(message.to), "Body": _written(message)}
        if message.callback_url is not None:
            fields["StatusCallback"] = message.callback_url
        if message.valid_for is not None:
            shortest, longest = _VALIDITY_SECONDS
            fields["ValidityPeriod"] = min(max(int(message.valid_for.total_seconds()), shortest), longest)
        try:
            sent = self._messages.create(fields)
            return Accepted(sid_of(sent), state_of(sent["status"] or ""))
        except TROUBLE as error:
            return verdict(error)

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        """Look through what this number was sent, newest first.

        No date is asked for, because a message in the queue has no `date_sent` yet. When several match,
        one that did not fail is preferred, then the newest.
        """
        failed: Found | None = None
        try:
            for row in self._messages.stream({"To": message.to}):
                created = instant(row["date_created"])
                if created < since - QUERY_MARGIN:
                    break
                outbound = (row["direction"] or "").startswith("outbound")
                if not outbound or row["sid"] in message.others or not _is_it(row["body"], created, message, since):
                    continue
                found = Found(sid_of(row), state_of(row["status"] or ""))
                if not found.state.is_bad:
                    return found
                failed = failed or found
        except TROUBLE as error:
            return Unavailable(reason(error), maybe_accepted=True)
        return failed or NotFound()

    def list_inbound(self, since: datetime, until: datetime) -> list[InboundMessage]:
        """What came to each of our numbers from an hour before `since` up to now.

        More than was asked for, because a row may appear late. Raises `SourceUnreadable` unless every page of
        every number was read.
        """
        del until
        try:
            return [one for number in self.settings.numbers_read for one in self._inbound_to(number, since)]
        except TROUBLE as error:
            raise SourceUnreadable(reason(error)) from error

    def fetch_status(self, provider_id: str) -> StatusResult:
        """The message's state now and why it failed."""
        try:
            row = self._messages.fetch(provider_id)
            state = state_of(row["status"] or "")
            return state, refusal(str(row["error_code"] or state.value)) if state.is_bad else None
        except TROUBLE as error:
            return Unavailable(reason(error), maybe_accepted=True)

    def explain(self, code: str) -> str:
        """What Twilio means by a code."""
        return REASONS.get(code, "")

    def look_at_hooks(self, public_url: str) -> tuple[HookNews, ...] | Rejected | Unavailable:
        """Whether what people text to our numbers is posted to us. Where a Messaging Service chooses among numbers, its
        own settings count, which this API does not tell."""
        if self._senders.has_service:
            url = f"{public_url}{HOOK_PATH}"
            return (HookNews(f"A Messaging Service sends: let its Integration settings send a webhook to {url}."),)
        url = f"{public_url}{HOOK_PATH}"
        return look_at_numbers(self._client, self.settings.account_sid, self.inbound_numbers, TEXTS, url)

    def _inbound_to(self, number: str | None, since: datetime) -> Iterator[InboundMessage]:
        which = {} if number is None else {"To": number}
        for row in self._messages.stream({**which, "DateSent>": stamp(since - QUERY_MARGIN)}):
            occurred_at = instant(row["date_sent"] or row["date_created"])
            if row["direction"] != "inbound" or occurred_at < since - LATE_MARGIN:
                continue
            to, media = row["to"] or number or "", int(row["num_media"] or 0)
            yield InboundMessage(sid_of(row), row["from"] or "", to, row["body"] or "", occurred_at, media)


def _written(message: Message) -> str:
    return fit(spell_cheaply(message.body), _MOST_UNITS, message.ref_code)


def _is_it(body: str | None, created: datetime, message: Message, since: datetime) -> bool:
    text = (body or "").removeprefix(_TRIAL_PREFIX).strip()
    if message.ref_code is not None:
        return created >= since - CLOCK_MARGIN and message.ref_code in text
    return created >= since - SECOND and text == _written(message).strip()


def _build(settings: TwilioSettings, now: Clock) -> TwilioSms:
    del now
    return TwilioSms(settings)


SPEC = NotifierSpec(
    name="twilio_sms",
    channel="sms",
    title="SMS by Twilio",
    settings=TwilioSettings,
    build=_build,
    prefix="TWILIO",
)
