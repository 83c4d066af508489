"""Wall clocks and instants: which instant a local date and time is, in an IANA zone.

The rules of RFC 5545 with one difference: a time that a clock change leaves out moves to the first instant
after the change (02:30 becomes 03:00), so that a check-in is never due later than the change made necessary.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Names that depend on the machine, or that stand for "not set".
NOT_A_PLACE = frozenset({"localtime", "posixrules", "Factory"})
TICK = timedelta(microseconds=1)


@lru_cache(maxsize=1024)
def is_known_zone(zone: str) -> bool:
    """Whether `zone` is an IANA name that this installation can compute with."""
    if zone in NOT_A_PLACE:
        return False
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" names a folder
        return False
    return True


def local_date(zone: str, instant: datetime) -> date:
    """The calendar date in `zone` at `instant`. Raises ZoneInfoNotFoundError for an unknown zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def offset_at(zone: str, instant: datetime) -> timedelta:
    """How far the clocks of `zone` are ahead of UTC at `instant`."""
    return instant.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


@lru_cache(maxsize=1024)
def has_one_offset(zone: str, begin: datetime, end: datetime) -> bool:
    """Whether the clocks of `zone` are as far ahead of UTC at `end` as they are at `begin`."""
    return offset_at(zone, begin) == offset_at(zone, end)


@lru_cache(maxsize=16_384)
def instant_of(zone: str, day: date, at: time) -> datetime:
    """The first instant (UTC) at which the local clock shows `day` and `at`, or has just jumped over them.

    So a time that occurs twice is its first occurrence, and a time that does not exist is the moment of the
    jump, also when a whole day is left out (Apia, 30 December 2011). Never decreases as `day` and `at` grow.
    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    wall = datetime.combine(day, at, ZoneInfo(zone)).replace(fold=0)
    instant = wall.astimezone(UTC)
    if instant.astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # In a gap PEP 495 reads fold=0 with the offset before the jump and fold=1 with the one after it:
    # the jump lies between the two readings.
    return first_with_offset_of(zone, wall.replace(fold=1).astimezone(UTC), instant)


def first_with_offset_of(zone: str, before: datetime, after: datetime) -> datetime:
    """The first instant in (before, after] with the UTC offset of `after`, given one change between them."""
    offset = offset_at(zone, after)
    while after - before > TICK:
        middle = before + (after - before) / 2
        if offset_at(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after
