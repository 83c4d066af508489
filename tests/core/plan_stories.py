"""Plans and deadlines written the way a person says them."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from service.core.plan import DailyTime, Leg, Plan, QuietSpan, deadlines, zone_at

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(text: str, *weekdays: int) -> DailyTime:
    return DailyTime(time.fromisoformat(text), frozenset(weekdays or range(7)))


def quiet(start: str, end: str) -> QuietSpan:
    return QuietSpan(utc(start), utc(end))


def staying(zone: str, *daily: DailyTime, since: str, **more: object) -> Plan:
    """A plan with a single leg."""
    starts_at = utc(since)
    return Plan(starts_at, (Leg(starts_at, zone, "XX"),), daily, **more)  # type: ignore[arg-type]


def moving(since: str, legs: dict[str, str], *daily: DailyTime) -> Plan:
    """A plan with legs given as {start in UTC: zone}."""
    return Plan(utc(since), tuple(Leg(utc(start), zone, "XX") for start, zone in legs.items()), daily)


def on_the_wall(plan: Plan, count: int, after: datetime | None = None) -> list[str]:
    """The next deadlines as the clock in the zone in force shows them, with its offset."""
    due = deadlines(plan, after or plan.starts_at, count)
    return [f"{d.astimezone(ZoneInfo(zone_at(plan, d))):%a %d %b %H:%M %z}" for d in due]
