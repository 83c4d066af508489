"""Safe and duress words: which are refused and why, and finding one in a text."""

import pytest

from service.core.reply import Meaning, read
from service.core.words import (
    PROPOSALS,
    Reason,
    WordProblem,
    candidates,
    check_words,
    fingerprint,
    match,
    normalize,
)

KEY = b"k" * 32
GOOD = (["варю суп", "soup again"], ["мою посуду", "the bus is full"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Варю суп!", "варю  суп"),
        ("варюсуп", "варю суп"),
        ("всё тихо", "все тихо"),
        ("қар жауды", "кар жауды"),
        ("ән айттым", "ан айттым"),
        ("үй ішінде", "уй ишинде"),
        ("ғажап көрме һәм ңң", "гажап корме хам нн"),
        ("coca", "соса"),  # Latin and Cyrillic
        ("d\u200bog 🐕", "DOG"),
        ("don’t know", "dont know"),
        ("２７", "27"),
    ],
)
def test_the_same_word(one: str, other: str) -> None:
    """T5: case, spaces, signs, ё, Kazakh letters on a Russian keyboard and look-alikes make no other word."""
    assert normalize(one) == normalize(other)


def test_other_words_stay_others() -> None:
    assert len({normalize(word) for word in ("суп", "супы", "soup", "27", "72", "дом", "том")}) == 7


def test_good_words_have_no_problem() -> None:
    assert check_words(*GOOD) == []


def test_one_of_each_is_needed() -> None:
    assert check_words([], []) == [WordProblem("safe", Reason.EMPTY), WordProblem("duress", Reason.EMPTY)]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("", Reason.EMPTY),
        (" … ", Reason.EMPTY),
        ("🌸", Reason.EMPTY),
        ("7", Reason.ONE_DIGIT),
        ("ab", Reason.TOO_SHORT),
        ("ok", Reason.TOO_SHORT),
        ("очень длинное предложение о погоде на всю неделю", Reason.TOO_LONG),
        ("sos", Reason.OBVIOUS),
        ("112", Reason.OBVIOUS),
        ("1234", Reason.OBVIOUS),
        ("password 7788", Reason.OBVIOUS),
        ("төлқұжат", Reason.OBVIOUS),
        ("көмектесіңіз", Reason.OBVIOUS),
        ("help", Reason.OBVIOUS),
        ("помоги", Reason.OBVIOUS),
        ("Көмек!", Reason.OBVIOUS),
        ("duress", Reason.OBVIOUS),
        ("помогите маме", Reason.OBVIOUS),
        ("мне страшно", Reason.OBVIOUS),
        ("STOP", Reason.RESERVED),
        ("Yes", Reason.RESERVED),
        ("info", Reason.RESERVED),
        ("unstop", Reason.RESERVED),
        ("okay", Reason.MEANS_SOMETHING),
        ("все хорошо", Reason.MEANS_SOMETHING),
        ("жива?", Reason.MEANS_SOMETHING),
        ("дома", Reason.MEANS_SOMETHING),
        ("пауза 2 часа", Reason.MEANS_SOMETHING),
        ("ok 4821", Reason.MEANS_SOMETHING),
        ("K7Q4", Reason.MEANS_SOMETHING),
        ("отписаться", Reason.MEANS_SOMETHING),
    ],
)
def test_refused_words(word: str, reason: Reason) -> None:
    """T6: what anybody would try first, and what a text means anyway, is no word of hers on either list."""
    safe, duress = GOOD
    assert check_words([word, *safe], duress) == [WordProblem("safe[0]", reason)]
    assert check_words(safe, [*duress, word]) == [WordProblem("duress[2]", reason)]


def test_numbers_of_two_digits_and_more_are_words() -> None:
    assert check_words(["27", "4821"], ["315"]) == []


def test_equal_words_are_refused_whichever_list_they_are_on() -> None:
    """T5: two words that are one after normalizing."""
    assert check_words(["қар жауды", "КАР  ЖАУДЫ"], ["кар, жауды"]) == [
        WordProblem("safe[1]", Reason.EQUAL),
        WordProblem("duress[0]", Reason.EQUAL),
    ]


