"""The question that she and her people agreed on by voice, and her answer to it that means "I am not free".

Sealed with the trip. Nothing that her phone can open shows either again: whoever holds it would learn what to say. Of
her people those read them who may act on them, behind their own PIN or code on the page of an alarm, and no text says
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.core.ladder import Role
from service.db.trips import ContactState, TripState

QUESTION = "question"
NOT_FREE = "not_free_answer"
"""Their names among a trip's details."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a contact may read of it; `not_free` is empty when there is none or it is not for her."""

    question: str
    not_free: str = ""


def without_agreed(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details as her own pages, her API and her export may show them."""
    return {name: value for name, value in details.items() if name not in (QUESTION, NOT_FREE)}


def agreed_of(trip: TripState, contact: ContactState) -> Agreed | None:
    """What this contact may read behind her PIN: who may know of a quiet sign, both; who only calls, the question,
    unless she was to get the link alone."""
    question = str(trip.details.get(QUESTION) or "")
    if not question:
        return None
    if contact.role in (Role.FULL, Role.CASEWORKER):
        return Agreed(question, str(trip.details.get(NOT_FREE) or ""))
    return Agreed(question) if contact.disclosure == "full" else None
