"""When check-ins are due: daily times or an interval, one-offs, quiet spans, and the zones of the trip.

Instants are aware datetimes in UTC; `check_plan` in `plan_check` says whether a plan may be stored.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the trip: from `starts_at` on she lives by the clock of `zone`, in `country`."""

    starts_at: datetime  # UTC
    zone: str  # IANA, "Asia/Almaty"
    country: str  # ISO 3166-1 alpha-2
    city: str = ""


@dataclass(frozen=True, slots=True)
class DailyTime:
    """A wall-clock time on some days of the week (0 is Monday)."""

    at: time
    weekdays: frozenset[int] = EVERY_DAY


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """A time without deadlines, a flight mostly: from `starts_at` up to, not including, `ends_at` (UTC)."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """When check-ins are due. Either `daily` or `every`; one-offs and quiet spans beside it."""

    starts_at: datetime  # UTC; no deadline at or before it
    legs: tuple[Leg, ...]  # one or more, sorted by starts_at; the first also covers everything before it
    daily: tuple[DailyTime, ...] = ()
    every: timedelta | None = None
    once: tuple[datetime, ...] = ()  # UTC
    quiet: tuple[QuietSpan, ...] = ()
    grace: timedelta = timedelta(minutes=60)
    remind_before: timedelta = timedelta(minutes=30)
    max_weak: int = 3