def test_a_duress_word_that_is_a_safe_word_with_a_number_is_refused() -> None:
    assert check_words(["купила хлеб"], ["купила хлеб 4821"]) == [WordProblem("duress[0]", Reason.EQUAL)]


@pytest.mark.parametrize("slip", ["дождиик", "дожик", "дождак", "доджик", "ддождик", "дождикк", "ождик"])
def test_a_slip_of_a_safe_word_is_no_duress_word(slip: str) -> None:
    """T5: a slip of the thumb must not alarm her family."""
    assert check_words(["дождик"], [slip]) == [WordProblem("duress[0]", Reason.ONE_EDIT_APART)]


@pytest.mark.parametrize("other", ["доджки", "дождиком", "жодикд"])
def test_two_slips_are_another_word(other: str) -> None:
    assert check_words(["дождик"], [other]) == []


def test_two_safe_words_may_be_near() -> None:
    assert check_words(["дождик", "дождики"], ["посуда"]) == []


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_proposals_may_be_used_and_mean_nothing(language: str) -> None:
    """T6: what the set-up proposes passes its own checks, four of each list at once."""
    words = PROPOSALS[language]
    assert len(words) == 8
    assert check_words(words[:4], words[4:]) == []
    assert check_words(words[4:], words[:4]) == []
    assert {read(word).meaning for word in words} == {Meaning.AMBIGUOUS}


def test_a_word_is_found_whole_or_before_a_link_or_number() -> None:
    prints = [fingerprint(KEY, word) for word in ("варю суп", "мою посуду", "қар жауды")]
    assert match(KEY, "Варю суп!", prints) == 0
    assert match(KEY, "мою посуду 4821", prints) == 1
    assert match(KEY, "мою посуду https://maps.google.com/?q=43.2,76.8", prints) == 1
    assert match(KEY, "кар жауды\nSent from my iPhone", prints) == 2
    assert match(KEY, "сегодня варю суп", prints) is None
    assert match(KEY, "", prints) is None
    assert match(KEY, "варю суп", []) is None
    assert match(b"x" * 32, "варю суп", prints) is None


def test_the_whole_text_goes_before_the_text_without_its_number() -> None:
    prints = [fingerprint(KEY, "дом"), fingerprint(KEY, "дом 1234")]
    assert candidates("Дом 1234") == ("дом 1234", "дом")
    assert match(KEY, "Дом 1234", prints) == 1
    assert match(KEY, "Дом 9876", prints) == 0


COMMANDS = {
    "en": ("ok", "I am fine", "home", "pause 3h", "late 1h", "status", "stop", "start", "help"),
    "ru": ("ок", "все хорошо", "я дома", "пауза 3 ч", "опоздаю", "статус", "стоп", "старт", "помоги"),
    "kk": ("жақсы", "бәрі жақсы", "үйдемін", "үзіліс", "кешігемін", "күй", "тоқта", "баста", "көмек"),
}


@pytest.mark.parametrize("language", COMMANDS)
def test_no_command_of_ours_is_a_word(language: str) -> None:
    """T6: a word is nothing that a text means anyway, in each of the languages and in any letters."""
    safe, duress = GOOD
    for command in COMMANDS[language]:
        for spelled in (command, command.upper(), f" {command}!"):
            assert [one.field for one in check_words([*safe, spelled], duress)] == ["safe[2]"], spelled
            assert [one.field for one in check_words(safe, [*duress, spelled])] == ["duress[2]"], spelled


def test_a_fingerprint_is_keyed_and_says_nothing_of_spelling() -> None:
    assert fingerprint(KEY, "Варю суп") == fingerprint(KEY, "варю суп!")
    assert fingerprint(KEY, "варю суп") != fingerprint(b"x" * 32, "варю суп")
    assert len(fingerprint(KEY, "\ud800")) == 32
