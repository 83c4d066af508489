"""What a check found: a mark, a sentence, and what to do about it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

CHECK_SECONDS = 30.0
"""The most for one check. A provider may take 20 s, and a locked database 10 s, to say that it cannot."""


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    LOOK = "look"
    """It works, and somebody should decide whether it is meant so."""
    WRONG = "wrong"
    """Somebody will not be reached, or something will be lost."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. Neither sentence ever holds a secret, a number or an address of a person."""

    about: str
    mark: Mark
    said: str
    do: str = ""


def ok(about: str, said: str) -> Finding:
    return Finding(about, Mark.OK, said)


def look(about: str, said: str, do: str) -> Finding:
    return Finding(about, Mark.LOOK, said, do)


def wrong(about: str, said: str, do: str) -> Finding:
    return Finding(about, Mark.WRONG, said, do)


def in_time(about: str, check: Callable[[], Iterable[Finding]], seconds: float = CHECK_SECONDS) -> list[Finding]:
    """What a check finds, or that it found nothing in time. A check that raises is a finding, so that the others are
    made; what it was about to say may hold anything, and only the kind of error is told."""
    found: list[Finding] = []

    def run() -> None:
        try:
            found.extend(check())
        except Exception as error:
            kind = type(error).__name__
            found.append(wrong(about, f"This could not be looked at ({kind}).", "Tell whoever maintains Amanba."))

    # A daemon: one that never comes back must not keep the command from ending.
    thread = threading.Thread(target=run, name=f"doctor-{about}", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return [wrong(about, f"This took longer than {seconds:g} s.", "See whether the network or the disk is stuck.")]
    return found


def worst(findings: Iterable[Finding]) -> Mark:
    """The mark of them all."""
    marks = {finding.mark for finding in findings}
    return next((mark for mark in (Mark.WRONG, Mark.LOOK) if mark in marks), Mark.OK)


def as_text(findings: Sequence[Finding]) -> str:
    """For people: a line each, and what to do beneath it."""
    width = max((len(finding.about) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.mark:<5}  {finding.about:<{width}}  {finding.said}")
        if finding.do:
            lines.append(" " * (width + 9) + finding.do)
    counts = {mark: sum(finding.mark is mark for finding in findings) for mark in Mark}
    lines.append(f"{counts[Mark.WRONG]} wrong, {counts[Mark.LOOK]} to look at, {counts[Mark.OK]} ok")
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """For programs."""
    checks = [{"about": f.about, "mark": f.mark, "said": f.said, "do": f.do} for f in findings]
    return json.dumps({"mark": worst(findings), "checks": checks}, ensure_ascii=False, indent=2)
