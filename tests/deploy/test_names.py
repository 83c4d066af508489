"""What deploy/ and README name is there: settings, commands, numbers, and the parts of the run-book."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from notifiers.registry import discover, order_variable
from service.cli import cli
from service.core.wording import PageReason, operator
from service.settings import FROM_FILES, Settings

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path for path in (ROOT / "README.md", *(ROOT / "deploy").rglob("*")) if path.is_file() and path.suffix != ".png"
)
RUNBOOK = (ROOT / "deploy" / "RUNBOOK.md").read_text(encoding="utf-8")
RULES = (ROOT / "deploy" / "alerts.yml").read_text(encoding="utf-8")


def test_every_setting_that_is_named_exists() -> None:
    known = {f"AMANBA_{name.upper()}" for name in Settings.model_fields}
    known |= {f"AMANBA_{name.upper()}_FILE" for name in FROM_FILES}
    known |= {name for spec in discover() for name in (*spec.variables(), order_variable(spec.channel))}
    named = {
        (path.name, found)
        for path in FILES
        for found in re.findall(r"AMANBA_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8"))
    }
    assert {(name, found) for name, found in named if found not in known} == set()


def test_every_setting_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if not name.endswith("_file") and name.upper() not in text] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_that_is_named_exists(path: Path) -> None:
    commands = set(typer.main.get_command(cli).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"(?:`|bin/)amanba ([a-z-]+)", path.read_text(encoding="utf-8")))
    assert named <= commands


def test_a_part_of_the_run_book_that_is_named_exists() -> None:
    headings = re.findall(r"^##+ (.+)$", RUNBOOK, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", RUNBOOK)) <= anchors
    assert set(re.findall(r"RUNBOOK\.md: ([^'\"\n]+)", RULES)) <= set(headings)


def test_a_command_by_hand_runs_as_the_service_does() -> None:
    """With another data directory it would look at another database, and make one."""
    unit = (ROOT / "deploy" / "systemd" / "amanba.service").read_text(encoding="utf-8")
    command = RUNBOOK[RUNBOOK.index("systemd-run") :].split("…")[0]
    for line in ("User=amanba", "EnvironmentFile=/etc/amanba/env", "WorkingDirectory=/var/lib/amanba"):
        assert line in unit
        assert line.replace("User", "uid") in command
    for part in ("AMANBA_DATA_DIR=/var/lib/amanba ", "/opt/amanba/.venv/bin/amanba "):
        assert part in unit
        assert part in command


def test_every_number_in_an_alert_rule_is_one_of_ours() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "service").rglob("*.py"))
    named = {re.sub(r"_bucket$", "", name) for name in re.findall(r"\bamanba_[a-z_]+", RULES)}
    assert {name for name in named if f'"{name}"' not in code} == set()


@pytest.mark.parametrize("reason", list(PageReason))
def test_every_page_to_the_operator_has_its_line_in_the_run_book(reason: PageReason) -> None:
    said = operator(reason, lambda text: text, name="Aizhan", number=3, source="twilio_sms", at="20:41")
    table = RUNBOOK[RUNBOOK.index("| the page says |") :]
    phrases = re.findall(r"^\| ([^|]+) \| .+ \|$", table, re.MULTILINE)[1:]
    assert [phrase for phrase in phrases if phrase in said]
