"""What `make audit` makes of the advisory service's answers. The service itself is not asked here."""

from __future__ import annotations

from typing import Any

from tests.advisories import LOCKED, NO_ANSWER, ROOT, verdict

HARMLESS: dict[str, Any] = {"name": "idna", "version": "3.20", "vulns": []}
BROKEN: dict[str, Any] = {
    "name": "jinja2",
    "version": "3.1.0",
    "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["3.1.6"]}, {"id": "PYSEC-0000-2", "fix_versions": []}],
}
UNKNOWN: dict[str, Any] = {"name": "uvloop", "skip_reason": "Dependency not found and could not be audited"}


def test_a_known_vulnerability_is_an_error_and_is_named() -> None:
    status, said = verdict({"dependencies": [HARMLESS, BROKEN]})
    assert status == 1
    assert said[1:] == [
        "jinja2 3.1.0: PYSEC-0000-1, mended in 3.1.6",
        "jinja2 3.1.0: PYSEC-0000-2, mended in no version yet",
    ]


def test_what_nobody_could_be_asked_about_is_never_called_checked() -> None:
    assert verdict(None) == (0, [NO_ANSWER])
    assert verdict({"dependencies": [UNKNOWN, UNKNOWN]}) == (0, [NO_ANSWER])
    status, said = verdict({"dependencies": [HARMLESS, UNKNOWN]})
    assert (status, said) == (
        0,
        ["Checked: 1 of 2 locked requirements.", "Not checked, unknown to the advisory service: uvloop"],
    )


def test_an_unknown_one_hides_no_vulnerability() -> None:
    assert verdict({"dependencies": [UNKNOWN, BROKEN]})[0] == 1


def test_everything_that_is_locked_is_asked_about() -> None:
    assert {path.name for path in ROOT.glob("requirements*.txt")} == set(LOCKED)
