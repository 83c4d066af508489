"""The alarm page of one contact: what her messages may say, who was told, who acts. Shows it; changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, literal_column, select

from service.core.alarm import LINK_LIVES_AFTER_CLOSE, AlarmKind, AlarmView, Outcome, may_object
from service.core.ladder import audience
from service.core.wording import AlertFacts
from service.db.routing import Inbox, Link
from service.db.stored import table_of
from service.db.trips import AlarmState, ContactState, TripKey, TripState
from service.usecases.alarm_facts import facts_for, zone_of_contact
from service.usecases.alarm_of import alarm_of
from service.usecases.answer import outcomes
from service.usecases.context import Service
from service.usecases.times import said

INBOX = table_of(Inbox)
LINKS = table_of(Link)

UNCLEAR_KEPT_FOR = timedelta(days=7)
MOST_UNCLEAR = 10


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """A contact of the trip as the others see her in an alarm."""

    name: str
    relation: str
    told: bool
    acts: bool
    until: str = ""


@dataclass(frozen=True, slots=True)
class UnclearText:
    """What came from her phone and nobody understood."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class AlarmPage:
    """One contact's page. `form` is alarm, duress, stand_back or closed; `full` says whether facts may be shown."""

    form: str
    language: str
    kind: AlarmKind
    facts: AlertFacts
    full: bool
    reader: str
    people: tuple[ToldPerson, ...]
    held_by_reader: bool
    reader_wants_close: bool
    outcome: Outcome | None
    closed_by: str
    closed_at: str
    may_object: bool
    outcomes: tuple[Outcome, ...] = ()
    unclear: tuple[UnclearText, ...] = ()


def show_alarm(service: Service, token: str) -> AlarmPage | None:
    """The page behind an alarm link; None when there is none, or 72 h after the alarm ended."""
    now = service.clock()
    return service.read(lambda conn: _show(service, conn, token, now))


def _show(service: Service, conn: Connection, token: str, now: datetime) -> AlarmPage | None:
    digest = service.keys.token_hash(token)
    link = conn.execute(select(LINKS).where(LINKS.c.token_hash == digest, LINKS.c.kind == "alarm")).first()
    if link is None:
        return None
    trip = service.trip(conn, TripKey(link.traveler_id, link.trip_id), now)
    contact = trip.contact(link.contact_id) if trip else None
    if trip is None or contact is None:
        return None
    state = alarm_of(conn, trip, link.alarm_id) if link.alarm_id else None
    if state is None or (state.view.closed_at and now >= state.view.closed_at + LINK_LIVES_AFTER_CLOSE):
        return None
    page = _page(trip, state, contact, now)
    if not page.full or page.form not in ("alarm", "duress"):
        return page
    return replace(page, unclear=_unclear(service, conn, trip.key, zone_of_contact(contact, trip), now))


def _unclear(service: Service, conn: Connection, key: TripKey, zone: str, now: datetime) -> tuple[UnclearText, ...]:
    """The latest texts of hers that meant nothing to us, newest first: her people may understand them."""
    query = (
        select(INBOX.c.occurred_at, INBOX.c.sealed)
        .where(
            INBOX.c.traveler_id == key.traveler_id,
            INBOX.c.trip_id == key.trip_id,
            # Written out: the planner takes the partial index only for a condition that it can see.
            INBOX.c.result == literal_column("'ambiguous'"),
            INBOX.c.contact_id.is_(None),
            INBOX.c.received_at > now - UNCLEAR_KEPT_FOR,
            INBOX.c.sealed != b"",
        )
        .order_by(INBOX.c.occurred_at.desc(), INBOX.c.inbox_id.desc())
        .limit(MOST_UNCLEAR)
    )
    rows = conn.execute(query).all()
    texts = [json.loads(service.keys.open(conn, b"inbox", row.sealed))["text"].strip() for row in rows]
    return tuple(
        UnclearText(said(row.occurred_at, zone, now), text) for row, text in zip(rows, texts, strict=True) if text
    )


def _page(trip: TripState, state: AlarmState, contact: ContactState, now: datetime) -> AlarmPage:
    view = state.view
    zone = zone_of_contact(contact, trip)
    closer = trip.contact(view.closed_by) if view.closed_by else None
    return AlarmPage(
        form=_form(trip, view, contact),
        language=contact.language,
        kind=view.kind,
        facts=facts_for(trip, state, contact, now),
        full=contact.disclosure == "full",
        reader=contact.name,
        people=tuple(_person(state, c, zone, now) for c in trip.contacts if c.accepted),
        held_by_reader=view.held_by == contact.id,
        reader_wants_close=contact.id in view.closers,
        outcome=view.outcome,
        closed_by=closer.name if closer else "",
        closed_at=said(view.closed_at, zone, now) if view.closed_at else "",
        may_object=may_object(view, now),
        outcomes=outcomes(view, contact) if view.is_open else (),
    )


def _form(trip: TripState, view: AlarmView, contact: ContactState) -> str:
    if not view.is_open:
        return "closed"
    if view.kind is not AlarmKind.DURESS:
        return "alarm"
    return "duress" if contact.id in audience(view.kind, trip.people) else "stand_back"


def _person(state: AlarmState, contact: ContactState, zone: str, now: datetime) -> ToldPerson:
    view = state.view
    acts = view.held_by == contact.id
    until = said(view.hold_until, zone, now) if acts and view.hold_until else ""
    return ToldPerson(contact.name, contact.relation, contact.id in state.told, acts, until)
