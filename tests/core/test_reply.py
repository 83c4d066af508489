"""What an inbound text means: the tables of texts, and the rules that they do not show."""

import csv
from datetime import time, timedelta
from pathlib import Path
from time import process_time

import pytest

from service.core.reply import Meaning, PauseUntil, Reading, normalize_message, read
from service.core.vocabulary import DISTRESS, NEGATION, STATES
from service.core.vocabulary.kinds import expand

DATA = Path(__file__).parent.parent / "data"
MEANINGS = {"checkin": Meaning.CHECK_IN} | {meaning.value: meaning for meaning in Meaning}


def rows(name: str) -> list[tuple[str, Meaning]]:
    with (DATA / name).open(encoding="utf-8", newline="") as table:
        return [(row["text"], MEANINGS[row["intended"]]) for row in csv.DictReader(table)]


def counts_as(reading: Reading) -> Meaning:
    """On her own trip a bare 1 is a check-in, since the reminder offers it."""
    one = reading.meaning is Meaning.DIGIT and reading.digit == 1 and reading.code is None
    return Meaning.CHECK_IN if one else reading.meaning


TEXTS = rows("inbound_texts.csv")
MORE_TEXTS = rows("more_inbound_texts.csv")


@pytest.mark.parametrize("table", [TEXTS, MORE_TEXTS], ids=["texts", "more"])
def test_nothing_that_means_something_else_checks_in(table: list[tuple[str, Meaning]]) -> None:
    signs_of_life = (Meaning.CHECK_IN, Meaning.HOME)
    false = [
        text
        for text, intended in table
        if intended not in signs_of_life and counts_as(read(text)) in (*signs_of_life, Meaning.DIGIT)
    ]
    assert false == []


@pytest.mark.parametrize("table", [TEXTS, MORE_TEXTS], ids=["texts", "more"])
def test_every_text_is_read_as_it_was_meant(table: list[tuple[str, Meaning]]) -> None:
    wrong = [(text, intended, read(text)) for text, intended in table if counts_as(read(text)) is not intended]
    assert wrong == []


def test_the_tables_are_whole() -> None:
    assert len(TEXTS) == 261
    assert len(MORE_TEXTS) >= 300
    traps = [text for text, intended in MORE_TEXTS if intended is Meaning.AMBIGUOUS]
    assert len(traps) * 2 >= len(MORE_TEXTS)


@pytest.mark.parametrize("text", ["1", "1.", "1)", "(1)", "1!", " 1 ", "１", "١", "1️⃣", "①"])
def test_a_lone_digit(text: str) -> None:
    assert read(text) == Reading(Meaning.DIGIT, digit=1)


@pytest.mark.parametrize("text", ["0", "5", "11", "1 2", "1/2", "1?", "-1", "+1", "1 ok", "1;2", "one"])
def test_what_is_no_lone_digit(text: str) -> None:
    assert read(text).meaning is Meaning.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "digit"),
    [("1 K7Q4", 1), ("K7Q4 1", 1), ("#K7Q4 2", 2), ("k7q4 3", 3), ("4-K7Q4", 4), ("К7Q4 1.", 1), ("2, #k7q4", 2)],
)
def test_a_digit_that_names_its_alarm(text: str, digit: int) -> None:
    assert read(text) == Reading(Meaning.DIGIT, digit=digit, code="K7Q4")


def test_a_code_alone_decides_nothing_but_names_its_alarm() -> None:
    assert read("K7Q4") == Reading(Meaning.AMBIGUOUS, code="K7Q4")


@pytest.mark.parametrize("text", ["1 KQRT", "1 K0Q4", "1 KIQ4", "5 K7Q4", "1 K7Q45", "1 K7Q4?", "K7Q4 ok"])
def test_what_is_no_code(text: str) -> None:
    assert read(text) == Reading(Meaning.AMBIGUOUS)


def test_a_number_behind_the_message_is_taken_off() -> None:
    assert read("OK 4821") == Reading(Meaning.CHECK_IN, pin="4821")
    assert read("все хорошо, мама 0042") == Reading(Meaning.CHECK_IN, pin="0042")
    assert read("stop 4821") == Reading(Meaning.STOP, pin="4821")
    assert read("help 4821") == Reading(Meaning.SOS, pin="4821")
    assert read("4821") == Reading(Meaning.AMBIGUOUS)
    assert read("ok 48215") == Reading(Meaning.AMBIGUOUS)
    assert read("ok 4821 4821").meaning is Meaning.AMBIGUOUS


