"""Looks through all tables of the directory: what is wrong, and what has grown old."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable

import phonenumbers

from service.directory import emergency_numbers, hotlines, missions, registers, sms_profiles, work_visa
from service.directory.dated import Phone, as_of
from service.directory.tables import rows_of

UNKNOWN_COLUMNS = ("country", "why", "checked")
DATES = ("checked", "date")
"""The columns of any table that say when a row was read."""
COUNTRIES = ("country", "host")
SOURCES = ("source", "why", "reviewer")
"""Those that say who says so."""
FREE_MAIL = frozenset({"gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "mail.ru", "yandex.ru", "ukr.net"})
"""Where anybody can open an address in a mission's name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must be put right before the table may be shipped."""

    table: str
    what: str


@dataclass(frozen=True, slots=True)
class Age:
    """How old a table's facts are: rows in all, older than twelve months, and without a date."""

    table: str
    rows: int
    old: int
    undated: int


@dataclass(frozen=True, slots=True)
class Report:
    """`wrong`: nothing of it may be shipped. `ages`: of every table; the pages show old facts as old."""

    wrong: tuple[Finding, ...]
    ages: tuple[Age, ...]

    @property
    def old(self) -> int:
        """Rows older than twelve months, of all tables."""
        return sum(age.old for age in self.ages)


def check(countries: Iterable[str], today: date, folder: Traversable | None = None) -> Report:
    """Read every table as the service does, and tell all that it would refuse or should not say.

    Args:
        countries: all codes there are (ISO 3166-1 alpha-2 and XK): each needs emergency numbers, or a row that says why
            they are not known.
        folder: where the tables lie; by default beside this module.
    """
    folder = folder or files("service.directory")
    tables = dict(_tables(folder))
    wrong = [Finding(name, what) for name, lines in tables.items() for what in _faults(name, lines)]
    known = frozenset(countries)
    wrong += [Finding(name, what) for name, lines in tables.items() for what in _bad_rows(lines, known, today)]
    wrong += _missing(tables, known)
    return Report(tuple(wrong), tuple(_age(name, lines, today) for name, lines in tables.items()))


def bad_number(phone: Phone) -> str:
    """Why a number cannot be right; "" when it can. Of short codes only their length can be told."""
    if not phone.from_abroad:
        return "" if 2 <= len(phone.dial) <= 14 else f"{phone.printed}: no number has so many digits"
    try:
        number = phonenumbers.parse(phone.e164)
    except phonenumbers.NumberParseException as error:
        return f"{phone.printed}: {error}"
    if not phonenumbers.is_valid_number(number):
        return f"{phone.printed}: no operator has such a number"
    code = phonenumbers.country_code_for_region("RS" if phone.country == "XK" else phone.country)
    if code and phone.country != "XK" and number.country_code != code:
        return f"{phone.printed}: not a number of {phone.country}"
    return ""


def bad_row(row: Mapping[str, str], countries: Container[str], today: date) -> Iterator[str]:
    """What is wrong with a row of any table beside its numbers: no such country, a day to come, what nobody can read.

    Args:
        countries: all codes there are.
    """
    codes = [row[name] for name in COUNTRIES if row.get(name)] + row.get("covers", "").split()
    yield from (f"{code}: is no country" for code in codes if code not in countries)
    read_on = as_of(_date(row))
    if read_on is not None and read_on.day > today:
        yield f"{read_on.text}: that day is still to come"
    yield from (f"{text!r}: cannot be printed" for text in row.values() if not text.replace("\n", " ").isprintable())


def _bad_rows(lines: list[str], countries: Container[str], today: date) -> Iterator[str]:
    try:
        for at, row in enumerate(rows_of(lines, _head(lines)), start=2):
            yield from (f"row {at}: {what}" for what in bad_row(row, countries, today))
    except ValueError:
        # It was told with its line already.
        return


