"""What each provider last took, delivered and refused: noted in memory as messages are settled, written down rarely.

Whoever runs this reads it on a page of his own. It is not worth a write for each message, and a search through the
outbox would be one through everything that was ever sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from notifiers.base import Accepted, Cause, DeliveryState, HasProviders, Notifier, Rejected, Unavailable
from service.db.state import get_state, lock_state, put_state

if TYPE_CHECKING:
    from service.usecases.claimed import Claimed, Outcome

WRITE_EVERY = timedelta(seconds=30)
UNAVAILABLE = "unavailable"
"""The code of a provider that gave no verdict."""


@dataclass(frozen=True, slots=True)
class LastNews:
    """When a provider last took a message, said that one arrived, and did not take or deliver one (UTC); of the last
    trouble its cause and code. Not its words: a provider may repeat in them whom or what a message named."""

    taken_at: datetime | None = None
    arrived_at: datetime | None = None
    failed_at: datetime | None = None
    cause: str = ""
    code: str = ""

    def later(self, other: LastNews) -> LastNews:
        """The later of both, in each."""
        bad = other if _after(other.failed_at, self.failed_at) else self
        return replace(
            bad,
            taken_at=max(filter(None, (self.taken_at, other.taken_at)), default=None),
            arrived_at=max(filter(None, (self.arrived_at, other.arrived_at)), default=None),
        )


class ChannelNotes:
    """The last news of each provider that this process has heard of; any thread may tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[str, LastNews] = {}
        self._written_at: datetime | None = None

    def settled(
        self, notifiers: Mapping[str, Notifier], results: Sequence[tuple[Claimed, Outcome]], now: datetime
    ) -> None:
        """What became of messages that were handed over."""
        taken = {(row.channel, result.provider) for row, result in results if type(result) is Accepted}
        for channel, provider in taken:
            if (name := provider or _name(notifiers, channel)) is not None:
                self._note(name, LastNews(taken_at=now))
        for row, result in results:
            trouble = result.refused if type(result) is Accepted else result
            if isinstance(trouble, Rejected | Unavailable):
                self._trouble(notifiers.get(row.channel), trouble, now)

    def reported(self, provider: str | None, state: DeliveryState, rejected: Rejected | None, now: datetime) -> None:
        """What a provider has said later."""
        if provider is None:
            return
        if state in (DeliveryState.DELIVERED, DeliveryState.READ):
            self._note(provider, LastNews(arrived_at=now))
        elif rejected is not None:
            self._note(provider, _bad(rejected, now))

    def take_due(self, now: datetime) -> Mapping[str, LastNews]:
        """What is to be written down now: nothing, most of the time."""
        with self._lock:
            before = self._written_at
            # A clock that was set back must not silence it for long.
            if not self._news or (before is not None and before <= now < before + WRITE_EVERY):
                return {}
            self._written_at, taken, self._news = now, self._news, {}
        return taken

    def give_back(self, taken: Mapping[str, LastNews]) -> None:
        """It could not be written down."""
        for name, news in taken.items():
            self._note(name, news)

    def _trouble(self, notifier: Notifier | None, trouble: Rejected | Unavailable, now: datetime) -> None:
        if notifier is None:
            return
        name = notifier.name
        if isinstance(notifier, HasProviders):
            # Of several the reason begins with who said it, when it was not the last one that was asked.
            named = trouble.reason.partition(": ")[0]
            known = {one.name for one in notifier.providers}
            name = named if named in known else notifier.providers[0].name
        self._note(name, _bad(trouble, now))

    def _note(self, name: str, news: LastNews) -> None:
        with self._lock:
            self._news[name] = self._news[name].later(news) if name in self._news else news


def write_news(conn: Connection, taken: Mapping[str, LastNews], now: datetime) -> None:
    """Keep the news, each beside what other processes have written."""
    for name in sorted(taken):
        kept = _read(lock_state(conn, _key(name), now))
        put_state(conn, _key(name), _value(kept.later(taken[name])), now)


def last_news(conn: Connection, provider: str) -> LastNews:
    """What is known of a provider, up to half a minute old."""
    return _read(get_state(conn, _key(provider)) or {})


def _bad(trouble: Rejected | Unavailable, now: datetime) -> LastNews:
    if isinstance(trouble, Unavailable):
        return LastNews(failed_at=now, cause=Cause.TEMPORARY, code=UNAVAILABLE)
    return LastNews(failed_at=now, cause=trouble.cause, code=trouble.code[:40])


def _name(notifiers: Mapping[str, Notifier], channel: str) -> str | None:
    return notifiers[channel].name if channel in notifiers else None


def _after(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)


def _key(provider: str) -> str:
    return f"channel:{provider}"


def _read(value: Mapping[str, Any]) -> LastNews:
    def at(name: str) -> datetime | None:
        return datetime.fromisoformat(value[name]) if value.get(name) else None

    words = (str(value.get(name, "")) for name in ("cause", "code"))
    return LastNews(at("taken_at"), at("arrived_at"), at("failed_at"), *words)


def _value(news: LastNews) -> dict[str, str | None]:
    times = {"taken_at": news.taken_at, "arrived_at": news.arrived_at, "failed_at": news.failed_at}
    words = {"cause": str(news.cause), "code": news.code}
    return {**{name: at.isoformat() if at else None for name, at in times.items()}, **words}
