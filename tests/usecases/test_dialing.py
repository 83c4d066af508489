"""How a number is dialed by whoever has no plus on her telephone."""

from __future__ import annotations

import pytest

from service.usecases.dialing import dialed_from, within_its_country

ALMATY, ANTALYA = "+77012345678", "+902422480000"


@pytest.mark.parametrize(
    ("country", "dialed"),
    [
        ("TR", "00 7 701 234 5678"),
        ("US", "011 7 701 234 5678"),
        ("KZ", "8 (701) 234 5678"),
        # Several prefixes, one for each company; and the same code in two countries.
        ("KR", "+7 701 234 5678"),
        ("RU", "+7 701 234 5678"),
    ],
)
def test_from_each_country_by_its_own_prefix(country: str, dialed: str) -> None:
    assert dialed_from(ALMATY, country) == dialed


def test_within_its_own_country_and_what_is_no_number() -> None:
    assert within_its_country(ANTALYA) == dialed_from(ANTALYA, "TR") == "(0242) 248 00 00"
    assert dialed_from(ANTALYA, "RU") == "8 10 90 242 248 00 00"
    assert within_its_country("ask") == dialed_from("ask", "TR") == "ask"
