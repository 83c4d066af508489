"""By SMS alone: all that a phone without the web is good for, in each language, by signed webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from notifiers.segments import measure
from service.core.keywords import asked
from service.db.routing import Inbox
from service.db.stored import table_of
from service.db.tables import Traveler
from tests.scenarios.story import Story, family, open_story

INBOX, TRAVELERS = table_of(Inbox), table_of(Traveler)
STRANGER = "+77017776655"


@dataclass(frozen=True, slots=True)
class Speech:
    """What somebody types, and a piece of what she is answered."""

    language: str
    ok: tuple[str, str]
    late: tuple[str, str]
    sos: tuple[str, str]
    status: tuple[str, str]
    numbers: tuple[str, str]
    elsewhere: tuple[str, str]
    lure: tuple[str, str]
    honest: tuple[str, str]
    menu: tuple[str, str]


SPEECHES = [
    Speech(
        "en",
        ok=("OK", "Next check-in"),
        late=("LATE 2H", "now due 22:00"),
        sos=("SOS", "telling your people now. If you can, call 112"),
        status=("STATUS", "Next check-in"),
        numbers=("NUMBERS", "Türkiye: emergencies 112. Your consulate, as you told us: +902422481200."),
        elsewhere=("numbers in Korea", "South Korea: police 112, ambulance 119, fire 119. Your embassy, Seoul: +82"),
        lure=(
            "OFFER Cyprus. Dancer needed, 18-25, nice looking. We keep your passport. Leave tomorrow.",
            "do not agree yet",
        ),
        honest=(
            "OFFER Waitress, cafe in Astana, official employment, 5/2, 250 000 tenge.",
            "not a check of the employer",
        ),
        menu=("MENU", "NUMBERS"),
    ),
    Speech(
        "ru",
        ok=("Все хорошо", "Следующая отметка"),
        late=("ОПОЗДАЮ 2Ч", "22:00"),
        sos=("помогите", "сообщаем вашим близким. Если можете, звоните на месте 112"),
        status=("СТАТУС", "Следующая отметка"),
        numbers=("НОМЕРА", "Турция: экстренный номер 112. Ваше консульство, как вы указали: +902422481200."),
        elsewhere=("номера в Корее", "полиция 112, скорая 119"),
        lure=("ВАКАНСИЯ Кипр, танцовщицы 18-25, паспорт хранится у нас, выезд завтра", "пока не соглашайтесь"),
        honest=("Вакансия: официантка в кафе, Астана, 5/2, оформление официальное, 250 000 тенге", "не проверка"),
        menu=("МЕНЮ", "НОМЕРА"),
    ),
    Speech(
        "kk",
        ok=("бәрі жақсы", "Келесі белгі"),
        late=("КЕШІГЕМІН 2 САҒАТ", "22:00"),
        sos=("көмек", "112"),
        status=("КҮЙ", "Келесі белгі"),
        numbers=("НӨМІРЛЕР", "Түркия: шұғыл нөмір 112. Консулдығыңыз, өзіңіз жазған нөмір: +902422481200."),
        elsewhere=("Кореяда нөмірлер", "полиция 112"),
        lure=("ЖҰМЫС: Кипрге бишілер керек, 18-25 жас, паспорт бізде сақталады, ертең шығамыз", "әзірге келіспеңіз"),
        honest=("жұмыс: Шымкенттегі зауытқа дәнекерлеуші керек, ресми, 5/2, 350 000 теңге", "тексеру емес"),
        menu=("МӘЗІР", "НӨМІРЛЕР"),
    ),
]


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[Story]:
    with open_story(sqlite_url) as opened:
        yield opened


def answer_to(story: Story, text: str) -> str:
    """The one answer to a text of hers."""
    assert story.traveler.text(text) in (200, 204)
    story.advance(seconds=20)
    [answer] = story.traveler.read_all()
    return answer


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: speech.language)
def test_a_feature_phone_is_enough(lite: Story, speech: Speech) -> None:
    """Numbers, an offer, the words, being late once, a check-in, help: each answered in her language, and shortly."""
    speak(lite, speech.language)
    # From here on a check-in would count for the evening.
    lite.advance_to("2026-12-01T15:00+03:00")
    segments = {}
    for name in ("menu", "numbers", "elsewhere", "lure", "honest", "status"):
        text, part = getattr(speech, name)
        answer = answer_to(lite, text)
        assert part in answer, name
        assert asked(answer, lambda _: "") is None, "two machines must not answer each other"
        segments[name] = measure(answer).segments
    assert segments["menu"] == 1
    assert max(segments[name] for name in ("numbers", "elsewhere", "honest", "status")) <= 2
    assert segments["lure"] <= 3
    assert deadline(lite) == "2026-12-01T17:00:00Z", "none of it is a sign of life"
    assert texts_kept(lite) == []
    lite.advance_to("2026-12-01T19:45+03:00")
    lite.traveler.read_all()
    for name in ("late", "ok", "sos"):
        text, part = getattr(speech, name)
        answer = answer_to(lite, text)
        assert part in answer, name
        assert measure(answer).segments <= 2, name
    assert deadline(lite) == "2026-12-02T17:00:00Z"
    lite.mother.expect("Aizhan")


def test_of_her_numbers_and_offers_nothing_is_kept_but_what_may_be_a_cry(lite: Story) -> None:
    """An ad never; the police's number is asked for in need, so her people may read that she did; a cry is one."""
    family(lite)
    answer = answer_to(lite, "номер полиции")
    assert answer.endswith("If you need help, answer SOS.")
    assert "We did not understand" in answer_to(lite, "OFFER waitress in Dubai, they took my passport")
    assert "Which country?" in answer_to(lite, "NUMBERS Atlantis")
    assert "Write OFFER and" in answer_to(lite, "OFFER")
    answer_to(lite, "OFFER Cyprus. Dancer needed.")
    assert answer_to(lite, "OFFER accepted, they beat us").endswith("If you need help, answer SOS.")
    assert len(texts_kept(lite)) == 4
    lite.mother.expect_nothing()
    assert "telling your people" in answer_to(lite, "OFFER SOS")
    lite.mother.expect("Aizhan")


