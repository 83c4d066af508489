"""Several providers of one channel, in the order in which they are tried.

The next one is asked at once when this one surely does not have the message: it was not there, asked us to come back
later, or refused for a reason that is ours to mend. After an answer that leaves the fate open nobody else is asked,
because then the message would go twice; and what a provider says of the person's address holds for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from notifiers.base import (
    Accepted,
    Cause,
    FindResult,
    Found,
    Message,
    NotFound,
    Notifier,
    ReadsStatus,
    Rejected,
    Searchable,
    SendResult,
    StatusResult,
    TakesFew,
    TakesTexts,
    Unavailable,
    pace_of,
)

AWAY = timedelta(minutes=1)
"""How long a provider that was not there is asked after the others: each message would wait for its time-out first."""
MOST_TRIES = 3
"""Each may keep silent for 20 s, and a message begins no later than in the middle of a lease of 120 s."""
_NO_LIMIT = 1_000_000


class Several:
    """One channel, served by the first of its providers that can.

    What comes in, how far a message got and whether we are known is asked of each of `providers` for itself.
    """

    def __init__(self, providers: Sequence[Notifier], now: Callable[[], datetime]) -> None:
        self.providers = tuple(providers)
        self.channel = self.providers[0].channel
        self.name = "+".join(one.name for one in self.providers)
        self._now = now
        self._away: dict[str, datetime] = {}

    @property
    def inbound_numbers(self) -> tuple[str, ...]:
        """The numbers of all of them, the first provider's first."""
        return tuple(
            dict.fromkeys(n for one in self.providers if isinstance(one, TakesTexts) for n in one.inbound_numbers)
        )

    @property
    def per_second(self) -> float | None:
        """What they take together; None while one of them sets no limit, which then takes what the others do not."""
        paces = [pace for one in self.providers if (pace := pace_of(one)) is not None]
        return sum(paces) if len(paces) == len(self.providers) else None

    @property
    def at_once(self) -> int:
        """As many as any of them refuses to exceed: whose turn it will be nobody knows before."""
        return min((one.at_once for one in self.providers if isinstance(one, TakesFew)), default=_NO_LIMIT)

    def send(self, message: Message) -> SendResult:
        """Hand the message to the first provider that takes it.

        One that has just been away, or has had its share, is asked after the others: there the message would wait,
        while another can send it. When nobody takes it, a refusal is the verdict before silence: somebody must mend it.
        """
        refused: Rejected | None = None
        silent: Rejected | Unavailable | None = None
        for provider in islice(self._in_order(message), MOST_TRIES):
            result = provider.send(message)
            if not isinstance(result, Accepted):
                # Who said it is the first thing that whoever mends it must know.
                result = replace(result, reason=f"{provider.name}: {result.reason}")
            match result:
                case Accepted():
                    return replace(result, provider=provider.name, refused=refused)
                case Rejected(Cause.CONFIGURATION):
                    refused = refused or result
                case Unavailable(_, False) | Rejected(Cause.TEMPORARY, retry_after=timedelta()):
                    silent = silent or result
                    self._away[provider.name] = self._now()
                case _:
                    return result
        return refused or silent or Unavailable("no provider", maybe_accepted=False)

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        """Ask each that can be asked. One that does not answer leaves it open, unless another has the message: while it
        is away the others would be handed what it may have sent."""
        silent: Unavailable | None = None
        for provider in self.providers:
            found = provider.find_sent(message, since) if isinstance(provider, Searchable) else NotFound()
            match found:
                case Found():
                    return replace(found, provider=provider.name)
                case Unavailable():
                    silent = silent or found
                case NotFound():
                    # It is there, and knows a repeat if it is handed one: the first to be asked again.
                    self._away.pop(provider.name, None)
        return silent or NotFound()

    def fetch_status(self, provider_id: str) -> StatusResult:
        """The state by the first that knows the message. Who remembers its provider asks that one alone."""
        last: StatusResult = Unavailable("nobody can say", maybe_accepted=True)
        for provider in self.providers:
            if isinstance(provider, ReadsStatus):
                last = provider.fetch_status(provider_id)
                if not isinstance(last, Unavailable):
                    return last
        return last

    def _in_order(self, message: Message) -> Iterator[Notifier]:
        now = self._now()
        late: list[Notifier] = []
        for provider in self.providers:
            if self._is_away(provider, now) or provider.name in message.asked_last:
                late.append(provider)
            else:
                yield provider
        yield from late

    def _is_away(self, provider: Notifier, now: datetime) -> bool:
        since = self._away.get(provider.name)
        # One that was noted by a clock that was ahead would stay away for long.
        return since is not None and since <= now < since + AWAY
