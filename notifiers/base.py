"""What every channel speaks: a message out, a verdict back, and what a provider can tell us later.

A notifier is *total*: trouble at the provider is a value (`Rejected`, `Unavailable`), never an exception,
because the caller must write down what became of every message. Abilities that not every provider has
(searching what was sent, listing what came in, reading a status) are optional protocols that a caller asks
for with `isinstance`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from notifiers.messengers import ExplainsCodes as ExplainsCodes
from notifiers.messengers import HandsOver as HandsOver
from notifiers.messengers import HasButtons as HasButtons
from notifiers.messengers import WrittenToFirst as WrittenToFirst
from notifiers.pace import TakesFew as TakesFew
from notifiers.pace import TakesSlowly as TakesSlowly
from notifiers.pace import pace_of as pace_of

SEND_TIMEOUT_SECONDS = 20.0
"""The longest that a provider may stay silent in one request; far below the lease of a claimed message."""


class Cause(StrEnum):
    """Why a provider refused a message, and so what to do next."""

    PERMANENT = "permanent"
    """This address on this channel will not work: stop, tell the owner, use the next channel."""
    TEMPORARY = "temporary"
    """It may work later: try again, and use the next channel meanwhile."""
    CONFIGURATION = "configuration"
    """Ours to mend (credentials, sender, permission): page the operator, use the next channel."""
    STOPPED = "stopped"
    """The person has told this sender to stop: as permanent, but the address works again once she takes it back."""

    @property
    def is_final(self) -> bool:
        """Whether trying again would be in vain."""
        return self in (Cause.PERMANENT, Cause.STOPPED)


NO_KEY = "no_key"
"""The code of a call that was answered, by a person or a voicemail, and in which no key was pressed."""


class DeliveryState(StrEnum):
    """How far a message got.

    `sent` may be the last we ever hear, and only a reply or a keypress is an acknowledgement.
    """

    QUEUED = "queued"
    ACCEPTED = "accepted"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    READ = "read"

    @property
    def rank(self) -> int:
        """The place in queued < accepted < sending < sent < {delivered, undelivered, failed} < read."""
        return _RANKS[self]

    @property
    def is_final(self) -> bool:
        """Whether nothing but `read` can follow."""
        return self.rank >= _RANKS[DeliveryState.DELIVERED]

    @property
    def is_bad(self) -> bool:
        """Whether the message certainly did not reach the handset."""
        return self in (DeliveryState.UNDELIVERED, DeliveryState.FAILED)

    def advance(self, news: DeliveryState) -> DeliveryState:
        """The later of the two: callbacks come repeated and out of order, and a state never goes back.

        Of two states with the same rank the first stays."""
        return news if news.rank > self.rank else self


_RANKS = {
    DeliveryState.QUEUED: 0,
    DeliveryState.ACCEPTED: 1,
    DeliveryState.SENDING: 2,
    DeliveryState.SENT: 3,
    DeliveryState.DELIVERED: 4,
    DeliveryState.UNDELIVERED: 4,
    DeliveryState.FAILED: 4,
    DeliveryState.READ: 5,
}


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of what is said aloud: `text` in `language` (BCP 47), by the recording at the address `audio` if there
    is one."""

    text: str
    language: str
    audio: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address.

    `outbox_id` is the text of a UUID and stays the same over every attempt; `to` is the address in the
    channel's own form (E.164 for SMS and voice); `ref_code` stands in `body` when it is not None, but in a call;
    `callback_url` is where the provider may report progress; `valid_for` is how long it may keep trying.
    `others`: when it is looked for, the provider's names of messages that it is not, however they read.
    `language` (BCP 47) is the body's; `answers`: what a person may answer, for a channel with keys or buttons: digits
    as the body explains them, or `OK`. `buttons`: for a channel with buttons, pairs of what is sent back when one is
    pressed, as if it had been typed, and what stands on it. `answer_url` is where the provider may post a key that was
    pressed. `voiced`: for a channel that speaks, ways to say the body, taken in turn; without one it reads the body.
    `asked_last`: of a channel that several providers serve, those that have had their share for now.
    """

    outbox_id: str
    to: str
    body: str
    kind: str
    ref_code: str | None
    callback_url: str | None
    valid_for: timedelta | None
    subject: str | None = None
    others: frozenset[str] = frozenset()
    language: str = "en"
    answers: tuple[str, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()
    answer_url: str | None = None
    voiced: tuple[tuple[Utterance, ...], ...] = ()
    asked_last: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has the message under `provider_id`.

    Of a channel that has several, `provider` is the name of the one that took it, and `refused` what another said
    before, when that is ours to mend.
    """

    provider_id: str
    state: DeliveryState
    provider: str | None = None
    refused: Rejected | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider said no.

    `code` is the provider's own, `reason` is for the operator, `retry_after` is what the provider named.
    `again_after`: when a message that was taken and did not arrive goes again, counted from each failure; None: as
    usual. `at_last`: the cause that it turns out to be when those tries have failed as well; None: the same.
    """

    cause: Cause
    code: str
    reason: str
    retry_after: timedelta | None = None
    again_after: tuple[timedelta, ...] | None = None
    at_last: Cause | None = None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No verdict: a time-out, a server error, no connection.

    `maybe_accepted` is False only when the request surely never arrived or was refused unprocessed
    (connection refused, HTTP 429). When True the message must be searched for before it is sent again.
    """

    reason: str
    maybe_accepted: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The provider has the message that we asked for; `provider` names it where a channel has several."""

    provider_id: str
    state: DeliveryState
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider's list was read, and the message is not on it."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message from a person.

    `occurred_at` is the provider's time (aware, UTC); `media` counts attachments. `opt_out`: what the provider itself
    took it for and has acted on, `STOP`, `START` or `HELP`, in whatever language it was written. `missed_call`: no
    text, but a call that nobody picked up. `language` (BCP 47): the person's, where the provider tells. `earliest`: for
    what bears no time, the earliest at which it can have been sent (aware); `occurred_at` is then the latest.
    """

    provider_id: str
    sender: str
    to: str
    body: str
    occurred_at: datetime
    media: int
    opt_out: str | None = None
    missed_call: bool = False
    language: str = ""
    earliest: datetime | None = None