def test_while_an_alarm_is_open_its_people_read_what_was_asked_and_say(lite: Story) -> None:
    """Any text from her number is news then; and what they write is no question unless it names a country."""
    family(lite)
    answer_to(lite, "SOS")
    lite.mother.read_all()
    for text in ("NUMBERS", "MENU", "OFFER Cyprus. Dancer needed."):
        answer_to(lite, text)
    lite.mother.text("номера нет")
    lite.advance(seconds=20)
    assert "Which country" not in "".join(lite.mother.read_all())
    assert len(texts_kept(lite)) == 4


@pytest.mark.parametrize("discreet", [True, False])
def test_where_every_text_gets_one_answer_nothing_is_asked(lite: Story, discreet: bool) -> None:
    """T1: with words, and in a discreet trip; what nobody understood is kept as any other text."""
    if discreet:
        family(lite, wording="discreet")
    else:
        family(lite, words=True)
    texts = ("OFFER Cyprus. Dancer needed.", "NUMBERS", "номера Турция", "MENU", "OFFER SOS", "OFFER")
    assert {answer_to(lite, text) for text in texts} == {"Thank you!"}
    assert len(texts_kept(lite)) == len(texts)
    lite.mother.expect_nothing()


def test_a_contact_hears_of_a_country_and_a_stranger_of_nothing(lite: Story) -> None:
    family(lite)
    lite.mother.text("номера Турция")
    lite.advance(seconds=20)
    [answer] = lite.mother.read_all()
    assert answer.startswith("Türkiye: emergencies 112. Your embassy, Ankara: +903124919100")
    assert "157" not in answer, "a short code cannot be dialed from home"
    lite.mother.text("NUMBERS")
    lite.mother.text("OFFER Cyprus. Dancer needed.")
    lite.phone(STRANGER).text("NUMBERS TR")
    lite.advance(seconds=20)
    assert lite.mother.read_all() == ["Which country? Write for example: NUMBERS TURKEY."]
    lite.phone(STRANGER).expect_nothing()


def test_before_she_leaves_she_may_ask_and_nothing_else_is_answered(story: Story) -> None:
    story.register()
    story.plan_trip(wording="plain")
    story.traveler.read_all()
    assert "Türkiye: emergencies 112" in answer_to(story, "numbers")
    assert "OFFER" in answer_to(story, "menu")
    assert "do not agree" in answer_to(story, "OFFER Cyprus. Dancer needed, we keep your passport, you pay the visa.")
    for text in ("OK", "SOS", "what is this"):
        story.traveler.text(text)
    story.set_words()
    story.traveler.text("numbers")
    story.advance(seconds=20)
    story.traveler.expect_nothing()


def speak(story: Story, language: str) -> None:
    family(story)
    story.service.run(lambda conn: conn.execute(update(TRAVELERS).values(language=language)))


def deadline(story: Story) -> str:
    return str(story.call("GET", f"/trips/{story.trip_id}")["next_deadline"])


def texts_kept(story: Story) -> list[int]:
    """The inbox rows whose text is still there."""
    return list(
        story.service.read(lambda conn: conn.execute(select(INBOX.c.inbox_id).where(INBOX.c.sealed != b"")).scalars())
    )
