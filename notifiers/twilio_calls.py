"""The calls of a Twilio account, what each of their states means, and when somebody is called again.

Source of the states: twilio.com/docs/voice/api/call-resource. `completed` only says that the call was answered, be it
by a voicemail, and has ended: whether a person heard it, a pressed key says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from notifiers.base import NO_KEY, Cause, DeliveryState, Rejected
from notifiers.twilio_errors import REASONS, refusal
from notifiers.twilio_messages import Messages

_UNDER_WAY = {
    "queued": DeliveryState.QUEUED,
    "initiated": DeliveryState.QUEUED,
    "ringing": DeliveryState.SENDING,
    "in-progress": DeliveryState.SENT,
    "answered": DeliveryState.SENT,
}
_MACHINE = "machine"
_NOT_THERE = "480"
"""SIP: temporarily unavailable. A phone that is off or out of reach is reported as a call that failed."""


def _minutes(*minutes: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=one) for one in minutes)


_ENDS = {
    "busy": Rejected(Cause.TEMPORARY, "busy", "The line was busy", again_after=_minutes(1.5, 5)),
    # A second call at once rings through where a phone is not to disturb its owner.
    "no-answer": Rejected(Cause.TEMPORARY, "no_answer", "Nobody answered", again_after=_minutes(0, 5)),
    "failed": Rejected(Cause.TEMPORARY, "call_failed", "The call could not be made", again_after=_minutes(2)),
    "canceled": Rejected(Cause.TEMPORARY, "canceled", "The call was canceled", again_after=_minutes(2)),
    _MACHINE: Rejected(Cause.TEMPORARY, "machine", "A machine answered", again_after=_minutes(5)),
    "completed": Rejected(Cause.TEMPORARY, NO_KEY, "Answered, and no key was pressed", again_after=_minutes(5)),
}

_CALL_CAUSES: dict[str, tuple[Cause, str]] = {
    "21217": (Cause.PERMANENT, "The number is not valid"),
    "10001": (Cause.CONFIGURATION, "Our account is not active"),
    "10002": (Cause.CONFIGURATION, "A trial account cannot do this"),
    "10005": (Cause.CONFIGURATION, "Calls are switched off for our account"),
    "12100": (Cause.CONFIGURATION, "Twilio could not read what was to be said"),
    "13227": (Cause.CONFIGURATION, "Our account may not call this country (geo permissions)"),
    "21201": (Cause.CONFIGURATION, "Nobody to call was named"),
    "21205": (Cause.CONFIGURATION, "Our address is not valid"),
    "21210": (Cause.CONFIGURATION, "Our caller id is not verified"),
    "21212": (Cause.CONFIGURATION, "Our caller id is not a valid number"),
    "21213": (Cause.CONFIGURATION, "Our caller id is missing"),
    "21215": (Cause.CONFIGURATION, "Our account may not call this country (geo permissions)"),
    "21216": (Cause.CONFIGURATION, "Our account may not call this number"),
    "21219": (Cause.CONFIGURATION, "A trial account calls verified numbers only"),
    "21220": (Cause.CONFIGURATION, "The call is in no state for this"),
    "10004": (Cause.TEMPORARY, "Too many calls at the same time"),
    # Also so when no carrier of Twilio's can reach a good number for a while.
    "13224": (Cause.TEMPORARY, "The number cannot be called"),
    "21214": (Cause.TEMPORARY, "The number cannot be reached"),
}


class Calls(Messages):
    """What a client (of `twilio_client.connect`) can do with calls."""

    resource = "Calls"
    rows = "calls"


def outcome(call: Mapping[str, object]) -> tuple[DeliveryState, Rejected | None]:
    """How far a call got, by a row of Twilio's list or by a status callback, and why it reached nobody when it did not.

    A call that was answered and brought no key counts as undelivered. Total: a state that we do not know is the
    lowest, so that it overwrites nothing.
    """
    status = str(call.get("status") or call.get("CallStatus") or "").lower()
    answered_by = str(call.get("answered_by") or call.get("AnsweredBy") or "")
    if status == "failed" and str(call.get("SipResponseCode") or "") == _NOT_THERE:
        status = "no-answer"
    elif status == "failed" and (code := str(call.get("ErrorCode") or "")) in _CALL_CAUSES:
        return DeliveryState.FAILED, refused(refusal(code))
    elif status == "completed" and answered_by.startswith((_MACHINE, "fax")):
        status = _MACHINE
    ended = _ENDS.get(status)
    if ended is None:
        return _UNDER_WAY.get(status, DeliveryState.QUEUED), None
    return DeliveryState.FAILED if status == "failed" else DeliveryState.UNDELIVERED, ended


def meaning_of(code: str) -> str:
    """What a code says of a call; "" when we do not know it."""
    ends = {one.code: one.reason for one in _ENDS.values()}
    return ends.get(code) or _CALL_CAUSES.get(code, (None, ""))[1] or REASONS.get(code, "")


def refused(rejected: Rejected) -> Rejected:
    """A refusal as it is meant for a call: some codes are of calls alone."""
    if rejected.code not in _CALL_CAUSES:
        return rejected
    cause, reason = _CALL_CAUSES[rejected.code]
    return Rejected(cause, rejected.code, reason, rejected.retry_after)
