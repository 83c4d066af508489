"""The fact sheet: fifteen sections about a person who does not answer, for those who look for her.

From values to a sheet, in one language. It carries nothing that the traveler has not agreed to give to this reader,
and what nobody knows is said to be unknown: a gap on paper looks like a slip of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from service.core.ladder import Role
from service.core.sheet_fields import PARTS, Copy, Field
from service.core.wording_text import N_, Translate

NOT_KNOWN = N_("not known")
NOT_HERE = N_("not in this copy")
KEPT = N_("kept for the police and for a caseworker")

COPIES: Mapping[Copy, str] = {
    Copy.FAMILY: N_("the people chosen by the traveler"),
    Copy.POLICE: N_("the police"),
    Copy.CONSULATE: N_("the consulate"),
    Copy.NGO: N_("an organization that helps people abroad"),
}
_CONSENT = {
    Copy.FAMILY: "contacts",
    Copy.POLICE: "police",
    Copy.CONSULATE: "consulate",
    Copy.NGO: "ngo",
}


class State(StrEnum):
    """Whether a line says something, or why it does not. `withheld` tells nothing about whether there is anything."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a copy, and what the traveler allowed.

    Attributes:
        role: what the traveler asked of this person.
        disclosure: "full", or "link" for somebody who is to know no more than the others' texts say.
        copy: for whom this copy is made.
        consent: what she said when she was asked, by contacts, police, consulate and ngo; None when she was not.
        quiet: the alarm is a covert one: no number near her is offered to be called.
    """

    role: Role
    disclosure: str
    copy: Copy
    consent: Mapping[str, Any] | None
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its label and its text in the reader's language. `dial`: the text is a number that may be called."""

    name: str
    label: str
    text: str
    state: State = State.KNOWN
    dial: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A section with all its lines. `added`: it was not written down by the traveler."""

    number: int
    title: str
    rows: tuple[Row, ...]
    added: bool = False
    known: tuple[Row, ...] = field(init=False)
    unknown: tuple[Row, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", tuple(row for row in self.rows if row.state is State.KNOWN))
        object.__setattr__(self, "unknown", tuple(row for row in self.rows if row.state is State.UNKNOWN))

    @property
    def withheld(self) -> bool:
        """Whether nothing of it may be read here."""
        return all(row.state is State.WITHHELD for row in self.rows)


def may_read(consent: Mapping[str, Any] | None, role: Role) -> bool:
    """Whether one of her people may read it: unless she was asked and said no. A caseworker is one of her people, and
    an organization as well."""
    if consent is None:
        return True
    return bool(consent.get("contacts")) or (role is Role.CASEWORKER and bool(consent.get("ngo")))


def may_write(consent: Mapping[str, Any] | None, role: Role) -> bool:
    """Whether one of her people may write on it what was found out: who is to know everything."""
    return role is not Role.CALL and may_read(consent, role)


def copies_for(consent: Mapping[str, Any] | None, role: Role) -> tuple[Copy, ...]:
    """The copies that one of her people may make: only who is to know everything, and only for those whom the traveler
    named."""
    if not may_write(consent, role):
        return ()
    return tuple(copy for copy in Copy if _is_named(consent, copy))


def _is_named(consent: Mapping[str, Any] | None, copy: Copy) -> bool:
    """Whether she agreed to this copy. Who was not asked at all has named nobody beyond her own people."""
    return copy is Copy.FAMILY if consent is None else bool(consent.get(_CONSENT[copy]))


def sheet(facts: Mapping[str, str], reader: Reader, _: Translate) -> tuple[Section, ...]:
    """All fifteen sections in their order, every field in its place.

    Args:
        facts: texts in the language of `_`, by the names of the fields; an empty one is as good as none.
        reader: who reads it, and what she allowed.
    """
    return tuple(
        Section(
            part.number,
            _(part.title),
            tuple(_rows(part.fields, facts, reader, _)),
            added=part.added,
        )
        for part in PARTS
    )


def _rows(fields: tuple[Field, ...], facts: Mapping[str, str], reader: Reader, _: Translate) -> Iterator[Row]:
    for one in fields:
        label, text = _(one.label), facts.get(one.name, "").strip()
        if one.sealed and not _unseals(reader):
            yield Row(one.name, label, _(KEPT), State.WITHHELD)
        elif not _may_carry(one, reader):
            yield Row(one.name, label, _(NOT_HERE), State.WITHHELD)
        elif not text:
            yield Row(one.name, label, _(NOT_KNOWN), State.UNKNOWN)
        else:
            is_near = one.name != "consulate_phone"
            yield Row(one.name, label, text, dial=one.dial and not (reader.quiet and is_near))


def _unseals(reader: Reader) -> bool:
    """A relative may be the very person who is not to know: only a caseworker hands this over."""
    return reader.role is Role.CASEWORKER


def _may_carry(one: Field, reader: Reader) -> bool:
    if reader.copy not in one.copies:
        return False
    if one.added:
        return True
    if not may_read(reader.consent, reader.role) or not _is_named(reader.consent, reader.copy):
        return False
    return reader.disclosure == "full" or one.texted
