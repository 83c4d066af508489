"""Numbers as people type them: what is understood, what is asked back, and what is never guessed."""

from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.usecases.numbers import NotANumber, parse_number
from service.usecases.problems import HAS_EXTENSION, LANDLINE, NO_SMS_HERE, NOT_A_NUMBER, WHICH_COUNTRY
from service.usecases.typed_numbers import (
    HasExtension,
    WhichCountry,
    cannot_take_sms,
    is_landline,
    problem_of,
    read_number,
    shown_number,
    why_no_sms,
)

MOTHER = "+77012345678"


@pytest.mark.parametrize(
    "text",
    [
        "+77012345678",
        "+7 701 234 56 78",
        "+7 (701) 234-56-78",
        "+7-701-234-56-78",
        "+7.701.234.56.78",
        "+7/701/2345678",
        "+7 [701] 234 56 78",
        "(+7) 701 234 56 78",
        "+ 7 701 234 56 78",
        "  +7 701 2345678  \n",
        "+7\t701\t2345678",
        "+7\u00a0701\u00a0234\u00a056\u00a078",
        "+7\u2009701\u202f234\u200956\u200978",
        "+7\u3000701\u30002345678",
        "+7\u2011701\u2012234\u201356\u201478",
        "+7\u2212701\u2212234\u221256\u221278",
        "+7\uff0d701\uff0d2345678",
        "+7\u30fc701\u30fc2345678",
        "+7·701·234·56·78",
        "+7~701~2345678",
        "\uff0b\uff17\uff17\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "\ufe627 701 2345678",
        "\u2795 7 701 2345678",
        "\u202a+7 701 234 56 78\u202c",
        "\u200e+7\u200e701\u200f2345678",
        "\ufeff+77012345678",
        "\u2066+7 701 234\u00ad56\u00ad78\u2069",
        "+7\u200b701\u200b2345678",
        "+٧٧٠١٢٣٤٥٦٧٨",
        "+۷۷۰۱۲۳۴۵۶۷۸",
        "+७७०१२३४५६७८",
        "+๗๗๐๑๒๓๔๕๖๗๘",
        "٠٠٧٧٠١٢٣٤٥٦٧٨",
        "0077012345678",
        "00 7 701 234 56 78",
        "(00) 7 701 234 56 78",
        "tel:+77012345678",
        "TEL: +7-701-234-56-78",
        "tel://+77012345678",
        "\u202atel:+77012345678",
        "+7 8 701 234 56 78",
    ],
)
def test_a_number_with_its_country_code_is_read_wherever_one_is(text: str) -> None:
    assert {read_number(text, country) for country in (None, "KZ", "TR", "US")} == {MOTHER}


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("8 701 234 56 78", "KZ", MOTHER),
        ("8 (701) 234-56-78", "KZ", MOTHER),
        ("8-701-234-56-78", "RU", MOTHER),
        ("701 234 56 78", "KZ", MOTHER),
        ("77012345678", "KZ", MOTHER),
        ("7 701 234 56 78", "RU", MOTHER),
        ("८७०१२३४५६७८", "KZ", MOTHER),
        ("tel:87012345678", "KZ", MOTHER),
        ("8 10 48 501 234 567", "KZ", "+48501234567"),
        ("8 916 123 45 67", "RU", "+79161234567"),
        ("8 7172 74 25 25", "KZ", "+77172742525"),
        ("0555 123 456", "KG", "+996555123456"),
        ("996555123456", "KG", "+996555123456"),
        ("90 123 45 67", "UZ", "+998901234567"),
        ("998 90 123 45 67", "UZ", "+998901234567"),
        ("0532 123 45 67", "TR", "+905321234567"),
        ("90 532 123 45 67", "TR", "+905321234567"),
        ("050 123 4567", "AE", "+971501234567"),
        ("971 50 123 4567", "AE", "+971501234567"),
        ("010-1234-5678", "KR", "+821012345678"),
        ("82 10 1234 5678", "KR", "+821012345678"),
        ("001 48 501 234 567", "KR", "+48501234567"),
        ("501 234 567", "PL", "+48501234567"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("(0)151/12345678", "DE", "+4915112345678"),
        ("081 234 5678", "TH", "+66812345678"),
        ("06 12345678", "IT", "+390612345678"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("011 7 701 234 5678", "US", MOTHER),
        ("+44 (0)20 7946 0958", None, "+442079460958"),
        ("+996 0555 123456", None, "+996555123456"),
        ("0044 20 7946 0958", "KZ", "+442079460958"),
    ],
)
def test_a_number_as_it_is_dialed_in_its_country(text: str, country: str | None, number: str) -> None:
    assert read_number(text, country) == number


@pytest.mark.parametrize("text", ["87012345678", "8 701 234 56 78", "701 234 56 78", "77012345678", "0532 123 45 67"])
@pytest.mark.parametrize("country", [None, "", "kz", "KAZ", "ZZ", "EU"])
def test_a_number_without_a_country_is_asked_for_it(text: str, country: str | None) -> None:
    with pytest.raises(WhichCountry) as refused:
        read_number(text, country)
    assert problem_of(refused.value) == WHICH_COUNTRY


