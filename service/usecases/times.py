"""Instants as a person reads them: in the zone that the reader lives by. Days with the month in words."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date


def said(instant: datetime, zone: str, now: datetime) -> str:
    """ "22:00", or "21.11 22:00" when it is not the reader's today; seconds only where the minute would mislead."""
    local, today = instant.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    return clock if local.date() == today.date() else f"{local:%d.%m} {clock}"


def whole_day(day: date, language: str) -> str:
    """ "1 December 2026": its month in words, so that no country reads it as another day."""
    return str(format_date(day, "d MMMM yyyy", locale=language))
