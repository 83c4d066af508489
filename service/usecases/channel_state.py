"""How each channel does, in counts and times: for whoever runs this, who is not to read anybody's case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from notifiers.base import (
    ExplainsCodes,
    ListsInbound,
    Notifier,
    TakesCalls,
    TakesTexts,
    TellsHowFar,
    pace_of,
    providers_of,
)
from service.usecases.channel_notes import LastNews, last_news
from service.usecases.codes_today import codes_so_far
from service.usecases.context import WEBHOOK, Service, Setup
from service.usecases.observe import Waiting, waiting_by_channel
from service.usecases.operator_test import Tested, last_tests, own_addresses
from service.usecases.proof import Watermark, watermark
from service.usecases.spending import SentToday, sent_today


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider that is set up: `news` of what we handed to it, and what the code in them `means` (English, "" when
    nobody knows); `mark`: how far what came in by it has been read, None
    where nothing has to be asked for; `numbers`: ours, which people text or call; `per_second`: its pace, if it has
    one."""

    name: str
    title: str
    news: LastNews
    means: str
    mark: Watermark | None
    numbers: tuple[str, ...]
    per_second: float | None


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel that is served here. `waiting`: what is due and has not left."""

    channel: str
    reaches_people: bool
    providers: tuple[ProviderState, ...]
    waiting: Waiting
    own: tuple[str, ...]
    """The addresses of whoever runs this that it reaches."""


@dataclass(frozen=True, slots=True)
class Installation:
    """All channels, what could be set up beside them, the last tests, and the day's counts with their limits."""

    channels: tuple[ChannelState, ...]
    missing: tuple[Setup, ...]
    tests: tuple[Tested, ...]
    sent: SentToday
    codes: int
    now: datetime
    waiting_unserved: Mapping[str, Waiting] = field(default_factory=dict)
    """What waits for channels that are not served any more."""


def show_installation(service: Service) -> Installation:
    """Everything in one look at the database."""
    now = service.clock()
    return service.read(lambda conn: _look(service, conn, now))


def _look(service: Service, conn: Connection, now: datetime) -> Installation:
    waiting = waiting_by_channel(conn, now)
    served = {one.name for one in service.providers}
    return Installation(
        channels=tuple(
            ChannelState(
                channel=channel,
                reaches_people=channel != WEBHOOK,
                providers=tuple(_providers(service, conn, notifier)),
                waiting=waiting.get(channel, Waiting()),
                own=own_addresses(service, channel),
            )
            for channel, notifier in service.notifiers.items()
        ),
        missing=tuple(one for one in service.setups if one.name not in served and not one.simulated),
        tests=last_tests(conn),
        sent=sent_today(conn, now),
        codes=codes_so_far(service, conn, now),
        now=now,
        waiting_unserved={name: one for name, one in waiting.items() if name not in service.notifiers},
    )


def _providers(service: Service, conn: Connection, notifier: Notifier) -> Iterator[ProviderState]:
    titles = {one.name: one.title for one in service.setups}
    for one in providers_of([notifier]):
        news = last_news(conn, one.name)
        yield ProviderState(
            name=one.name,
            title=titles.get(one.name, one.name),
            news=news,
            means=one.explain(news.code) if isinstance(one, ExplainsCodes) else "",
            mark=watermark(conn, one.name) if isinstance(one, ListsInbound | TellsHowFar) else None,
            numbers=_numbers(one),
            per_second=pace_of(one),
        )


def _numbers(one: object) -> tuple[str, ...]:
    texted = one.inbound_numbers if isinstance(one, TakesTexts) else ()
    return texted or (one.called_numbers if isinstance(one, TakesCalls) else ())
