"""Merges a newer list into the tables of the directory: first as a difference, then, when it is wanted, as a file.

A list is a table in the form of ours. What says to which file its rows belong stands in front: `sending` (whose
missions) or `within` (in whose country they stand); the lists of helpers and of emergency numbers are as they are.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from service.directory import emergency_numbers, hotlines, missions
from service.directory.dated import Phone, as_of
from service.directory.tables import COUNTRY, rows_of

Row = Mapping[str, str]
FORMS: Mapping[str, tuple[str, ...]] = {
    "missions": ("sending", *missions.COLUMNS),
    "embassies": ("within", *missions.COLUMNS),
    "hotlines": hotlines.COLUMNS,
    "emergency": emergency_numbers.COLUMNS,
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "missions": ("host", "kind", "city"),
    "embassies": ("host", "kind", "city"),
    "hotlines": ("country", "name"),
    "emergency": ("country",),
}


class Fate(StrEnum):
    """What becomes of a row of the newer list."""

    ADDED = "added"
    CHANGED = "changed"
    OLDER = "older"
    NO_NUMBER = "no_number"


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the newer list that is not ours already. `before`: ours, as far as we have it."""

    file: str
    fate: Fate
    before: Row
    after: Row

    @property
    def taken(self) -> bool:
        """Whether it is written in."""
        return self.fate in (Fate.ADDED, Fate.CHANGED)

    def said(self) -> str:
        """One line for whoever decides."""
        name = " ".join(self.after[one] for one in KEYS[_form_of(self.file)] if self.after[one])
        match self.fate:
            case Fate.ADDED:
                told = ", ".join(f"{one} {text}" for one, text in self.after.items() if text)
                return f"+ {self.file}: {name}: {told}"
            case Fate.CHANGED:
                pairs = [(one, self.before[one], self.after[one]) for one in self.after]
                told = "; ".join(f"{one}: {old or '-'} -> {new or '-'}" for one, old, new in pairs if old != new)
                return f"~ {self.file}: {name}: {told}"
            case Fate.OLDER:
                return f"= {self.file}: {name}: not taken, ours was checked on {self.before['checked']}"
            case Fate.NO_NUMBER:
                return f"= {self.file}: {name}: not taken, it names no number and ours does"


@dataclass(frozen=True, slots=True)
class Merged:
    """`tables`: the new text of each file that changes. `wrong`: rows that no table takes; with one nothing is."""

    changes: tuple[Change, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


def merge(
    lines: Sequence[str],
    folder: Path,
    bad_number: Callable[[Phone], str],
    bad_row: Callable[[Row], Iterable[str]] = lambda _: (),
) -> Merged:
    """What a newer list changes in the tables of a folder. Writes nothing.

    1. A row that we have not is added.
    2. One that we have in another form is taken when it was checked on the same day or later, and names a number where
       ours does.
    3. Rows of ours that the list has not stay.

    Raises:
        ValueError: the list has the form of none of our tables.
    """
    form = form_of(lines)
    rows = list(rows_of(lines, FORMS[form]))
    wrong = [f"line {at}: {what}" for at, row in enumerate(rows, 2) for what in _faults(form, row, bad_number, bad_row)]
    keys = Counter((row.get(FORMS[form][0]), *_key(form, row)) for row in rows)
    wrong += [f"{' '.join(map(str, key))}: stands there twice" for key, count in keys.items() if count > 1]
    if wrong:
        return Merged(wrong=tuple(wrong))
    changes: list[Change] = []
    tables: dict[str, str] = {}
    for file, group in _by_file(form, rows).items():
        path = folder / file
        ours = list(rows_of(path.read_text("utf-8").splitlines(), _columns(form))) if path.is_file() else []
        found = [one for row in group if (one := _change(file, form, ours, row))]
        changes += found
        if any(one.taken for one in found):
            tables[file] = _text(_columns(form), _taken(form, ours, found))
    return Merged(tuple(changes), tables)


def form_of(lines: Sequence[str]) -> str:
    """Which of our tables a list is for, by its head.

    Raises:
        ValueError: none of them.
    """
    head = tuple(lines[0].lstrip("\ufeff").strip().split(",")) if lines else ()
    for form, columns in FORMS.items():
        if head == columns:
            return form
    known = "; or ".join(",".join(columns) for columns in FORMS.values())
    raise ValueError(f"The head of the list must be one of: {known}")


def write(merged: Merged, folder: Path) -> None:
    """Put the new tables in the place of the old ones.

    Raises:
        OSError: the folder cannot be written to.
    """
    for file, text in merged.tables.items():
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        beside = path.with_suffix(".new")
        beside.write_text(text, "utf-8", newline="")
        beside.replace(path)


def _form_of(file: str) -> str:
    return file.split("/", 1)[0].removesuffix(".csv")


def _columns(form: str) -> tuple[str, ...]:
    return FORMS[form][1:] if form in ("missions", "embassies") else FORMS[form]


def _by_file(form: str, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        if form in ("missions", "embassies"):
            whose, rest = row[FORMS[form][0]], {name: row[name] for name in _columns(form)}
            found.setdefault(f"{form}/{whose}.csv", []).append(rest)
        else:
            found.setdefault(f"{form}.csv", []).append(row)
    return found


def _faults(
    form: str, row: Row, bad_number: Callable[[Phone], str], bad_row: Callable[[Row], Iterable[str]]
) -> list[str]:
    try:
        return [*bad_row(row), *(what for phone in _phones(form, row) if (what := bad_number(phone)))]
    except ValueError as error:
        return [str(error)]


def _phones(form: str, row: Row) -> list[Phone]:
    """The numbers of a row, read as the service reads it."""
    columns = _columns(form)
    lines = _text(columns, [row]).splitlines()
    if form in ("missions", "embassies"):
        whose = row[FORMS[form][0]]
        if whose not in missions.SENDING or not COUNTRY.fullmatch(whose):
            raise ValueError(f"{whose!r}: the directory serves {', '.join(missions.SENDING)}")
        side = {"sending": whose} if form == "missions" else {"within": whose}
        return [phone for one in missions.read_missions(lines, **side) for phone in one.phones]
    if form == "hotlines":
        return [phone for helper in hotlines.read_helpers(lines) for phone in helper.phones]
    emergency_numbers.read_table(lines)
    return []


def _change(file: str, form: str, ours: Sequence[Row], row: Row) -> Change | None:
    before = next((one for one in ours if _key(form, one) == _key(form, row)), None)
    if before is None:
        return Change(file, Fate.ADDED, {}, row)
    if dict(before) == {name: row[name] for name in before}:
        return None
    if _day(row) < _day(before):
        return Change(file, Fate.OLDER, before, row)
    if before.get("phone") and not row.get("phone"):
        return Change(file, Fate.NO_NUMBER, before, row)
    return Change(file, Fate.CHANGED, before, row)


def _key(form: str, row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in KEYS[form])


def _day(row: Row) -> date:
    found = as_of(row["checked"])
    return found.day if found else date.min


def _taken(form: str, ours: Sequence[Row], changes: Iterable[Change]) -> list[Row]:
    """Ours in their order, the changed ones in their places, the new ones behind the others of their country."""
    rows = {_key(form, row): row for row in ours}
    rows |= {_key(form, one.after): one.after for one in changes if one.taken}
    return sorted(rows.values(), key=lambda row: _key(form, row)[0])


def _text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    out = io.StringIO()
    table = csv.DictWriter(out, columns, lineterminator="\n", extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()
