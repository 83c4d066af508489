"""How programs that carry our messages prove who they are: HMAC-SHA-256 over a time and what is said.

`Amanba-Timestamp` holds the seconds since 1970, `Amanba-Signature` `sha256=` and the hex of the HMAC over
`<timestamp>.<what is said>`. What is said is the body; of a request without one, its path with its query.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

TIMESTAMP_HEADER = "Amanba-Timestamp"
SIGNATURE_HEADER = "Amanba-Signature"
WINDOW = timedelta(minutes=5)
"""How far a signature's time may lie from ours: whoever has overheard a request can send it again no longer."""
PREFIX = "sha256="


class Fault(StrEnum):
    """Why a request is not believed."""

    UNSIGNED = "unsigned"
    FORGED = "forged"
    STALE = "stale"


def signed_headers(secret: str, said: bytes, now: datetime) -> dict[str, str]:
    """The headers that prove that whoever knows `secret` says this now (aware)."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: PREFIX + hmac_of(secret, f"{timestamp}.".encode() + said)}


def hmac_of(secret: str, signed: bytes) -> str:
    """The HMAC-SHA-256 in hex."""
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def fault_of(
    secrets: Iterable[str], signed: bytes, timestamp: str | None, signature: str | None, now: datetime
) -> Fault | None:
    """Why a request is not believed; None when it is. Total: whatever a stranger sends is an answer.

    `signed` is what the HMAC is over, `signature` its hex; any of `secrets` will do, so that one can be changed.
    A right signature whose time is wrong is told from a wrong one: then somebody's clock is to be mended.
    """
    if not timestamp or not signature:
        return Fault.UNSIGNED
    given = signature.encode("utf-8", "replace")
    # Each is compared, whichever fits: how long it takes says nothing.
    fits = [hmac.compare_digest(hmac_of(secret, signed).encode(), given) for secret in secrets]
    if not any(fits):
        return Fault.FORGED
    at = instant_of(timestamp)
    return Fault.STALE if at is None or abs(now - at) > WINDOW else None


def instant_of(timestamp: str) -> datetime | None:
    """The instant that seconds since 1970 name; None when they name none."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 11:
        return None
    return datetime.fromtimestamp(int(timestamp), UTC)
