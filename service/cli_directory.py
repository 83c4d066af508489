"""`amanba directory`: look through the facts about countries, and merge a newer list of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.clock import utc_now
from service.directory.check import bad_number, bad_row, check
from service.directory.merge import Merged, merge, write

HERE = Path(__file__).parent / "directory"

directory = typer.Typer(no_args_is_help=True, help="Facts about countries: look through them, take newer ones in.")

Folder = Annotated[Path, typer.Option(help="Where the tables lie.", exists=True, file_okay=False)]


@directory.command("check")
def check_tables(
    folder: Folder = HERE,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 for facts older than 12 months too.")] = False,
) -> None:
    """Say what is wrong in the tables, and how old they are. Ends with 1 when something is wrong."""
    from service.usecases.places import countries

    report = check((code for code, _name in countries("en")), utc_now().date(), folder)
    for age in report.ages:
        undated = f", {age.undated} without a date" if age.undated else ""
        typer.echo(f"{age.table}: {age.rows} rows, {age.old} older than 12 months{undated}")
    for one in report.wrong:
        typer.echo(f"WRONG {one.table}: {one.what}", err=True)
    if report.wrong:
        typer.echo(f"{len(report.wrong)} things are wrong. Put them right before anybody relies on them.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Nothing is wrong. {report.old} rows are older than 12 months; pages show them as old.")
    if strict and report.old:
        raise typer.Exit(1)


@directory.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(help="A list in the form that SOURCES.md tells.", exists=True)],
    folder: Folder = HERE,
    writes: Annotated[bool, typer.Option("--write", help="Write it into the tables.")] = False,
) -> None:
    """Show what a newer list changes; with --write, change it. Ends with 1 when the list cannot be taken."""
    from service.usecases.places import countries

    codes, today = frozenset(code for code, _name in countries("en")), utc_now().date()
    try:
        lines = file.read_text("utf-8-sig").splitlines()
        merged = merge(lines, folder, bad_number, lambda row: bad_row(row, codes, today))
    except (ValueError, OSError) as error:
        typer.echo(f"Nothing was changed. {error}", err=True)
        raise typer.Exit(1) from error
    _say(merged)
    if merged.wrong:
        raise typer.Exit(1)
    if not merged.tables:
        typer.echo("Nothing of it is new.")
    elif not writes:
        typer.echo("Nothing was changed yet. Once more with --write changes the tables.")
    else:
        try:
            write(merged, folder)
        except OSError as error:
            typer.echo(f"The tables could not be written: {error}", err=True)
            raise typer.Exit(1) from error
        typer.echo(f"Written: {', '.join(merged.tables)}.")


def _say(merged: Merged) -> None:
    for change in merged.changes:
        typer.echo(change.said())
    for what in merged.wrong:
        typer.echo(f"WRONG {what}", err=True)
    if merged.wrong:
        typer.echo("Nothing was changed: the list cannot be taken as it is.", err=True)
