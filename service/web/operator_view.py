"""The operator's page in words: how each channel does, what it lacks, and what an alarm costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from babel.dates import format_timedelta

from service.core.wording import Translate
from service.core.wording_channels import advice
from service.core.wording_text import N_
from service.texts import LANGUAGES, translator
from service.usecases.alarm_cost import AlarmCost
from service.usecases.channel_notes import UNAVAILABLE
from service.usecases.channel_state import ChannelState, Installation, ProviderState
from service.usecases.context import Limits
from service.usecases.observe import Waiting
from service.usecases.operator_test import Tested
from service.usecases.places import country_name
from service.usecases.proof import Watermark
from service.usecases.typed_numbers import shown_number
from service.web.contact_form import CHANNEL_TITLES
from service.web.local_times import moment_said

TITLES = {**CHANNEL_TITLES, "webhook": N_("Webhook of the operator")}
PROVIDERS = (
    N_("SMS by Twilio"),
    N_("Calls by Twilio"),
    N_("Telegram"),
    N_("E-mail by SMTP"),
    N_("SMS by an adapter of your own"),
    N_("SMS by a phone of your own"),
    N_("Simulated phones"),
)
"""Titles that notifiers have, for translation; a new one is shown as it is called there."""
GOOD, LOOK, BAD = "s0", "s1", "s2"
"""The tones of a state."""

_STATES = {
    "pending": N_("waits to be sent"),
    "sending": N_("is being sent"),
    "sent": N_("the provider has it"),
    "failed": N_("was not sent"),
    "cancelled": N_("was not sent in time"),
    "unknown": N_("nobody knows what became of it"),
}
_DELIVERIES = {
    "delivered": N_("has arrived"),
    "read": N_("has been read"),
    "undelivered": N_("did not arrive"),
    "failed": N_("did not arrive"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last trouble: when, the provider's code, what it means (English), what to do. `over`: something was taken
    after it."""

    when: str
    code: str
    means: str
    do: str
    over: bool


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider: `state` in a word or two with its `tone`, and lines about it."""

    title: str
    state: str
    tone: str
    lines: tuple[str, ...]
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel with its providers, and what a test of it needs: `own` addresses to choose, and a box, if any other may
    be written."""

    channel: str
    title: str
    providers: tuple[ProviderView, ...]
    waits: str
    own: tuple[tuple[str, str], ...]
    box: str
    """The type of the box for another address; "" for none."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What could be set up: its title, and the variables that are not given."""

    title: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstallationView:
    now: str
    channels: tuple[ChannelView, ...]
    lacking: tuple[Lacking, ...]
    tests: tuple[tuple[str, str, str], ...]
    """When, by which way, and what became of it."""
    today: tuple[str, ...]
    unserved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CostsView:
    """A row for each country: its name, and segments by language; what a day without an answer costs, in words."""

    languages: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    lines: tuple[str, ...]


def view_installation(seen: Installation, limits: Limits, language: str) -> InstallationView:
    """The state of the channels in a language."""
    _ = translator(language)
    said = _Said(seen.now, language, _)
    return InstallationView(
        now=f"{moment_said(seen.now, language)} UTC",
        channels=tuple(_channel(one, said) for one in seen.channels),
        lacking=tuple(Lacking(_(one.title), one.missing) for one in seen.missing),
        tests=tuple((said.ago(one.at), title_of(one.channel, _), _outcome(one, _)) for one in seen.tests),
        today=tuple(_today(seen, limits, _)),
        unserved=tuple(
            _("Nothing here serves {channel} any more, and messages wait for it: {number}.").format(
                channel=title_of(name, _), number=one.depth
            )
            for name, one in seen.waiting_unserved.items()
        ),
    )


def view_costs(cost: AlarmCost, language: str) -> CostsView:
    """What an alarm costs, in a language."""
    _ = translator(language)
    known = sorted(
        ((country_name(one.country, language), one) for one in cost.countries if one.country), key=itemgetter(0)
    )
    others = [(_("Other countries"), one) for one in cost.countries if not one.country]
    rows = tuple((name, tuple(one.segments[tag] for tag in LANGUAGES)) for name, one in (*known, *others))
    return CostsView(LANGUAGES, rows, tuple(_day_of(cost, _)))


def title_of(channel: str, _: Translate) -> str:
    """What a channel is called."""
    return _(TITLES[channel]) if channel in TITLES else channel


class _Said:
    """Times as they are read now."""

    def __init__(self, now: datetime, language: str, _: Translate) -> None:
        self.now, self.language, self.translate = now, language, _

    def ago(self, at: datetime) -> str:
        """ "3 minutes ago", in one unit."""
        passed = max(self.now - at, timedelta(seconds=1))
        return format_timedelta(-passed, add_direction=True, locale=self.language)


