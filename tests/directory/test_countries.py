"""What a traveler is told of a country: whose numbers, of when, and what nobody has told us."""

from datetime import date

import pytest

from service.directory import Country, Help, Helper, Kind, Mission, Part, Reach, country
from service.directory.dated import AsOf, as_of, phones
from service.directory.hotlines import COLUMNS as HELPER_COLUMNS
from service.directory.hotlines import all_helpers, read_helpers
from service.directory.missions import COLUMNS as MISSION_COLUMNS
from service.directory.missions import SENDING, embassies_in, missions_of, read_missions
from service.usecases.places import countries, is_country

TODAY = date(2026, 11, 23)
MISSION_HEAD, HELPER_HEAD = ",".join(MISSION_COLUMNS), ",".join(HELPER_COLUMNS)


def numbers(found: Country) -> list[str]:
    return [phone.e164 for mission in found.missions for phone in mission.phones]


@pytest.mark.parametrize(
    ("code", "cities", "first_number", "of", "line"),
    [
        ("AE", ["Abu Dhabi", "Dubai"], "", "2026-03-04", "800 7283"),
        ("TR", ["Ankara", "Istanbul", "Antalya"], "+903124919100", "2025", "157"),
        ("KR", ["Seoul", "Busan"], "+8223799714", "2026-01-19", "1577-1366"),
        ("TH", ["Bangkok", "Phuket"], "", "2025-12-09", "1300"),
        ("RU", ["Moscow"], "+74959271700", "2025", "8 800 333 00 16"),
        ("DE", ["Berlin", "Frankfurt am Main", "Munich"], "+493047007161", "2014-12", "116 016"),
        ("PL", ["Warsaw"], "", "2022-11-16", "+48 22 628 01 20"),
        ("US", ["Washington, D.C.", "San Francisco"], "+14155682160", "2022-11-16", "1-888-373-7888"),
    ],
)
def test_eight_countries_with_a_passport_of_kazakhstan(
    code: str, cities: list[str], first_number: str, of: str, line: str
) -> None:
    found = country(code, "KZ")
    assert found.reach is Reach.HERE
    assert [one.city for one in found.missions] == cities
    assert (numbers(found) or [""])[0] == first_number
    assert (Part.MISSION_PHONE in found.unknown) == (not first_number)
    assert found.missions[0].checked is not None
    assert found.missions[0].checked.text == of
    assert found.emergency is not None
    assert next(one.phone.printed for one in found.hotlines if one.phone) == line
    assert found.asked, "her own country has an embassy of it"


def test_the_one_to_name_has_a_number_where_any_has() -> None:
    named = country("US", "KZ").mission
    assert named is not None
    assert named.city == "San Francisco"
    without = country("TH", "KZ").mission
    assert without is not None
    assert (without.kind, without.phone) == (Kind.EMBASSY, None)


def test_where_there_is_no_mission_the_one_that_is_responsible_and_else_the_nearest() -> None:
    accredited, nearest = country("LK", "KZ"), country("MM", "KZ")
    assert (accredited.reach, accredited.missions[0].host) == (Reach.ACCREDITED, "IN")
    assert (nearest.reach, nearest.missions[0].host) == (Reach.NEAREST, "TH")
    assert Part.MISSION in accredited.unknown & nearest.unknown
    assert [country(code, "KZ").missions[0].host for code in ("LB", "KP", "XK")] == ["TR", "CN", "RS"], "can be reached"


def test_a_mission_that_was_closed_is_not_named_and_it_is_said() -> None:
    found = country("RU", "UA")
    assert found.closed
    assert found.reach is not Reach.HERE
    assert "RU" not in {one.host for one in found.missions}


def test_of_a_passport_that_we_do_not_know_and_of_no_country_all_is_unknown() -> None:
    for code, citizen in (("TR", ""), ("TR", "FR"), ("ZZ", "KZ"), ("AQ", "KZ")):
        found = country(code, citizen)
        assert Part.MISSION in found.unknown
        assert found.reach in (Reach.NONE, Reach.NEAREST)
    assert country("KZ", "KZ").missions == ()
    assert Part.MISSION not in country("KZ", "KZ").unknown


