"""A date and a time on her own clock, on a trip that leads from clock to clock."""

from datetime import UTC, date, datetime, time

import pytest

from service.core.plan import Leg
from service.core.wall_clock import instant_on_trip

ALMATY = Leg(datetime(2026, 11, 1, tzinfo=UTC), "Asia/Almaty", "KZ")  # UTC+5
ISTANBUL = Leg(datetime(2026, 12, 3, 9, tzinfo=UTC), "Europe/Istanbul", "TR")  # UTC+3: 14:00 becomes 12:00
SEOUL = Leg(datetime(2026, 12, 10, 9, tzinfo=UTC), "Asia/Seoul", "KR")  # UTC+9: 12:00 becomes 18:00
LEGS = (ALMATY, ISTANBUL, SEOUL)


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        pytest.param(2, "20:00", "2026-12-02T15:00+00:00", id="the clock of the first leg"),
        pytest.param(4, "20:00", "2026-12-04T17:00+00:00", id="the clock of the second"),
        pytest.param(11, "08:00", "2026-12-10T23:00+00:00", id="the clock of the third"),
        pytest.param(3, "13:00", "2026-12-03T08:00+00:00", id="two clocks show it: the first time"),
        pytest.param(3, "14:30", "2026-12-03T11:30+00:00", id="only the new clock shows it"),
        pytest.param(10, "15:00", "2026-12-10T09:00+00:00", id="no clock shows it: as the new leg begins"),
    ],
)
def test_a_time_is_read_on_the_clock_of_the_leg_that_holds_it(day: int, at: str, expected: str) -> None:
    instant = instant_on_trip(LEGS, date(2026, 12, day), time.fromisoformat(at))
    assert instant == datetime.fromisoformat(expected)


def test_the_first_leg_covers_what_lies_before_it() -> None:
    assert instant_on_trip(LEGS, date(2026, 1, 1), time(12)) == datetime(2026, 1, 1, 7, tzinfo=UTC)


def test_a_trip_has_a_leg() -> None:
    with pytest.raises(IndexError):
        instant_on_trip((), date(2026, 1, 1), time(12))
