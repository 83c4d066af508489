"""What a date and a time on a traveler's own clock mean, on a trip that leads from clock to clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import zip_longest

from service.core.plan import Leg
from service.core.zones import instant_of


def instant_on_trip(legs: Sequence[Leg], day: date, at: time) -> datetime:
    """The first instant (UTC) at which her clock shows `day` and `at`.

    A time that no leg shows, because the clock of the next one is ahead, is when that leg begins.

    Args:
        legs: one or more, sorted by `starts_at`; the first also covers everything before it.

    Raises:
        IndexError: there are no legs.
    """
    for number, (leg, following) in enumerate(zip_longest(legs, legs[1:])):
        instant = instant_of(leg.zone, day, at)
        if following is None or instant < following.starts_at:
            return max(instant, leg.starts_at) if number else instant
    raise IndexError("a trip without legs")
