"""What a country's networks carry: each rule with a source and a date, and none that is not known."""

from datetime import date
from importlib.resources import files

import pytest

from service.directory.sms_profiles import COLUMNS, UNKNOWN, read_profiles, sms_profile
from service.usecases.places import is_country

TABLE = files("service.directory").joinpath("sms_profiles.csv").read_text("utf-8")
HEAD = ",".join(COLUMNS)


def test_every_row_is_a_country_with_a_source_and_a_date() -> None:
    table = read_profiles(TABLE.splitlines())
    assert list(table) == sorted(table)
    for row in table.values():
        assert is_country(row.country)
        assert row.source
        assert row.checked is not None
        assert row.checked >= date(2026, 11, 22)


def test_where_nobody_can_reply_and_what_may_not_be_written() -> None:
    assert [code for code in ("KZ", "RU", "UZ", "TR", "AE", "KR") if sms_profile(code).two_way is not False] == []
    assert sms_profile("PL").two_way
    emirates = sms_profile("AE")
    assert (emirates.url_allowed, emirates.numbers_allowed) == (False, False)
    assert sms_profile("KR").charset == "euc_kr"
    assert [code for code, row in read_profiles(TABLE.splitlines()).items() if row.url_allowed is False] == ["AE"]


def test_of_a_country_without_a_row_nothing_is_known() -> None:
    assert sms_profile("KG") is UNKNOWN
    assert (UNKNOWN.two_way, UNKNOWN.url_allowed, UNKNOWN.numbers_allowed, UNKNOWN.charset) == (None, None, None, "")


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("KZ,no,,,,,,2026-11-22,high", "no source"),
        ("KZ,no,,,,,Somebody,yesterday,high", "no date"),
        ("KZ,perhaps,,,,,Somebody,2026-11-22,high", "'perhaps'"),
        ("KZ,no,,,latin-9,,Somebody,2026-11-22,high", "'latin-9'"),
        ("KZ,no,,,,,Somebody,2026-11-22,sure", "'sure'"),
        ("Kazakhstan,no,,,,,Somebody,2026-11-22,high", "no country"),
        ("KZ,no,,,,,Somebody,2026-11-22", "not a row"),
        ("KZ,no,,,,,A,2026-11-22,high\nKZ,no,,,,,B,2026-11-22,high", "twice"),
    ],
)
def test_a_row_that_nobody_could_check_is_refused(row: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        read_profiles([HEAD, *row.splitlines()])


def test_a_table_with_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="other columns"):
        read_profiles(["country,two_way", "KZ,no"])
