"""What people read: short enough for an SMS, the action first, and never a word that could harm."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.alarm import CLOSING, AlarmKind, Outcome
from service.core.wording import (
    Companion,
    ContactNotice,
    Reply,
    all_clear,
    notice,
    reply,
    subject,
)
from service.core.wording_replies import TO_TRAVELER
from service.core.wording_text import FIRST_PART, units
from service.texts import LANGUAGES, translator
from tests.core.wording_facts import (
    AIZHAN,
    EVERYTHING,
    LINK,
    LONG_NAME,
    harmful,
    in_every_language,
    of_every_kind,
    segments,
    write,
)


class TestAMissedAlarm:
    def test_says_in_one_english_text_what_to_do_and_what_is_known(self) -> None:
        facts = replace(AIZHAN, name="Aizhan", place="Antalya, Turkey", consulate="Antalya")
        assert write(facts, "en") == (
            "Aizhan: no sign since 22:00. Please call. Ask your question. Where: Antalya, Turkey, Lotus Garden Hotel."
            " Employer: Lotus Garden +90 242 000 00 02. Consulate: Antalya +90 242 000 00 03."
            " Phone: +7 700 000 00 01."
            " Answer: 1 I take it, 2 I heard the voice: safe, 3 I cannot, 4 something is not right."
            f" Open: {LINK} #K7Q4",
        )

    def test_takes_two_russian_messages_of_three_segments_with_nothing_cut(self) -> None:
        facts = replace(
            AIZHAN,
            address="Lotus Garden Hotel, Atatürk cad. 12",
            employer="Lotus Garden Turizm",
            traveler_phone="",
        )
        action, known = write(facts, "ru", budget=3)
        assert (segments(action), segments(known)) <= (3, 3)
        assert action.startswith("Айжан: нет знака с 22:00. Позвоните. Задайте ваш вопрос.")
        assert action.endswith(f"Откройте: {LINK} #K7Q4")
        assert known == (
            "Айжан. Где: Анталья, Турция, Lotus Garden Hotel, Atatürk cad. 12."
            " Работодатель: Lotus Garden Turizm +90 242 000 00 02."
            " Консульство: Анталья +90 242 000 00 03. #M3XP"
        )

    def test_takes_three_segments_of_kazakh_for_the_action(self) -> None:
        action, _known = write(AIZHAN, "kk")
        assert segments(action) == 3
        assert action.startswith("Айжан: 22:00 бастап белгі жоқ. Қоңырау шалыңыз. Сұрақ қойыңыз.")

    def test_leaves_out_first_what_a_notice_has_said_already(self) -> None:
        told = " ".join(write(EVERYTHING, "ru"))
        assert "22 ноя 07:15" not in told
        short = replace(AIZHAN, last_sign="22 ноя 07:15", who_has_it="Гульнар")
        told = " ".join(write(short, "ru"))
        assert "Пришло сообщение (22 ноя 07:15); кто писал, неизвестно. Занимается Гульнар." in told

    @in_every_language
    def test_tells_everything_within_two_messages_of_four_segments(self, language: str) -> None:
        texts = write(EVERYTHING, language)
        assert len(texts) <= 2
        assert max(map(segments, texts)) <= 4
        told = " ".join(texts)
        for fact in ("7", "20:41", "STOP", "Сауле, Данияр", "Lotus Garden +90 242 000 00 02", "+90 242 000 00 03"):
            assert fact in told

    @in_every_language
    def test_to_a_person_who_gets_the_link_only_it_holds_no_fact(self, language: str) -> None:
        told = " ".join(write(EVERYTHING, language, full=False))
        for secret in ("Анталья", "Lotus", "+90", "+7 700", "Дана"):
            assert secret not in told
        assert LINK in told
        assert "#K7Q4" in told

    def test_where_links_are_forbidden_only_the_code_stands_at_its_end(self) -> None:
        (text,) = write(replace(AIZHAN, link=""), "en", full=False)
        assert "Open" not in text
        assert text.endswith("4 something is not right. #K7Q4")

    def test_counts_missed_check_ins_from_the_second_on(self) -> None:
        assert "Missed check-ins" not in write(AIZHAN, "en")[0]
        assert "Missed check-ins: 2." in write(replace(AIZHAN, missed=2), "en")[0]


class TestEveryAlarm:
    @in_every_language
    @of_every_kind
    @pytest.mark.parametrize("name", ["Айжан", LONG_NAME])
    @pytest.mark.parametrize("budget", [3, 4])
    def test_fits_its_budget_and_keeps_codes_link_and_phones(
        self, language: str, kind: AlarmKind, name: str, budget: int
    ) -> None:
        facts = replace(EVERYTHING, kind=kind, name=name, address=LONG_NAME, employer=LONG_NAME, consulate=LONG_NAME)
        texts = write(facts, language, budget=budget)
        assert len(texts) <= 2
        assert max(map(segments, texts)) <= budget
        assert texts[0].endswith(f"{LINK} #K7Q4")
        assert texts[-1].endswith("#M3XP" if len(texts) == 2 else "#K7Q4")
        for phone in ("+90 242 000 00 02", "+90 242 000 00 03"):
            assert phone in texts[-1]

    @in_every_language
    @of_every_kind
    @pytest.mark.parametrize("name", ["Айжан", LONG_NAME])
    @pytest.mark.parametrize(("since", "rehearsal"), [("22:00", False), ("21 ноя 22:00", False), ("22:00", True)])
    def test_has_its_action_in_the_first_part(
        self, language: str, kind: AlarmKind, name: str, since: str, rehearsal: bool
    ) -> None:
        """T52: within what the first part of an SMS in Cyrillic holds."""
        actions = {
            "en": r"(Please call|Do NOT call or text).*?\.",
            "ru": r"(Позвоните|позвоните|НЕ звоните и не пишите).*?\.",
            "kk": r"(Қоңырау шалыңыз|қоңырау шалып|ҚОҢЫРАУ ШАЛМАҢЫЗ).*?\.",
        }
        text = write(replace(AIZHAN, kind=kind, name=name, since=since, rehearsal=rehearsal), language)[0]
        action = re.search(actions[language], text)
        assert action is not None
        assert units(text[: action.start()]) + units(action.group(1)) <= FIRST_PART
        if not rehearsal:
            assert units(text[: action.end()]) <= FIRST_PART

    @in_every_language
    def test_of_a_rehearsal_says_so_first_in_each_text_and_sends_nobody_to_the_police(self, language: str) -> None:
        _ = translator(language)
        for kind in AlarmKind:
            texts = write(replace(EVERYTHING, kind=kind, rehearsal=True), language, budget=3)
            assert all(text.startswith(_("REHEARSAL.")) for text in texts)
            assert _("Then tell the police and the consulate.") not in texts[0]

    def test_sorts_its_answers_by_kind(self) -> None:
        def digits(kind: AlarmKind) -> list[str]:
            text = write(replace(AIZHAN, kind=kind), "en", full=False)[0]
            return re.findall(r"\b([1-4]) (?:I|something)", text)

        assert digits(AlarmKind.MISSED) == digits(AlarmKind.UNPROVEN) == digits(AlarmKind.SOS) == ["1", "2", "3", "4"]
        assert digits(AlarmKind.DURESS) == ["1", "3"]

    def test_that_no_budget_can_hold_is_sent_all_the_same(self) -> None:
        action, known = write(AIZHAN, "ru", budget=1)
        assert "Позвоните" in action
        assert action.endswith(f"{LINK} #K7Q4")
        assert known == "Айжан. Где: Анталья, Турция, Lotus Garden Hotel. #M3XP"

    def test_has_a_subject_that_tells_nothing(self) -> None:
        assert subject("Айжан", translator("ru")) == "Айжан: прочтите, пожалуйста, сейчас"

    @given(
        name=st.text(max_size=120),
        place=st.text(max_size=200),
        employer=st.text(max_size=200),
        people=st.lists(st.text(max_size=80), max_size=8),
        language=st.sampled_from(LANGUAGES),
        kind=st.sampled_from(AlarmKind),
        full=st.booleans(),
    )
    def test_fits_whatever_was_typed_on_the_forms(
        self, name: str, place: str, employer: str, people: list[str], language: str, kind: AlarmKind, full: bool
    ) -> None:
        facts = replace(
            EVERYTHING,
            kind=kind,
            name=name,
            place=place,
            employer=employer,
            untold=tuple(people),
            companions=tuple(Companion(person, "+7 700 000 00 30") for person in people),
        )
        texts = write(facts, language, full=full)
        assert len(texts) <= 2
        assert max(map(segments, texts)) <= 4
        assert texts[0].endswith(f"{LINK} #K7Q4")
        assert all("\n" not in text for text in texts)
        assert full == ("+90 242 000 00 02" in " ".join(texts))


class TestADuressAlarm:
    def test_begins_with_what_not_to_do(self) -> None:
        duress = replace(EVERYTHING, kind=AlarmKind.DURESS, name="Aizhan")
        assert write(duress, "en")[0].startswith(
            "Do NOT call or text Aizhan. Sign of danger, 22:00. Act as on any day."
        )
        assert write(duress, "ru")[0].startswith("НЕ звоните и не пишите. Aizhan: знак опасности")
        assert write(duress, "kk")[0].startswith("ҚОҢЫРАУ ШАЛМАҢЫЗ, жазбаңыз. Aizhan: қауіп белгісі")

    @in_every_language
    def test_asks_nobody_to_call_and_calls_nothing_safe(self, language: str) -> None:
        texts = write(replace(EVERYTHING, kind=AlarmKind.DURESS), language)
        assert harmful(" ".join(texts), language) == []

    @in_every_language
    def test_gives_the_employer_to_the_police_only_and_no_number_of_hers_or_her_companions(self, language: str) -> None:
        facts = replace(AIZHAN, kind=AlarmKind.DURESS, address="", link="", companions=EVERYTHING.companions)
        told = " ".join(write(facts, language, budget=6))
        assert translator(language)("Employer, for the police only: {employer}.").split("{")[0] in told
        assert "+7 700" not in told

    @in_every_language
    def test_changes_what_else_its_people_are_told(self, language: str) -> None:
        _ = translator(language)
        told = [
            notice(kind, _, name="Айжан", who="Сауле", at="22:00", until="23:00", place="Dubai", duress=True)
            for kind in ContactNotice
            if kind not in (ContactNotice.ENDED, ContactNotice.ERASED)
        ]
        told += [
            reply(kind, _, name="Айжан", who="Сауле", until="23:00", duress=True)
            for kind in Reply
            if kind not in TO_TRAVELER
        ]
        told += [all_clear(outcome, _, name="Айжан", who="Сауле", ref_code="K7Q4", duress=True) for outcome in CLOSING]
        assert {text: found for text in told if (found := harmful(text, language))} == {}

    @in_every_language
    def test_is_where_the_check_would_find_a_harmful_word(self, language: str) -> None:
        assert harmful(" ".join(write(EVERYTHING, language)), language)
        assert harmful(all_clear(Outcome.HEARD_SAFE, translator(language), name="A", ref_code="K7Q4"), language)
