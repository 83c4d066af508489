"""The calendar as text, read by somebody else's reader of the standard."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.ics import Appointment, Calendar, duration, fold, write_calendar
from service.core.zones import instant_of

REVISED = datetime(2026, 12, 1, 6, tzinfo=UTC)
EVENING = datetime(2026, 12, 1, 17, tzinfo=UTC)


def parsed(body: bytes) -> Any:
    """Read strictly: nothing that the reader only tolerates."""
    calendar: Any = icalendar.Calendar.from_ical(body)
    for part in calendar.walk():
        assert part.errors == []
        for name in part.required:
            assert name in part, (part.name, name)
        for name in part.singletons:
            assert not isinstance(part.get(name), list), (part.name, name)
    return calendar


def one(sequence: int = 0, *, off: bool = False) -> Any:
    appointment = Appointment("a-1", EVENING, sequence, off)
    (event,) = parsed(write_calendar(Calendar("Call home", (appointment,), REVISED))).events
    return event


def test_an_appointment_is_an_instant_that_rings_before_and_at_it() -> None:
    event = one(sequence=3)
    assert event["DTSTART"].dt == EVENING
    assert event["DTEND"].dt == EVENING + timedelta(minutes=10)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == ("a-1", 3, "CONFIRMED")
    assert (event["CLASS"], event["TRANSP"]) == ("PRIVATE", "TRANSPARENT")
    assert event["DTSTAMP"].dt == REVISED
    assert [(alarm["ACTION"], alarm["TRIGGER"].dt) for alarm in event.walk("VALARM")] == [
        ("DISPLAY", timedelta(minutes=-30)),
        ("DISPLAY", timedelta()),
    ]


def test_what_is_off_is_cancelled_and_rings_no_more() -> None:
    event = one(off=True)
    assert event["STATUS"] == "CANCELLED"
    assert event.walk("VALARM") == []


def test_a_calendar_says_its_name_how_often_to_look_and_nothing_of_ours() -> None:
    body = write_calendar(Calendar("Call home", (Appointment("a-1", EVENING),), REVISED))
    calendar = parsed(body)
    assert (calendar["VERSION"], calendar["CALSCALE"]) == ("2.0", "GREGORIAN")
    assert calendar["NAME"] == calendar["X-WR-CALNAME"] == "Call home"
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=1)
    assert body.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert b"manba" not in body


def test_an_empty_calendar_is_one_as_well() -> None:
    calendar = parsed(write_calendar(Calendar("Call home", (), REVISED)))
    assert calendar.events == []
    assert calendar.subcomponents, "the standard wants one component at least"


def test_an_evening_by_her_clock_is_that_evening_on_both_sides_of_a_clock_change() -> None:
    """Instants need no table of zones: 20:00 in Warsaw is 18:00 and then 19:00 UTC."""
    evenings = [instant_of("Europe/Warsaw", date(2026, 10, day), time(20)) for day in (24, 25)]
    appointments = tuple(Appointment(str(number), at) for number, at in enumerate(evenings))
    events = parsed(write_calendar(Calendar("x", appointments, REVISED))).events
    assert [event["DTSTART"].dt.hour for event in events] == [18, 19]


@pytest.mark.parametrize("name", ["Үйге қоңырау шалу; маған, саған\\", "мама " * 20, "🙂" * 30, "a\nb\r\nc", "x" * 300])
def test_any_name_comes_back_as_it_was_typed_in_lines_of_75_octets(name: str) -> None:
    body = write_calendar(Calendar(name, (Appointment("a-1", EVENING),), REVISED))
    lines = body.split(b"\r\n")
    assert lines[-1] == b""
    assert b"\n" not in b"".join(lines)
    for line in lines:
        assert len(line) <= 75
        line.decode()
    assert parsed(body).events[0]["SUMMARY"] == name.replace("\r\n", "\n")


@given(st.text(max_size=200))
def test_a_folded_line_is_the_line(line: str) -> None:
    line = line.replace("\r", "").replace("\n", "")
    assert fold(line).decode().replace("\r\n ", "").removesuffix("\r\n") == line


@given(st.timedeltas(min_value=timedelta(days=-40), max_value=timedelta(days=40)))
def test_a_duration_is_read_as_it_was_meant(span: timedelta) -> None:
    whole = timedelta(seconds=round(span.total_seconds()))
    read: Any = icalendar.vDuration
    assert read.from_ical(duration(whole)) == whole
