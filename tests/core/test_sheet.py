"""The fact sheet: fifteen sections, nothing beyond the traveler's consent, and no field that is left blank."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.ladder import Role
from service.core.sheet import COPIES, NOT_HERE, NOT_KNOWN, Reader, Section, State, copies_for, may_read, sheet
from service.core.sheet_fields import FIELDS, PARTS, TOLD, Copy

FULL = {name: f"told of {name}" for name in FIELDS}
ALL = {"contacts": True, "police": True, "consulate": True, "ngo": True}
NONE = dict.fromkeys(ALL, False)
TITLES = [
    "Signal",
    "Person",
    "Papers",
    "Looks",
    "Health",
    "Phones and accounts",
    "Journey",
    "Work",
    "Stay",
    "Course",
    "Circumstances",
    "Family and friends",
    "Insurance",
    "Actions",
    "Consent",
]
ACCUSES = re.compile(r"traffick|victim|criminal|exploit|slave|suspect", re.I)


def reader(copy: Copy = Copy.FAMILY, role: Role = Role.FULL, **more: object) -> Reader:
    given_ = {"disclosure": "full", "consent": ALL, **more}
    return Reader(role, copy=copy, **given_)  # type: ignore[arg-type]


def told(sections: tuple[Section, ...]) -> set[str]:
    """The fields that say something."""
    return {row.name for section in sections for row in section.known}


def test_a_full_sheet_has_all_fifteen_sections_in_their_order() -> None:
    sections = sheet(FULL, reader(Copy.POLICE, Role.CASEWORKER), str)
    assert [section.title for section in sections] == TITLES
    assert [section.number for section in sections] == list(range(1, 16))
    assert told(sections) == set(FIELDS)


@given(st.sets(st.sampled_from(sorted(FIELDS))))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_what_nobody_wrote_is_said_to_be_unknown(known: set[str]) -> None:
    facts = {name: FULL[name] if name in known else "  " for name in FIELDS}
    for section in sheet(facts, reader(Copy.POLICE, Role.CASEWORKER), str):
        for row in section.rows:
            assert row.text == (FULL[row.name] if row.name in known else NOT_KNOWN)
            assert (row in section.unknown) is (row.name not in known)


@pytest.mark.parametrize("copy", list(Copy))
def test_a_copy_carries_nothing_of_hers_for_whom_she_did_not_name(copy: Copy) -> None:
    for allowed in product((False, True), repeat=4):
        consent = dict(zip(ALL, allowed, strict=True))
        for role in Role:
            sections = sheet(FULL, reader(copy, role, consent=consent), str)
            hers = {name for name in told(sections) if not FIELDS[name].added}
            mine = consent["contacts"] or (role is Role.CASEWORKER and consent["ngo"])
            theirs = consent["contacts" if copy is Copy.FAMILY else copy.value]
            assert bool(hers) is (mine and theirs), (copy, role, consent)


def test_what_is_withheld_looks_the_same_whether_there_is_anything_or_not() -> None:
    one = reader(consent=NONE)
    full, empty = sheet(FULL, one, str), sheet({}, one, str)
    pairs = [(a, b) for x, y in zip(full, empty, strict=True) for a, b in zip(x.rows, y.rows, strict=True)]
    withheld = [(a, b) for a, b in pairs if a.state is State.WITHHELD]
    assert len(withheld) > 60
    assert all(a == b for a, b in withheld)


def test_who_is_to_know_no_more_than_the_texts_reads_no_more() -> None:
    hers = {name for name in told(sheet(FULL, reader(disclosure="link"), str)) if not FIELDS[name].added}
    assert hers == {
        "name",
        "place",
        "address",
        "employer",
        "employer_phone",
        "consulate",
        "consulate_phone",
        "companions",
    }


def test_who_must_not_be_told_stands_only_where_no_relative_reads_it() -> None:
    for copy, role in product(Copy, Role):
        shown = "not_to_tell" in told(sheet(FULL, reader(copy, role), str))
        assert shown is (role is Role.CASEWORKER and copy in (Copy.POLICE, Copy.NGO)), (copy, role)
    relatives = [row for section in sheet({}, reader(), str) for row in section.rows if row.name == "not_to_tell"]
    assert relatives[0].text not in (NOT_KNOWN, NOT_HERE), "that it is kept is said whether or not there is anything"


def test_the_number_of_a_person_and_traces_are_for_officials() -> None:
    carried = {copy: {"iin", "traces"} & told(sheet(FULL, reader(copy), str)) for copy in Copy}
    assert carried == {
        Copy.FAMILY: set(),
        Copy.POLICE: {"iin", "traces"},
        Copy.CONSULATE: {"iin"},
        Copy.NGO: set(),
    }


def test_only_who_is_to_know_everything_hands_over_and_only_to_whom_she_named() -> None:
    assert copies_for(ALL, Role.FULL) == tuple(Copy)
    assert copies_for({**NONE, "contacts": True, "police": True}, Role.FULL) == (Copy.FAMILY, Copy.POLICE)
    assert copies_for({**NONE, "ngo": True}, Role.CASEWORKER) == (Copy.NGO,)
    assert copies_for({**NONE, "ngo": True}, Role.FULL) == ()
    assert copies_for(ALL, Role.CALL) == ()
    assert copies_for(None, Role.FULL) == (Copy.FAMILY,), "who was not asked has named nobody beyond her own people"
    assert may_read(None, Role.CALL)
    assert not may_read(NONE, Role.CASEWORKER)


def test_after_a_quiet_signal_only_the_consulate_may_be_called() -> None:
    def dialed(*, quiet: bool) -> set[str]:
        return {row.name for part in sheet(FULL, reader(quiet=quiet), str) for row in part.rows if row.dial}

    assert dialed(quiet=True) == {"consulate_phone"}
    assert dialed(quiet=False) == {"consulate_phone", "employer_phone", "agency_phone", "insurer_phone"}


def test_its_words_accuse_nobody() -> None:
    words = [part.title for part in PARTS] + [field.label for field in FIELDS.values()] + list(COPIES.values())
    assert [text for text in words if ACCUSES.search(text)] == []
    assert FIELDS["employer"].label == "Named as employer"


def test_each_name_under_which_she_may_tell_something_belongs_to_one_field() -> None:
    names = [name for field in FIELDS.values() for name in field.told]
    assert len(names) == len(set(names)) == len(TOLD)
    assert len(FIELDS) == sum(len(part.fields) for part in PARTS)