@pytest.mark.parametrize(
    "text",
    [
        "+7 701 234 56 78 ext. 12",
        "+7 701 234 56 78 ext 12",
        "+7 701 234 56 78 extension 1234",
        "+7 701 234 56 78 x12",
        "+7 701 234 56 78 #12",
        "+7 701 234 56 78, 12#",
        "tel:+7-701-234-56-78;ext=12",
        "+7 701 234 56 78 доб. 12",
        "+7 701 234 56 78 (доб. 12)",
        "8 701 234 56 78 вн. 12",
        "8 701 234 56 78 ішкі 12",
    ],
)
def test_an_extension_is_refused_by_name(text: str) -> None:
    with pytest.raises(HasExtension) as refused:
        read_number(text, "KZ")
    assert problem_of(refused.value) == HAS_EXTENSION


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "KZ"),
        (" ", "KZ"),
        ("+", None),
        ("00", None),
        ("+7", None),
        ("112", "KZ"),
        ("mother", "KZ"),
        ("8 701 234 56 7O", "KZ"),
        ("1-800-FLOWERS", "US"),
        ("+7 701 234 56", None),
        ("+7 701 234 56 78 9", None),
        ("++77012345678", None),
        ("+0077012345678", None),
        ("00+77012345678", None),
        ("7+7012345678", "KZ"),
        ("7701234+5678", "KZ"),
        ("+77012345678, +77012345679", None),
        ("+77012345678\n+77012345679", None),
        ("87012345678/87012345679", "KZ"),
        ("+7²7012345678", None),
        ("+7①7012345678", None),
        ("+7701½345678", None),
        ("*31#+77012345678", None),
        ("+77012345678;phone-context=+7", None),
        ("<+77012345678>", None),
        ("'; DROP TABLE contacts; --", "KZ"),
        ("+999 999 999 999", None),
        ("+7701234\x005678", None),
        ("\ud800+77012345678", None),
        ("9" * 19, "KZ"),
        ("+" + "7" * 100_000, None),
        (" " * 100_000 + "+77012345678", None),
        ("48501234567", "KZ"),
        ("501234567", "AQ"),
        # Two numbers exist: a landline of the area 04915, and a mobile typed with its country code.
        ("4915112345678", "DE"),
    ],
)
def test_what_is_no_number_or_could_be_two(text: str, country: str | None) -> None:
    with pytest.raises(NotANumber) as refused:
        read_number(text, country)
    assert problem_of(refused.value) == NOT_A_NUMBER


def test_a_demonstration_types_numbers_that_nobody_has() -> None:
    assert read_number("07700 900123", "GB", invented=True) == "+447700900123"
    assert read_number("+7 700 000 00 01", None, invented=True) == "+77000000001"
    with pytest.raises(NotANumber):
        read_number("07700 900123", "GB")
    with pytest.raises(NotANumber):
        read_number("+7 700", None, invented=True)


NUMBERS = ["+77012345678", "+905321234567", "+821012345678", "+971501234567", "+4915112345678", "+14155552671"]
NOISE = st.text(alphabet=" \u00a0\u2009\u202f\u3000-‐‑–—−./()·\u200e\u200f\u202a\u202c\u200b\ufeff", max_size=3)
ZEROS = "0٠۰०０๐"


@given(st.data())
def test_noise_around_the_digits_changes_nothing(data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(NUMBERS))
    zero = ord(data.draw(st.sampled_from(ZEROS)))
    text = data.draw(NOISE) + data.draw(st.sampled_from(["+", "\uff0b", "00"]))
    for digit in number[1:]:
        text += data.draw(NOISE) + chr(zero + int(digit))
    text += data.draw(NOISE)
    assert len(text) > 80 or read_number(text, data.draw(st.sampled_from([None, "KZ", "DE"]))) == number


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("+0123456789 -()")), max_size=40))
def test_whatever_is_typed_is_a_number_that_exists_or_none(text: str) -> None:
    for country in (None, "KZ", "DE", "KR", "US"):
        with suppress(NotANumber):
            number = read_number(text, country)
            assert parse_number(number) == number


@pytest.mark.parametrize(
    "country", ["KZ", "KG", "UZ", "TJ", "TM", "RU", "TR", "KR", "AE", "DE", "PL", "TH", "US", "IT"]
)
def test_numbers_are_read_back_as_their_country_prints_them(country: str) -> None:
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        example = phonenumbers.example_number_for_type(country, kind)
        assert example is not None
        number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for style in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
            assert read_number(phonenumbers.format_number(example, style), country) == number
        assert read_number(shown_number(number), None) == number


@pytest.mark.parametrize(
    ("number", "landline", "sentence"),
    [
        (MOTHER, False, None),
        ("+77172742525", True, LANDLINE),
        ("+74951234567", True, LANDLINE),
        ("+902123456789", True, LANDLINE),
        ("+78005553535", False, NO_SMS_HERE),
        ("+14155552671", False, None),
        ("+447700900123", False, None),
        ("not a number", False, None),
    ],
)
def test_what_no_sms_reaches(number: str, landline: bool, sentence: str | None) -> None:
    assert is_landline(number) is landline
    assert cannot_take_sms(number) is (sentence is not None)
    assert why_no_sms(number) == sentence


def test_a_number_is_shown_with_spaces() -> None:
    assert shown_number(MOTHER) == "+7 701 234 5678"
    assert shown_number("+4915112345678") == "+49 1511 2345678"
    assert shown_number("unknown") == "unknown"
