"""What is answered by text from what we know: only numbers that may be called, countries by any name, offers' signs."""

from datetime import date

import pytest

from notifiers.segments import measure
from service.core.carriage import ANYTHING
from service.core.offer_ruleset import ruleset
from service.core.wording_keywords import MOST_SEGMENTS, MOST_SEGMENTS_OF_AN_OFFER, Near, Sign, numbers, offer
from service.directory.countries import country
from service.texts import LANGUAGES, translator
from service.usecases.by_text_country import country_meant
from service.usecases.by_text_numbers import Asker, numbers_of
from service.usecases.by_text_offer import offer_answer
from service.usecases.places import countries

TODAY = date(2026, 11, 23)
WHERE_PEOPLE_GO = ("AE", "TR", "KR", "TH", "RU", "DE", "PL", "US", "KZ", "LA", "NR")


def segments(text: str) -> int:
    return measure(text).segments


def there(language: str = "en", citizen: str = "KZ") -> Asker:
    return Asker(language, citizen, ANYTHING, is_there=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_country_is_known_by_its_name_in_any_language_and_letters(language: str) -> None:
    wrong = {name: found for code, name in countries(language) if (found := country_meant(name)) != code}
    assert wrong == {}
    for said, code in (
        ("ОАЭ", "AE"),
        ("Дубае", "AE"),
        ("Кореяда", "KR"),
        ("turciya", "TR"),
        ("США", "US"),
        ("АҚШ", "US"),
    ):
        assert country_meant(said) == code
    for said in ("ok", "passport", "хозяин", "мой", "turkland", "took passport away"):
        assert country_meant(said) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_numbers_with_a_source_and_a_date_are_said_and_how_old_they_are(language: str) -> None:
    for code in WHERE_PEOPLE_GO:
        known, facts = country(code, "KZ"), numbers_of(code, there(language), TODAY)
        phones = [phone for one in known.missions for phone in one.phones]
        phones += [phone for one in (*known.hotlines, *known.home) for phone in one.phones]
        callable_ = {phone.e164 or phone.printed: phone.checked for phone in phones if phone.callable}
        for line in (facts.mission, facts.hotline):
            if line is not None:
                checked = callable_[line.number]
                assert checked is not None
                assert line.checked.endswith(checked.text[:4])
                assert line.is_old is checked.is_old(TODAY)
        for day in (TODAY, date(2028, 1, 1)):
            answer = numbers(numbers_of(code, there(language), day), translator(language), segments)
            assert segments(answer) <= MOST_SEGMENTS
            assert ("08.2026" in answer.partition(":")[0]) is (day > TODAY and known.emergency is not None)


def test_of_numbers_that_ring_only_within_a_country_none_is_given_to_who_is_elsewhere() -> None:
    in_turkey, at_home = (
        numbers_of("TR", Asker("en", "KZ", ANYTHING, is_there=is_there), TODAY) for is_there in (True, False)
    )
    assert in_turkey.hotline is not None
    assert in_turkey.hotline.number == "157"
    assert at_home.hotline is not None
    assert at_home.hotline.number == "11616", "the line of her own country, which rings there"
    assert numbers_of("LA", there(), TODAY).hotline is None, "it does not ring abroad, and Laos has none that we know"


def test_the_nearest_embassy_stands_in_for_one_and_a_passport_that_we_do_not_know_has_none() -> None:
    assert numbers_of("LA", there(), TODAY).near is Near.ELSEWHERE
    assert numbers_of("KZ", there(), TODAY).near is Near.AT_HOME
    assert numbers_of("TR", there(citizen=""), TODAY).near is Near.NOWHERE


SEEDS = {
    "en": (
        "Looking for a European-looking girl to work for Xerox.",
        "Cyprus. Dancer needed.",
        "A new international campaign abroad. No age or education requirements. Wages over $500.",
        "A girl to serve as an escort.",
    ),
    "ru": ("Кипр. Нужна танцовщица.", "Девушка для эскорта."),
    "kk": ("Кипр. Биші керек.", "Эскортқа қыз керек."),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_is_answered_by_its_signs_and_a_question_shortly(language: str) -> None:
    _ = translator(language)
    for ad in SEEDS[language]:
        answer = offer_answer(ad, language)
        assert answer.startswith(offer(Sign.HIGH, "", _).strip()), ad
        assert segments(answer) <= MOST_SEGMENTS_OF_AN_OFFER, answer
    for rule in ruleset().rules:
        if not rule.claim:
            answer = offer(Sign.HIGH, rule.ask[language], _)
            assert segments(answer) <= MOST_SEGMENTS_OF_AN_OFFER, answer
