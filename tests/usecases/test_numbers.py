"""What a number, a country code and a language tag say."""

from contextlib import suppress
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.usecases.numbers import (
    NotANumber,
    country_of_number,
    is_country,
    is_email,
    parse_language,
    parse_number,
    zone_of_number,
)


@pytest.mark.parametrize(
    ("number", "country", "zone"),
    [
        ("+77012345678", "KZ", "Asia/Almaty"),
        ("+79161234567", "RU", "Europe/Moscow"),
        ("+905321234567", "TR", "Europe/Istanbul"),
        ("+821012345678", "KR", "Asia/Seoul"),
        ("+12125550123", "US", "America/New_York"),
        ("+48501234567", "PL", "Europe/Warsaw"),
        ("+8821234567", "", "UTC"),
    ],
)
def test_where_a_number_is_at_home(number: str, country: str, zone: str) -> None:
    assert (country_of_number(number), zone_of_number(number)) == (country, zone)


@pytest.mark.parametrize(
    "text", ["", "+", "77012345678", "87012345678", "+7 701 234 56 78", "+7701234567", "+0012345678", "+٧٧٠١٢٣٤٥٦٧٨"]
)
def test_a_number_is_written_in_e164(text: str) -> None:
    with pytest.raises(NotANumber):
        parse_number(text)


def test_a_demonstration_may_invent_a_number_of_the_right_length() -> None:
    assert parse_number("+447700900123", invented=True) == "+447700900123"
    with pytest.raises(NotANumber):
        parse_number("+447700900123")
    with pytest.raises(NotANumber):
        parse_number("+4477", invented=True)


@given(st.text())
def test_any_text_is_judged_and_none_breaks_it(text: str) -> None:
    with suppress(NotANumber):
        assert parse_number(text) == text
    assert parse_language(text) is None or text[:1].isalpha()
    assert zone_of_number(text) in {"UTC"} | available_timezones()
    assert is_email(text) in (True, False)
    assert is_country(text) in (True, False)


def test_countries_and_languages() -> None:
    assert all(is_country(code) for code in ("KZ", "TR", "AE", "XK", "TW", "PS"))
    assert not any(is_country(code) for code in ("kz", "EU", "UN", "ZZ", "XA", "UK", "", "KAZ"))
    assert [parse_language(tag) for tag in ("kk", "kk-KZ", "ru-KZ", "uz-Latn-UZ", "xx", "")] == [
        "kk",
        "kk",
        "ru",
        "uz",
        None,
        None,
    ]


def test_an_address_of_mail() -> None:
    assert is_email("gulnar@example.org")
    assert not any(is_email(text) for text in ("gulnar", "a@b", "a b@c.org", "a@c..org", "<a@c.org>", "a@c.org\n"))