def _tables(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _tables(one, f"{prefix}{one.name}/")
        elif one.name.endswith(".csv"):
            yield prefix + one.name, one.read_text("utf-8").splitlines()


def _faults(name: str, lines: list[str]) -> Iterator[str]:
    """Row by row, so that one fault does not hide the next; then the whole, for rows that stand there twice."""
    reader = _reader(name)
    if reader is None:
        yield from _plain_faults(lines)
        return
    found = []
    for at, line in enumerate(_records(lines[1:]), start=2):
        try:
            found += [f"line {at}: {what}" for what in reader([lines[0], *line])]
        except ValueError as error:
            found.append(f"line {at}: {error}")
    if not found:
        try:
            reader(lines)
        except ValueError as error:
            found.append(str(error))
    yield from found


def _records(lines: list[str]) -> Iterator[list[str]]:
    """Records of a table; a quoted field may hold a line break."""
    record: list[str] = []
    for line in lines:
        record.append(line)
        if sum(part.count('"') for part in record) % 2 == 0:
            yield record
            record = []
    if record:
        yield record


def _reader(name: str) -> Callable[[list[str]], list[str]] | None:
    """What reads a table as the service does; it gives the numbers and addresses in it that cannot be right."""
    folder, _slash, file = name.rpartition("/")
    code = file.removesuffix(".csv")
    if folder == "missions":
        return lambda lines: _bad_missions(missions.read_missions(lines, sending=code))
    if folder == "embassies":
        return lambda lines: _bad_missions(missions.read_missions(lines, within=code))
    if name == "hotlines.csv":
        return lambda lines: _bad(p for helper in hotlines.read_helpers(lines) for p in helper.phones)
    if name == "emergency.csv":
        return lambda lines: _none(emergency_numbers.read_table(lines))
    if name == "sms_profiles.csv":
        return lambda lines: _none(sms_profiles.read_profiles(lines))
    if name == "registers.csv":
        return lambda lines: _none(registers.read_registers(lines))
    if name == "work_visa.csv":
        return lambda lines: _none(work_visa.read_rules(lines))
    return None


def _bad_missions(found: Iterable[missions.Mission]) -> list[str]:
    told = list(found)
    free = (one.email for one in told if one.email.rpartition("@")[2].lower() in FREE_MAIL)
    return [*_bad(phone for one in told for phone in one.phones), *(f"{email}: anybody's" for email in free)]


def _bad(found: Iterable[Phone]) -> list[str]:
    return [what for phone in found if (what := bad_number(phone))]


def _none(_read: object) -> list[str]:
    """Numbers that are short codes alone cannot be told to be wrong: it is enough that the table was read."""
    return []


def _plain_faults(lines: list[str]) -> Iterator[str]:
    """Of a table that this module knows nothing of: that every row has a source and a date that can be read."""
    try:
        rows = list(rows_of(lines, _head(lines)))
    except ValueError as error:
        yield str(error)
        return
    for at, row in enumerate(rows, start=2):
        if not any(row.get(name, "") for name in SOURCES):
            yield f"line {at}: no source"
        try:
            if as_of(_date(row)) is None:
                yield f"line {at}: no date"
        except ValueError as error:
            yield f"line {at}: {error}"


def _missing(tables: Mapping[str, list[str]], countries: frozenset[str]) -> Iterator[Finding]:
    known = _codes(tables.get("emergency.csv", []))
    unknown = _codes(tables.get("emergency_unknown.csv", []))
    for code in sorted(countries - known - unknown):
        yield Finding("emergency.csv", f"{code}: neither known, nor said in emergency_unknown.csv why not")
    for code in sorted(known & unknown):
        yield Finding("emergency_unknown.csv", f"{code}: stands in emergency.csv too")
    for code in sorted((known | unknown) - countries):
        yield Finding("emergency.csv", f"{code}: is no country")


def _codes(lines: list[str]) -> frozenset[str]:
    return frozenset(line.split(",", 1)[0] for line in lines[1:])


def _age(name: str, lines: list[str], today: date) -> Age:
    try:
        dates = [_date(row) for row in rows_of(lines, _head(lines))]
        days = [as_of(text) for text in dates]
    except ValueError:
        return Age(name, len(lines) - 1, 0, 0)
    old = sum(1 for day in days if day and day.is_old(today))
    return Age(name, len(days), old, sum(1 for day in days if day is None))


def _head(lines: list[str]) -> tuple[str, ...]:
    return tuple(lines[0].split(",")) if lines else ()


def _date(row: Mapping[str, str]) -> str:
    return next((row[name] for name in DATES if name in row), "")
