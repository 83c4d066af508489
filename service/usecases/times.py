"""Instants as a person reads them: in the zone that the reader lives by."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def said(instant: datetime, zone: str, now: datetime) -> str:
    """ "22:00", or "21.11 22:00" when it is not the reader's today; seconds only where the minute would mislead."""
    local, today = instant.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    return clock if local.date() == today.date() else f"{local:%d.%m} {clock}"
