"""When somebody is asked, before she leaves, for what is still open on her list: a few times, by day, and never twice
a day.

Instants are UTC. Pure.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from service.core.zones import instant_of, local_date

ASKED_AT = time(18)
"""After work, and long before the night."""
AFTER_PLANNING = 1
BEFORE_LEAVING = (7, 3, 1)
"""Days."""
STAYS_GOOD = timedelta(hours=3)
"""What could not be sent by then is not sent: it would come at night."""


def ask_times(planned_at: datetime, starts_at: datetime, zone: str, now: datetime) -> tuple[datetime, ...]:
    """The instants ahead of `now` and before `starts_at`, in order, each at 18:00 of another day in `zone`.

    Args:
        planned_at: when the trip was first written down; she is asked on the evening of the day after.
        starts_at: when she arrives; she is asked 7, 3 and 1 days before the day of it.
        zone: the IANA name of the clock she lives by before she leaves.

    Raises:
        ZoneInfoNotFoundError: an unknown zone.
    """
    leaves = local_date(zone, starts_at)
    days = {leaves - timedelta(days=before) for before in BEFORE_LEAVING}
    days.add(local_date(zone, planned_at) + timedelta(days=AFTER_PLANNING))
    instants = sorted(instant_of(zone, day, ASKED_AT) for day in days)
    return tuple(at for at in instants if now < at < starts_at)
