"""What a text may carry where it goes, and where its reader can answer."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.alarm import AlarmKind, Outcome
from service.core.carriage import ANYTHING, EUC_KR, Carriage, carried
from service.core.latin import in_latin, is_cyrillic
from service.core.wording import ContactNotice, Reply, Wording, alert, all_clear, invitation, notice, reminder, reply
from service.core.wording_lifeline import still_yours
from service.texts import translator
from tests.core.wording_facts import (
    AIZHAN,
    EVERYTHING,
    LINK,
    LONG_NAME,
    in_every_language,
    of_every_kind,
    segments,
    write,
)

NUMBER = "+48732000000"
KAZAKHSTAN = Carriage(replies=False, write_to=NUMBER)
EMIRATES = Carriage(links=False, numbers=False, replies=False, write_to=NUMBER)
KOREA = Carriage(charset=EUC_KR, replies=False, write_to=NUMBER)
NOWHERE = Carriage(replies=False)
LATIN = Carriage(latin=True)

PLACES = (KAZAKHSTAN, EMIRATES, KOREA, NOWHERE, LATIN)


class TestAnAlarm:
    @in_every_language
    @of_every_kind
    @pytest.mark.parametrize("name", ["Айжан", LONG_NAME])
    @pytest.mark.parametrize("budget", [3, 4])
    def test_with_the_number_to_write_to_fits_its_budget_and_loses_nothing(
        self, language: str, kind: AlarmKind, name: str, budget: int
    ) -> None:
        facts = replace(EVERYTHING, kind=kind, name=name, carriage=KAZAKHSTAN)
        texts = write(facts, language, budget=budget)
        assert len(texts) <= 2
        assert max(map(segments, texts)) <= budget
        assert NUMBER in texts[0]
        assert texts[0].endswith(f"{LINK} #K7Q4")
        for phone in ("+90 242 000 00 02", "+90 242 000 00 03"):
            assert phone in texts[-1]

    @pytest.mark.parametrize(
        ("language", "where"),
        [
            ("en", f"Answer to {NUMBER}: 1 I take it, 2 I heard the voice: safe"),
            ("ru", f"Ответьте на {NUMBER}: 1 беру на себя, 2 голос слышали"),
            ("kk", f"Жауап {NUMBER}: 1 кірісемін, 2 дауысын естідім"),
        ],
    )
    def test_says_where_to_answer_when_its_sender_cannot_be_answered(self, language: str, where: str) -> None:
        assert where in write(replace(AIZHAN, carriage=KAZAKHSTAN), language)[0]
        assert NUMBER not in " ".join(write(AIZHAN, language))

    @in_every_language
    @of_every_kind
    def test_holds_neither_link_nor_number_where_they_are_forbidden(self, language: str, kind: AlarmKind) -> None:
        typed = "Hotel www.lotus.example/book, 8 (701) 123-45-67"
        facts = replace(EVERYTHING, kind=kind, address=typed, employer=typed, carriage=EMIRATES)
        said = " ".join(write(facts, language))
        assert "://" not in said
        assert "www." not in said
        assert "lotus example" in said or kind is AlarmKind.DURESS
        assert not re.search(r"\+\d|\d[\d ()-]{6,}\d", said)
        assert NUMBER not in said
        assert "#K7Q4" in said

    def test_whose_answers_cannot_reach_us_by_text_leads_to_the_page_or_says_so(self) -> None:
        by_page = write(replace(AIZHAN, carriage=NOWHERE), "en")[0]
        assert f"Please answer on this page: {LINK} #K7Q4" in by_page
        assert "1 I take it" not in by_page
        assert "Answers to this text do not reach us. #K7Q4" in write(replace(AIZHAN, carriage=EMIRATES), "en")[0]

    @in_every_language
    @of_every_kind
    def test_arrives_in_korea_without_a_question_mark(self, language: str, kind: AlarmKind) -> None:
        facts = replace(EVERYTHING, kind=kind, address="Atatürk cad. 12 – «Жұлдыз» 😀", carriage=KOREA)
        for text in write(facts, language):
            text.encode(EUC_KR)
            assert "?" not in text

    def test_in_latin_letters_costs_half(self) -> None:
        own, latin = write(AIZHAN, "kk"), write(replace(AIZHAN, carriage=LATIN), "kk")
        assert sum(map(segments, latin)) * 2 <= sum(map(segments, own))
        assert not any(map(is_cyrillic, " ".join(latin)))
        assert latin[0].startswith("Aijan: 22:00 bastap belgi joq. Qoñyrau shalyñyz.")


class TestWhatAsksForAnAnswer:
    def test_says_where_it_goes(self) -> None:
        _ = translator("en")
        there = f"Send your answer to {NUMBER}."
        assert there in reply(Reply.TAKEN, _, name="Aizhan", until="22:00", carriage=KAZAKHSTAN)
        assert there in all_clear(Outcome.ANSWERED, _, name="Aizhan", ref_code="K7Q4", carriage=KAZAKHSTAN)
        assert there in notice(ContactNotice.END_ASKED, _, name="Aizhan", carriage=KAZAKHSTAN)
        assert there in still_yours("Gulnar", "Aizhan", _, ref_code="K7Q4", carriage=KAZAKHSTAN)
        assert there not in reply(Reply.ACCEPTED, _, name="Aizhan", carriage=KAZAKHSTAN)
        assert there not in notice(ContactNotice.ENDED, _, name="Aizhan", carriage=KAZAKHSTAN)
        assert there not in notice(ContactNotice.END_ASKED, _, name="Aizhan", duress=True, carriage=KAZAKHSTAN)

    @in_every_language
    def test_an_invitation_says_how_to_accept_wherever_it_goes(self, language: str) -> None:
        def invite(carriage: Carriage) -> str:
            text = invitation(
                LONG_NAME,
                "Гүлнар",
                translator(language),
                count=segments,
                ref_code="K7Q4",
                link=LINK,
                carriage=carriage,
            )
            assert segments(text) <= 3
            assert text.endswith("#K7Q4")
            return text

        assert NUMBER in invite(KAZAKHSTAN)
        assert NUMBER not in invite(ANYTHING)
        assert LINK in invite(NOWHERE)
        assert "http" not in invite(EMIRATES)

    @in_every_language
    @pytest.mark.parametrize("stage", [1, 2, 3])
    def test_a_reminder_never_asks_to_answer_a_sender_that_hears_nothing(self, language: str, stage: int) -> None:
        def ask(carriage: Carriage) -> str:
            return reminder(
                stage,
                translator(language),
                wording=Wording.PLAIN,
                has_words=False,
                deadline="20:00",
                number=carriage.number,
                replies=carriage.replies,
                asks_home=True,
            )

        assert NUMBER in ask(KAZAKHSTAN)
        asked = {ask(ANYTHING), ask(KAZAKHSTAN), ask(EMIRATES)}
        assert len(asked) == 3
        assert all("20:00" in text for text in asked)

    def test_the_constant_reply_and_the_empty_reminder_depend_on_the_number_alone(self) -> None:
        _ = translator("en")
        assert {reply(kind, _, constant=True, carriage=KAZAKHSTAN) for kind in (Reply.STATUS, Reply.NEXT)} == {
            "Thank you!"
        }
        empty = {
            reminder(n, _, wording=Wording.PLAIN, has_words=True, deadline=at, number=NUMBER, replies=False)
            for n, at in ((1, "20:00"), (3, "21:00"))
        }
        assert empty == {f"Hi, how are you? Write when you can. {NUMBER}"}


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("Щука, Жанна и Юля. НЕ ЗВОНИТЕ!", "Shchuka, Zhanna i Yulya. NE ZVONITE!"),
        ("Әсел: белгі жоқ. ҚОҢЫРАУ ШАЛМАҢЫЗ", "Äsel: belgi joq. QOÑYRAU SHALMAÑYZ"),
        ("Үйдемін, Ғалым", "Üidemin, Ghalym"),
        ("OK +48 #K7Q4 Atatürk", "OK +48 #K7Q4 Atatürk"),
    ],
)
def test_cyrillic_in_latin_letters(written: str, spelled: str) -> None:
    assert in_latin(written) == spelled


@pytest.mark.parametrize(
    ("written", "arrives"),
    [
        ("Айжан: нет знака. Atatürk cad.", "Айжан: нет знака. Ataturk cad."),
        ("белгі жоқ – «Жұлдыз»", 'belgi joq - "Juldyz"'),
        ("გიორგი Әсел 서울 ❤", ".. Asel 서울 "),
    ],
)
def test_what_korean_networks_carry(written: str, arrives: str) -> None:
    assert carried(written, KOREA) == arrives


@pytest.mark.parametrize(
    ("written", "arrives"),
    [
        (f"Open: {LINK} #K7Q4", "Open: aman example #K7Q4"),
        ("named a new number: +48732000000.", "named a new number: ..00."),
        ("123456 is your code. At 21:30, 22 Nov", "123456 is your code. At 21:30, 22 Nov"),
        ("since 2026-11-22 20:31", "since 2026-11-22 20:31"),
        ("Hotel lotus.com, 8 (701) 123-45-67", "Hotel lotus com, ..67"),
    ],
)
def test_what_may_stand_in_a_text_to_the_emirates(written: str, arrives: str) -> None:
    assert carried(written, EMIRATES) == arrives


@given(st.text(max_size=200), st.sampled_from(PLACES))
def test_taking_a_text_through_the_gate_twice_changes_nothing(text: str, carriage: Carriage) -> None:
    once = carried(text, carriage)
    assert carried(once, carriage) == once
    if carriage.charset:
        assert "?" not in once or "?" in text or "？" in text or ";" in text
        once.encode(carriage.charset)


def test_a_gate_that_lets_everything_through_costs_nothing() -> None:
    text = "Қ https://a.example +48732000000"
    assert carried(text, ANYTHING) is text
    assert alert(AIZHAN, full=True, _=translator("kk"), count=segments, second_code="M3XP") == alert(
        replace(AIZHAN, carriage=Carriage()), full=True, _=translator("kk"), count=segments, second_code="M3XP"
    )
