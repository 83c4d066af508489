"""Twilio's error codes, as data: what each means for the next step. The same codes come on a refused
send and in a status callback. Source: twilio.com/docs/api/errors.

Twilio warns that codes may change. One that is not here is TEMPORARY: try once more and go on to the
next channel, never give a person up for a number that we do not know.
"""

from __future__ import annotations

from datetime import timedelta

from notifiers.base import Cause, Rejected

_STOPPED = {
    "21610": "This number said STOP to us; only its owner can undo that, with START",
    "63014": "The WhatsApp user has blocked us",
}

_PERMANENT = {
    "21211": "The number is not valid",
    "21614": "The number cannot get SMS (a landline)",
    "30004": "The message is blocked for this number",
    "30006": "A landline, or a carrier that cannot be reached",
    "63003": "The WhatsApp recipient is not valid",
    "63024": "The WhatsApp recipient is not valid",
}

_TEMPORARY = {
    "20429": "Too many requests",
    "20500": "Twilio failed",
    "20503": "Twilio is not available",
    "21611": "The sender's queue is full",
    "30001": "The sender's queue is full",
    "30003": "The phone cannot be reached (off, or roaming)",
    "30005": "The number is unknown or not in use",
    "30008": "The carrier gave no reason",
    "30036": "The text waited longer than it was worth",
}

_CONFIGURATION = {
    "11200": "Our webhook failed",
    "20003": "Twilio did not accept our account or token",
    "20005": "Our account is not active",
    "20404": "Twilio does not know our account",
    "21212": "Our sender is not a valid number",
    "21408": "Our account may not send to this country (geo permissions)",
    "21602": "The text was empty",
    "21603": "The sender is missing",
    "21604": "The recipient is missing",
    "21606": "Our sender cannot send SMS",
    "21608": "A trial account sends to verified numbers only",
    "21609": "Our callback URL is not valid",
    "21612": "Our sender cannot reach this number",
    "21617": "The text was longer than 1600 characters",
    "21659": "Our sender is not a number of this account",
    "21660": "Our sender belongs to another account",
    "30002": "Our account is suspended",
    "30007": "The carrier filtered the text: change the wording or the sender",
    "30032": "Our toll-free number is not verified",
    "30034": "Our US number is not registered (10DLC)",
    "63016": "WhatsApp needs an approved template outside 24 h",
}

CAUSES: dict[str, Cause] = {
    **dict.fromkeys(_STOPPED, Cause.STOPPED),
    **dict.fromkeys(_PERMANENT, Cause.PERMANENT),
    **dict.fromkeys(_TEMPORARY, Cause.TEMPORARY),
    **dict.fromkeys(_CONFIGURATION, Cause.CONFIGURATION),
}

REASONS: dict[str, str] = {**_STOPPED, **_PERMANENT, **_TEMPORARY, **_CONFIGURATION}

_MINUTES_AGAIN = {
    # A phone that is off or between two networks.
    "30003": (2, 10, 30),
    # Permanent by the second time; the first may be a carrier's mistake, and nobody may be lost to one.
    "30005": (10,),
    "30008": (2,),
    # The same words would be filtered again, by the same sender.
    "30007": (),
}
_ONCE = (2,)
"""The minutes after which a message that was taken goes again after a code that we do not know."""
_AT_LAST = {"30005": Cause.PERMANENT}


def cause_of(code: str) -> Cause:
    """What to do after this Twilio code."""
    return CAUSES.get(code, Cause.TEMPORARY)


def refusal(code: str, reason: str = "") -> Rejected:
    """What this code means for a message, when a send was answered with it or a taken message failed by it."""
    minutes = _MINUTES_AGAIN.get(code) if code in REASONS else _ONCE
    again_after = tuple(timedelta(minutes=one) for one in minutes) if minutes is not None else None
    said = reason or REASONS.get(code, "Twilio gave a code that we do not know")
    return Rejected(cause_of(code), code, said, again_after=again_after, at_last=_AT_LAST.get(code))
