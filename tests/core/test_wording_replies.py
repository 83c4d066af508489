"""What is answered, noted and paged."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.segments import is_gsm7
from service.core.alarm import CLOSING, AlarmKind, Outcome
from service.core.ladder import Page
from service.core.wording import (
    AlertFacts,
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
    to_traveler,
)
from service.core.wording_replies import TO_TRAVELER
from service.core.wording_text import CUT_MARK, cut, cut_name, graphemes, tidy
from service.texts import translator
from tests.core.wording_facts import (
    EVERYTHING,
    LINK,
    LONG_NAME,
    NEVER_SAID,
    in_every_language,
    segments,
    write,
)


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

    def test_cuts_a_name_between_its_words(self) -> None:
        assert cut_name("Айжан Нұрланқызы", 12) == "Айжан"
        assert cut_name("Айжан Нұрланқызы", 16) == "Айжан Нұрланқызы"
        assert cut_name("Нұрсұлтанқызы", 8) == f"Нұрсұл{CUT_MARK}"

    def test_makes_one_clean_line_of_what_was_typed(self) -> None:
        assert tidy(" Айжан\r\n \u202eneg\x00 \u200b ") == "Айжан neg"

    @given(st.text(max_size=80), st.integers(3, 40))
    def test_never_exceeds_its_limit(self, text: str, limit: int) -> None:
        assert len(list(graphemes(cut(text, limit)))) <= limit