SendResult = Accepted | Rejected | Unavailable
FindResult = Found | NotFound | Unavailable
StatusResult = tuple[DeliveryState, Rejected | None] | Unavailable


@dataclass(frozen=True, slots=True)
class Knows:
    """The provider knows us. `at`: what its clock said (aware, UTC), when it told."""

    at: datetime | None = None


CheckResult = Knows | Rejected | Unavailable


class SourceUnreadable(Exception):
    """What came in could not be listed completely; nothing may be concluded from the part that was read. `lost`: part
    of it was given to another program, and can be read no more."""

    def __init__(self, reason: str, *, lost: bool = False) -> None:
        super().__init__(reason)
        self.lost = lost


class NotConfigured(ValueError):
    """A notifier's settings are incomplete or wrong; the message names the variable."""


class Notifier(Protocol):
    """A channel that can carry a message to a person."""

    @property
    def name(self) -> str:
        """Which notifier this is, for example `twilio_sms`."""

    @property
    def channel(self) -> str:
        """Which channel it serves, for example `sms`."""

    def send(self, message: Message) -> SendResult:
        """Hand the message over once. Synchronous, total; returns within about `SEND_TIMEOUT_SECONDS`."""


@runtime_checkable
class HasProviders(Protocol):
    """Is a channel that several providers serve, each of them a notifier of its own."""

    @property
    def providers(self) -> tuple[Notifier, ...]:
        """They, in the order in which they are tried."""


def providers_of(notifiers: Iterable[Notifier]) -> tuple[Notifier, ...]:
    """All of them, with the providers of a channel in its place."""
    return tuple(one for each in notifiers for one in (each.providers if isinstance(each, HasProviders) else (each,)))


@runtime_checkable
class Idempotent(Protocol):
    """Knows a message by its `outbox_id`, and takes it once however often it is handed over."""

    @property
    def repeats_are_known(self) -> bool:
        """Whether a message whose fate is unknown may be handed over again without asking for it first."""


@runtime_checkable
class Searchable(Protocol):
    """Can tell whether a message whose fate is unknown was accepted."""

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        """Look for `message` among what was sent since `since` (aware).

        It is known by its `ref_code`; without one by its exact body, unless it is one of its `others`.
        """


@runtime_checkable
class ListsInbound(Protocol):
    """Can list what came in, also while we were down."""

    def list_inbound(self, since: datetime, until: datetime) -> Iterable[InboundMessage]:
        """Every message with since <= occurred_at < until (aware), in any order.

        Others may come too, because clocks differ and lists lag: know them by `provider_id`.
        Raises `SourceUnreadable` unless all of it was read.
        """


@runtime_checkable
class TellsHowFar(Protocol):
    """Has no list of what came in: it hands everything over by itself, and says from time to time how far it has."""

    @property
    def tells_every(self) -> timedelta:
        """How often it says so. Silent for some times as long, it may have something that it cannot hand over."""


@runtime_checkable
class HandsOverAgain(Protocol):
    """Can be asked to look whether something came in that it has not handed over."""

    def hand_over_again(self, since: datetime, until: datetime) -> None:
        """Ask it to hand over what came in between (aware) and was not handed over; what is known may come too.

        Raises `SourceUnreadable` when it could not be asked.
        """


@runtime_checkable
class TakesTexts(Protocol):
    """Has numbers that people can text."""

    @property
    def inbound_numbers(self) -> tuple[str, ...]:
        """The numbers, E.164, the one to be printed first; none when people cannot write to it."""


@runtime_checkable
class TakesCalls(Protocol):
    """Has numbers that people can call. Nobody picks up: that there was a call is the message."""

    @property
    def called_numbers(self) -> tuple[str, ...]:
        """The numbers, E.164, the one to be printed first; none when they are not ours to answer."""


@runtime_checkable
class SendsAs(Protocol):
    """Sends as one of several senders, by where a message goes."""

    def sender_for(self, to: str) -> str:
        """Whom a person at this address sees as the sender: a number (E.164 or short), or a name, to which nobody can
        reply. Empty when the provider chooses among numbers of ours."""


@runtime_checkable
class CallsOut(Protocol):
    """Says where it sends to, so that a demonstration can refuse to reach real people."""

    @property
    def api_url(self) -> str:
        """The base URL of the provider's service."""


@runtime_checkable
class ReadsStatus(Protocol):
    """Can tell how far an accepted message got."""

    def fetch_status(self, provider_id: str) -> StatusResult:
        """The state now, and why it failed when it did."""


@runtime_checkable
class ChecksAccess(Protocol):
    """Can ask its provider whether it knows us."""

    def check_access(self) -> CheckResult:
        """Sign in and ask for something harmless. Total; nothing is sent to anybody."""