def test_every_country_is_answered_and_every_number_has_a_source_and_a_date() -> None:
    for code, _name in countries("en"):
        for citizen in SENDING:
            found = country(code, citizen)
            assert (Part.EMERGENCY in found.unknown) == (found.emergency is None)
            everybody: list[Mission | Helper] = [
                *found.missions,
                *found.asked,
                *found.hotlines,
                *found.iom,
                *found.home,
            ]
            for one in everybody:
                assert one.source
                assert all(phone.callable and phone.checked for phone in one.phones)


def test_tables_name_countries_and_no_date_lies_ahead() -> None:
    missions = [one for code in SENDING for one in (*missions_of(code), *embassies_in(code))]
    assert len(missions) > 850
    assert all(one.checked is None or one.checked.day <= TODAY for one in all_helpers())
    for one in missions:
        assert one.checked is None or one.checked.day <= TODAY
        assert is_country(one.host)
        assert is_country(one.sending)
        assert all(is_country(code) for code in one.covers)


def test_both_kinds_of_help_are_there_at_home_and_an_old_number_is_left_out() -> None:
    """N15 to N17: a lawyer and a psychologist; the number that an article of 2006 prints may belong to anybody now."""
    found = country("TR", "KZ").home
    assert {Help.LEGAL, Help.PSYCHOLOGICAL} <= {help for one in found for help in one.helps}
    sana = next(one for one in found if one.name.startswith("Sana Sezim"))
    assert sana.phones == ()
    assert sana.free
    assert sana.confidential
    assert sana.website


def test_a_fact_is_old_after_twelve_months_and_a_year_alone_is_its_first_day() -> None:
    assert as_of("2025") == AsOf("2025", date(2025, 1, 1))
    assert as_of("") is None
    day = as_of("2025-11-23")
    assert day is not None
    assert not day.is_old(TODAY)
    assert as_of("2025-11-21").is_old(TODAY)  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="no date"):
        as_of("last year")


def test_a_short_code_works_within_its_country_only() -> None:
    short, whole = phones("157; +90 312 491 91 00", "TR", "somebody", as_of("2026"))
    assert (short.dial, short.from_abroad) == ("157", False)
    assert (whole.dial, whole.from_abroad) == ("+903124919100", True)
    undated = phones("157", "TR", "somebody", None)
    assert not undated[0].callable


@pytest.mark.parametrize(
    ("row", "because"),
    [
        ("TR,embassy,Ankara,,+90 312 491 91 00,,,Somebody,,high,,", "without a date"),
        ("TR,embassy,Ankara,,,,,,2026,high,,", "no source"),
        ("TR,embassy,Ankara,,call us,,,Somebody,2026,high,,", "cannot be dialed"),
        ("TR,palace,Ankara,,,,,Somebody,2026,high,,", "palace"),
        ("TR,embassy,Ankara,,,,,Somebody,2026,surely,,", "confidence"),
        ("Turkey,embassy,Ankara,,,,,Somebody,2026,high,,", "no country"),
        ("TR,embassy,Ankara,,,,,Somebody,2026,high", "more or fewer"),
    ],
)
def test_a_row_that_must_not_be_shown_is_refused(row: str, because: str) -> None:
    with pytest.raises(ValueError, match=because):
        read_missions([MISSION_HEAD, row], sending="KZ")


def test_no_row_stands_there_twice() -> None:
    row = "TR,embassy,Ankara,,,,,Somebody,2026,high,,"
    with pytest.raises(ValueError, match="twice"):
        read_missions([MISSION_HEAD, row, row], sending="KZ")
    line = "TR,Line,hotline,legal,157,,,,,,Somebody,2026,high,"
    assert read_helpers([HELPER_HEAD, line])[0].phone is not None
    with pytest.raises(ValueError, match="twice"):
        read_helpers([HELPER_HEAD, line, line])
    with pytest.raises(ValueError, match="other columns"):
        read_helpers([MISSION_HEAD, row])