def _channel(one: ChannelState, said: _Said) -> ChannelView:
    own = tuple((str(place), masked(address)) for place, address in enumerate(one.own))
    box = {"email": "email", "telegram": "text", "webhook": ""}.get(one.channel, "tel")
    return ChannelView(
        channel=one.channel,
        title=title_of(one.channel, said.translate),
        providers=tuple(_provider(provider, one, said) for provider in one.providers),
        waits=_waits(one.waiting, said),
        own=own,
        box=box if one.reaches_people else "",
    )


def _provider(one: ProviderState, channel: ChannelState, said: _Said) -> ProviderView:
    _, news = said.translate, one.news
    better = max(filter(None, (news.taken_at, news.arrived_at)), default=None)
    over = news.failed_at is not None and better is not None and better > news.failed_at
    trouble = None
    if news.failed_at is not None:
        code = "" if news.code == UNAVAILABLE else news.code
        trouble = Trouble(said.ago(news.failed_at), code, one.means, advice(news.cause, news.code, _), over)
    state, tone = _state(one, over, said)
    return ProviderView(_(one.title), state, tone, tuple(_lines(one, channel, said)), trouble)


def _state(one: ProviderState, over: bool, said: _Said) -> tuple[str, str]:
    _, news = said.translate, one.news
    if one.mark is not None and one.mark.is_open(said.now):
        return _("cannot be read"), BAD
    if news.failed_at is not None and not over:
        ours = news.cause == "configuration"
        return (_("refuses us"), BAD) if ours else (_("the last one failed"), LOOK)
    return (_("works"), GOOD) if news.taken_at is not None else (_("not used yet"), LOOK)


def _lines(one: ProviderState, channel: ChannelState, said: _Said) -> Iterator[str]:
    _, news = said.translate, one.news
    if news.taken_at is not None:
        yield _("The last one taken: {when}.").format(when=said.ago(news.taken_at))
    if news.arrived_at is not None:
        yield _("The last one that arrived: {when}.").format(when=said.ago(news.arrived_at))
    if one.numbers:
        numbers = ", ".join(map(shown_number, one.numbers))
        called = channel.channel == "voice"
        yield (_("People call: {numbers}.") if called else _("People text: {numbers}.")).format(numbers=numbers)
    elif channel.channel == "sms":
        yield _("Nobody can text back: no number is known.")
    if one.mark is not None:
        yield from _read(one.mark, said)
    if one.per_second is not None:
        hour = round(one.per_second * 3600)
        yield _("At most {number} an hour; the most urgent go first.").format(number=hour)


def _read(mark: Watermark, said: _Said) -> Iterator[str]:
    _ = said.translate
    if mark.read_until is not None:
        yield _("What comes in was last read whole {when}.").format(when=said.ago(mark.read_until))
    if mark.is_open(said.now) and mark.failing_since is not None:
        yield _("Silent since {when}. Alarms go on without it, and say so.").format(
            when=f"{moment_said(mark.failing_since, said.language)} UTC"
        )


def _waits(waiting: Waiting, said: _Said) -> str:
    _ = said.translate
    if not waiting.depth:
        return _("Nothing waits.")
    since = said.ago(waiting.oldest) if waiting.oldest is not None else ""
    return _("Waiting to be sent: {number}. Due since: {when}.").format(number=waiting.depth, when=since)


def _outcome(one: Tested, _: Translate) -> str:
    said = _DELIVERIES.get(one.delivery) if one.state in ("sent", "failed") else None
    words = _(said or _STATES.get(one.state, _STATES["unknown"]))
    told = f"{words} ({one.provider})" if one.provider and one.state == "sent" else words
    return f"{told}: {one.code}" if one.code and one.state != "sent" else told


def _today(seen: Installation, limits: Limits, _: Translate) -> Iterator[str]:
    yield _("Messages: {number}. At {limit} you are paged; nothing is held back.").format(
        number=seen.sent.messages, limit=limits.sends_a_day
    )
    yield _("Sign-in codes: {number}. At {limit} unknown numbers get no more.").format(
        number=seen.codes, limit=limits.codes_a_day
    )
    if seen.sent.trips_over:
        yield _("Trips over their own limit: {number}.").format(number=seen.sent.trips_over)


def _day_of(cost: AlarmCost, _: Translate) -> Iterator[str]:
    yield _("Trusted people of a trip, on average: {number}.").format(number=cost.people)
    yield _("If nobody answers for 24 hours, one of them is told so many times in all: {number}.").format(
        number=cost.told
    )
    if cost.countries:
        counts = [number for one in cost.countries for number in one.segments.values()]
        yield _("By SMS that is {least} to {most} segments.").format(
            least=min(counts) * cost.told, most=max(counts) * cost.told
        )
    if cost.calls:
        yield _("By phone that is so many calls, in which it is said up to three times: {number}.").format(
            number=cost.told
        )


def masked(address: str) -> str:
    """Enough for its owner to know it again."""
    if "://" in address:
        return address.split("/")[2]
    if "@" in address:
        name, _at, host = address.partition("@")
        return f"{name[:1]}…@{host}"
    return f"{address[:2]} … {address[-2:]}"
