"""Spans of time to choose from, in the page's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from babel.dates import format_timedelta

LARGEST = 366 * 86400


def choices_of(seconds: Iterable[int], chosen: str, language: str) -> list[tuple[str, str]]:
    """These spans, with what they send and how they read; one that was chosen before stays among them."""
    offered = set(seconds)
    if chosen.isascii() and chosen.isdecimal() and int(chosen[:9]) <= LARGEST:
        offered.add(int(chosen[:9]))
    return [(str(one), span_said(one, language)) for one in sorted(offered)]


def passed_said(seconds: int, language: str) -> str:
    """How long something has lasted, in two units at most: "2 hours 5 minutes", "3 days 4 hours"."""
    days, rest = divmod(max(0, seconds), 86400)
    if days < 2:
        return span_said(seconds // 60 * 60 if seconds > 0 else 0, language)
    whole = format_timedelta(timedelta(days=days), granularity="day", threshold=1e9, locale=language)
    return f"{whole} {span_said(rest // 3600 * 3600, language)}" if rest >= 3600 else whole


def days_said(span: timedelta, language: str) -> str:
    """Whole days, however many: "30 days", "365 days"."""
    return format_timedelta(timedelta(days=span.days), granularity="day", threshold=1e9, locale=language)


def span_said(seconds: int, language: str) -> str:
    """ "15 minutes", "1 hour 30 minutes"."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    shown = partial(format_timedelta, threshold=1e9, locale=language)
    said = [
        shown(timedelta(hours=hours), granularity="hour") if hours else "",
        shown(timedelta(minutes=minutes), granularity="minute") if minutes or not seconds else "",
        shown(timedelta(seconds=rest), granularity="second") if rest else "",
    ]
    return " ".join(part for part in said if part)
