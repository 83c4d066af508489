"""What the words of a job offer show: the ads that this grew from, honest ones, traps, and spellings that hide."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from service.core.offer import HIGH, LANGUAGES, Check, Level, check
from service.core.offer_ruleset import pattern, ruleset
from tests.core.ads import checked

DATA = Path(__file__).parents[1] / "data"
ADS = json.loads((DATA / "offers.json").read_text("utf-8"))
SENTENCES = json.loads((DATA / "offer_sentences.json").read_text("utf-8"))
MIXED = ("kk-honest-35", "kk-honest-38", "kk-honest-58", "kk-honest-65")
"""Ads in two languages, or with hardly a word in any."""
WELL_TOLD = {
    "en": (
        "Nord Fresh B.V., Rotterdam, Netherlands, is looking for packers: sorting and packing of flowers. 40 hours a"
        " week, 5/2, 1,900 EUR gross. Requirements: a year of experience, English A2. Contract of employment. "
    ),
    "ru": (
        "ТОО «Норд Фреш», Роттердам, Нидерланды, приглашает упаковщиков: сортировка и упаковка цветов. 40 часов в"
        " неделю, 5/2, 1900 евро. Требования: опыт от года, английский A2. Трудовой договор. "
    ),
    "kk": (
        "«Норд Фреш» ЖШС, Роттердам, Нидерланд, қаптаушылар керек: гүл сұрыптау және қаптау. Аптасына 40 сағат, 5/2,"
        " 1900 еуро. Талаптар: бір жыл тәжірибе, ағылшын тілі A2. Еңбек шарты. "
    ),
}

ARTICLE = {
    "en": (
        "Looking for a European-looking girl to work for Xerox.",
        "Cyprus. Dancer needed.",
        "A new international campaign abroad. No age or education requirements. Wages over $500.",
        "A girl to serve as an escort.",
    ),
    "ru": (
        "Ищем девушку европейской внешности для работы на ксероксе.",
        "Кипр. Требуется танцовщица.",
        "Новая международная кампания за рубежом. Без требований к возрасту и образованию. Зарплата от 500$.",
        "Требуется девушка для эскорта.",
    ),
    "kk": (
        "Ксерокста жұмыс істеуге еуропалық келбетті қыз керек.",
        "Кипр. Биші керек.",
        "Шетелдегі жаңа халықаралық кампания. Жасына да, біліміне де талап жоқ. Жалақы 500 доллардан жоғары.",
        "Эскортқа қыз керек.",
    ),
}
ITS_QUESTIONS = (
    ("Why would appearance matter for this work?", "whether I am a woman or a man?"),
    ("Is there a shortage of dancers",),
    ("What type of work requires no knowledge, experience or education?", "enough for housing and food"),
    ("also sexual services?",),
)
"""What the article asks of each of its four ads."""

HONEST = (
    "Seasonal fruit picker, Kent, United Kingdom. Seasonal worker visa through a licensed operator. No recruitment"
    " fees. 11.44 pounds an hour, 40 hours a week. No experience needed. Contract before departure.",
    "Dance teacher for a children's school in Almaty, two years of experience, 250 000 tenge, afternoons.",
    "Nurse for a hospital in Leipzig. German B2, diploma. 2,900 EUR gross. Employer pays flight and visa. Contract"
    " signed before departure.",
    "Cabin crew, Air Astana. Good English, height from 160 cm, neat appearance, 21 and older. Training in Almaty.",
    "Водитель категории CE в Польшу, 1900 евро, рабочая виза, договор до выезда, опыт 2 года. Познань.",
    "Официантка в кафе в Астане, можно без опыта, 2/2, 180 000 тенге и чаевые.",
    "Няня к ребёнку трёх лет, Алматы, 5/2, с 8 до 18, 220 000 тенге.",
    "Шымкентке дәнекерлеуші керек, 350 000 теңге, 5/2, тәжірибесі бар, ресми жұмыс.",
    "Кореядағы зауытқа мемлекеттік E9 бағдарламасы бойынша жұмысшылар. Тіл емтиханы, тіркелу тегін, келісімшарт.",
    "Женский фитнес-клуб в Алматы ищет женщину-администратора, 2/2, 200 000 тенге. Можно писать в WhatsApp.",
)
"""Ads like the ten that are known to be honest (SAFETY part 3, b1 to b10)."""


def every_check() -> list[Check]:
    return [checked(ad["text"]) for ad in ADS]


def rules_of(found: Check) -> set[str]:
    return {one.rule for one in found.findings}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_four_ads_of_the_article_are_high_and_its_own_questions_are_asked_back(language: str) -> None:
    for ad, questions in zip(ARTICLE[language], ITS_QUESTIONS, strict=True):
        found = check(ad)
        assert (found.level, found.language) == (Level.HIGH, language), ad
        asked = " ".join(one.ask["en"] for one in found.findings)
        assert [question for question in questions if question not in asked] == [], ad
        assert all(one.ask[language] and one.why[language] for one in found.findings)


@pytest.mark.parametrize("ad", HONEST)
def test_an_honest_ad_is_not_high(ad: str) -> None:
    assert check(ad).level is not Level.HIGH


def test_what_is_denied_is_no_sign_and_a_denied_paper_is_no_comfort() -> None:
    for ad in (
        "Warehouse in Germany. We never keep your passport.",
        "Склад в Германии. Мы никогда не забираем паспорт, он остаётся у вас.",
        "Германиядағы қойма. Төлқұжатты ешқашан алып қоймаймыз, ол өзіңізде қалады.",
        "Warehouse in Germany. Your passport stays with you, the company holds a copy.",
        "Склад в Германии. Паспорт остаётся у вас, у менеджера только копия.",
        "Германиядағы қойма. Паспорт өз қолыңызда сақталады.",
    ):
        assert "P1" not in rules_of(check(ad)), ad
    assert "V2" in rules_of(check("Farm in Spain. No work permit needed."))
    with_permit, without = check("Farm in Spain. Work permit."), check("Farm in Spain. No work permit needed.")
    assert with_permit.score < without.score
    assert "F1" not in rules_of(check("Work in Poland. You pay nothing: the employer pays for the visa."))


@pytest.mark.parametrize(
    "ad",
    [
        "Applicants in Poland must hold a valid EU passport. Equal chances regardless of sexual orientation.",
        "Truck driver Poland–Germany: night driving, border crossings, customs papers, cargo transport.",
        "Nurse for a kidney clinic in Vienna, dialysis, contract, 2,900 EUR.",
        "Cashier in Prague: process payments, receive goods, compensation package, review after 6 months.",
        "Accountant in Warsaw: 9,000 PLN, raise after 3 months, an attractive salary, a good look at reports.",
        "Au pair in Paris, a single room, the family helps to open a bank account, calls in the evening.",
        "Документы сдать в отдел кадров: паспорт, диплом, две фотографии. Прага, завод.",
        "Польша, долгосрочная виза, оплата за отработанные часы, дорогие подарки к празднику.",
        "Закладка садов и фундаментов, Финляндия. Сбор ягод. Договор на русском.",
        "Водитель-международник: перевозка грузов через границу, паспорт действующий, Литва.",
        "Отель в Греции: красивый город, привлекательные условия, свободный график, приятный коллектив.",
        "Сербия: контроль брака на линии, компенсация проезда, интим не предлагать.",
        "Польша, зауыт. Құжат тапсыру: төлқұжат, диплом. Жұмыс түрі: қаптау, жыл бойы, сонымен қатар сыйақы.",
        "Чехияда электрик: тәжірибе бар, жалақы 3 айдан кейін өседі, қазақ тілі.",
    ],
)
def test_words_that_only_look_like_a_sign_are_none(ad: str) -> None:
    assert [(one.rule, one.quote) for one in check(ad).findings if one.weight > 3] == []


def test_promises_never_make_a_serious_sign_low() -> None:
    promised = (
        "Work visa, contract signed before departure, no fees, you keep your documents. Hotel in Dubai, 900 USD."
        " In the evening you entertain guests in the night club."
    )
    assert check(promised).level is not Level.LOW


def test_who_brings_it_and_how_kindly_changes_nothing() -> None:
    """E1, N14: the same score for a friend's offer, an agency's and one that a pleasant stranger makes."""
    for ad in (ARTICLE["en"][1], ARTICLE["ru"][2], ARTICLE["kk"][0]):
        scores = {
            check(f"{ad}{source}").score
            for source in (
                "",
                " My best friend offers it.",
                " An agency says so.",
                " Очень приятный человек, всё вежливо объяснил.",
                " Туысым айтты, өте мейірімді адам.",
            )
        }
        assert len(scores) == 1, ad


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("trebuyutsya devushki v Turciyu, bez opyta, zarplata ot 3000$", "Q1"),
        ("Turkiyaga qyzdar kerek, tajiribe kerek emes, jol tegin", "G1"),
        ("Турцияга кыздар керек, тажирибе керек емес", "Q1"),
        ("Требуется девушка для э с к о р т а", "S2"),
        ("Нужна девушка, эcкoрт", "S2"),
        ("ТРЕБУЮТСЯ ДЕВУШКИ!!! 💃💰 Турция", "G1"),
        ("Ваш пасспорт забераем на хранениее, забираем пасспорт, Турция", "P1"),
        ("Работа в Испании, 𝗻𝗼 𝗰𝗼𝗻𝘁𝗿𝗮𝗰𝘁 needed, паспорт сдаёте менеджеру", "C1"),
        ("Hello! Жұмыс бар Түркияда, паспорт we keep in office, билет потом отработаете", "F2"),
    ],
)
def test_a_spelling_hides_nothing(written: str, rule: str) -> None:
    assert rule in rules_of(check(written))


def test_a_line_is_enough() -> None:
    found = check("Требуются девушки, Турция, з/п от 3000$, жилье, дорога за наш счет")
    assert found.level is Level.HIGH
    assert {"G1", "W1", "F3", "M2"} <= rules_of(found)
    assert next(one.quote for one in found.findings if one.rule == "W1") == "3000$"


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_sentence_is_enough_in_an_offer_that_tells_everything_and_ordinary_ones_are_none(language: str) -> None:
    """A lure that is written well hides in one sentence: nothing else that is told outweighs it."""
    assert check(WELL_TOLD[language]).level is Level.LOW
    for kind, low in (("signs", False), ("plain", True)):
        levels = {one[language]: check(WELL_TOLD[language] + one[language]).level for one in SENTENCES[kind]}
        assert [sentence for sentence, level in levels.items() if (level is Level.LOW) is not low] == []


def test_without_a_sign_it_is_low_and_an_empty_text_is_too() -> None:
    known = "Шымкент, ТОО «Сервис», сварщик 5 разряда, 5/2, 350 000 тенге, договор, ул. Абая 1, опыт от 2 лет"
    for text in ("", "   \n", "🙂🙂🙂", known):
        assert check(text).findings == ()
        assert check(text).level is Level.LOW
    assert check("Hello", "kk").language == "kk"


def test_every_finding_quotes_the_words_that_made_it_the_heaviest_first() -> None:
    for ad, found in zip(ADS, every_check(), strict=True):
        assert all(one.quote and one.quote in ad["text"] for one in found.findings), ad["id"]
        weights = [one.weight for one in found.findings]
        assert weights == sorted(weights, reverse=True)
        assert found.language == ad["language"] or ad["id"] in MIXED, ad["id"]
        if found.score >= HIGH + 2:
            assert found.level is Level.HIGH


def test_every_rule_speaks_three_languages_and_finds_something() -> None:
    """N9: the rules are data; one that finds nothing in two hundred ads is a mistake in them."""
    known = {
        entry.concept
        for table in (ruleset().lexicon.whole, ruleset().lexicon.stems)
        for one in table.values()
        for entry in one
    }
    known |= {
        "pay_high",
        "pay_low",
        "pay_named",
        "only_young",
        "under_age",
        "long_hours",
        "facts_missing",
        "facts_thin",
    }
    seen = set[str]()
    for found in every_check():
        seen |= rules_of(found)
    for one in SENTENCES["signs"]:
        seen |= rules_of(check(one["en"] + " Spain."))
    for rule in ruleset().rules:
        asked = {term.concept for one in rule.when for term in one.terms}
        asked |= {term.concept for one in rule.when for term, _near in one.unless}
        asked |= {name for one in rule.when for name in (*one.having, *one.lacking)}
        assert asked <= known, rule.id
        if not rule.claim:
            assert rule.id in seen, rule.id
            assert all(rule.why[language] and rule.ask[language] for language in LANGUAGES), rule.id
    assert len({rule.id for rule in ruleset().rules}) == len(ruleset().rules)
    with pytest.raises(ValueError, match="asks for nothing"):
        pattern("/3 unless copy")


def test_a_hostile_text_costs_no_more_than_a_long_one() -> None:
    check("warm")
    began = time.process_time()
    for text in ("a " * 10_000, "паспорт забираем " * 1200, "3000$ " * 3500, "маиди" * 4000 + "1", "не " * 6700):
        check(text[:20_000])
    assert time.process_time() - began < 5
