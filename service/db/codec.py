"""Core values as JSON values and back: plans and alarms are stored whole, in a column that no query looks into."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

from service.core.alarm import AlarmKind, AlarmState, AlarmView, Outcome
from service.core.plan import DailyTime, Leg, Plan, QuietSpan


def instant_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def plan_to_json(plan: Plan) -> dict[str, Any]:
    return {
        "starts_at": plan.starts_at.isoformat(),
        "legs": [[leg.starts_at.isoformat(), leg.zone, leg.country, leg.city] for leg in plan.legs],
        "daily": [[d.at.isoformat(), sorted(d.weekdays)] for d in plan.daily],
        "every": plan.every.total_seconds() if plan.every else None,
        "once": [once.isoformat() for once in plan.once],
        "quiet": [[span.starts_at.isoformat(), span.ends_at.isoformat()] for span in plan.quiet],
        "grace": plan.grace.total_seconds(),
        "remind_before": plan.remind_before.total_seconds(),
        "max_weak": plan.max_weak,
    }


def plan_from_json(value: dict[str, Any]) -> Plan:
    at = datetime.fromisoformat
    return Plan(
        starts_at=at(value["starts_at"]),
        legs=tuple([Leg(at(start), zone, country, city) for start, zone, country, city in value["legs"]]),
        daily=tuple([_daily_time(clock, *days) for clock, days in value["daily"]]),
        every=timedelta(seconds=value["every"]) if value["every"] else None,
        once=tuple([at(once) for once in value["once"]]),
        quiet=tuple([QuietSpan(at(start), at(end)) for start, end in value["quiet"]]),
        grace=timedelta(seconds=value["grace"]),
        remind_before=timedelta(seconds=value["remind_before"]),
        max_weak=value["max_weak"],
    )


@lru_cache(maxsize=4096)
def _daily_time(clock: str, *weekdays: int) -> DailyTime:
    return DailyTime(time.fromisoformat(clock), frozenset(weekdays))


def alarm_to_json(alarm: AlarmView) -> dict[str, Any]:
    """What the `view` column keeps: everything of the alarm, so that reading it needs no other column."""
    return {
        "kind": alarm.kind,
        "state": alarm.state,
        "opened_at": alarm.opened_at,
        "clock_from": alarm.clock_from,
        "missed": alarm.missed,
        "rung": alarm.rung,
        "step": alarm.step,
        "told_at": alarm.told_at,
        "due_at": alarm.due_at,
        "repeats": alarm.repeats,
        "hold_from": alarm.hold_from,
        "hold_until": alarm.hold_until,
        "held_by": alarm.held_by,
        "held": alarm.held.total_seconds(),
        "holders": sorted(alarm.holders),
        "check_in_held": alarm.check_in_held,
        "cannot": sorted(alarm.cannot),
        "stood_back": sorted(alarm.stood_back),
        "closers": sorted(alarm.closers),
        "last_sign_at": alarm.last_sign_at,
        "blind_since": alarm.blind_since,
        "unreadable": alarm.unreadable,
        "outcome": alarm.outcome,
        "closed_by": alarm.closed_by,
        "closed_at": alarm.closed_at,
    }


def alarm_from_json(value: dict[str, Any], accepted_at: datetime | None) -> AlarmView:
    at = instant_or_none
    return AlarmView(
        kind=AlarmKind(value["kind"]),
        state=AlarmState(value["state"]),
        opened_at=datetime.fromisoformat(value["opened_at"]),
        clock_from=datetime.fromisoformat(value["clock_from"]),
        missed=tuple(datetime.fromisoformat(moment) for moment in value["missed"]),
        rung=value["rung"],
        step=value["step"],
        told_at=at(value["told_at"]),
        accepted_at=accepted_at,
        due_at=at(value.get("due_at")),
        repeats=value["repeats"],
        hold_from=at(value["hold_from"]),
        hold_until=at(value["hold_until"]),
        held_by=value["held_by"],
        held=timedelta(seconds=value["held"]),
        holders=frozenset(value["holders"]),
        check_in_held=value["check_in_held"],
        cannot=frozenset(value["cannot"]),
        stood_back=frozenset(value["stood_back"]),
        closers=frozenset(value["closers"]),
        last_sign_at=at(value["last_sign_at"]),
        blind_since=at(value["blind_since"]),
        unreadable=value["unreadable"],
        outcome=Outcome(value["outcome"]) if value["outcome"] else None,
        closed_by=value["closed_by"],
        closed_at=at(value["closed_at"]),
    )
