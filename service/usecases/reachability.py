"""When a contact can be reached no more: the operator hears of it when she was the last."""

from __future__ import annotations

from dataclasses import replace

from service.core.ladder import Role
from service.core.wording import PageReason
from service.db.trips import ContactState, TripState
from service.usecases import telling
from service.usecases.work import Work


def after_loss(work: Work, trip: TripState, contact: ContactState, digest: bytes) -> TripState:
    """Mark the addresses with this hash as suppressed in what the transaction goes on with."""
    addresses = tuple(replace(a, suppressed=True) if a.hash == digest else a for a in contact.addresses)
    trip = trip.with_contact(replace(contact, addresses=addresses))
    if trip.alarm is not None:
        work.save_alarm(trip, trip.alarm, work.now)
    page_if_last(work, trip, contact)
    return trip


def page_if_last(work: Work, trip: TripState, lost: ContactState) -> None:
    """Page the operator when no contact of an armed trip can be told any more."""
    left = [p for p in trip.people if p.can_be_told and p.role is not Role.CASEWORKER]
    if trip.status == "armed" and not left and lost.accepted:
        telling.page_operator(work, PageReason.LAST_CONTACT_LOST, f"{trip.key.trip_id}:{lost.id}", trip=trip)
