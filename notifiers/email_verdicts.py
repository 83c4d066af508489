"""What a mail server's answer means for us.

By RFC 5321 a 4yz answer is for now and a 5yz answer for good; whose fault it is depends on what was asked, and on the
enhanced code (RFC 3463) when the server gives one. The server's own sentence is not repeated: it names the recipient.
"""

from __future__ import annotations

import re
from enum import Enum

from notifiers.base import Cause, Rejected, SendResult, Unavailable

_ENHANCED = re.compile(rb"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_SYNTAX = range(500, 505)
_NOT_SIGNED_IN = (530, 534, 535, 538)
_MAILBOX_FULL = (2, 2)
_UNKNOWN_RECIPIENT = 1
_MAILBOX = 2


class Asked(Enum):
    """What the server was asked when it answered."""

    GREETING = "the greeting"
    STARTTLS = "encryption"
    SIGN_IN = "our sign-in"
    SENDER = "our sender"
    RECIPIENT = "the recipient"
    DATA = "to take a message"
    MESSAGE = "the message"
    """All of it, with its final dot: until then nothing is accepted."""


def refused(asked: Asked, code: int, answer: bytes = b"") -> SendResult:
    """The verdict on an answer that is not a yes.

    1. Neither 4yz nor 5yz is no verdict; only after the message itself may it have been taken.
    2. 4yz, and a full mailbox: later.  3. A command or a sign-in not accepted: ours to mend.
    4. The recipient, or the message because of the recipient: this address will not work, unless the enhanced code
    speaks of policy (5.7), which means that we may not send there.  5. Everything else is ours to mend.
    """
    if not 400 <= code <= 599:
        return Unavailable(f"no sense in the answer to {asked.value}", maybe_accepted=asked is Asked.MESSAGE)
    kind = _kind(answer)
    return Rejected(_cause(asked, code, kind), _code(code, kind), f"mail server ({asked.value})")


def _cause(asked: Asked, code: int, kind: tuple[int, int] | None) -> Cause:
    if code < 500 or kind == _MAILBOX_FULL:
        return Cause.TEMPORARY
    if code in _SYNTAX or code in _NOT_SIGNED_IN:
        return Cause.CONFIGURATION
    subject = kind[0] if kind else None
    if asked is Asked.RECIPIENT and subject in (None, 0, _UNKNOWN_RECIPIENT, _MAILBOX, 4, 5):
        return Cause.PERMANENT
    if asked is Asked.MESSAGE and subject in (_UNKNOWN_RECIPIENT, _MAILBOX):
        return Cause.PERMANENT
    return Cause.CONFIGURATION


def _kind(answer: bytes) -> tuple[int, int] | None:
    """Subject and detail of the enhanced code."""
    found = _ENHANCED.match(answer)
    return (int(found.group(2)), int(found.group(3))) if found else None


def _code(code: int, kind: tuple[int, int] | None) -> str:
    return f"{code} {code // 100}.{kind[0]}.{kind[1]}" if kind else str(code)
