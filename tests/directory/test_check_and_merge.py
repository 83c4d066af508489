"""Whoever keeps the tables is told what is wrong, what is old, and what a newer list would change."""

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import cli
from service.cli_directory import HERE
from service.directory.check import Report, bad_number, check
from service.directory.dated import Phone, as_of
from service.directory.merge import Fate, form_of, merge, write
from service.directory.missions import COLUMNS, Mission, read_missions
from service.directory.tables import read_or
from service.usecases.places import countries

TODAY = date(2026, 11, 23)
CODES = [code for code, _name in countries("en")]
HEAD = ",".join(COLUMNS)
ANKARA = "TR,embassy,Ankara,,+90 312 491 91 00,,,Somebody,2025,medium,AL,"
BERN = "CH,embassy,Bern,,+41 31 351 79 69,,,Wikidata,2022-11-16,medium,,"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "missions").mkdir()
    (tmp_path / "missions" / "KZ.csv").write_text("\n".join((HEAD, BERN, ANKARA, "")), "utf-8")
    unknown = "".join(f"{code},nobody says,2026-08-22\n" for code in CODES if code != "XK")
    (tmp_path / "emergency_unknown.csv").write_text(f"country,why,checked\n{unknown}", "utf-8")
    return tmp_path


def looked_at(folder: Path, codes: list[str] | None = None) -> Report:
    return check(codes or [code for code in CODES if code != "XK"], TODAY, folder)


def newer(*rows: str) -> list[str]:
    return [f"sending,{HEAD}", *(f"KZ,{row}" for row in rows)]


def test_our_tables_are_sound() -> None:
    report = check(CODES, TODAY)
    assert report.wrong == ()
    assert {"missions/KZ.csv", "embassies/KZ.csv", "hotlines.csv", "emergency.csv"} <= {
        age.table for age in report.ages
    }
    said = CliRunner().invoke(cli, ["directory", "check"])
    assert (said.exit_code, "Nothing is wrong." in said.output) == (0, True)


def test_what_is_old_is_told_and_is_not_wrong(folder: Path) -> None:
    report = looked_at(folder)
    assert report.wrong == ()
    assert report.old == 2
    said = CliRunner().invoke(cli, ["directory", "check", "--strict", "--folder", str(HERE)])
    assert said.exit_code == 1


def test_no_alarm_waits_for_a_table_that_cannot_be_read() -> None:
    nothing: tuple[Mission, ...] = ()
    assert read_or(nothing, "emergency.csv", read_missions) == ()
    assert read_or(nothing, "missions/XX.csv", read_missions) == ()


def test_each_fault_is_named_with_its_line(folder: Path) -> None:
    table = folder / "missions" / "KZ.csv"
    bad = (
        "FR,embassy,Paris,,+33 1 2,,,Somebody,2026,high,,",
        "GB,embassy,London,,+20 77276312,,,Somebody,2026,high,,",
        "IT,embassy,Rome,,,,,,2026,high,,",
        'JP,embassy,Tokyo,"1, Street",,,,Somebody,soon,high,,',
        "KR,embassy,Seoul,,,embassy.kz@gmail.com,,Somebody,2026,high,,",
    )
    table.write_text("\n".join((HEAD, BERN, *bad, "")), "utf-8")
    found = [one.what for one in looked_at(folder, CODES).wrong]
    assert [what.split(":")[0] for what in found] == ["line 3", "line 4", "line 5", "line 6", "line 7", "XK"]
    assert "no operator has such a number" in found[0]
    assert "no source" in found[2]
    assert "'soon' is no date" in found[3]
    assert "anybody's" in found[4]
    strange = (BERN.replace("CH", "QQ"), BERN.replace("2022", "2027"), BERN.replace("Bern", "B\0ern"))
    table.write_text("\n".join((HEAD, *strange, "")), "utf-8")
    assert [one.what.split(": ")[-1] for one in looked_at(folder).wrong] == [
        "is no country",
        "that day is still to come",
        "cannot be printed",
    ]
    table.write_text("\n".join((HEAD, BERN, BERN, "")), "utf-8")
    assert "twice" in looked_at(folder).wrong[0].what
    said = CliRunner().invoke(cli, ["directory", "check", "--folder", str(folder)])
    assert said.exit_code == 1
    # The tables of the list are read as the list reads them.
    (folder / "work_visa.csv").write_text(
        "citizen,host,rule,source,checked\nKZ,RU,perhaps,Treaty,2026-11-23\n", "utf-8"
    )
    (folder / "registers.csv").write_text(
        "country,en,ru,kk,website,source,checked,confidence\nKZ,Ministry,,,,Somebody,2026-11-23,low\n", "utf-8"
    )
    faults = "; ".join(f"{one.table} {one.what}" for one in looked_at(folder, ["CH", "KZ", "RU"]).wrong)
    assert "work_visa.csv line 2: 'perhaps'" in faults
    assert "registers.csv line 2: KZ: no name" in faults


