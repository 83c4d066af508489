"""What a traveler writes down for herself on the way: who has her passport, which signs she sees, what seemed odd.

It lies sealed with her trip under `KEPT`, and every entry has its day. Nothing that may stand on the sheet is ever
taken back: whoever holds her phone could do that too. What she keeps to herself she may erase.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from service.core.self_check import QUESTIONS
from service.core.sheet_fields import FIELDS
from service.core.wording_text import N_, Translate, tidy

KEPT = "own"
"""The section of a trip's details in which all of it lies."""
MOST_NOTES = 40
MOST_ANSWERS = 40
MOST_LETTERS = 500
"""Of one note."""
NOTHING_SAID = N_("Write in a few words what happened.")
NO_ROOM = N_("There is no room for more. Erase one that does not stand on the sheet.")

Own = dict[str, Any]


class Holder(StrEnum):
    """Who has her passport."""

    ME = "me"
    EMPLOYER = "employer"
    AGENCY = "agency"
    HOUSE = "house"
    OFFICE = "office"
    OTHER = "other"
    UNKNOWN = "unknown"


HOLDERS: Mapping[Holder, tuple[str, str]] = MappingProxyType(
    {
        Holder.ME: (N_("I have it myself"), N_("the traveler")),
        Holder.EMPLOYER: (N_("My employer or somebody at work"), N_("the employer or somebody at work")),
        Holder.AGENCY: (N_("Who arranged the work or the way"), N_("who arranged the work or the way")),
        Holder.HOUSE: (N_("The hotel or the landlord"), N_("the hotel or the landlord")),
        Holder.OFFICE: (N_("The migration service or the police"), N_("the migration service or the police")),
        Holder.OTHER: (N_("Somebody else"), N_("somebody else")),
        Holder.UNKNOWN: (N_("I do not know where it is"), N_("the traveler does not know who")),
    }
)
"""What she chooses, and what the sheet says of it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Who had her passport when she was asked."""

    holder: Holder
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """Something that seemed odd, in her words. `joined`: it stands on the sheet that an alarm opens."""

    number: int
    text: str
    at: datetime
    joined: bool


@dataclass(frozen=True, slots=True)
class OwnNotes:
    """All of it. `held`, `notes`: the newest first. `signs`: since when each is seen, in the order of the questions."""

    held: tuple[Held, ...]
    signs: Mapping[str, datetime]
    notes: tuple[Note, ...]

    @property
    def passport(self) -> Held | None:
        """Who has it, by the last that she said."""
        return next(iter(self.held), None)


def read_own(details: Mapping[str, Any]) -> OwnNotes:
    """What a trip's details hold."""
    own = details.get(KEPT) or {}
    signs = {name: datetime.fromisoformat(at) for name, at in (own.get("signs") or {}).items()}
    return OwnNotes(
        tuple(Held(Holder(one["who"]), datetime.fromisoformat(one["at"])) for one in reversed(own.get("held") or ())),
        {one.sign: signs[one.sign] for one in QUESTIONS if one.sign in signs},
        tuple(_note(one) for one in reversed(own.get("notes") or ())),
    )


def is_amber(holder: Holder) -> bool:
    """Whether what the law says of passports is to be shown to her."""
    return holder is not Holder.ME


def with_passport(details: Mapping[str, Any], holder: Holder, at: datetime) -> dict[str, Any]:
    """The details once she has said who has it. Earlier answers stay; the same answer again is no news."""
    own = _own(details)
    held = own.setdefault("held", [])
    if not held or held[-1]["who"] != holder.value:
        held.append({"who": holder.value, "at": at.isoformat()})
    if len(held) > MOST_ANSWERS:
        # The first answer stays: when it began tells most.
        del held[1]
    return {**details, KEPT: own}


def with_signs(details: Mapping[str, Any], names: Iterable[str], at: datetime) -> dict[str, Any]:
    """The details with these signs among those that she sees; of those that are there already the day stays."""
    own, asked = _own(details), {one.sign for one in QUESTIONS}
    signs = own.setdefault("signs", {})
    for name in names:
        if name in asked:
            signs.setdefault(name, at.isoformat())
    return {**details, KEPT: own}


def with_note(details: Mapping[str, Any], text: str, at: datetime, *, joined: bool) -> dict[str, Any]:
    """The details with another note, one line of `MOST_LETTERS` at most. The newest one again is no other: a form was
    sent twice.

    Raises:
        ValueError: nothing is said, or there are `MOST_NOTES` already; the message is for her.
    """
    own, said = _own(details), tidy(text)[:MOST_LETTERS]
    if not said:
        raise ValueError(NOTHING_SAID)
    notes = own.setdefault("notes", [])
    if notes and notes[-1]["text"] == said:
        notes[-1]["joined"] |= joined
    elif len(notes) >= MOST_NOTES:
        raise ValueError(NO_ROOM)
    else:
        number = max((one["number"] for one in notes), default=0) + 1
        notes.append({"number": number, "text": said, "at": at.isoformat(), "joined": joined})
    return {**details, KEPT: own}


def with_joined(details: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The details with that note on the sheet: from now on for good."""
    own = _own(details)
    own["notes"] = [{**one, "joined": one["joined"] or one["number"] == number} for one in own.get("notes") or ()]
    return {**details, KEPT: own}


def without_note(details: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The details without that note, unless it stands on the sheet."""
    own = _own(details)
    own["notes"] = [one for one in own.get("notes") or () if one["joined"] or one["number"] != number]
    return {**details, KEPT: own}


def on_the_sheet(notes: OwnNotes, zone: str, _: Translate) -> dict[str, str]:
    """What of it the sheet says, by the names of its fields; days on the clock of `zone` (IANA). A note that she did
    not join is not in it."""
    held = (_dated(_(HOLDERS[one.holder][1]), one.at, zone) for one in notes.held)
    signs = (_dated(_(FIELDS[name].label), at, zone) for name, at in notes.signs.items())
    odd = (f"{_day(one.at, zone)}: {one.text}" for one in _joined(notes))
    return {"passport_with": "; ".join(held), "own_signs": "; ".join(signs), "own_notes": "; ".join(odd)}


def _joined(notes: OwnNotes) -> Iterator[Note]:
    return (one for one in notes.notes if one.joined)


def _note(one: Mapping[str, Any]) -> Note:
    return Note(one["number"], one["text"], datetime.fromisoformat(one["at"]), one["joined"])


def _own(details: Mapping[str, Any]) -> Own:
    """A copy that may be changed."""
    own: Own = json.loads(json.dumps(details.get(KEPT) or {}))
    return own


def _dated(text: str, at: datetime, zone: str) -> str:
    return f"{text} ({_day(at, zone)})"


def _day(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%d.%m.%Y}"