def test_a_map_link_behind_the_message_is_taken_off_and_its_question_mark_asks_nothing() -> None:
    assert read("OK https://maps.google.com/?q=43.2389,76.8897").meaning is Meaning.CHECK_IN
    assert read("ok 43.2389, 76.8897").meaning is Meaning.CHECK_IN
    assert read("ok, my location: https://maps.app.goo.gl/Ab1").meaning is Meaning.CHECK_IN
    assert read("OK https://maps.google.com/?q=43.2389,76.8897?").meaning is Meaning.AMBIGUOUS
    assert read("OK? https://maps.google.com/?q=43.2389,76.8897").meaning is Meaning.AMBIGUOUS
    assert read("OK https://example.com/maps").meaning is Meaning.AMBIGUOUS
    assert read("OK https://maps.google.com/?q=help").meaning is Meaning.AMBIGUOUS


@pytest.mark.parametrize(
    "text",
    [
        "sos they locked me in",
        "help they don't let me go",
        "помогите, не отдают паспорт",
        "SOS не могу говорить",
        "көмек мені қамап қойды",
        "мама помоги меня заперли",
        "HELP",
        "help?",
        "🆘",
    ],
)
def test_a_message_that_begins_with_distress_is_sos(text: str) -> None:
    assert read(text).meaning is Meaning.SOS


@pytest.mark.parametrize(
    "text",
    [
        "sos ok",
        "ok sos",
        "not sos",
        "help not needed",
        "помощь не нужна",
        "көмек керек емес",
        "sos stop",
        "sos pause",
        "Liked “SOS”",
        "Reply OK if you are safe, SOS if not",
        "все хорошо, помогите",
    ],
)
def test_distress_beside_something_else_is_left_open_but_marked(text: str) -> None:
    assert read(text) == Reading(Meaning.AMBIGUOUS, distress=True)


def test_bad_news_without_a_cry_is_marked_too() -> None:
    assert read("норм, но страшно").distress
    assert read("ок но паспорт забрали").distress
    assert not read("ok however I lost my money").distress


@pytest.mark.parametrize(
    ("text", "meaning", "span"),
    [
        ("pause 3h", Meaning.PAUSE, timedelta(hours=3)),
        ("PAUSE 3 hours", Meaning.PAUSE, timedelta(hours=3)),
        ("pause 2h30", Meaning.PAUSE, timedelta(hours=2, minutes=30)),
        ("пауза на 1,5 часа", Meaning.PAUSE, timedelta(minutes=90)),
        ("пауза на полтора часа", Meaning.PAUSE, timedelta(minutes=90)),
        ("пауза полчаса", Meaning.PAUSE, timedelta(minutes=30)),
        ("үзіліс жарты сағат", Meaning.PAUSE, timedelta(minutes=30)),
        ("2 сағатқа үзіліс", Meaning.PAUSE, timedelta(hours=2)),
        ("tanaffus 2 soat", Meaning.PAUSE, timedelta(hours=2)),
        ("pause for a day please", Meaning.PAUSE, timedelta(days=1)),
        ("late 2h", Meaning.LATE, timedelta(hours=2)),
        ("I'll be 30 min late", Meaning.LATE, timedelta(minutes=30)),
        ("опоздаю на 30 минут", Meaning.LATE, timedelta(minutes=30)),
        ("опоздаю минут на 40", Meaning.LATE, timedelta(minutes=40)),
        ("задержусь на час", Meaning.LATE, timedelta(hours=1)),
        ("кешігемін 1 сағат", Meaning.LATE, timedelta(hours=1)),
        ("late", Meaning.LATE, None),
        ("пауза", Meaning.PAUSE, None),
    ],
)
def test_how_long(text: str, meaning: Meaning, span: timedelta | None) -> None:
    assert read(text) == Reading(meaning, span=span)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("pause until 18:00", PauseUntil(time(18))),
        ("pause until 6 pm", PauseUntil(time(18))),
        ("pause until 1830", PauseUntil(time(18, 30))),
        ("пауза до 18", PauseUntil(time(18))),
        ("пауза до 9 утра", PauseUntil(time(9))),
        ("пауза до завтра", PauseUntil(None, tomorrow=True)),
        ("пауза до завтра до 09:30", PauseUntil(time(9, 30), tomorrow=True)),
        ("үзіліс 18:00-ге дейін", PauseUntil(time(18))),
        ("ертеңге дейін үзіліс", PauseUntil(None, tomorrow=True)),
    ],
)
def test_until_when(text: str, until: PauseUntil) -> None:
    assert read(text) == Reading(Meaning.PAUSE, until=until)


