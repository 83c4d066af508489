"""How far an alarm has come, and what does not wait."""

from datetime import UTC, datetime, timedelta

import pytest

from service.core.alarm import AlarmKind
from service.core.stages import stage_at

OPENED = datetime(2026, 12, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "stage"), [(0, 1), (0.99, 1), (1, 2), (5.99, 2), (6, 3), (23.9, 3), (24, 4), (71.9, 4), (72, 5), (999, 5)]
)
def test_a_missed_check_in_goes_through_the_stages_by_the_hours(hours: float, stage: int) -> None:
    assert stage_at(AlarmKind.MISSED, OPENED, OPENED + timedelta(hours=hours)) == stage


@pytest.mark.parametrize("kind", [AlarmKind.SOS, AlarmKind.DURESS])
def test_a_call_for_help_does_not_wait(kind: AlarmKind) -> None:
    assert stage_at(kind, OPENED, OPENED) == 3
    assert stage_at(kind, OPENED, OPENED + timedelta(hours=25)) == 4


def test_nor_does_danger() -> None:
    assert stage_at(AlarmKind.MISSED, OPENED, OPENED, danger=True) == 3
    assert stage_at(AlarmKind.MISSED, OPENED, OPENED + timedelta(hours=80), danger=True) == 5
    assert stage_at(AlarmKind.UNPROVEN, OPENED, OPENED, danger=True) == 3


def test_who_is_to_call_and_ask_gets_no_stages() -> None:
    assert stage_at(AlarmKind.UNPROVEN, OPENED, OPENED + timedelta(days=30)) == 0
