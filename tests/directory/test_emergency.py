"""Emergency numbers: each with a source and a date, and none that is not known."""

from datetime import date
from importlib.resources import files

import pytest

from service.directory import Emergency, emergency
from service.directory.emergency_numbers import COLUMNS, read_table
from service.usecases.places import NEAR, countries, is_country

TABLE = files("service.directory").joinpath("emergency.csv").read_text("utf-8")
# The newest source that was read into the table; move it when a row is read anew.
LAST_READ = date(2026, 8, 22)
HEAD = ",".join(COLUMNS)


def test_every_row_is_a_country_with_a_source_and_a_date() -> None:
    table = read_table(TABLE.splitlines())
    assert len(table) == len(TABLE.splitlines()) - 1 > 200
    assert list(table) == sorted(table)
    for row in table.values():
        assert is_country(row.country)
        assert date(2020, 1, 1) <= row.checked <= LAST_READ
        assert "GOV.UK" in row.source or "Smartraveller" in row.source


@pytest.mark.parametrize(
    ("country", "general", "police", "ambulance", "fire"),
    [
        ("KZ", "112", "102", "103", "101"),
        ("KG", "112", "102", "103", "101"),
        ("UZ", "112", "102", "103", "101"),
        ("TJ", "", "102", "103", "101"),
        ("TM", "", "002", "003", "001"),
        ("RU", "112", "112", "112", "112"),
        ("TR", "112", "112", "112", "112"),
        ("AE", "", "999", "998", "997"),
        ("TH", "191", "191", "1669", "199"),
        ("KR", "", "112", "119", "119"),
        ("DE", "112", "110", "112", "112"),
        ("PL", "112", "997", "112", "112"),
        ("US", "911", "911", "911", "911"),
        # The source's 196 is roadside assistance.
        ("MK", "", "192", "194", "193"),
    ],
)
def test_whom_to_call(country: str, general: str, police: str, ambulance: str, fire: str) -> None:
    found = emergency(country)
    assert found is not None
    assert (found.general, found.police, found.ambulance, found.fire) == (general, police, ambulance, fire)


def test_the_european_union_has_112_by_law() -> None:
    members = "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEITLTLULVMTNLPLPTROSESISK"
    union = [members[at : at + 2] for at in range(0, len(members), 2)]
    assert [found.general for code in union if (found := emergency(code))] == ["112"] * 27


def test_the_usual_destinations_are_known_and_what_is_unknown_stays_so() -> None:
    assert all(emergency(country) for country in NEAR)
    unknown = [code for code, _ in countries("en") if emergency(code) is None]
    # Their sources name no number, or numbers that change from one provider to the next.
    assert {"GM", "ET", "ZW", "AQ"} <= set(unknown)
    assert emergency("kz") is emergency("") is emergency("EU") is None


def test_where_the_sources_disagree_it_is_said_or_left_out() -> None:
    dubai, kingston = emergency("AE"), emergency("JM")
    assert dubai is not None
    assert dubai.source.endswith("; sources differ on ambulance, fire")
    assert kingston is not None
    assert (kingston.police, kingston.ambulance, kingston.fire) == ("119", "", "")


@pytest.mark.parametrize(
    "row",
    [
        "KZ",
        "KZ,112,102,103,101,,2026-08-22",
        "KZ,112,102,103,101,  ,2026-08-22",
        "KZ,112,102,103,101,GOV.UK,",
        "KZ,112,102,103,101,GOV.UK,2023",
        "KZ,112,102,103,101,GOV.UK,22.08.2026",
        "KZ,,,,,GOV.UK,2026-08-22",
        "KZ,112 / 102,,,,GOV.UK,2026-08-22",
        "KZ,+77012345678,,,,GOV.UK,2026-08-22",
        "KZ,unknown,,,,GOV.UK,2026-08-22",
        "KZ,١١٢,,,,GOV.UK,2026-08-22",
        "kz,112,,,,GOV.UK,2026-08-22",
        "KZ,112,GOV.UK,2026-08-22",
        "KZ,112,,,,GOV.UK,2026-08-22,more",
        'KZ,112,,,,"GOV.UK,2026-08-22',
        "TR,112,,,,GOV.UK,2026-08-22\nTR,112,,,,GOV.UK,2026-08-22",
    ],
)
def test_a_row_that_could_mislead_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match=r"KZ|kz|TR|line"):
        read_table([HEAD, *row.splitlines()])


def test_a_table_with_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="columns"):
        read_table(["country,police,general,ambulance,fire,source,checked", "KZ,102,112,103,101,GOV.UK,2026-08-22"])
    assert read_table([HEAD, "KZ,112,,,,GOV.UK,2026-08-22"]) == {
        "KZ": Emergency("KZ", "112", "", "", "", "GOV.UK", LAST_READ)
    }
