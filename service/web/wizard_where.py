"""`/trip/where`: where the trip leads, when, and by which clocks. The first save makes the draft."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response

from service.core.wording_checklist import PURPOSES
from service.core.wording_text import N_
from service.core.zones import instant_of
from service.texts import translator
from service.usecases.context import Service
from service.usecases.plan_trip import TripForm, plan_trip
from service.usecases.problems import NEEDED, Elsewhere, Invalid, NotFound, Problems
from service.usecases.profile import show_profile
from service.usecases.revise_trip import revise_trip
from service.usecases.sessions import Session
from service.usecases.show_trip import WholeTrip, show_trip
from service.usecases.unknown_facts import open_fields
from service.web.compact_rows import compacted
from service.web.form_rows import BUTTON, changed_rows
from service.web.forms import ONCE, Typed, checked
from service.web.forms_dates import day_of
from service.web.forms_facts import later_of
from service.web.forms_numbers import number_countries
from service.web.forms_places import as_offered, clock_choices, zone_in
from service.web.guard import filled_in, signed_in
from service.web.pages import language_of
from service.web.schemas_trip import TripIn
from service.web.wizard import draft_of, go_on, refuse_armed, step_page

MOST_STOPS = 5
BLANK_STOP = {"legs": (("from", ""), ("country", ""), ("city", ""), ("zone", ""))}
WHEN_UNKNOWN = timedelta(days=365)
"""How long a trip is taken to last whose end she does not know: from then on a reminder asks whether she is home."""
DAY_OR_LATER = N_("Write the day, or mark that you do not know it yet.")
MIDNIGHT = time()


def router(service: Service) -> APIRouter:
    """The step "where"."""
    routes = APIRouter(include_in_schema=False)
    whose, filled = Depends(signed_in(service)), Depends(filled_in(service))

    def shown(request: Request, form: Typed, *, added: bool = False) -> Response:
        language, now = language_of(request), service.clock()
        _ = translator(language)
        rows = form.indexes("legs")
        paths = ["destination.", *(f"legs[{row}]." for row in rows)]
        return step_page(
            service,
            request,
            "where",
            "wizard_where.html",
            form,
            countries=number_countries(request),
            clocks={path: clock_choices(form, path, language, now) for path in paths},
            purposes=[(value, _(text)) for value, text in PURPOSES],
            rows=rows,
            may_add=len(rows) < MOST_STOPS,
            added=added,
        )

    @routes.get("/trip/where")
    def show(request: Request, session: Session = whose) -> Response:
        key = refuse_armed(service, session)
        if not show_profile(service, session.traveler_id).told.name:
            raise Elsewhere("/trip/who")
        return shown(request, Typed() if key is None else _stored(_whole(service, session), service.clock()))

    @routes.post("/trip/where")
    def save(request: Request, session: Session = whose, typed: Typed = filled) -> Response:
        key = refuse_armed(service, session)
        if changed_rows(typed, BLANK_STOP, MOST_STOPS):
            return shown(request, typed, added=typed.text(BUTTON).startswith("add:"))
        typed = compacted(typed, "legs")
        try:
            form = _read(typed, "plain" if key is None else _whole(service, session).wording, service.clock())
            if key is None:
                plan_trip(service, session.traveler_id, form, once=f"where:{typed.text(ONCE)[:64]}")
            else:
                revise_trip(service, key, form)
        except Invalid as refused:
            return shown(request, typed.refused(refused.problems))
        return go_on("where")

    return routes


def _whole(service: Service, session: Session) -> WholeTrip:
    trip = show_trip(service, draft_of(service, session))
    if not isinstance(trip, WholeTrip):
        raise NotFound
    return trip


def _stored(trip: WholeTrip, now: datetime) -> Typed:
    """The draft as if it had been typed: its instants as days of the places where they count."""
    details = trip.details
    place, legs = details["destination"], details.get("legs") or ()
    last = legs[-1]["zone"] if legs else place["zone"]
    later = open_fields(details)
    ends = None if "ends_at" in later else _day(trip.ends_at, last)
    stops = [{**leg, "from": _day(datetime.fromisoformat(leg["from"]), leg["zone"])} for leg in legs]
    return Typed.of(
        {
            "purpose": details.get("purpose"),
            "destination": {**place, "zone": as_offered(place["zone"], place["country"], now)},
            "starts_at": _day(trip.starts_at, place["zone"]),
            "ends_at": ends,
            "legs": [{**leg, "zone": as_offered(leg["zone"], leg["country"], now)} for leg in stops],
            "later": list(later),
        }
    )


def _day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def _read(typed: Typed, wording: str, now: datetime) -> TripForm:
    """The trip that was typed; a day begins where she then is.

    Raises:
        Invalid: fields that cannot be used.
    """
    problems = Problems()
    rows = typed.indexes("legs")
    paths = {"destination.": "starts_at", **{f"legs[{row}].": f"legs[{row}].from" for row in rows}}
    zones = {path: zone_in(typed, path, now, problems) for path in paths}
    days = {name: _begin(typed, name, zones[path], problems) for path, name in paths.items()}
    later = later_of(typed, ("destination", "ends_at"))
    if "ends_at" in later:
        ends = days["starts_at"] + WHEN_UNKNOWN if days["starts_at"] else None
    else:
        ends = _begin(typed, "ends_at", zones[list(paths)[-1]], problems, missing=DAY_OR_LATER)
    values: dict[str, Any] = {
        "purpose": typed.text("purpose") or None,
        "starts_at": _said(days["starts_at"] or now),
        "ends_at": _said(ends or now),
        "wording": wording,
        "destination": _place(typed, "destination.", zones, ("country", "city", "address")),
        "legs": [
            {
                **_place(typed, f"legs[{row}].", zones, ("country", "city")),
                "from": _said(days[f"legs[{row}].from"] or now),
            }
            for row in rows
        ],
        "later": later,
    }
    form = _checked(problems, values)
    problems.refuse()
    if form is None:
        raise Invalid(())
    return form


def _checked(problems: Problems, values: dict[str, Any]) -> TripForm | None:
    try:
        return checked(TripIn, values).form()
    except Invalid as refused:
        problems.extend(refused.problems)
        return None


def _place(typed: Typed, path: str, zones: dict[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    # What is missing has been said already; the schema is to find what is too long.
    found = {name: typed.text(path + name) for name in fields}
    return {**found, "country": found["country"] or "-", "zone": zones[path] or "-"}


def _begin(typed: Typed, name: str, zone: str, problems: Problems, *, missing: str = NEEDED) -> datetime | None:
    """The instant at which the day under a name begins in a zone."""
    day = day_of(typed, name, problems)
    if day is None and not typed.text(name):
        problems.add(name, missing)
    return instant_of(zone, day, MIDNIGHT) if day and zone else None


def _said(instant: datetime) -> str:
    return instant.isoformat()
