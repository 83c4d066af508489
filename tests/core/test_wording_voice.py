"""What is said in a call."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.alarm import AlarmKind
from service.core.wording_alert import AlertFacts
from service.core.wording_voice import KEY, SENTENCES, alert_aloud, for_the_ear, how_to_answer, invitation_aloud, noted

FACTS = AlertFacts(
    name="Aizhan",
    kind=AlarmKind.MISSED,
    since="20:31",
    ref_code="7F3K",
    missed=2,
    place="Antalya, Turkey",
    address="Hesapci Sk. 5",
    employer="Lotus Garden Hotel",
    employer_phone="+902422471000",
    consulate="Consulate of Kazakhstan",
    consulate_phone="+902422481200",
    traveler_phone="+77011234567",
    untold=("Daniyar",),
    link="https://amanba.example/a/secret",
)


def english(text: str) -> str:
    return text


def test_it_says_whom_it_is_about_then_what_to_do_then_how_to_answer_then_the_facts() -> None:
    said = alert_aloud(FACTS, full=True, _=english)
    order = ("about Aizhan", "since 20:31", "ask your question", "press 7", "7 and 4", "Missed check-ins: 2", "Antalya")
    assert [said.index(part) for part in order] == sorted(said.index(part) for part in order)


def test_it_says_no_link_no_code_and_no_fact_to_whom_only_a_link_is_sent() -> None:
    for kind in AlarmKind:
        said = alert_aloud(replace(FACTS, kind=kind), full=False, _=english)
        for secret in ("https", "7F3K", "Antalya", "Lotus", "Consulate", "+90", "+77"):
            assert secret not in said, kind


def test_under_duress_it_asks_nobody_to_call_and_offers_no_all_clear() -> None:
    said = alert_aloud(replace(FACTS, kind=AlarmKind.DURESS), full=True, _=english)
    assert "Do not call and do not text" in said
    assert "Please call" not in said
    assert "7 and 2" not in said
    assert "safe" not in said
    assert "for the police only" in said


def test_every_answer_takes_the_key_that_no_voicemail_presses() -> None:
    assert KEY not in "1234"
    for kind, answers in (
        ("alert", "1234"),
        ("alert", "13"),
        ("invitation", "13"),
        ("notice", "14"),
        ("all_clear", "4"),
    ):
        how = how_to_answer(tuple(answers), kind, english)
        assert re.findall(r"(\d) and (\d)", how) == [(KEY, digit) for digit in answers]
        assert len({noted(kind, digit, english) for digit in answers}) == len(answers), "a wrong key is heard at once"
    assert how_to_answer((), "notice", english) == ""
    assert "press 7" in invitation_aloud("Aizhan", english)
    assert len(set(SENTENCES.values())) == len(SENTENCES)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Call +902422481200.", "Call 9 0 2 4 2 2 4 8 1 2 0 0."),
        ("471233 is your code.", "4 7 1 2 3 3 is your code."),
        ("Since 20:31. #7F3K", "Since 20:31."),
        ("It is in hand.\n\nYour page: https://a.example/a/x?y=1\n\n#7F3K", "It is in hand."),
        ("Missed check-ins: 2.", "Missed check-ins: 2."),
    ],
)
def test_a_text_is_made_for_the_ear(written: str, said: str) -> None:
    assert for_the_ear(written) == said


@given(st.text())
def test_making_it_so_twice_changes_nothing(text: str) -> None:
    assert for_the_ear(for_the_ear(text)) == for_the_ear(text)
