"""A plan in words: "every day at 08:00 and 20:00", "each time 24 hours after the last answer".

Her people read it as well as she, so it speaks to nobody.
"""

from __future__ import annotations

from babel.dates import get_day_names
from babel.lists import format_list

from service.core.plan import DailyTime, Plan
from service.core.wording import Translate
from service.web.durations import span_said

ALL_DAYS = frozenset(range(7))


def plan_said(plan: Plan, language: str, _: Translate) -> list[str]:
    """What a plan expects, a sentence each; times are by the clock where she is."""
    said = []
    if plan.every is not None:
        span = span_said(round(plan.every.total_seconds()), language)
        said.append(_("Each time {span} after the last answer").format(span=span))
    for days in dict.fromkeys(due.weekdays for due in plan.daily):
        times = format_list([_clock(due) for due in plan.daily if due.weekdays == days], locale=language)
        if days == ALL_DAYS:
            said.append(_("Every day at {times}").format(times=times))
        else:
            names = get_day_names("abbreviated", locale=language)
            listed = ", ".join(names[day] for day in sorted(days))
            said.append(_("{days} at {times}").format(days=listed, times=times))
    return said


def _clock(due: DailyTime) -> str:
    return due.at.isoformat("auto" if due.at.second else "minutes")
