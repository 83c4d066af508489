"""Changes in mid-trip as values, and as the JSON that waits in a row until its time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service.core.plan import Plan
from service.db import codec
from service.usecases.contacts import ContactForm
from service.usecases.plan_trip import LegForm
from service.usecases.set_ladder import LadderForm, RungForm
from service.usecases.set_plan import PlanForm
from service.usecases.set_words import Fingerprints


@dataclass(frozen=True, slots=True)
class Late:
    """ "I am late": moves the deadline that stands to `until` (UTC)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """No deadlines until `until` (UTC)."""

    until: datetime


@dataclass(frozen=True, slots=True)
class End:
    """The trip is over."""


@dataclass(frozen=True, slots=True)
class Erase(End):
    """The trip is over, and after it everything that is kept of her is erased."""


@dataclass(frozen=True, slots=True)
class RemoveContact:
    """A contact leaves. `unsafe`: the traveler has reason to fear her, so that with a safe word she is gone at once and
    hears nothing more, whatever is open."""

    contact_id: UUID
    unsafe: bool = False


@dataclass(frozen=True, slots=True)
class AddContact:
    contact: ContactForm


@dataclass(frozen=True, slots=True)
class HandOver:
    """Somebody else is asked to take a contact's place."""

    contact_id: UUID
    contact: ContactForm


@dataclass(frozen=True, slots=True)
class TakeOver:
    """`to`, once she has accepted, takes the place of `contact_id`."""

    contact_id: UUID
    to: UUID


@dataclass(frozen=True, slots=True)
class RemoveNumber:
    """One of the traveler's numbers (E.164) is hers no more."""

    phone: str


@dataclass(frozen=True, slots=True)
class Undo:
    """What was asked for and still waits is taken back; the question about the end bears the trip's own id."""

    change_id: UUID


@dataclass(frozen=True, slots=True)
class NewPlan:
    plan: PlanForm


@dataclass(frozen=True, slots=True)
class NewWords:
    words: Fingerprints


@dataclass(frozen=True, slots=True)
class NewLadder:
    ladder: LadderForm


@dataclass(frozen=True, slots=True)
class UsualLadder:
    """Back to the usual order, which follows who has accepted."""


@dataclass(frozen=True, slots=True)
class NewLeg:
    leg: LegForm


Change = (
    Late
    | Pause
    | End
    | RemoveContact
    | AddContact
    | HandOver
    | RemoveNumber
    | NewPlan
    | NewWords
    | NewLadder
    | UsualLadder
    | NewLeg
    | Undo
)

Waiting = Pause | End | RemoveContact | TakeOver | RemoveNumber | Plan | Fingerprints | LadderForm
"""What may wait for its time, checked when it was asked for."""

ERASE = "erase"
ENDS = ("end", ERASE)
"""The kinds of changes with which a trip is over."""
HAND_OVER = "hand_over"
"""The kind of a waiting `TakeOver`. Its row's state is `invited` until she who was asked has accepted."""


def to_json(waiting: Waiting) -> tuple[str, dict[str, Any]]:
    """The kind of a waiting change, and what its row keeps sealed."""
    match waiting:
        case Pause(until):
            return "pause_until", {"until": until.isoformat()}
        case Erase():
            return ERASE, {}
        case End():
            return "end", {}
        case RemoveContact(contact_id, unsafe):
            return "remove_contact", {"contact": str(contact_id), "unsafe": unsafe}
        case TakeOver(contact_id, to):
            return HAND_OVER, {"contact": str(contact_id), "to": str(to)}
        case RemoveNumber(phone):
            return "remove_number", {"phone": phone}
        case Plan():
            return "plan", codec.plan_to_json(waiting)
        case Fingerprints():
            return "words", {
                "word_key": waiting.word_key.hex(),
                "words": [[kind, fingerprint.hex()] for kind, fingerprint in waiting.words],
                "passphrase_hash": waiting.passphrase_hash,
                "question": waiting.question,
                "not_free_answer": waiting.not_free_answer,
            }
        case LadderForm():
            rungs = [[[str(one) for one in r.contacts], r.wait.total_seconds()] for r in waiting.rungs]
            return "ladder", {"rungs": rungs, "repeat": waiting.repeat.total_seconds()}


def from_json(kind: str, value: Mapping[str, Any]) -> Waiting:
    """The waiting change that a row keeps.

    Raises:
        ValueError: a kind that this version does not know.
    """
    match kind:
        case "pause_until":
            return Pause(datetime.fromisoformat(value["until"]))
        case "erase":
            return Erase()
        case "end":
            return End()
        case "remove_contact":
            # One that was asked for before an upgrade says nothing of that.
            return RemoveContact(UUID(value["contact"]), value.get("unsafe", False))
        case "hand_over":
            return TakeOver(UUID(value["contact"]), UUID(value["to"]))
        case "remove_number":
            return RemoveNumber(value["phone"])
        case "plan":
            return codec.plan_from_json(dict(value))
        case "words":
            fingerprints = tuple((kind, bytes.fromhex(text)) for kind, text in value["words"])
            key = bytes.fromhex(value["word_key"])
            # One that was asked for before an upgrade has no such answer.
            not_free = value.get("not_free_answer")
            return Fingerprints(key, fingerprints, value["passphrase_hash"], value["question"], not_free)
        case "ladder":
            rungs = tuple(
                RungForm(tuple(UUID(one) for one in people), timedelta(seconds=wait)) for people, wait in value["rungs"]
            )
            return LadderForm(rungs, timedelta(seconds=value["repeat"]))
        case _:
            raise ValueError(f"unknown change {kind}")
