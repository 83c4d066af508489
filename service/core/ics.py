"""A calendar as text (RFC 5545), as far as appointments with alarms need it.

Written here and not by a library: this is one page of the standard, a subscribed calendar asks for it each hour, and
the library takes 10 MiB and a thousandfold of the time. The tests read what is written here with that library.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

OCTETS = 75
"""The longest line, its end not counted; a longer one goes on in the next, behind a space."""
PROGRAM = "-//Calendar//1.0//EN"
"""The standard wants the program's name. Ours says nothing: whoever sees the calendar may see this."""

SOMETHING = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""A calendar must hold a component (3.6), also one in which nothing is planned."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """Something at an instant (UTC). `uid` stays when it is moved; `sequence` then rises; `off`: it is cancelled."""

    uid: str
    starts_at: datetime
    sequence: int = 0
    off: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Appointments that share a name. `rings`: how long before each a phone rings, 0 for at it; `lasts`: each one;
    `revised_at`: when anything in it was changed last (UTC); `ask_again`: how often who follows it should look."""

    name: str
    appointments: tuple[Appointment, ...]
    revised_at: datetime
    rings: tuple[timedelta, ...] = (timedelta(minutes=30), timedelta())
    lasts: timedelta = timedelta(minutes=10)
    ask_again: timedelta = timedelta(hours=1)


def write_calendar(calendar: Calendar) -> bytes:
    """The calendar as a file: UTF-8, lines of 75 octets at most that end with CRLF.

    All instants are in UTC, so that it needs no table of a zone's clock changes, and tells no place. What is cancelled
    rings no more.
    """
    return b"".join(fold(line) for line in _lines(calendar))


def fold(line: str) -> bytes:
    """A line in as many as it takes, none longer than 75 octets and no letter cut in two (RFC 5545, 3.1)."""
    folded, room = bytearray(), OCTETS
    for letter in line:
        octets = letter.encode()
        if len(octets) > room:
            folded += b"\r\n "
            room = OCTETS - 1
        folded += octets
        room -= len(octets)
    return bytes(folded + b"\r\n")


def text(value: str) -> str:
    """A text as a value (3.3.11): what has a meaning in a line is escaped, what no line may hold is left out."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    one = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(letter for letter in one if letter.isprintable() or letter == "\t")


def duration(span: timedelta) -> str:
    """A span as a value (3.3.6), to the second: "PT1H30M", "-PT30M", "PT0S"."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    # Between hours and seconds minutes must not be left out.
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    used = [number for number, (value, _) in enumerate(parts) if value]
    time = "".join(f"{value}{unit}" for value, unit in parts[used[0] : used[-1] + 1]) if used else ""
    if not days and not time:
        return "PT0S"
    return f"{sign}P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"


def instant(at: datetime) -> str:
    """An instant as a value (3.3.5, form 2)."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _lines(calendar: Calendar) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PROGRAM}", "CALSCALE:GREGORIAN")
    # RFC 7986, and what older programs read in its place.
    yield f"NAME:{text(calendar.name)}"
    yield f"X-WR-CALNAME:{text(calendar.name)}"
    yield f"REFRESH-INTERVAL;VALUE=DURATION:{duration(calendar.ask_again)}"
    yield f"X-PUBLISHED-TTL:{duration(calendar.ask_again)}"
    for one in calendar.appointments:
        yield from _event(calendar, one)
    if not calendar.appointments:
        yield from SOMETHING
    yield "END:VCALENDAR"


def _event(calendar: Calendar, one: Appointment) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{text(one.uid)}"
    yield f"DTSTAMP:{instant(calendar.revised_at)}"
    yield f"LAST-MODIFIED:{instant(calendar.revised_at)}"
    yield f"SEQUENCE:{one.sequence}"
    yield f"DTSTART:{instant(one.starts_at)}"
    yield f"DTEND:{instant(one.starts_at + calendar.lasts)}"
    yield f"SUMMARY:{text(calendar.name)}"
    yield f"STATUS:{'CANCELLED' if one.off else 'CONFIRMED'}"
    yield from ("CLASS:PRIVATE", "TRANSP:TRANSPARENT")
    yield from _alarms(calendar.name, () if one.off else calendar.rings)
    yield "END:VEVENT"


def _alarms(name: str, rings: Iterable[timedelta]) -> Iterator[str]:
    for before in dict.fromkeys(rings):
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{text(name)}"
        yield f"TRIGGER:{duration(-before)}"
        yield "END:VALARM"
