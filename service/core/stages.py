"""How far an alarm has come, in the stages by which its people are told what to do.

Hours since the alarm opened: 1 the first hour, 2 up to 6, 3 up to 24, 4 up to 72, 5 after that.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta

from service.core.alarm import AlarmKind

AUTHORITIES = 3
"""The stage at which the police and the consulate are told."""
_BEGIN = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72))


def stage_at(kind: AlarmKind, opened_at: datetime, now: datetime, *, danger: bool = False) -> int:
    """The present stage, 1 to 5; 0 for an unproven alarm, whose people only call and ask.

    A call for help and a secret sign of danger do not wait for the third stage, nor does a reader who says that there
    is `danger`: a passport taken, threats, a child, an illness.
    """
    if kind is AlarmKind.UNPROVEN:
        return AUTHORITIES if danger else 0
    by_time = 1 + bisect_right(_BEGIN, now - opened_at)
    at_once = danger or kind in (AlarmKind.SOS, AlarmKind.DURESS)
    return max(by_time, AUTHORITIES) if at_once else by_time
