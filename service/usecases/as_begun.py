"""A draft as it would be had it begun just now: what is shown before the beginning is worked out from this."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from service.core.alarm import AlarmKind
from service.core.ladder import audience
from service.core.watch import arm
from service.db.trips import TripState
from service.usecases.contacts import GONE
from service.usecases.foresee import Foreseen, foresee

MOST_TELLINGS = 12


def as_begun(trip: TripState, now: datetime) -> TripState:
    """The draft with a watch, and with everybody asked having accepted; those who will not be told are left out."""
    contacts = tuple(
        replace(contact, status="accepted", accepted_at=contact.accepted_at or now)
        for contact in trip.contacts
        if contact.status not in GONE
    )
    watch = arm(trip.plan, now) if trip.plan is not None else None
    return replace(trip, contacts=contacts, watch=watch)


def foresee_first(begun: TripState, now: datetime) -> Foreseen:
    """What happens when the first check-in does not come, up to the ladder's last step."""
    rungs = len(begun.ladder.rungs)
    return foresee(begun, now, tellings=max(1, min(rungs, MOST_TELLINGS)))


def quiet_people(begun: TripState) -> frozenset[str]:
    """The ids of those who hear of a secret sign; of nobody in a trip without words."""
    return audience(AlarmKind.DURESS, begun.people) if begun.has_words else frozenset()
