"""What stands on the buttons below a message, where a channel has some: pressed, one sends what a person would type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.core.wording_text import N_, Translate

_ALARM = {
    "1": N_("I take it"),
    "2": N_("I heard the voice: safe"),
    "3": N_("I cannot now"),
    "4": N_("Something is not right"),
}
_LABELS: Mapping[str, Mapping[str, str]] = {
    "alert": _ALARM,
    "rehearsal": _ALARM,
    "invitation": {"1": N_("I accept"), "3": N_("No, I cannot")},
}


def buttons(kind: str, answers: Sequence[str], ref_code: str | None, _: Translate) -> tuple[tuple[str, str], ...]:
    """Pairs of what a button sends and what stands on it, for what may be answered to a message of this `kind` (the
    outbox row's).

    A digit goes with the code of its message, so that an old button never answers a newer alarm.
    """
    labels = _LABELS.get(kind, {})
    return tuple(
        (f"{answer} {ref_code}" if ref_code and answer.isdigit() else answer, _label(answer, labels, _))
        for answer in answers
    )


def _label(answer: str, labels: Mapping[str, str], _: Translate) -> str:
    return "  ".join((answer, _(labels[answer]))) if answer in labels else answer
