"""Reads the tables of the directory: comma-separated, with a head, one fact or one place a row."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from typing import TypeVar

import structlog

Row = Mapping[str, str]
Entry = TypeVar("Entry")
Table = TypeVar("Table")
COUNTRY = re.compile(r"[A-Z]{2}")
CONFIDENCE = ("high", "medium", "low")

log = structlog.get_logger()


def lines_of(name: str) -> list[str]:
    """The lines of a table that lies beside this module."""
    return files("service.directory").joinpath(*name.split("/")).read_text("utf-8").splitlines()


def read_or(nothing: Table, name: str, read: Callable[[list[str]], Table]) -> Table:
    """What the service knows from a table: `nothing`, where somebody has written into it what cannot be read.

    No alarm waits, and no SOS is set aside, because of a table. `amanba directory check` says what is wrong in it.
    """
    try:
        return read(lines_of(name))
    except (OSError, ValueError, csv.Error) as error:
        log.error("directory_table_unreadable", table=name, reason=str(error))
        return nothing


def has_table(name: str) -> bool:
    """Whether there is such a table."""
    return files("service.directory").joinpath(*name.split("/")).is_file()


def rows_of(lines: Iterable[str], columns: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a table by the names of their columns.

    Raises:
        ValueError: other columns, or a row that has more or fewer of them.
    """
    table = csv.DictReader(lines, strict=True)
    if tuple(table.fieldnames or ()) != columns:
        raise ValueError(f"other columns than {', '.join(columns)}")
    try:
        for row in table:
            if set(row) != set(columns) or None in row.values():
                raise ValueError(f"line {table.line_num}: more or fewer fields than columns")
            yield {name: str(value).strip() for name, value in row.items()}
    except csv.Error as error:
        raise ValueError(f"line {table.line_num}: {error}") from error


def read_rows(
    lines: Iterable[str], columns: tuple[str, ...], entry: Callable[[Row], Entry], key: Callable[[Entry], object]
) -> tuple[Entry, ...]:
    """The entries of a table.

    Raises:
        ValueError: a row that must not be shown, or one that stands there twice.
    """
    found: dict[object, Entry] = {}
    for row in rows_of(lines, columns):
        one = entry(row)
        if key(one) in found:
            raise ValueError(f"{' '.join(map(str, filter(None, row.values())))[:60]}: stands there twice")
        found[key(one)] = one
    return tuple(found.values())


def country_in(row: Row, column: str) -> str:
    """The country of a row (ISO 3166-1 alpha-2).

    Raises:
        ValueError: there is none.
    """
    if not COUNTRY.fullmatch(row[column]):
        raise ValueError(f"{row[column]!r} is no country")
    return row[column]


def sourced(row: Row) -> None:
    """Refuse a row that says not where it comes from, or how sure it is.

    Raises:
        ValueError: as said.
    """
    if not row["source"]:
        raise ValueError(f"{row}: no source")
    if row["confidence"] not in CONFIDENCE:
        raise ValueError(f"{row['confidence']!r}: the confidence is high, medium or low")
    if row.get("phone") and not row["checked"]:
        raise ValueError(f"{row['phone']}: a number without a date is not written in")
