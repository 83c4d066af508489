"""Asks for known vulnerabilities of what is locked: `make audit`.

A vulnerability is an error. That nobody could be asked is none, because a machine without the advisory service would
never be done; but it is said, and nothing is called checked that was not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKED = ("requirements-bootstrap.txt", "requirements.txt", "requirements-dev.txt")
ANSWER_SECONDS = 15
WHOLE_SECONDS = 120
NO_ANSWER = "Not checked: no answer from the advisory service."


def main() -> int:
    """The exit status: 1 when something that is locked has a known vulnerability."""
    answer = asked()
    status, lines = verdict(answer)
    print("\n".join(lines), file=sys.stderr if status else sys.stdout)
    return status


def asked(locked: Sequence[str] = LOCKED) -> dict[str, Any] | None:
    """What pip-audit says as JSON, or None when it got no answer."""
    files = [part for name in locked for part in ("-r", str(ROOT / name))]
    quiet = ("--progress-spinner", "off", "--timeout", str(ANSWER_SECONDS), "-f", "json")
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", *quiet, *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WHOLE_SECONDS, check=False)
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return found


def verdict(answer: dict[str, Any] | None) -> tuple[int, list[str]]:
    """The exit status, and what to say of an answer.

    pip-audit counts what its service does not know as no vulnerability; here it counts as not checked.
    """
    known = [] if answer is None else answer["dependencies"]
    unchecked = sorted(one["name"] for one in known if "skip_reason" in one)
    checked = [one for one in known if "skip_reason" not in one]
    found = [
        f"{one['name']} {one['version']}: {vulnerability['id']}, mended in {_mended(vulnerability)}"
        for one in checked
        for vulnerability in one["vulns"]
    ]
    if not checked:
        return 0, [NO_ANSWER]
    said = [f"Checked: {len(checked)} of {len(known)} locked requirements."]
    if unchecked:
        said.append(f"Not checked, unknown to the advisory service: {', '.join(unchecked)}")
    return int(bool(found)), [*said, *found]


def _mended(vulnerability: dict[str, Any]) -> str:
    return ", ".join(vulnerability["fix_versions"]) or "no version yet"


if __name__ == "__main__":
    sys.exit(main())
