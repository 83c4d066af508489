"""What may be said about an alarm: the facts of the trip in one reader's language and zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from babel import Locale

from service.core.alarm import OPERATOR, AlarmKind, AlarmView
from service.core.plan import leg_at
from service.core.wording import THE_OPERATOR, AlertFacts, Companion
from service.db.trips import Address, AlarmState, ContactState, TripState
from service.texts import known_language, translator
from service.usecases.consulate import Consulate, Origin, consulate_for
from service.usecases.numbers import zone_of_number
from service.usecases.times import said
from service.usecases.work import VOICE


def facts_for(
    trip: TripState,
    alarm: AlarmState,
    contact: ContactState,
    now: datetime,
    *,
    ref_code: str = "",
    link: str = "",
    language: str | None = None,
) -> AlertFacts:
    """What this contact may be told of this alarm, in her zone and in `language`, or else in her own."""
    view, details = alarm.view, trip.details
    zone = zone_of_contact(contact, trip)

    def at(instant: datetime | None) -> str:
        return said(instant, zone, now) if instant else ""

    since = view.opened_at
    if view.kind is AlarmKind.MISSED and view.missed:
        since = min(view.missed)
    elif view.kind is AlarmKind.UNPROVEN and trip.watch is not None:
        since = trip.watch.last_verified_at or trip.watch.armed_at
    employer, consulate = details.get("employer") or {}, consulate_now(trip, now, language or contact.language)
    holder = trip.contact(view.held_by) if view.held_by else None
    untold = [c.name for c in trip.contacts if c.accepted and _is_out_of_reach(c, alarm) and c.id != contact.id]
    return AlertFacts(
        name=trip.traveler.name,
        kind=view.kind,
        since=at(since),
        ref_code=ref_code,
        missed=len(view.missed),
        place=place(trip, now, language or contact.language),
        address=(details.get("destination") or {}).get("address") or "",
        employer=employer.get("name") or "",
        employer_phone=employer.get("phone") or "",
        consulate=consulate.name,
        consulate_phone=consulate.phone,
        consulate_of=consulate.of[:4] if consulate.origin is Origin.LISTED else "",
        traveler_phone="" if view.kind is AlarmKind.DURESS else trip.traveler.phone,
        companions=tuple(Companion(c["name"], c.get("phone") or "") for c in details.get("companions") or ()),
        last_sign=at(view.last_sign_at),
        blind_since=at(view.blind_since),
        unreadable=view.unreadable,
        stopped=any(a.suppressed for a in trip.traveler.addresses),
        untold=tuple(untold),
        who_has_it=holder.name if holder else "",
        link=link,
    )


def _is_out_of_reach(contact: ContactState, alarm: AlarmState) -> bool:
    return contact.id in alarm.unreached or first_usable(contact.addresses) is None


def case(trip: TripState, now: datetime) -> str:
    """Everything that the operator needs to take a case over, in one line of English; under duress not her number."""
    employer, consulate = trip.details.get("employer") or {}, consulate_now(trip, now, "en")
    people = "; ".join(f"{c.name} {' '.join(a.address for a in c.addresses)}" for c in trip.contacts if c.accepted)
    is_duress = trip.alarm is not None and trip.alarm.view.kind is AlarmKind.DURESS
    facts = (
        "Do NOT call or text her" if is_duress else trip.traveler.phone,
        place(trip, now, "en"),
        f"{employer.get('name') or ''} {employer.get('phone') or ''}",
        f"{consulate.name} {consulate.phone}",
        people,
    )
    return ". ".join(fact.strip() for fact in facts if fact.strip())


def consulate_now(trip: TripState, now: datetime, language: str) -> Consulate:
    """The consulate of where she is by plan, or else of where she set out for."""
    where = trip.details.get("destination") or {}
    code, city = str(where.get("country") or ""), str(where.get("city") or "")
    if trip.plan is not None:
        leg = leg_at(trip.plan, now)
        code, city = leg.country, leg.city
    return consulate_for(trip.details, trip.traveler.citizenship, code, city, known_language(language))


def place(trip: TripState, now: datetime, language: str) -> str:
    """Where she is by plan, as she typed it, with the country's name in the reader's language."""
    if trip.plan is None:
        return ""
    leg = leg_at(trip.plan, now)
    country = _name_of(leg.country, known_language(language))
    return f"{leg.city}, {country}" if leg.city else country


@lru_cache(maxsize=1024)
def _name_of(country: str, language: str) -> str:
    return str(Locale.parse(language).territories.get(country, country))


def closers(trip: TripState, view: AlarmView, language: str) -> tuple[str, ...]:
    """The names of the two who have ended a duress alarm together; of one who has left the trip there is none."""
    operator = translator(language)(THE_OPERATOR)
    people = [trip.contact(one) for one in sorted(view.closers - {OPERATOR})]
    names = [one.name for one in people if one is not None]
    return tuple([*names, operator] if OPERATOR in view.closers else names)


def first_usable(addresses: Iterable[Address]) -> Address | None:
    return next((address for address in addresses if address.usable), None)


def in_turn(kind: str, trip: TripState, addresses: Sequence[Address]) -> Sequence[Address]:
    """A contact's addresses as those of an outbox row's `kind` are tried: an alarm, its rehearsal and whatever is said
    under duress in her own order, all else first where nothing rings."""
    is_duress = trip.alarm is not None and trip.alarm.view.kind is AlarmKind.DURESS
    if is_duress or kind in ("alert", "rehearsal"):
        return addresses
    return sorted(addresses, key=lambda address: address.channel == VOICE)


def zone_of_contact(contact: ContactState, trip: TripState) -> str:
    """The zone in which this contact reads times: that of her number's country, else of the traveler's own number."""
    phone = next((a.address for a in contact.addresses if a.address.startswith("+")), trip.traveler.phone)
    return zone_of_number(phone)
