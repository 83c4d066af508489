"""What time it is: the only module that asks, so that a test can freeze one place."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The wall clock as an aware datetime in UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that nobody can set back; only differences mean something."""
    return time.monotonic()
