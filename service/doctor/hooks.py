"""Whether the providers post what people send to us, where they can be asked."""

from __future__ import annotations

from collections.abc import Iterator

from notifiers.base import ChecksAccess, Knows, Notifier, Rejected, Unavailable
from notifiers.hook_news import HookNews, KnowsItsHooks
from notifiers.registry import is_loopback
from service.doctor.findings import Finding, look, ok, wrong
from service.settings import Settings


def look_at_hooks(settings: Settings, notifier: Notifier) -> Iterator[Finding]:
    """What this provider says of where it posts to; nothing where it cannot be asked. Where nobody outside could reach
    us, only what is lost by that: the rest is fetched."""
    if not isinstance(notifier, KnowsItsHooks):
        return
    url = settings.public_url
    said = notifier.look_at_hooks(url)
    if isinstance(said, Rejected | Unavailable):
        if not isinstance(notifier, ChecksAccess) or isinstance(notifier.check_access(), Knows):
            do = "Give these credentials the right to read it, or see for yourself in the provider's console."
            yield look(notifier.channel, f"{notifier.name}: where it posts what people send could not be asked.", do)
        return
    for news in said:
        if not is_loopback(url) or news.is_lost:
            yield _finding(notifier.channel, news, url)


def _finding(about: str, news: HookNews, url: str) -> Finding:
    if news.is_right:
        return ok(about, news.said)
    do = news.do
    if is_loopback(url) and url in news.do:
        do = "Set AMANBA_PUBLIC_URL to where others reach this machine: by this provider it is not fetched."
    return (wrong if news.is_lost else look)(about, news.said, do)