def test_a_number_of_another_country_is_no_number_of_a_mission_there() -> None:
    number = Phone("+44 20 7946 0018", "+442079460018", "FR", "somebody", as_of("2026"))
    assert "FR" in bad_number(number)


def test_a_newer_list_is_shown_first_and_written_when_it_is_wanted(folder: Path) -> None:
    ours = (folder / "missions" / "KZ.csv").read_text("utf-8")
    moved = "TR,embassy,Ankara,New Street 1,+90 312 491 91 01,,,Ministry,2026-11-01,high,AL,"
    tashkent = "UZ,embassy,Tashkent,,+998 71 252 16 54,,,Ministry,2026-11-01,high,,"
    merged = merge(newer(moved, tashkent, BERN), folder, bad_number)
    assert [(one.fate, one.after["host"]) for one in merged.changes] == [(Fate.CHANGED, "TR"), (Fate.ADDED, "UZ")]
    assert "phone: +90 312 491 91 00 -> +90 312 491 91 01" in merged.changes[0].said()
    assert (folder / "missions" / "KZ.csv").read_text("utf-8") == ours

    write(merged, folder)
    found = read_missions((folder / "missions" / "KZ.csv").read_text("utf-8").splitlines(), sending="KZ")
    assert [(one.host, one.phones[0].printed) for one in found] == [
        ("CH", "+41 31 351 79 69"),
        ("TR", "+90 312 491 91 01"),
        ("UZ", "+998 71 252 16 54"),
    ]
    assert merge(newer(moved, tashkent), folder, bad_number).changes == ()


def test_an_older_row_and_one_without_our_number_are_not_taken(folder: Path) -> None:
    older = "TR,embassy,Ankara,,+90 312 491 91 09,,,Somebody,2019,high,,"
    silent = "CH,embassy,Bern,,,,,Ministry,2026-11-01,high,,"
    merged = merge(newer(older, silent), folder, bad_number)
    assert [one.fate for one in merged.changes] == [Fate.OLDER, Fate.NO_NUMBER]
    assert merged.tables == {}


def test_a_list_with_one_row_that_cannot_be_shown_changes_nothing(folder: Path, tmp_path: Path) -> None:
    rows = newer("FR,embassy,Paris,,+33 1 2,,,Ministry,2026-11-01,high,,", ANKARA.replace("2025", "2026"))
    merged = merge(rows, folder, bad_number)
    assert merged.tables == {}
    assert merged.wrong[0].startswith("line 2: +33 1 2")
    file = tmp_path / "list.csv"
    file.write_text("\n".join(rows), "utf-8")
    said = CliRunner().invoke(cli, ["directory", "import", str(file), "--folder", str(folder), "--write"])
    assert said.exit_code == 1
    assert (folder / "missions" / "KZ.csv").read_text("utf-8").splitlines()[2] == ANKARA
    file.write_text("\n".join(newer(ANKARA.replace("2025", "2999"))), "utf-8")
    said = CliRunner().invoke(cli, ["directory", "import", str(file), "--folder", str(folder), "--write"])
    assert (said.exit_code, "still to come" in said.output) == (1, True)
    assert "twice" in merge(newer(ANKARA, ANKARA), folder, bad_number).wrong[0]
    with pytest.raises(ValueError, match="head of the list"):
        form_of(["a,b,c"])


def test_the_command_writes_only_when_it_is_told_to(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("\n".join(newer(ANKARA.replace("2025", "2026-11-01"))), "utf-8")
    table = folder / "missions" / "KZ.csv"
    call = ["directory", "import", str(file), "--folder", str(folder)]
    shown = CliRunner().invoke(cli, call)
    assert shown.exit_code == 0
    assert "checked: 2025 -> 2026-11-01" in shown.output
    assert "2026-11-01" not in table.read_text("utf-8")
    CliRunner().invoke(cli, [*call, "--write"])
    assert "2026-11-01" in table.read_text("utf-8")


def test_every_table_stays_as_it_is_when_it_is_merged_with_itself() -> None:
    """A pull request changes the lines that it means, and no others."""
    for path in sorted((HERE / "missions").glob("*.csv")):
        lines = path.read_text("utf-8").splitlines()
        moved = [f"sending,{lines[0]}", *(f"{path.stem},{line}" for line in lines[1:])]
        assert merge(moved, HERE, bad_number).changes == ()
