"""The alarm page of one contact: what her messages may say, who was told, who acts. Shows it; changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, literal_column, select

from service.core.alarm import LINK_LIVES_AFTER_CLOSE, AlarmKind, AlarmView, Outcome, may_object
from service.core.ladder import audience
from service.core.plan import leg_at
from service.core.sheet import may_read
from service.core.sheet_fields import Copy
from service.core.stages import stage_at
from service.core.wording import AlertFacts
from service.db.routing import Inbox, Link
from service.db.stored import table_of
from service.db.trips import AlarmState, ContactState, TripKey, TripState
from service.directory import Emergency, emergency
from service.usecases.accept import MOST_WRONG
from service.usecases.agreed import Agreed, agreed_of
from service.usecases.alarm_facts import closers, facts_for, zone_of_contact
from service.usecases.alarm_history import Event, history
from service.usecases.alarm_notes import HeardNote, notes_of
from service.usecases.alarm_of import alarm_of
from service.usecases.answer import outcomes
from service.usecases.context import Service
from service.usecases.fact_sheet import FactSheet, fact_sheet
from service.usecases.found_out import found_of, moments_of
from service.usecases.numbers import country_of_number
from service.usecases.places import country_name
from service.usecases.sheet_facts import Occasion
from service.usecases.sheet_history import copies_made
from service.usecases.times import said, whole_day

INBOX = table_of(Inbox)
LINKS = table_of(Link)

UNCLEAR_KEPT_FOR = timedelta(days=7)
MOST_UNCLEAR = 10


@dataclass(frozen=True, slots=True)
class ToldPerson:
    """A contact of the trip as the others see her in an alarm. `apart`: she is not to be told of it."""

    contact_id: UUID
    name: str
    relation: str
    told: bool
    acts: bool
    until: str = ""
    is_reader: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True)
class UnclearText:
    """What came from her phone and nobody understood."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where she is by plan: the clock there, and whom to call in an emergency; `reader_is_there` may dial it."""

    clock: str
    city: str
    country: str
    emergency: Emergency | None
    reader_is_there: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a PIN or a code opens: the agreed question, what her people heard, the fact sheet, and what this phone wrote
    that nobody understood."""

    facts: FactSheet
    unclear: tuple[UnclearText, ...]
    agreed: Agreed | None = None
    notes: tuple[HeardNote, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmPage:
    """One contact's page. `form` is alarm, duress, stand_back, closed or locked; `full` says whether facts may be
    shown. `stage` is 0 where nothing is staged. `zone` is the reader's, in which the instants of `events` are said.
    `written_at` is the day on which the traveler last could write down what the page repeats. `by_text`: the reader may
    answer by SMS."""

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
    zone: str
    now: datetime
    opened_at: datetime
    hold_until: datetime | None
    outcomes: tuple[Outcome, ...] = ()
    stage: int = 0
    events: tuple[Event, ...] = ()
    place: Place | None = None
    written_at: str = ""
    by_text: bool = True
    has_pin: bool = False
    has_sheet: bool = False
    unclear_count: int = 0
    note_count: int = 0
    has_question: bool = False
    sheet: Sheet | None = None


def show_alarm(
    service: Service,
    token: str,
    language: str | None = None,
    *,
    danger: bool = False,
    opened: bool = False,
    copy: Copy | None = None,
) -> AlarmPage | None:
    """The page behind an alarm link in `language`, or in hers; None when there is none, or 72 h after the alarm ended.

    `danger`: the reader says that there is a reason not to wait. `opened`: the sheet has just been opened by a PIN or a
    code, see `open_sheet`, or is handed out as a `copy`, see `hand_out`.
    """
    now = service.clock()
    return service.read(
        lambda conn: _show(service, conn, token, language, now, danger=danger, opened=opened, copy=copy)
    )


def find_alarm(
    service: Service, conn: Connection, digest: bytes, now: datetime, *, lock: bool = False
) -> tuple[Any, TripState, AlarmState, ContactState] | None:
    """The link's row, and whose page of which alarm it opens, while it lives and its reader is a trusted person."""
    query = select(LINKS).where(LINKS.c.token_hash == digest, LINKS.c.kind == "alarm")
    link = conn.execute(query.with_for_update() if lock else query).first()
    if link is None:
        return None
    trip = service.trip(conn, TripKey(link.traveler_id, link.trip_id), now, lock=lock)
    contact = trip.contact(link.contact_id) if trip else None
    if trip is None or contact is None or not contact.accepted:
        return None
    state = alarm_of(conn, trip, link.alarm_id) if link.alarm_id else None
    if state is None or (state.view.closed_at and now >= state.view.closed_at + LINK_LIVES_AFTER_CLOSE):
        return None
    return link, trip, state, contact


