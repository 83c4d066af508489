"""`/trip/place`: on a running trip she goes on to another country or city, whose clock then counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from babel.dates import format_date
from fastapi import APIRouter, Depends, Request, Response

from service.core.plan import Leg, Plan, leg_at
from service.core.wording_text import N_
from service.core.zones import instant_of
from service.usecases.changes import NewLeg
from service.usecases.consulate import Origin
from service.usecases.context import Service
from service.usecases.places import country_name, zone_label
from service.usecases.plan_trip import LegForm
from service.usecases.problems import NEEDED, Invalid, Problems
from service.usecases.sessions import Session
from service.usecases.typed_numbers import shown_number
from service.web.forms import Typed, collect
from service.web.forms_dates import day_of
from service.web.forms_numbers import number_countries
from service.web.forms_places import clock_choices, zone_in
from service.web.guard import filled_in, signed_in
from service.web.local_times import clock_of, local
from service.web.plan_form import NOT_A_TIME
from service.web.running import Running, ask_change
from service.web.schemas_trip import LegIn
from service.web.trip_access import open_trip

PATH = "/trip/place"
BACK = "/trip/all"
LEG = "leg."
DAY, CLOCK = "leg.day", "leg.clock"
MIDNIGHT = time()
TOO_EARLY = N_("This lies before you came to where you are now.")


def router(service: Service) -> APIRouter:
    """Another place from a moment on."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def show(running: Running, request: Request, typed: Typed) -> Response:
        return running.form(
            "running_place.html",
            typed,
            countries=number_countries(request),
            clocks=clock_choices(typed, LEG, running.language, running.facts.now),
            here=_said(_here(running), running.language),
            ahead=[_ahead(leg, running.language) for leg in _later(running)],
        )

    @routes.get(PATH)
    def ask(request: Request, session: Session = whose) -> Response:
        return show(Running(service, request, open_trip(service, session)), request, Typed())

    @routes.post(PATH)
    def go_on(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        running = Running(service, request, open_trip(service, session))
        before = running.facts.plan
        read: list[LegForm] = []

        def wanted() -> NewLeg:
            read.append(_read(running, typed))
            return NewLeg(read[0])

        try:
            ask_change(service, running, session, typed, wanted)
        except Invalid as refused:
            fields = {"leg.from": DAY}
            placed = [replace(one, field=fields.get(one.field, one.field)) for one in refused.problems]
            return show(running, request, typed.refused(placed))
        [form] = read
        after = Running(service, request, running.trip)
        return running.noted(
            _asked(after, form, moved=_is_moved(before, after.facts.plan, form)), back=BACK, timed=False
        )

    return routes


def _here(running: Running) -> Leg:
    return leg_at(running.facts.plan, running.facts.now)


def _later(running: Running) -> list[Leg]:
    return [leg for leg in running.facts.plan.legs if leg.starts_at > running.facts.now]


def _said(leg: Leg | LegForm, language: str) -> str:
    country = country_name(leg.country, language)
    return f"{leg.city}, {country}" if leg.city else country


def _ahead(leg: Leg, language: str) -> tuple[str, str]:
    return str(format_date(local(leg.starts_at, leg.zone), "d MMMM", locale=language)), _said(leg, language)


def _read(running: Running, typed: Typed) -> LegForm:
    """The place that was typed; a day and a time are by the clock there, and without them it is from now on.

    Raises:
        Invalid: fields that cannot be used.
    """
    problems, now = Problems(), running.facts.now
    zone = zone_in(typed, LEG, now, problems)
    begins = _begins(typed, zone, now, problems)
    values: dict[str, Any] = {
        "from": (begins or now).isoformat(),
        # What is missing has been said already; the schema is to find what is too long.
        "country": typed.text(f"{LEG}country") or "-",
        "city": typed.text(f"{LEG}city"),
        "zone": zone or "-",
    }
    found = Problems()
    leg = collect(found, LegIn, values)
    problems.extend(replace(one, field=LEG + one.field) for one in found)
    if begins is not None and begins < _here(running).starts_at:
        problems.add(DAY, TOO_EARLY)
    problems.refuse()
    if leg is None:
        raise Invalid(())
    return leg.form()


def _begins(typed: Typed, zone: str, now: datetime, problems: Problems) -> datetime | None:
    day, text = day_of(typed, DAY, problems), typed.text(CLOCK)
    if not typed.text(DAY):
        if text:
            problems.add(DAY, NEEDED)
        return now
    at = clock_of(text) if text else MIDNIGHT
    if at is None:
        problems.add(CLOCK, NOT_A_TIME)
    return instant_of(zone, day, at) if day and at is not None and zone else None


def _is_moved(before: Plan, after: Plan, form: LegForm) -> bool:
    """Whether another country begins with this place. Of a form that was sent twice the same is said twice."""
    named = Leg(form.starts_at, form.zone, form.country, form.city)
    replaced = next((leg for leg in before.legs if leg.starts_at == named.starts_at), named)
    if replaced != named:
        return replaced.country != named.country
    place = after.legs.index(leg_at(after, form.starts_at))
    return place > 0 and after.legs[place - 1].country != form.country


def _consulate(running: Running, leg: LegForm) -> str:
    """Which consulate counts from there on; "" where nothing of it changes, or nobody knows her passport."""
    _, found = running.translate, running.consulate_in(leg.country, leg.city)
    if found is None or found.origin in (Origin.TYPED, Origin.CONFIRMED):
        return ""
    if found.origin is Origin.UNKNOWN:
        return _("We know of no consulate of yours there. Look it up, and carry its number with you.")
    consulate = ", ".join(filter(None, (found.name, shown_number(found.phone) if found.phone else "")))
    return _("Your consulate there, from our list of {year}: {consulate}. Check it first.").format(
        year=found.of[:4], consulate=consulate
    )


def _asked(running: Running, leg: LegForm, *, moved: bool) -> Iterator[str]:
    _, place = running.translate, zone_label(leg.zone, running.language)
    if leg.starts_at <= running.facts.now:
        yield _("From now on the times of your plan are by the clock there: {place}.").format(place=place)
    else:
        begins = running.when(leg.starts_at, leg.zone)
        yield _("From {time} on the times of your plan are by the clock there: {place}.").format(
            time=begins, place=place
        )
    if moved:
        country = country_name(leg.country, running.language)
        yield _consulate(running, leg)
        yield _("Your people are told now that the country is another one: {country}.").format(country=country)
        if running.has_words:
            yield _("They do not hear whether a word came along, nor which one.")
    due = running.facts.due
    if due is not None:
        zone = leg_at(running.facts.plan, due).zone
        yield _("The next answer is due: {time}, by the clock there: {place}.").format(
            time=running.when(due, zone), place=zone_label(zone, running.language)
        )
