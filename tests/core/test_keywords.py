"""What can be asked by a text: the words for it, and everything that must never be taken for one."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.keywords import Asked, Keyword, asked
from service.core.keywords_countries import Gazetteer
from service.core.keywords_lists import AD, AD_SET_APART, MENU, NUMBERS
from service.core.reply import Meaning, Reading, read
from service.core.vocabulary.kinds import expand
from service.usecases.by_text_country import country_meant
from service.usecases.places import countries
from service.usecases.stop import CARRIER_STARTS, CARRIER_STOPS
from tests.core.test_reply import MORE_TEXTS, TEXTS

PLACES = Gazetteer.of(
    {
        "TR": ("Türkiye", "Turkey", "Турция", "Түркия"),
        "DE": ("Germany", "Германия"),
        "PL": ("Poland", "Польша"),
        "KR": ("South Korea", "Южная Корея", "Корея", "Оңтүстік Корея"),
        "CN": ("China", "Китай", "Қытай"),
        "IR": ("Iran", "Иран"),
        "IQ": ("Iraq", "Ирак"),
        "NE": ("Niger", "Нигер"),
        "NG": ("Nigeria", "Нигерия"),
        "IN": ("India", "Индия"),
    }
)
CARRIERS = CARRIER_STOPS | CARRIER_STARTS | {"help", "info"}
LURE = "Требуются девушки, Турция, з/п от 3000$, дорога за наш счёт"


def in_(text: str) -> Asked | None:
    return asked(text, PLACES.find)


def numbers(text: str) -> str:
    """The country of a request for numbers; "here" where none is named."""
    found = in_(text)
    assert found is not None, text
    assert found.keyword is Keyword.NUMBERS, text
    assert found.names == "", text
    return found.country or "here"


def in_country(code: str) -> Asked:
    return Asked(Keyword.NUMBERS, country=code)


class TestNumbers:
    def test_are_asked_for_where_she_is(self) -> None:
        english = "NUMBERS|numbers?|phone numbers please|numbres|police number"
        russian = "НОМЕРА|номира|nomera|yjvthf|какие номера|номер полиции|номера посольства пожалуйста"
        kazakh = "НӨМІРЛЕР|номирлер|нөмірлер керек|nomirler|телефон нөмірлері|полиция нөмірі"
        for text in "|".join((english, russian, kazakh)).split("|"):
            assert numbers(text) == "here", text

    @pytest.mark.parametrize(
        ("country", "texts"),
        [
            ("TR", "NUMBERS TR|numbers for Turkey please|номера Турция|номера в Турции|номера турцыя|nomera turciya"),
            ("TR", "Түркия нөмірлері|нөмірлер tr|Түркияның нөмірлері|Түркияда нөмірлер"),
            ("KR", "номера в Южной Корее|Кореяда нөмірлер|KR numbers|Оңтүстік Кореяда нөмірлер"),
            ("PL", "номера польше"),
            ("CN", "номера в Китае|Қытайда нөмірлер"),
            ("IR", "номера Иран|номера в Иране"),
            ("IQ", "номера ираке"),
            ("NG", "номера Нигерии"),
            ("NE", "номера Нигер"),
            ("IN", "NUMBERS IN"),
        ],
    )
    def test_are_asked_for_in_a_country_that_is_named(self, country: str, texts: str) -> None:
        assert {text: numbers(text) for text in texts.split("|")} == dict.fromkeys(texts.split("|"), country)

    def test_are_asked_for_by_the_code_of_any_country(self) -> None:
        codes = [code for code, _ in countries("en")]
        assert [code for code in codes if asked(f"NUMBERS {code}", country_meant) != in_country(code)] == []

    def test_of_a_country_that_nobody_knows_are_not_guessed(self) -> None:
        assert in_("NUMBERS Turkland") == Asked(Keyword.NUMBERS, names="turkland")

    def test_are_not_asked_for_by_what_only_speaks_of_some(self) -> None:
        texts = "номер паспорта 123|ok numbers|my boss has numbers of all|номера машины хозяина у меня нет|number 5"
        texts += "|phone me|мой телефон|телефон сел|телефон недоступен|номер новый|number changed"
        for text in (*texts.split("|"), "two numbers a day we eat", "numbers " * 20):
            assert in_(text) is None, text


class TestAnOffer:
    def test_is_what_stands_behind_the_word_for_one(self) -> None:
        plain = "OFFER |ВАКАНСИЯ |вокансия |«Вакансия» |vakansiya |Job offer\n|Вакансия\n|бос жұмыс орны "
        set_apart = "JOB |job: |РАБОТА |объявление: |ЖҰМЫС |жұмыс: |жумис:\n|ҰСЫНЫС "
        for head in f"{plain}|{set_apart}".split("|"):
            assert in_(head + LURE) == Asked(Keyword.OFFER, ad=LURE), head

    def test_is_asked_about_without_one(self) -> None:
        for text in ["OFFER", "вакансия!", "ЖҰМЫС:", "job?"]:
            assert in_(text) == Asked(Keyword.OFFER), text

    def test_may_speak_of_hospitals_help_and_the_police(self) -> None:
        english = "Help wanted: cooks in Dubai|Nurse for a hospital in Leipzig, no violence"
        others = "Медсестра в больницу, помощь с визой|Охранник, бывшие сотрудники полиции|Помощник повара"
        for ad in f"{english}|{others}|Жедел жәрдем дәрігері, аурухана".split("|"):
            assert in_(f"OFFER {ad}") == Asked(Keyword.OFFER, ad=ad), ad

    def test_never_eats_a_bare_cry_for_help(self) -> None:
        for cry in ["SOS", "help!", "помогите", "көмек", "нужна помощь", "🆘"]:
            assert in_(f"OFFER {cry}") == in_(f"вакансия: {cry}") == Asked(Keyword.OFFER, is_cry=True), cry

    def test_with_a_cry_in_it_is_a_text_that_her_people_may_have_to_read(self) -> None:
        english = "OFFER waitress in Dubai. SOS|offer they took my passport|OFFER help me they locked me in"
        others = "ВАКАНСИЯ официантка помогите|вакансия паспорт забрали|ЖҰМЫС: қыздар керек. Көмектесіңіз"
        for text in f"{english}|{others}".split("|"):
            assert in_(text) is None, text
            assert read(text) == Reading(Meaning.AMBIGUOUS, distress=True), text

    def test_is_not_what_she_tells_of_her_work(self) -> None:
        english = "offer was fake, they moved me|job is hard but fine|my offer: cook"
        russian = "Вакансия оказалась обманом|работа нормально|предложение хорошее"
        kazakh = "жұмыс бітті, бәрі жақсы|жұмыс жоқ, ақша бермеді|ЖҰМЫС мені алдады"
        for text in f"{english}|{russian}|{kazakh}".split("|"):
            assert in_(text) is None, text


def test_the_menu() -> None:
    for text in ["MENU", "menu?", "меню", "Меню!", "мәзір", "команды", "words please", "vty."]:
        assert in_(text) == Asked(Keyword.MENU), text


def test_no_text_of_the_tables_asks_for_anything() -> None:
    assert [text for text, _ in (*TEXTS, *MORE_TEXTS) if in_(text)] == []


def test_no_word_means_anything_else_or_is_a_carriers() -> None:
    for templates in (MENU, NUMBERS, AD, AD_SET_APART):
        for phrase in (phrase for line in templates.splitlines() if line.strip() for phrase in expand(line.strip())):
            is_sos = phrase.startswith("emergency")
            assert read(phrase).meaning is (Meaning.SOS if is_sos else Meaning.AMBIGUOUS), phrase
            assert phrase not in CARRIERS


@settings(max_examples=40)
@given(st.text() | st.builds("{} {}".format, st.sampled_from(["OFFER", "НОМЕРА", "жұмыс:"]), st.text()))
def test_it_is_total_and_an_ad_is_a_part_of_the_text(text: str) -> None:
    found = in_(text)
    assert found is None or found.ad in text


def test_a_text_that_is_made_to_take_long_takes_no_time() -> None:
    before = process_time()
    for behind in ("a" * 20_000, "aя" * 10_000, "a." * 10_000, "я\n" * 10_000, "e\u0301" * 10_000, "ok " * 7_000):
        in_(f"OFFER {behind}")
        in_(behind)
    assert process_time() - before < 2
    assert in_("OFFER " + "cook " * 3_000 + ". SOS") is None, "its end is read as well"
