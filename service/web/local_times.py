"""Dates and times of day as people type them and read them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

_CLOCK = re.compile(r"(\d{1,2})(?:[:.\-\s]?(\d{2}))?(?::(\d{2}))?")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_YEARS = range(2000, 2200)


def clock_of(text: str) -> time | None:
    """The time of day that was typed (20:00, 8.30, 2000, 8), or None when it is none."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def date_of(text: str, years: range = _YEARS) -> date | None:
    """The date that was typed (2026-12-03, 3.12.2026), or None when it is none, or of no such year."""
    text = text.strip()
    try:
        if found := _ISO.fullmatch(text):
            day = date(*(int(part) for part in found.groups()))
        elif found := _DAY_FIRST.fullmatch(text):
            day = date(*(int(part) for part in reversed(found.groups())))
        else:
            return None
    except ValueError:
        return None
    return day if day.year in years else None


def clock_said(at: datetime | time) -> str:
    """ "20:00"; seconds only where there are some."""
    return at.strftime("%H:%M:%S" if at.second else "%H:%M")


def local(instant: datetime, zone: str) -> datetime:
    """An instant by the clock of an IANA zone."""
    return instant.astimezone(ZoneInfo(zone))


def day_said(day: date, language: str) -> str:
    """ "Tuesday, 1 December", as it begins a line."""
    said = format_date(day, "EEEE, d MMMM", locale=language)
    return said[:1].upper() + said[1:]


def moment_said(moment: datetime, language: str) -> str:
    """ "1 December, 14:02"."""
    return f"{format_date(moment, 'd MMMM', locale=language)}, {moment:%H:%M}"


def short_day(day: date, language: str) -> str:
    """ "Tue"."""
    return str(format_date(day, "EEE", locale=language))


def weekdays(language: str, width: str = "cccccc") -> list[str]:
    """The days of the week from Monday, short ("Mo") or, with `cccc`, whole."""
    monday = date(2026, 11, 30)
    return [str(format_date(monday + timedelta(days=day), width, locale=language)) for day in range(7)]
