"""What she writes down on the way: dated, taken back by nobody once it is on the sheet, erased while it is hers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.core.own_notes import (
    KEPT,
    MOST_ANSWERS,
    MOST_LETTERS,
    MOST_NOTES,
    NO_ROOM,
    NOTHING_SAID,
    Holder,
    is_amber,
    on_the_sheet,
    read_own,
    with_joined,
    with_note,
    with_passport,
    with_signs,
    without_note,
)
from service.core.self_check import ENOUGH, QUESTIONS
from service.core.sheet_fields import FIELDS, SIGNS
from service.texts import LANGUAGES, translator

NOW = datetime(2026, 12, 2, 20, 30, tzinfo=UTC)
DAY = timedelta(days=1)
THERE = "Asia/Bangkok"


def test_E3_eleven_questions_that_the_sheet_has_places_for_in_three_languages() -> None:
    assert len(QUESTIONS) == len({one.sign for one in QUESTIONS}) == 11
    assert {one.sign for one in QUESTIONS} == set(SIGNS) - {"ransom"}
    for language in LANGUAGES:
        asked = [translator(language)(one.text) for one in QUESTIONS]
        assert len(set(asked)) == 11
        assert all(one.endswith("?") for one in asked)
        assert language == "en" or not {one.text for one in QUESTIONS} & set(asked)
    assert ENOUGH == 2


def test_E19_whoever_else_has_it_is_amber_and_no_later_answer_takes_that_back() -> None:
    assert [holder for holder in Holder if not is_amber(holder)] == [Holder.ME]
    details = with_passport({"later": []}, Holder.EMPLOYER, NOW)
    details = with_passport(details, Holder.EMPLOYER, NOW + DAY)
    details = with_passport(details, Holder.ME, NOW + 2 * DAY)
    found = read_own(details)
    assert [(one.holder, one.at) for one in found.held] == [(Holder.ME, NOW + 2 * DAY), (Holder.EMPLOYER, NOW)]
    assert found.passport == found.held[0]
    assert details["later"] == []
    said = on_the_sheet(found, THERE, str)["passport_with"]
    assert said == "the traveler (05.12.2026); the employer or somebody at work (03.12.2026)"


def test_the_first_answer_outlives_any_number_of_others() -> None:
    details = with_passport({}, Holder.EMPLOYER, NOW)
    for turn in range(2 * MOST_ANSWERS):
        details = with_passport(details, (Holder.ME, Holder.OTHER)[turn % 2], NOW + turn * DAY)
    held = read_own(details).held
    assert len(held) == MOST_ANSWERS
    assert held[-1].holder is Holder.EMPLOYER
    assert held[0].at == NOW + (2 * MOST_ANSWERS - 1) * DAY


def test_a_sign_keeps_its_first_day_and_what_is_none_is_not_kept() -> None:
    details = with_signs({}, ["wages", "happiness", "ransom"], NOW)
    details = with_signs(details, ["wages", "papers_held"], NOW + DAY)
    assert dict(read_own(details).signs) == {"papers_held": NOW + DAY, "wages": NOW}
    assert on_the_sheet(read_own(details), THERE, str)["own_signs"] == (
        f"{FIELDS['papers_held'].label} (04.12.2026); {FIELDS['wages'].label} (03.12.2026)"
    )


def test_E21_a_note_is_hers_until_she_joins_it() -> None:
    details = with_note({}, " the  van had no plate ", NOW, joined=False)
    details = with_note(details, "they asked for my sister", NOW + DAY, joined=False)
    assert on_the_sheet(read_own(details), THERE, str)["own_notes"] == ""
    details = without_note(with_joined(details, 1), 2)
    [left] = read_own(details).notes
    assert (left.number, left.text, left.joined) == (1, "the van had no plate", True)
    assert on_the_sheet(read_own(details), THERE, str)["own_notes"] == "03.12.2026: the van had no plate"
    # Neither a second press nor an erasing takes it off again.
    assert read_own(without_note(with_joined(details, 1), 1)).notes == (left,)
    # And its number is nobody else's.
    assert read_own(with_note(details, "again", NOW, joined=True)).notes[0].number == 2


def test_nothing_grows_without_end() -> None:
    with pytest.raises(ValueError, match=NOTHING_SAID):
        with_note({}, " \0 ", NOW, joined=True)
    details: dict[str, object] = {}
    for turn in range(MOST_NOTES):
        details = with_note(details, f"{turn:03}" + "x" * MOST_LETTERS, NOW, joined=False)
    assert {len(one.text) for one in read_own(details).notes} == {MOST_LETTERS}
    with pytest.raises(ValueError, match=NO_ROOM):
        with_note(details, "one more", NOW, joined=False)


def test_what_is_sent_twice_stands_there_once() -> None:
    details = with_note({}, "a van", NOW, joined=True)
    assert with_note(details, " a van", NOW + DAY, joined=False) == details


@pytest.mark.parametrize("details", [{}, {KEPT: {}}])
def test_before_anything_is_written_down_the_sheet_knows_nothing(details: dict[str, object]) -> None:
    found = read_own(details)
    assert found.passport is None
    assert set(on_the_sheet(found, THERE, str).values()) == {""}
    before: dict[str, object] = {KEPT: {"notes": []}}
    with_note(before, "x", NOW, joined=True)
    assert before == {KEPT: {"notes": []}}