@pytest.mark.parametrize(
    "text", ["pause 0h", "pause 2", "pause until 25:00", "pause 99999999999h", "pause 90 days", "late?", "not late"]
)
def test_a_length_that_cannot_be_read_orders_nothing(text: str) -> None:
    assert read(text).meaning is Meaning.AMBIGUOUS


def test_a_number_in_an_order_may_be_a_pin() -> None:
    assert read("пауза 2 часа 4821") == Reading(Meaning.PAUSE, span=timedelta(hours=2), pin="4821")


def test_news_of_a_relative_is_no_check_in() -> None:
    """A name without a comma before or behind a bare state is a subject as often as a call."""
    assert read("мама, жива").meaning is Meaning.CHECK_IN
    assert read("жива, мама").meaning is Meaning.CHECK_IN
    assert read("мам жива").meaning is Meaning.CHECK_IN
    assert read("мама жива").meaning is Meaning.AMBIGUOUS
    assert read("жива мама").meaning is Meaning.AMBIGUOUS
    assert read("мама дома").meaning is Meaning.AMBIGUOUS
    assert read("ок мама, все хорошо").meaning is Meaning.CHECK_IN
    assert read("ок мама жива").meaning is Meaning.AMBIGUOUS
    assert read("мама, доехала, все хорошо").meaning is Meaning.CHECK_IN
    assert read("мама доехала все хорошо").meaning is Meaning.AMBIGUOUS


def test_thanks_follow_a_statement_and_not_a_bare_ok() -> None:
    assert read("I'm fine, thanks").meaning is Meaning.CHECK_IN
    assert read("все хорошо, спасибо").meaning is Meaning.CHECK_IN
    assert read("ok thanks").meaning is Meaning.AMBIGUOUS


def test_a_bounced_key_is_forgiven_and_another_word_is_not() -> None:
    assert read("okkk mom").meaning is Meaning.CHECK_IN
    assert read("все хоррошо").meaning is Meaning.CHECK_IN
    assert read("ok soon").meaning is Meaning.AMBIGUOUS  # not "ok son"
    assert read("ok maam").meaning is Meaning.AMBIGUOUS  # not "ok mam"


def test_the_other_layout_is_read_with_its_question_mark() -> None:
    assert read("щл").meaning is Meaning.CHECK_IN
    assert read("dct [jhjij").meaning is Meaning.CHECK_IN
    assert read("gjvjubnt").meaning is Meaning.SOS
    assert read("щл,").meaning is Meaning.AMBIGUOUS  # the comma is the key of "?"
    assert read("jr&").meaning is Meaning.AMBIGUOUS  # & is the key of "?"


def test_a_signature_is_cut_only_when_a_phone_wrote_it() -> None:
    assert normalize_message("Ok\n\n--\nSent from my Galaxy S9") == "ok"
    assert read("ok\nSent from hospital").meaning is Meaning.AMBIGUOUS
    assert read("ok\n--\nnot really").meaning is Meaning.AMBIGUOUS


def test_even_a_hostile_text_is_read_quickly() -> None:
    """No expression may go back and forth over a long run; a second is a hundred times what these take."""
    started = process_time()
    for text in ("(" * 1600, "1" * 1600, "-" * 1600, "ok https://" * 140, "все хорошо " * 140, "1.234 " * 260):
        assert read(text).meaning is Meaning.AMBIGUOUS
    assert process_time() - started < 1


def test_a_text_longer_than_any_carrier_joins_is_no_check_in_but_may_be_a_cry() -> None:
    assert read("ok " * 2000).meaning is Meaning.AMBIGUOUS
    assert read("help " + "they locked me in " * 200).meaning is Meaning.SOS


def test_no_listed_state_holds_a_negation_or_a_word_of_distress() -> None:
    def holds(phrase: tuple[str, ...], part: tuple[str, ...]) -> bool:
        return any(phrase[at : at + len(part)] == part for at in range(len(phrase)))

    forbidden = DISTRESS | NEGATION
    by_word = {part[0]: [other for other in forbidden if other[0] == part[0]] for part in forbidden}
    found = [phrase for phrase in STATES for word in phrase for part in by_word.get(word, []) if holds(phrase, part)]
    assert found == []


def test_templates_write_what_they_say() -> None:
    assert set(expand("(a|b) [c] d")) == {"a c d", "b c d", "a d", "b d"}
    assert set(expand("j(a|e(f|g))")) == {"ja", "jef", "jeg"}
    for wrong in ("(a|b", "a)", "[a)", "(a]"):
        with pytest.raises(ValueError, match="bracket"):
            list(expand(wrong))