def form_of(trip: TripState, view: AlarmView, contact: ContactState) -> str:
    """What this contact's page is like: alarm, duress, stand_back or closed."""
    if not view.is_open:
        return "closed"
    if view.kind is not AlarmKind.DURESS:
        return "alarm"
    return "duress" if contact.id in audience(view.kind, trip.people) else "stand_back"


def _show(
    service: Service,
    conn: Connection,
    token: str,
    language: str | None,
    now: datetime,
    *,
    danger: bool,
    opened: bool,
    copy: Copy | None,
) -> AlarmPage | None:
    found = find_alarm(service, conn, service.keys.token_hash(token), now)
    if found is None:
        return None
    link, trip, state, contact = found
    page = _page(trip, state, contact, now, language or contact.language)
    if link.used >= MOST_WRONG and page.form != "closed":
        return replace(page, form="locked", full=False)
    if page.form not in ("alarm", "duress"):
        return page
    unclear = _unclear(service, conn, trip.key, page.zone, now) if page.full else ()
    notes = notes_of(service, conn, trip, state)
    agreed = agreed_of(trip, contact)
    has_sheet = may_read(trip.details.get("consent"), contact.role)
    texts = tuple(f"{one.at} {one.text}" for one in unclear)
    found_out = found_of(service, conn, trip, state)
    case = Occasion(trip, state, contact, now, page.zone, unclear=texts, notes=notes, found=found_out)
    told = (
        *history(conn, trip, state),
        *copies_made(service, conn, trip, state),
        *moments_of(found_out),
    )
    return replace(
        page,
        stage=stage_at(state.view.kind, state.view.opened_at, now, danger=danger),
        events=tuple(sorted(told, key=lambda event: event.at)),
        place=_place(trip, contact, now, language or contact.language) if page.full else None,
        has_sheet=has_sheet or bool(unclear) or bool(notes) or agreed is not None,
        unclear_count=len(unclear),
        note_count=len(notes),
        has_question=agreed is not None,
        sheet=Sheet(
            fact_sheet(service, conn, case, link.token_hash, copy, language or contact.language),
            unclear,
            agreed,
            notes,
        )
        if opened
        else None,
    )


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


def _page(trip: TripState, state: AlarmState, contact: ContactState, now: datetime, language: str) -> AlarmPage:
    view = state.view
    zone = zone_of_contact(contact, trip)
    closer = trip.contact(view.closed_by) if view.closed_by else None
    people = [_person(trip, state, c, contact, now) for c in trip.contacts if c.accepted]
    return AlarmPage(
        form=form_of(trip, view, contact),
        language=contact.language,
        kind=view.kind,
        facts=facts_for(trip, state, contact, now, language=language),
        full=contact.disclosure == "full",
        reader=contact.name,
        by_text=contact.by_text,
        people=tuple(sorted(people, key=lambda one: (not one.acts, not one.told))),
        held_by_reader=view.held_by == contact.id,
        reader_wants_close=contact.id in view.closers,
        outcome=view.outcome,
        closed_by=", ".join(closers(trip, view, language)) or (closer.name if closer else ""),
        closed_at=said(view.closed_at, zone, now) if view.closed_at else "",
        may_object=may_object(view, now),
        zone=zone,
        now=now,
        opened_at=view.opened_at,
        hold_until=view.hold_until,
        outcomes=outcomes(view, contact) if view.is_open else (),
        written_at=whole_day(trip.armed_at, language) if trip.armed_at else "",
        has_pin=bool(contact.pin),
    )


def _place(trip: TripState, contact: ContactState, now: datetime, language: str) -> Place | None:
    if trip.plan is None:
        return None
    leg = leg_at(trip.plan, now)
    own = {country_of_number(a.address) for a in contact.addresses if a.address.startswith("+")}
    return Place(
        clock=said(now, leg.zone, now)[:5],
        city=leg.city,
        country=country_name(leg.country, language),
        emergency=emergency(leg.country),
        reader_is_there=leg.country in own,
    )


def _person(
    trip: TripState, state: AlarmState, contact: ContactState, reader: ContactState, now: datetime
) -> ToldPerson:
    view = state.view
    acts = view.held_by == contact.id
    until = said(view.hold_until, zone_of_contact(reader, trip), now) if acts and view.hold_until else ""
    is_reader = contact.contact_id == reader.contact_id
    apart = view.kind is AlarmKind.DURESS and contact.id not in audience(view.kind, trip.people)
    return ToldPerson(
        contact.contact_id, contact.name, contact.relation, contact.id in state.told, acts, until, is_reader, apart
    )
