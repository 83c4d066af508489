"""The page of a rehearsal as one contact sees it. Shows it; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from service.core.rehearsal import RehearsalView
from service.core.wording import AlertFacts
from service.db.rehearsals import KIND, latest_rehearsal
from service.db.trips import TripKey, TripState
from service.usecases.context import Service
from service.usecases.links import LINKS
from service.usecases.rehearsal_facts import sample_facts


@dataclass(frozen=True, slots=True)
class RehearsalPage:
    """One contact's page. `form` is asked, answered, over (it ended without her), or real: she was told of an alarm
    that is open now, and must not read here that nothing has happened. `full` says whether she may see facts;
    `language` is hers, `by_text` whether she may answer by SMS."""

    form: str
    language: str
    reader: str
    facts: AlertFacts
    full: bool
    by_text: bool


def show_rehearsal_page(service: Service, token: str) -> RehearsalPage | None:
    """The page behind a rehearsal's link; None when there is none, or it has ended, or she has left the trip."""
    return service.read(lambda conn: _show(service, conn, token))


def _show(service: Service, conn: Connection, token: str) -> RehearsalPage | None:
    now = service.clock()
    link = conn.execute(
        select(LINKS).where(
            LINKS.c.token_hash == service.keys.token_hash(token),
            LINKS.c.kind == KIND,
            or_(LINKS.c.expires_at.is_(None), LINKS.c.expires_at > now),
        )
    ).first()
    if link is None:
        return None
    key = TripKey(link.traveler_id, link.trip_id)
    trip = service.trip(conn, key, now)
    contact = trip.contact(link.contact_id) if trip else None
    rehearsal = latest_rehearsal(conn, key, link.rehearsal_id)
    # Her page outlives the trip and her place in it, as her own page does: neither is told by a page that is gone.
    was_there = contact is not None and contact.status in ("accepted", "removed") and contact.accepted_at is not None
    if trip is None or contact is None or not was_there or rehearsal is None:
        return None
    form = _form(trip, rehearsal.view, contact.id)
    if contact.status == "removed" and form == "asked":
        # It shows where the traveler is.
        return None
    return RehearsalPage(
        form=form,
        language=contact.language,
        reader=contact.name,
        facts=sample_facts(trip, rehearsal, contact, now),
        full=contact.disclosure == "full",
        by_text=contact.by_text,
    )


def _form(trip: TripState, rehearsal: RehearsalView, reader: str) -> str:
    if trip.alarm is not None and reader in trip.alarm.addressed:
        return "real"
    turn = rehearsal.of(reader)
    if turn is not None and turn.answered_at is not None:
        return "answered"
    return "over" if rehearsal.is_over else "asked"
