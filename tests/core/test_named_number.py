"""A text that names a number and says something: every way in which it could be meant, and nothing for other texts."""

import pytest

from service.core.named_number import named_numbers

HERS = "+77011234567"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HERS} green apples", "green apples"),
        (f"green apples {HERS}", "green apples"),
        ("+7 (701) 123-45-67: green apples", "green apples"),
        ("77011234567, көк алма", "көк алма"),
        ("0077011234567\nзеленые яблоки", "зеленые яблоки"),
        ("8 701 123 45 67 green apples", "green apples"),
        ("green  apples 8(701)1234567", "green apples"),
        (f"{HERS} 77", "77"),
        ("+7 701 123 45 67 77", "77"),
        ("\u200e+7\u00a0701\u00a01234567 green apples", "green apples"),
        ("+٧٧٠١١٢٣٤٥٦٧ green apples", "green apples"),
    ],
)
def test_a_number_as_people_write_it_before_or_behind(text: str, said: str) -> None:
    assert (HERS, said) in named_numbers(text)


@pytest.mark.parametrize(
    "text",
    ["", "ok", "1 Q7QQ", "green apples", "late 2h", HERS, "call 112 now", "x " * 150 + HERS, "7" * 30],
)
def test_other_texts_name_nobody(text: str) -> None:
    assert named_numbers(text) == ()


def test_what_it_reads_is_little_whatever_is_sent() -> None:
    assert len(named_numbers("1 2 3 4 5 6 7 8 9 0 " * 9 + "x")) <= 24
