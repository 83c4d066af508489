"""What people read: short enough for an SMS, the action first, and never a word that could harm."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.segments import is_gsm7, measure
from service.core.alarm import CLOSING, AlarmKind, Outcome
from service.core.ladder import Page
from service.core.wording import (
    AlertFacts,
    Companion,
    ContactNotice,
    PageReason,
    Reply,
    TravelerNotice,
    Wording,
    alert,
    all_clear,
    invitation,
    is_constant,
    notice,
    operator,
    reminder,
    reply,
    subject,
    to_traveler,
)
from service.core.wording_replies import TO_TRAVELER
from service.core.wording_text import CUT_MARK, FIRST_PART, cut, graphemes, tidy, units
from service.texts import LANGUAGES, translator

LINK = "https://aman.example/a/7fQ2kXw9LbR"
LONG_NAME = "Айгерім-Нұрсұлтанқызы " * 3
NAMES = {"en": "Aizhan", "ru": "Айжан", "kk": "Айжан"}
AIZHAN = AlertFacts(
    name="Айжан",
    kind=AlarmKind.MISSED,
    since="22:00",
    missed=1,
    place="Анталья, Турция",
    address="Lotus Garden Hotel",
    employer="Lotus Garden",
    employer_phone="+90 242 000 00 02",
    consulate="Анталья",
    consulate_phone="+90 242 000 00 03",
    traveler_phone="+7 700 000 00 01",
    ref_code="K7Q4",
    link=LINK,
)
EVERYTHING = replace(
    AIZHAN,
    missed=7,
    companions=(Companion("Дана", "+7 700 000 00 21"), Companion("Алия", "+7 700 000 00 22")),
    last_sign="22 ноя 07:15",
    blind_since="20:41",
    unreadable=True,
    stopped=True,
    untold=("Сауле", "Данияр"),
    who_has_it="Гульнар",
)

in_every_language = pytest.mark.parametrize("language", LANGUAGES)
of_every_kind = pytest.mark.parametrize("kind", AlarmKind)

# What no text about a duress alarm may contain once its own "do not call" is taken out.
FORBIDDEN_IN_DURESS = {
    "en": r"\bcalls?\b|\bcalling\b|\bring\b|\bphone (?:her|him)\b|\bsafe\b|\ball is well\b",
    "ru": r"звон|безопас|вс[её] хорошо|в порядке",
    "kk": r"қоңырау|хабарлас|\bаман\b|\bжақсы\b",
}
DO_NOT_CALL = {
    "en": r"do not call or text",
    "ru": r"не звоните и не пишите",
    "kk": r"қоңырау шалмаңыз, жазбаңыз",
}
NEVER_SAID = r"victim|traffick|slave|жертв|торговл|рабств|құрбан|құл\b|adam sat"


def segments(text: str) -> int:
    return measure(text).segments


def write(facts: AlertFacts, language: str, *, full: bool = True, budget: int = 4) -> tuple[str, ...]:
    return alert(facts, full=full, _=translator(language), count=segments, budget=budget, second_code="M3XP")


def harmful(text: str, language: str) -> list[str]:
    without = re.sub(DO_NOT_CALL[language], "", text, flags=re.IGNORECASE)
    return re.findall(FORBIDDEN_IN_DURESS[language], without, flags=re.IGNORECASE)


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
            if kind is not ContactNotice.ENDED
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


class TestTheTravelersPhone:
    @in_every_language
    def test_gets_the_very_same_reply_whatever_happened(self, language: str) -> None:
        _ = translator(language)
        replies = [
            reply(kind, _, constant=True, deadline="22:00", until="23:00", number="112", duress=duress)
            for kind in TO_TRAVELER
            for duress in (False, True)
        ]
        assert all(text is replies[0] for text in replies)
        assert replies[0] == {"en": "Thank you!", "ru": "Спасибо!", "kk": "Рақмет!"}[language]

    def test_gets_constant_replies_with_words_or_when_it_is_discreet(self) -> None:
        assert is_constant(Wording.DISCREET, has_words=False)
        assert is_constant(Wording.PLAIN, has_words=True)
        assert not is_constant(Wording.PLAIN, has_words=False)

    def test_gets_answers_to_a_contact_from_nobody(self) -> None:
        assert reply(Reply.CANNOT, translator("en"), constant=True) == "Thank you. We tell the next person."

    @in_every_language
    @pytest.mark.parametrize(("wording", "has_words"), [(Wording.DISCREET, False), (Wording.PLAIN, True)])
    def test_is_reminded_by_an_empty_text(self, language: str, wording: Wording, has_words: bool) -> None:
        _ = translator(language)
        texts = {reminder(stage, _, wording=wording, has_words=has_words, deadline="22:00") for stage in (1, 2, 3)}
        assert texts == {_("Hi, how are you? Write when you can.")}
        assert segments(texts.pop()) == 1
        home = reminder(1, _, wording=wording, has_words=has_words, deadline="22:00", asks_home=True)
        assert home == _("Hi, are you home yet? Write when you can.")

    def test_is_told_the_number_to_write_to_where_a_reply_goes_nowhere(self) -> None:
        _ = translator("en")
        plain = reminder(1, _, wording=Wording.PLAIN, has_words=False, deadline="22:00", number="+48 500 000 000")
        assert plain == "Please text OK to +48 500 000 000 by 22:00."
        empty = reminder(1, _, wording=Wording.DISCREET, has_words=False, deadline="22:00", number="+48 500 000 000")
        assert empty == "Hi, how are you? Write when you can. +48 500 000 000"

    @in_every_language
    def test_is_told_plainly_what_to_do_in_a_plain_trip(self, language: str) -> None:
        _ = translator(language)
        for stage in (1, 2, 3):
            text = reminder(stage, _, wording=Wording.PLAIN, has_words=False, deadline="21:30", asks_home=True)
            assert re.search("OK|ОК", text)
            assert "21:30" in text
            assert text.endswith(_("Already home? Answer HOME."))
            assert segments(text) <= 3

    @in_every_language
    def test_is_never_shown_a_code_of_an_alarm(self, language: str) -> None:
        _ = translator(language)
        texts = [reply(kind, _, deadline="22:00", until="23:00") for kind in TO_TRAVELER]
        texts += [
            reminder(stage, _, wording=wording, has_words=False, deadline="22:00")
            for stage in (1, 2, 3)
            for wording in Wording
        ]
        assert [text for text in texts if "#" in text] == []

    def test_of_a_plain_trip_hears_that_it_was_late(self) -> None:
        late = reply(Reply.LATE_THANKS, translator("en"))
        assert late == "Thank you. You were late, so your family may have been told; please call them."

    def test_is_answered_an_sos_with_the_number_for_help_there(self) -> None:
        assert "112" in reply(Reply.SOS_RECEIVED, translator("ru"), number="112")
        assert reply(Reply.SOS_RECEIVED, translator("ru")) == "Мы уже сообщаем вашим близким."


class TestContacts:
    @in_every_language
    @pytest.mark.parametrize("name", ["Айжан", LONG_NAME])
    def test_are_answered_and_told_within_three_segments(self, language: str, name: str) -> None:
        _ = translator(language)
        until = "22 ноя 23:00"
        alarms = (("K7Q4", name), ("M3XP", "Дана"))
        texts = [
            reply(kind, _, name=name, who=name, alarms=alarms, deadline="22:00", rehearsal=rehearsal, until=until)
            for kind in Reply
            for rehearsal in (False, True)
        ]
        texts += [
            notice(
                kind, _, name=name, who=name, at="22 ноя 22:00", place=name, ref_code="K7Q4", code="1234", until=until
            )
            for kind in ContactNotice
        ]
        texts += [all_clear(o, _, name=name, who=name, at="22 ноя 20:31", ref_code="K7Q4") for o in CLOSING]
        texts += [to_traveler(kind, _, name=name, code="123456") for kind in TravelerNotice]
        assert {text: count for text in texts if (count := segments(text)) > 3} == {}

    @in_every_language
    @pytest.mark.parametrize(("traveler", "contact"), [("Айжан", "Гүлнар"), (LONG_NAME, LONG_NAME)])
    def test_are_invited_in_three_segments(self, language: str, traveler: str, contact: str) -> None:
        text = invitation(
            traveler, contact, translator(language), count=segments, ref_code="K7Q4", link="aman.example/7fQ2kXw9LbR"
        )
        assert segments(text) <= 3
        assert "1" in text
        assert "STOP" in text
        assert text.endswith("aman.example/7fQ2kXw9LbR #K7Q4")

    @in_every_language
    def test_hear_how_each_alarm_ended_and_how_to_object(self, language: str) -> None:
        _ = translator(language)
        ends = {o: all_clear(o, _, name="Айжан", who="Данияр", at="20:31", ref_code="K7Q4") for o in CLOSING}
        assert len(set(ends.values())) == len(CLOSING)
        assert all("Айжан" in text and "4" in text and text.endswith("#K7Q4") for text in ends.values())
        assert "Данияр" in ends[Outcome.HEARD_SAFE]
        assert "20:31" in ends[Outcome.MISTAKEN]

    def test_hear_of_no_end_when_nothing_ended(self) -> None:
        with pytest.raises(ValueError, match="not_reached"):
            all_clear(Outcome.NOT_REACHED, translator("en"), name="Aizhan", ref_code="K7Q4")

    def test_with_several_alarms_are_asked_for_the_code(self) -> None:
        text = reply(Reply.WHICH_ALARM, translator("en"), alarms=(("K7Q4", "Aizhan"), ("M3XP", "Dana")))
        assert text == (
            "Which one? Answer with the digit and the code, for example 1 K7Q4. Open now: K7Q4 Aizhan, M3XP Dana."
        )

    @in_every_language
    def test_are_told_of_a_rehearsal_that_it_is_one(self, language: str) -> None:
        _ = translator(language)
        sign = _("REHEARSAL.")
        assert notice(ContactNotice.HELD, _, who="A", name="B", until="1", rehearsal=True).startswith(sign)
        assert all_clear(Outcome.HOME, _, name="B", ref_code="K7Q4", rehearsal=True).startswith(sign)
        assert reply(Reply.TAKEN, _, until="1", rehearsal=True).startswith(sign)

    @in_every_language
    @pytest.mark.parametrize("outcome", [Outcome.HEARD_SAFE, Outcome.FOUND_NO_CONTACT])
    def test_of_an_adult_who_wants_no_contact_learn_no_more(self, language: str, outcome: Outcome) -> None:
        text = all_clear(outcome, translator(language), name="Айжан", who="Данияр", ref_code="K7Q4")
        assert ("Данияр" in text) == (outcome is Outcome.HEARD_SAFE)


class TestTheOperator:
    def test_is_paged_for_everything_that_the_ladder_pages_for(self) -> None:
        assert {page.value for page in Page} <= {reason.value for reason in PageReason}

    @in_every_language
    @pytest.mark.parametrize("reason", PageReason)
    def test_reads_what_happened_and_where_to_look(self, language: str, reason: PageReason) -> None:
        text = operator(
            reason, translator(language), name="Айжан", source="twilio_sms", at="20:41", number=21, link=LINK,
            ref_code="K7Q4", detail="Где: Анталья.",
        )  # fmt: skip
        assert text.endswith(f"Где: Анталья. {LINK} #K7Q4")
        assert "{" not in text


class TestAllTexts:
    @staticmethod
    def all_of(_: Callable[[str], str]) -> list[str]:
        texts = [
            text
            for kind in AlarmKind
            for full in (True, False)
            for text in alert(replace(EVERYTHING, kind=kind), full=full, _=_, count=segments, second_code="M3XP")
        ]
        texts += [reply(kind, _, duress=duress) for kind in Reply for duress in (False, True)]
        texts += [notice(kind, _, duress=duress) for kind in ContactNotice for duress in (False, True)]
        texts += [all_clear(o, _, name="", ref_code="K7Q4") for o in CLOSING]
        texts += [to_traveler(kind, _) for kind in TravelerNotice]
        texts += [operator(reason, _) for reason in PageReason]
        return texts

    @in_every_language
    def test_never_name_the_crime_or_label_a_person(self, language: str) -> None:
        said = [text for text in self.all_of(translator(language)) if re.search(NEVER_SAID, text, re.IGNORECASE)]
        assert said == []

    @in_every_language
    def test_shout_nowhere_but_in_the_constant_thanks(self, language: str) -> None:
        _ = translator(language)
        assert {text for text in self.all_of(_) if "!" in text} == {_("Thank you!")}

    @pytest.mark.parametrize("kind", AlarmKind)
    def test_in_english_stay_in_the_cheap_alphabet(self, kind: AlarmKind) -> None:
        facts = AlertFacts("Aizhan", kind, "22:00", "K7Q4", missed=2, place="Antalya", link=LINK, untold=("Saule",))
        texts = [*write(facts, "en"), *(reply(k, translator("en")) for k in Reply)]
        texts += [notice(k, translator("en"), duress=d) for k in ContactNotice for d in (False, True)]
        assert [text for text in texts if not is_gsm7(text)] == []


class TestCutting:
    @pytest.mark.parametrize(
        "whole",
        ["e\u0301", "👩‍👩‍👧", "👍🏽", "🇰🇿", "❤️", "क्षि"[:2], "🏴\U000e0067\U000e0062\U000e007f"],
        ids=["accent", "family", "skin tone", "flag", "variation", "sign", "tags"],
    )
    def test_keeps_what_a_reader_sees_as_one_character(self, whole: str) -> None:
        assert list(graphemes(whole * 3)) == [whole] * 3

    def test_marks_what_is_missing(self) -> None:
        assert cut("Айгерім Нұрсұлтанқызы", 10) == f"Айгерім{CUT_MARK}"
        assert cut("Айгерім", 7) == "Айгерім"

    def test_makes_one_clean_line_of_what_was_typed(self) -> None:
        assert tidy(" Айжан\r\n \u202eneg\x00 \u200b ") == "Айжан neg"

    @given(st.text(max_size=80), st.integers(3, 40))
    def test_never_exceeds_its_limit(self, text: str, limit: int) -> None:
        assert len(list(graphemes(cut(text, limit)))) <= limit
