"""A watch as its row, and its row as a watch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from service.core.watch import WatchState, WatchView


def watch_of(row: RowMapping) -> WatchView:
    """A row of the watches as a value."""
    at = datetime.fromisoformat
    return WatchView(
        armed_at=row["armed_at"],
        deadline=row["deadline"],
        state=WatchState(row["state"]),
        previous=row["previous"],
        stage=row["reminders"],
        reminded_at=row["reminded_at"],
        missed=tuple(at(moment) for moment in row["missed_at"]),
        last_check_in_at=row["last_check_in_at"],
        last_verified_at=row["last_verified_at"],
        weak_at=tuple(at(moment) for moment in row["weak_at"]),
        unproven_at=row["unproven_at"],
        late_to=row["late_to"],
        grace_cut=timedelta(seconds=row["grace_cut_seconds"]),
    )


def watch_values(watch: WatchView, look_at: datetime | None) -> dict[str, Any]:
    """The columns of a watch."""
    return {
        "state": watch.state.value,
        "armed_at": watch.armed_at,
        "deadline": watch.deadline,
        "previous": watch.previous,
        "reminders": watch.stage,
        "reminded_at": watch.reminded_at,
        "last_check_in_at": watch.last_check_in_at,
        "last_verified_at": watch.last_verified_at,
        "streak": watch.streak,
        "weak_at": list(watch.weak_at),
        "missed_at": list(watch.missed),
        "unproven_at": watch.unproven_at,
        "late_to": watch.late_to,
        "grace_cut_seconds": watch.grace_cut.total_seconds(),
        "look_at": look_at,
    }
